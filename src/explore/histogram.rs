//! The distribution of a number by class.

use super::group::is_suspicious;
use super::kind::kind;
use super::{ClassHistogram, FeatureKind, Histogram};
use crate::table::Column;

const BINS: usize = 30;

/// The histogram of the finite values of a number, by class. `None` for booleans and categories, without
/// values, and if the range overflows.
pub(super) fn by_class(column: &Column, labels: Option<&[bool]>) -> Option<ClassHistogram> {
    if kind(&column.values) != FeatureKind::Number {
        return None;
    }
    let values = column.values.reals();
    let mut histogram = empty(&values)?;
    for (row, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let bin = bin(&histogram.edges, *value);
        let counts =
            if is_suspicious(labels, row) { &mut histogram.suspicious } else { &mut histogram.normal };
        counts[bin] += 1;
    }
    Some(ClassHistogram { feature: column.name.clone(), histogram })
}

/// Equal-width bins from the smallest to the largest value. The bins of a constant have a range of 1 around it.
fn empty(values: &[f64]) -> Option<Histogram> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().reduce(f64::min)?, finite().reduce(f64::max)?);
    let (low, high) = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
    let width = (high - low) / BINS as f64;
    let mut edges: Vec<f64> = (0..BINS).map(|edge| low + width * edge as f64).collect();
    edges.push(high);
    width.is_finite().then(|| Histogram { edges, normal: vec![0; BINS], suspicious: vec![0; BINS] })
}

/// The bin of a value. Bins include their lower edge; the last one also includes its upper edge.
fn bin(edges: &[f64], value: f64) -> usize {
    let (low, high) = (edges[0], edges[BINS]);
    let guess = (((value - low) / (high - low) * BINS as f64) as usize).min(BINS - 1);
    // Rounding can move the quotient across an edge.
    if value < edges[guess] {
        guess.saturating_sub(1)
    } else if guess + 1 < BINS && value >= edges[guess + 1] {
        guess + 1
    } else {
        guess
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Values;

    fn of(values: &[f64], labels: Option<&[bool]>) -> Option<Histogram> {
        let column = Column { name: "x".into(), values: Values::Real(values.to_vec()) };
        by_class(&column, labels).map(|class| class.histogram)
    }

    #[test]
    fn each_value_lies_within_the_edges_of_its_bin() {
        let values: Vec<f64> = (0..=300).map(|i| f64::from(i) * 0.1).collect();
        let edges = of(&values, None).unwrap().edges;
        for value in values {
            let bin = bin(&edges, value);
            let last = bin == BINS - 1;
            assert!(edges[bin] <= value && (value < edges[bin + 1] || last), "{value} in {bin}");
        }
    }

    #[test]
    fn classes_are_counted_separately() {
        let histogram = of(&[0.0, 30.0, 30.0, f64::NAN], Some(&[false, true, false, true])).unwrap();
        assert_eq!((histogram.normal[0], histogram.normal[29], histogram.suspicious[29]), (1, 1, 1));
        assert_eq!(histogram.suspicious.iter().sum::<u64>(), 1);
    }

    #[test]
    fn a_constant_is_in_the_middle() {
        let histogram = of(&[7.0, 7.0], None).unwrap();
        assert_eq!((histogram.edges[0], histogram.edges[30], histogram.normal[15]), (6.5, 7.5, 2));
    }

    #[test]
    fn without_values_or_with_an_overflow_there_is_no_histogram() {
        assert_eq!(of(&[f64::NAN], None), None);
        assert_eq!(of(&[-f64::MAX, f64::MAX], None), None);
    }
}
