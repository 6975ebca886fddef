//! Boxes and reaches in numbers of half the size, twice as many to a vector, rounded so that nothing in reach is missed.
//!
//! A box is rounded outwards, and a place to the nearest number, by at most 2^-24 of each coordinate: the gap between
//! them grows by no more than 2^-24 of the place's distance from the origin, its slip. The reach is lengthened by that, and
//! by what the sum of the squared gaps may be rounded up.

use super::tree::LANES;

/// Coordinates are brought this near, so that squares stay finite: no gap grows by it.
const FURTHEST: f64 = 1e18;

/// A coordinate of a place. What is no number stays none.
#[inline(always)]
pub(super) fn rounded(value: f64) -> f32 {
    value.clamp(-FURTHEST, FURTHEST) as f32
}

/// The lowest coordinate of a box.
pub(super) fn below(value: f64) -> f32 {
    rounded(value).next_down()
}

/// The highest coordinate of a box.
pub(super) fn above(value: f64) -> f32 {
    rounded(value).next_up()
}

/// By how much rounding may have moved each place of a panel.
#[inline(always)]
pub(super) fn slips(panel: &[f64]) -> [f64; LANES] {
    let mut squared = [0.0; LANES];
    for coordinates in panel.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            squared[lane] += coordinates[lane] * coordinates[lane];
        }
    }
    squared.map(|squared: f64| squared.sqrt() * f64::from(f32::EPSILON) / 2.0)
}

/// The squared gap, computed from rounded numbers, beyond which nothing is within a squared reach.
#[inline(always)]
pub(super) fn lengthened(reach: f64, slip: f64, columns: usize) -> f32 {
    let margin = 1.0 + (columns + 8) as f64 * f64::from(f32::EPSILON);
    let reach = (reach.sqrt() + slip) * margin;
    (reach * reach) as f32 + f32::MIN_POSITIVE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng;

    fn squared_gap(place: &[f32], low: &[f32], high: &[f32]) -> f32 {
        let gaps = place.iter().zip(low).zip(high).map(|((&x, &low), &high)| x - x.max(low).min(high));
        gaps.map(|gap| gap * gap).sum()
    }

    #[test]
    fn a_point_within_reach_is_never_in_a_box_beyond_it() {
        let mut rng = Seed::new(1).rng();
        for _ in 0..200_000 {
            let columns = rng.gen_range(1..40);
            let scale = 10_f64.powi(rng.gen_range(-60..20));
            let offset = scale * 10_f64.powi(rng.gen_range(-3..12));
            let mut number = || offset + scale * rng.gen_range(-1.0..1.0);
            let place: Vec<f64> = (0..columns).map(|_| number()).collect();
            let point: Vec<f64> = (0..columns).map(|_| number()).collect();
            let squared: f64 = place.iter().zip(&point).map(|(a, b)| (a - b) * (a - b)).sum();
            let panel: Vec<f64> = place.iter().flat_map(|&x| [x; LANES]).collect();
            let reach = lengthened(squared, slips(&panel)[0], columns);
            let [place, low, high] = [(&place, rounded as fn(f64) -> f32), (&point, below), (&point, above)]
                .map(|(values, round)| values.iter().map(|&value| round(value)).collect::<Vec<_>>());
            assert!(squared_gap(&place, &low, &high) <= reach, "{place:?} {low:?} {squared}");
        }
    }

    #[test]
    fn the_reach_grows_little_where_numbers_are_of_one_size() {
        let reach = lengthened(4.0, slips(&[3.0; 5 * LANES])[0], 5);
        assert!(reach > 4.0 && reach < 4.0 + 2e-5, "{reach}");
    }

    #[test]
    fn what_is_no_number_stays_none_and_far_is_finite() {
        assert!(rounded(f64::NAN).is_nan());
        assert!(below(-1e150).is_finite() && above(1e150).is_finite());
        assert_eq!(lengthened(f64::INFINITY, 0.0, 5), f32::INFINITY);
    }
}
