//! The generalized Pareto distribution of the excesses over a high score, fitted by the method of Grimshaw (Technometrics
//! 1993): the likelihood has two parameters, and for each ratio of them the best shape is known.

/// A generalized Pareto distribution that starts at 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    /// ξ: 0 is the exponential distribution, above 0 the tail is heavier, below 0 it ends.
    pub shape: f64,
    /// σ, above 0.
    pub scale: f64,
}

/// Below this shape, the likelihood has no maximum with the usual properties (Smith, Biometrika 1985).
const LEAST_SHAPE: f64 = -0.5;

impl Pareto {
    /// Fit excesses, each above 0, at least 2. The likelihood is multiplied by a normal distribution of the shape with
    /// mean 0 and variance 1 / `prior`; with a `prior` of 0 this is maximum likelihood.
    pub fn fit(excesses: &[f64], prior: f64) -> Self {
        let ratios = candidates(excesses);
        let value =
            |ratio: f64| profile(excesses, prior, ratio).map_or(f64::NEG_INFINITY, |(value, _)| value);
        let values: Vec<f64> = ratios.iter().map(|&ratio| value(ratio)).collect();
        let best = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0);
        let (low, high) = (ratios[best.saturating_sub(1)], ratios[(best + 1).min(ratios.len() - 1)]);
        let ratio = maximum(value, low.min(high), low.max(high));
        let mean = excesses.iter().sum::<f64>() / excesses.len() as f64;
        profile(excesses, prior, ratio).map_or(Pareto { shape: 0.0, scale: mean }, |(_, fit)| fit)
    }

    /// The probability of a larger excess, in [0, 1].
    pub fn survival(&self, excess: f64) -> f64 {
        match 1.0 + self.shape * excess / self.scale {
            _ if self.shape == 0.0 => (-excess / self.scale).exp(),
            base if base <= 0.0 => 0.0,
            base => (-base.ln() / self.shape).exp(),
        }
    }

    /// The excess that is exceeded with this probability, in (0, 1].
    pub fn quantile(&self, survival: f64) -> f64 {
        match self.shape {
            0.0 => -self.scale * survival.ln(),
            shape => self.scale * (-shape * survival.ln()).exp_m1() / shape,
        }
    }

    /// The Anderson–Darling distance of ascending excesses, which weights the tails.
    pub fn anderson_darling(&self, ascending: &[f64]) -> f64 {
        let n = ascending.len();
        let tail = |excess: f64| self.survival(excess).clamp(1e-300, 1.0 - 1e-16);
        let term = |at: usize| {
            let (low, high) = (1.0 - tail(ascending[at]), tail(ascending[n - 1 - at]));
            (2 * at + 1) as f64 * (low.ln() + high.ln())
        };
        -(n as f64) - (0..n).map(term).sum::<f64>() / n as f64
    }
}

/// Ratios ξ/σ to start from, descending: those of Zhang & Stephens (Technometrics 2009).
fn candidates(excesses: &[f64]) -> Vec<f64> {
    let mut sorted = excesses.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (n, largest) = (sorted.len(), sorted[sorted.len() - 1]);
    let quarter = sorted[((n as f64 / 4.0 + 0.5) as usize).saturating_sub(1)];
    let points = 30 + (n as f64).sqrt() as usize;
    let ratio = |at: usize| {
        let step = (1.0 - (points as f64 / (at as f64 - 0.5)).sqrt()) / (3.0 * quarter);
        -(1.0 / largest + step)
    };
    (1..=points).map(ratio).chain([-(1.0 - 1e-9) / largest]).filter(|&ratio| ratio > -1.0 / largest).collect()
}

/// The largest mean log-likelihood with a ratio ξ/σ, and its distribution; `None` if the shape is too small.
fn profile(excesses: &[f64], prior: f64, ratio: f64) -> Option<(f64, Pareto)> {
    let n = excesses.len() as f64;
    // A ratio of exactly 0 is the exponential distribution; its neighbor has the same likelihood.
    let ratio = if ratio == 0.0 { f64::EPSILON / excesses[0] } else { ratio };
    let sum = excesses.iter().map(|excess| (ratio * excess).ln_1p()).sum::<f64>() / n;
    let shape = shape(sum, prior / n);
    let scale = shape / ratio;
    if shape.is_nan() || shape <= LEAST_SHAPE || scale.is_nan() || scale <= 0.0 {
        return None;
    }
    let value = -scale.ln() - (1.0 + 1.0 / shape) * sum - prior / n * shape * shape / 2.0;
    Some((value, Pareto { shape, scale }))
}

/// The root of `prior` · ξ³ + ξ = `sum`, by Newton's method, which approaches it from one side.
fn shape(sum: f64, prior: f64) -> f64 {
    (0..50).fold(sum, |shape, _| {
        shape - (prior * shape.powi(3) + shape - sum) / (3.0 * prior * shape * shape + 1.0)
    })
}

/// The maximum of a function between two points, by golden sections.
fn maximum(value: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (value(left), value(right));
    for _ in 0..45 {
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = value(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = value(right);
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::super::reference::reference;
    use super::*;

    #[test]
    fn shape_and_scale_equal_those_of_scipy() {
        for case in &reference().paretos {
            let fit = Pareto::fit(&case.excesses, case.prior);
            assert!((fit.shape - case.shape).abs() < 2e-6, "{fit:?}, {} {}", case.shape, case.prior);
            assert!((fit.scale / case.scale - 1.0).abs() < 2e-6, "{fit:?}, {} {}", case.scale, case.prior);
        }
    }

    #[test]
    fn a_quantile_is_exceeded_with_its_probability() {
        for shape in [-0.3, 0.0, 0.4] {
            let pareto = Pareto { shape, scale: 2.0 };
            for survival in [1.0, 0.3, 1e-4] {
                let again = pareto.survival(pareto.quantile(survival));
                assert!((again / survival - 1.0).abs() < 1e-9, "{shape} {survival} {again}");
            }
        }
        assert_eq!(Pareto { shape: -0.5, scale: 1.0 }.survival(3.0), 0.0);
    }
}
