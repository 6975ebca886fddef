//! How far two distributions on the same bins are apart, and whether a day is further out than the days of training.
//!
//! Names and values are those of scipy 1.x (`jensenshannon`, `ks_2samp`, `wasserstein_distance`) and of Evidently (PSI).

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The population stability index of two lists of counts on the same bins, in [0, ∞). As in Evidently, an empty bin has
/// the share 0.0001, or a millionth of the smallest share if that is not larger. `None` if a list has no row.
pub fn psi(reference: &[u64], current: &[u64]) -> Option<f64> {
    let (p, q) = (filled(&shares(reference)?), filled(&shares(current)?));
    Some(p.iter().zip(&q).filter(|(p, q)| p != q).map(|(p, q)| (q - p) * (q / p).ln()).sum::<f64>() + 0.0)
}

/// The Jensen–Shannon distance with natural logarithms, in [0, 0.8326]. `None` if a list has no row.
pub fn jensen_shannon(reference: &[u64], current: &[u64]) -> Option<f64> {
    let (p, q) = (shares(reference)?, shares(current)?);
    let part = |own: f64, middle: f64| if own > 0.0 { own * (own / middle).ln() } else { 0.0 };
    let both = p.iter().zip(&q).map(|(&p, &q)| {
        let middle = f64::midpoint(p, q);
        part(p, middle) + part(q, middle)
    });
    Some((both.sum::<f64>() / 2.0).max(0.0).sqrt())
}

/// The Kolmogorov–Smirnov distance of ordered bins, in [0, 1]. `None` if a list has no row.
pub fn kolmogorov_smirnov(reference: &[u64], current: &[u64]) -> Option<f64> {
    Some(cumulative(reference, current)?.into_iter().fold(0.0, |most, gap| f64::max(most, gap.abs())))
}

/// The Wasserstein distance if all rows of a bin have its value, in units of the values. `None` if a list has no row.
pub fn wasserstein(values: &[f64], reference: &[u64], current: &[u64]) -> Option<f64> {
    let gaps = cumulative(reference, current)?;
    Some(values.windows(2).zip(gaps).map(|(pair, gap)| (pair[1] - pair[0]) * gap.abs()).sum())
}

/// The adjusted p-values of Benjamini & Hochberg (1995), in the order of the p-values.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let (mut adjusted, mut least) = (vec![1.0; p.len()], 1.0_f64);
    for (at, &own) in order.iter().enumerate() {
        least = least.min(p[own] * p.len() as f64 / (p.len() - at) as f64);
        adjusted[own] = least;
    }
    adjusted
}

/// The range of a quantity over the days of training, on a logarithmic scale. Workdays and weekend days have a mean of
/// their own and one standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsualRange {
    means: [f64; 2],
    most: [f64; 2],
    days: [usize; 2],
    deviation: f64,
    offset: f64,
}

impl UsualRange {
    /// The range of values of workdays and of weekend days, each at least 0. `offset` is added before the logarithm, and
    /// `floor` is the smallest standard deviation. `None` with fewer than seven days.
    pub fn of(values: [&[f64]; 2], offset: f64, floor: f64) -> Option<Self> {
        let days = values.map(<[f64]>::len);
        let total = days[0] + days[1];
        if total < 7 {
            return None;
        }
        let logs = values.map(|own| own.iter().map(|value| (value + offset).ln()).collect::<Vec<_>>());
        let mean = |logs: &[f64]| logs.iter().sum::<f64>() / logs.len().max(1) as f64;
        let means = [0, 1].map(|kind| mean(&logs[kind]));
        let of_kind = |kind: usize| logs[kind].iter().map(|log| (log - means[kind]).powi(2)).sum::<f64>();
        let kinds = days.iter().filter(|&&days| days > 0).count();
        let deviation = ((of_kind(0) + of_kind(1)) / (total - kinds) as f64).sqrt().max(floor);
        let most = values.map(|own| own.iter().copied().fold(0.0, f64::max));
        Some(UsualRange { means, most, days, deviation, offset })
    }

    /// How far a value is from the mean of its kind of day, in standard deviations of a new day; `None` without days of
    /// this kind.
    pub fn standardized(&self, value: f64, kind: usize) -> Option<f64> {
        let days = self.days[kind];
        let error = self.deviation * (1.0 + 1.0 / days.max(1) as f64).sqrt();
        (days > 0).then(|| ((value + self.offset).ln() - self.means[kind]) / error)
    }

