//! Location and spread of numbers: mean, standard deviation, quantiles. A result that overflows is `None`.

/// The arithmetic mean in two passes: the second adds the rounding error of the first.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    let rows = values.len() as f64;
    let first = values.iter().sum::<f64>() / rows;
    finite(first + values.iter().map(|x| x - first).sum::<f64>() / rows)
}

/// The sample standard deviation (n − 1); `None` with fewer than two values.
pub(super) fn std(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    finite((squares / (values.len() - 1) as f64).sqrt())
}

/// The quantile of ascending values at a share in [0, 1]: linear interpolation (Hyndman & Fan 1996, type 7).
pub(super) fn quantile(sorted: &[f64], at: f64) -> Option<f64> {
    let position = at * sorted.len().checked_sub(1)? as f64;
    let lower = sorted[position as usize];
    let upper = sorted[position.ceil() as usize];
    finite(lower + (upper - lower) * position.fract())
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_interpolated() {
        let values = [1.0, 2.0, 3.0, 10.0];
        assert_eq!(
            [0.0, 0.25, 0.5, 0.75, 1.0].map(|at| quantile(&values, at)),
            [Some(1.0), Some(1.75), Some(2.5), Some(4.75), Some(10.0)]
        );
    }

    #[test]
    fn without_values_there_is_no_spread() {
        assert_eq!((mean(&[]), std(&[]), quantile(&[], 0.5)), (None, None, None));
    }

    #[test]
    fn one_value_has_no_standard_deviation() {
        assert_eq!((mean(&[7.0]), std(&[7.0]), quantile(&[7.0], 0.25)), (Some(7.0), None, Some(7.0)));
    }

    #[test]
    fn a_large_offset_does_not_hide_a_small_deviation() {
        let values = [1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0];
        assert_eq!((mean(&values), std(&values)), (Some(1e9 + 2.0), Some(1.0)));
    }

    #[test]
    fn an_overflow_is_undefined() {
        assert_eq!(std(&[-f64::MAX, f64::MAX]), None);
    }
}
