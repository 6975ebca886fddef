//! Where numbers lie: mean, deviation, quartiles. What is too large to be written is `None`.

/// The arithmetic mean, in two passes: the second takes up what the first lost to rounding.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    let rows = values.len() as f64;
    let first = values.iter().sum::<f64>() / rows;
    finite(first + values.iter().map(|x| x - first).sum::<f64>() / rows)
}

/// The standard deviation of a sample (n − 1); `None` for fewer than two values.
pub(super) fn std(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    finite((squares / (values.len() - 1) as f64).sqrt())
}

/// The quantile at a share of ascending values, interpolated linearly (Hyndman & Fan 1996, type 7).
pub(super) fn quantile(sorted: &[f64], at: f64) -> Option<f64> {
    let place = at * sorted.len().checked_sub(1)? as f64;
    let below = sorted[place as usize];
    let above = sorted[place.ceil() as usize];
    finite(below + (above - below) * place.fract())
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_values() {
        let values = [1.0, 2.0, 3.0, 10.0];
        assert_eq!(
            [0.0, 0.25, 0.5, 0.75, 1.0].map(|at| quantile(&values, at)),
            [Some(1.0), Some(1.75), Some(2.5), Some(4.75), Some(10.0)]
        );
    }

    #[test]
    fn no_values_have_no_spread() {
        assert_eq!((mean(&[]), std(&[]), quantile(&[], 0.5)), (None, None, None));
    }

    #[test]
    fn one_value_has_no_deviation() {
        assert_eq!((mean(&[7.0]), std(&[7.0]), quantile(&[7.0], 0.25)), (Some(7.0), None, Some(7.0)));
    }

    #[test]
    fn a_large_offset_does_not_hide_a_small_deviation() {
        let values = [1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0];
        assert_eq!((mean(&values), std(&values)), (Some(1e9 + 2.0), Some(1.0)));
    }

    #[test]
    fn what_overflows_is_undefined() {
        assert_eq!(std(&[-f64::MAX, f64::MAX]), None);
    }
}