    /// The probability that a day like those of training is as far out, by Student's prediction interval.
    pub fn p_value(&self, value: f64, kind: usize, two_sided: bool) -> Option<f64> {
        let far = self.standardized(value, kind)?;
        let kinds = self.days.iter().filter(|&&days| days > 0).count();
        let t = StudentsT::new(0.0, 1.0, (self.days[0] + self.days[1] - kinds) as f64).ok()?;
        Some(if two_sided { 2.0 * t.sf(far.abs()) } else { t.sf(far) }.clamp(0.0, 1.0))
    }

    /// The typical value of this kind of day.
    pub fn typical(&self, kind: usize) -> f64 {
        (self.means[kind].exp() - self.offset).max(0.0)
    }

    /// The largest value of this kind of day in training.
    pub fn most(&self, kind: usize) -> f64 {
        self.most[kind]
    }
}

fn shares(counts: &[u64]) -> Option<Vec<f64>> {
    let total: u64 = counts.iter().sum();
    (total > 0).then(|| counts.iter().map(|&count| count as f64 / total as f64).collect())
}

fn filled(shares: &[f64]) -> Vec<f64> {
    let least = shares.iter().copied().filter(|&share| share > 0.0).fold(1.0, f64::min);
    let empty = if least <= 0.0001 { least / 1e6 } else { 0.0001 };
    shares.iter().map(|&share| if share == 0.0 { empty } else { share }).collect()
}

/// The difference of the cumulative shares after each bin.
fn cumulative(reference: &[u64], current: &[u64]) -> Option<Vec<f64>> {
    let (all, now) = (reference.iter().sum::<u64>(), current.iter().sum::<u64>());
    if all == 0 || now == 0 {
        return None;
    }
    let mut seen = (0, 0);
    let gap = |(own, other): (&u64, &u64)| {
        seen = (seen.0 + own, seen.1 + other);
        seen.0 as f64 / all as f64 - seen.1 as f64 / now as f64
    };
    Some(reference.iter().zip(current).map(gap).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn distances_are_those_of_scipy() {
        let text = include_str!("../../fixtures/reference/drift.json");
        let fixture: Value = serde_json::from_str(text).unwrap();
        let counts = |case: &Value, key: &str| -> Vec<u64> {
            case[key].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect()
        };
        for case in fixture["cases"].as_array().unwrap() {
            let (p, q) = (counts(case, "reference"), counts(case, "current"));
            let values: Vec<f64> =
                case["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            for (name, own) in [
                ("psi", psi(&p, &q)),
                ("jensen_shannon", jensen_shannon(&p, &q)),
                ("kolmogorov_smirnov", kolmogorov_smirnov(&p, &q)),
                ("wasserstein", wasserstein(&values, &p, &q)),
            ] {
                let expected = case[name].as_f64().unwrap();
                assert!((own.unwrap() - expected).abs() < 1e-9, "{name}: {own:?} is not {expected}");
            }
        }
        let p: Vec<f64> = fixture["p"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect();
        for (own, expected) in
            benjamini_hochberg(&p).iter().zip(fixture["adjusted"].as_array().unwrap().iter())
        {
            assert!((own - expected.as_f64().unwrap()).abs() < 1e-12);
        }
    }

    #[test]
    fn a_day_far_out_is_improbable_and_a_usual_day_is_not() {
        let days: Vec<f64> = (0..14).map(|day| 0.05 + 0.002 * f64::from(day % 5)).collect();
        let range = UsualRange::of([&days, &[]], 0.01, 0.1).unwrap();
        assert!(range.p_value(0.054, 0, false).unwrap() > 0.3);
        assert!(range.p_value(0.2, 0, false).unwrap() < 1e-6);
        assert!(range.p_value(0.2, 1, false).is_none());
        assert!(UsualRange::of([&days[..4], &days[4..6]], 0.01, 0.1).is_none());
    }

    #[test]
    fn nothing_is_measured_without_rows() {
        assert_eq!((psi(&[0, 0], &[1, 2]), jensen_shannon(&[1], &[0])), (None, None));
    }
}
