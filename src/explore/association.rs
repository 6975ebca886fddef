//! The association of a feature with the label.

use super::spread::mean;

/// The point-biserial correlation, in [−1, 1]: Pearson's correlation of the finite values with the label as 0
/// and 1. `None` if all values or all labels are equal.
pub(super) fn point_biserial(values: &[f64], labels: &[bool]) -> Option<f64> {
    let rows = values.iter().zip(labels).filter(|(value, _)| value.is_finite());
    let (values, labels): (Vec<f64>, Vec<f64>) =
        rows.map(|(value, label)| (*value, f64::from(u8::from(*label)))).unzip();
    if is_constant(&values) || is_constant(&labels) {
        return None;
    }
    let (value_mean, label_mean) = (mean(&values)?, mean(&labels)?);
    let (mut products, mut value_squares, mut label_squares) = (0.0, 0.0, 0.0);
    for (value, label) in values.iter().zip(&labels) {
        let (value, label) = (value - value_mean, label - label_mean);
        products += value * label;
        value_squares += value * value;
        label_squares += label * label;
    }
    let correlation = products / (value_squares.sqrt() * label_squares.sqrt());
    correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
}

/// Cramér's V (Cramér 1946, § 21.9) of levels and two classes, in [0, 1], without bias or continuity
/// correction. Each level is its number of normal and of suspicious rows. `None` with fewer than two classes
/// or levels.
pub(super) fn cramers_v(levels: &[[u64; 2]]) -> Option<f64> {
    let levels: Vec<[f64; 2]> = levels.iter().map(|level| level.map(|count| count as f64)).collect();
    let classes = levels.iter().fold([0.0, 0.0], |sum, level| [sum[0] + level[0], sum[1] + level[1]]);
    let rows = classes[0] + classes[1];
    let occurring = levels.iter().filter(|level| level[0] + level[1] > 0.0);
    if classes[0] == 0.0 || classes[1] == 0.0 || occurring.clone().count() < 2 {
        return None;
    }
    let chi_squared: f64 = occurring
        .flat_map(|level| [0, 1].map(|class| (level[class], (level[0] + level[1]) * classes[class] / rows)))
        .map(|(observed, expected)| (observed - expected) * (observed - expected) / expected)
        .sum();
    Some((chi_squared / rows).sqrt().min(1.0))
}

fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_label_has_a_correlation_of_1_and_an_inverted_one_of_minus_1() {
        let labels = [true, false, false, true];
        let close = |actual: Option<f64>, expected: f64| (actual.unwrap() - expected).abs() < 1e-15;
        assert!(close(point_biserial(&[5.0, 1.0, 1.0, 5.0], &labels), 1.0));
        assert!(close(point_biserial(&[0.0, 1.0, 1.0, 0.0], &labels), -1.0));
        assert!(close(cramers_v(&[[2, 0], [0, 2]]), 1.0));
    }

    #[test]
    fn a_constant_has_no_correlation() {
        assert_eq!(
            point_biserial(&[0.1; 9], &[true, false, true, false, true, false, true, false, true]),
            None
        );
        assert_eq!(point_biserial(&[1.0, 2.0], &[true, true]), None);
        assert_eq!(cramers_v(&[[5, 3], [0, 0]]), None);
        assert_eq!(cramers_v(&[[5, 0], [3, 0]]), None);
        assert_eq!(cramers_v(&[]), None);
    }

    #[test]
    fn rows_without_a_finite_value_are_ignored() {
        let labels = [true, false, false, true];
        let all = point_biserial(&[5.0, 1.0, 3.0], &labels[..3]);
        assert_eq!(point_biserial(&[5.0, 1.0, 3.0, f64::NAN], &labels), all);
        assert_eq!(point_biserial(&[5.0, 1.0, 3.0, f64::INFINITY], &labels), all);
    }

    #[test]
    fn independent_levels_have_no_association() {
        assert_eq!(cramers_v(&[[8, 2], [4, 1], [12, 3]]), Some(0.0));
    }
}
