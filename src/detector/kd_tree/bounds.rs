//! Bounding boxes and search radii in f32, twice as many to a vector, rounded so that no point within a
//! radius is missed.
//!
//! A box is rounded outwards. A query is rounded to the nearest f32, by at most 2^-24 of each coordinate. So
//! the gap between them grows by at most 2^-24 of the query's distance from the origin: the query's rounding
//! error. The radius is widened by this error, and by what the sum of the squared gaps may be rounded up.

use super::node::LANES;

/// Coordinates are clamped to this magnitude, so that squares stay finite. No gap grows by it.
const FARTHEST: f64 = 1e18;

/// A coordinate of a query. NaN stays NaN.
#[inline(always)]
pub(super) fn rounded(value: f64) -> f32 {
    value.clamp(-FARTHEST, FARTHEST) as f32
}

/// The lower bound of a box, rounded down.
pub(super) fn rounded_down(value: f64) -> f32 {
    rounded(value).next_down()
}

/// The upper bound of a box, rounded up.
pub(super) fn rounded_up(value: f64) -> f32 {
    rounded(value).next_up()
}

/// The distance by which rounding may have moved each query of a panel: at most 2^-24 of its length.
#[inline(always)]
pub(super) fn rounding_errors(panel: &[f64]) -> [f64; LANES] {
    let mut squared = [0.0; LANES];
    for coordinates in panel.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            squared[lane] += coordinates[lane] * coordinates[lane];
        }
    }
    squared.map(|squared: f64| squared.sqrt() * f64::from(f32::EPSILON) / 2.0)
}

/// The squared gap in rounded coordinates beyond which no point is within the exact squared radius.
#[inline(always)]
pub(super) fn widened(squared_radius: f64, rounding_error: f64, columns: usize) -> f32 {
    let margin = 1.0 + (columns + 8) as f64 * f64::from(f32::EPSILON);
    let radius = (squared_radius.sqrt() + rounding_error) * margin;
    (radius * radius) as f32 + f32::MIN_POSITIVE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng;

    fn squared_gap(query: &[f32], low: &[f32], high: &[f32]) -> f32 {
        let gaps = query.iter().zip(low).zip(high).map(|((&x, &low), &high)| x - x.max(low).min(high));
        gaps.map(|gap| gap * gap).sum()
    }

    #[test]
    fn a_point_within_the_radius_is_never_in_a_box_beyond_it() {
        let mut rng = Seed::new(1).rng();
        for _ in 0..200_000 {
            let columns = rng.gen_range(1..40);
            let scale = 10_f64.powi(rng.gen_range(-60..20));
            let offset = scale * 10_f64.powi(rng.gen_range(-3..12));
            let mut number = || offset + scale * rng.gen_range(-1.0..1.0);
            let query: Vec<f64> = (0..columns).map(|_| number()).collect();
            let point: Vec<f64> = (0..columns).map(|_| number()).collect();
            let squared: f64 = query.iter().zip(&point).map(|(a, b)| (a - b) * (a - b)).sum();
            let panel: Vec<f64> = query.iter().flat_map(|&x| [x; LANES]).collect();
            let limit = widened(squared, rounding_errors(&panel)[0], columns);
            let [query, low, high] =
                [(&query, rounded as fn(f64) -> f32), (&point, rounded_down), (&point, rounded_up)]
                    .map(|(values, round)| values.iter().map(|&value| round(value)).collect::<Vec<_>>());
            assert!(squared_gap(&query, &low, &high) <= limit, "{query:?} {low:?} {squared}");
        }
    }

    #[test]
    fn the_radius_grows_little_if_all_coordinates_are_of_one_size() {
        let limit = widened(4.0, rounding_errors(&[3.0; 5 * LANES])[0], 5);
        assert!(limit > 4.0 && limit < 4.0 + 2e-5, "{limit}");
    }

    #[test]
    fn nan_stays_nan_and_far_coordinates_stay_finite() {
        assert!(rounded(f64::NAN).is_nan());
        assert!(rounded_down(-1e150).is_finite() && rounded_up(1e150).is_finite());
        assert_eq!(widened(f64::INFINITY, 0.0, 5), f32::INFINITY);
    }
}
