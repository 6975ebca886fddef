//! The chi-square distribution: probabilities, quantiles, and the consistency factor of a covariance from the
//! inner part of a normal distribution.

/// The factor that turns the covariance of the innermost share α of normal rows into the covariance of all
/// rows.
///
/// It is α / F(q). Here q is the α quantile with `dimensions` degrees of freedom, and F the distribution
/// function with two more (Croux & Haesbroeck, Journal of Multivariate Analysis 1999, eq. 4.2; Pison, Van
/// Aelst & Willems, Metrika 2002, section 3).
pub(super) fn consistency_factor(dimensions: usize, share: f64) -> f64 {
    if share < 1.0 { share / probability(dimensions + 2, quantile(dimensions, share)) } else { 1.0 }
}

/// The quantile of a probability in [0, 1), by bisection. There must be at least 1 degree of freedom.
pub(super) fn quantile(degrees: usize, level: f64) -> f64 {
    let (mut low, mut high) = (0.0, degrees as f64);
    while probability(degrees, high) < level {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if probability(degrees, middle) < level { low = middle } else { high = middle }
    }
}

/// The probability that a chi-square variable is at most `value`: P(degrees / 2, value / 2), where P is the
/// regularized lower incomplete gamma function (DLMF 8.2.4).
fn probability(degrees: usize, value: f64) -> f64 {
    let (a, x) = (degrees as f64 / 2.0, value / 2.0);
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 { front * series(a, x) } else { 1.0 - front * continued_fraction(a, x) }
}

/// Σ xⁿ / (a (a + 1) … (a + n)) (DLMF 8.11.4). It converges fast if x < a + 1.
fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
    while term > sum * f64::EPSILON {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    sum
}

/// The continued fraction of the upper function (DLMF 8.9.2), evaluated by Lentz's method. It converges fast
/// if x > a + 1.
fn continued_fraction(a: f64, x: f64) -> f64 {
    const LONGEST: usize = 10_000;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (f64::INFINITY, 1.0 / b);
    let mut value = d;
    for step in 1..LONGEST {
        let n = step as f64;
        let numerator = n * (a - n);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        value *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_scipy() {
        // scipy 1.17.1, chi2.ppf.
        let expected = [
            (1, 0.5, 0.454_936_423_119_572),
            (2, 0.975, 7.377_758_908_227_871),
            (10, 0.5, 9.341_817_765_591_97),
            (57, 0.975, 79.752_192_280_290_36),
            (500, 0.975, 563.851_529_344_285_7),
        ];
        for (degrees, level, expected) in expected {
            let quantile = quantile(degrees, level);
            assert!(((quantile - expected) / expected).abs() < 1e-11, "{degrees}, {level}: {quantile}");
        }
    }

    #[test]
    fn all_rows_need_no_correction() {
        assert_eq!(consistency_factor(3, 1.0), 1.0);
        assert!((consistency_factor(3, 0.5) - 2.457_367_920_681_795_3).abs() < 1e-12);
    }
}
