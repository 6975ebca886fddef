//! t-distributed stochastic neighbor embedding (van der Maaten & Hinton, JMLR 2008), by linfa-tsne.
//!
//! The exact method, not the Barnes-Hut approximation: linfa-tsne 0.8 builds the tree of the approximation
//! with an unseeded generator, so results differ from run to run. The exact method is deterministic, but its
//! time is quadratic in the number of distinct rows. The limit of [`MOST_ROWS`] rows takes about two seconds
//! on one core; 2,000 rows would take half a minute.

use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use linfa::traits::Transformer;
use linfa_tsne::TSneParams;
use ndarray::{Array2, ArrayView2, Axis};

/// The smallest number of distinct rows.
pub const LEAST_ROWS: usize = 10;

/// The largest number of distinct rows.
pub const MOST_ROWS: usize = 600;

/// The effective number of neighbors of a row, if there are enough rows.
const PERPLEXITY: usize = 30;

/// Half of the iterations use early exaggeration. The usual number is 1,000, but the later ones change
/// little.
const ITERATIONS: usize = 500;

/// The embedding of distinct rows, shape (rows, 2). It preserves neighborhoods; distances and directions have
/// no meaning. Weights are ignored.
///
/// # Errors
/// If there are fewer than [`LEAST_ROWS`] or more than [`MOST_ROWS`] distinct rows, or fewer than two
/// features.
pub fn tsne(rows: &WeightedRows, seed: Seed) -> Result<Array2<f64>> {
    check_shape(rows)?;
    let plane = TSneParams::embedding_size_with_rng(2, seed.rng())
        .perplexity(perplexity(rows.len()))
        .approx_threshold(0.0)
        .max_iter(ITERATIONS)
        .transform(unit_range(rows.points.view()))
        .map_err(|e| Error::Request(format!("t-SNE failed: {e}")))?;
    match plane.iter().all(|value| value.is_finite()) {
        true => Ok(plane.mapv(f64::from)),
        false => Err(Error::Request("t-SNE failed: the rows are too far apart".to_owned())),
    }
}

fn check_shape(rows: &WeightedRows) -> Result<()> {
    let refuse = |needs: String| Err(Error::Request(format!("t-SNE needs {needs}")));
    match (rows.points.ncols(), rows.len()) {
        (columns @ 0..2, _) => refuse(format!("at least 2 encoded features, but there are {columns}")),
        (_, rows @ 0..LEAST_ROWS) => {
            refuse(format!("at least {LEAST_ROWS} rows that differ, but there are {rows}"))
        }
        (_, rows) if rows > MOST_ROWS => {
            refuse(format!("at most {MOST_ROWS} rows that differ, but there are {rows}"))
        }
        _ => Ok(()),
    }
}

/// The perplexity is at most a third of the number of other rows.
fn perplexity(rows: usize) -> f32 {
    PERPLEXITY.min((rows - 1) / 3) as f32
}

/// The rows, centered and scaled to [−1, 1], in single precision, which halves the time. linfa-tsne does the
/// same, but here it happens in double precision.
fn unit_range(points: ArrayView2<f64>) -> Array2<f32> {
    let magnitude = |values: ArrayView2<f64>| values.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let scale = |values: Array2<f64>| match magnitude(values.view()) {
        largest if largest > 0.0 => values / largest,
        _ => values,
    };
    // Scale first, so that the sum of the mean cannot overflow.
    let points = scale(points.to_owned());
    let centered = match points.mean_axis(Axis(0)) {
        Some(mean) => points - &mean,
        None => points,
    };
    scale(centered).mapv(|value| value as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// Rows around three corners of a cube.
    fn clouds(rows: usize) -> WeightedRows {
        let mut rng = Seed::new(5).rng();
        let mut value =
            |row: usize, column: usize| rng.r#gen::<f64>() + 9.0 * f64::from(u8::from(row % 3 == column));
        WeightedRows::unweighted(Array2::from_shape_fn((rows, 3), |(row, column)| value(row, column)))
    }

    fn distance(plane: &Array2<f64>, a: usize, b: usize) -> f64 {
        (plane[[a, 0]] - plane[[b, 0]]).hypot(plane[[a, 1]] - plane[[b, 1]])
    }

    #[test]
    fn the_nearest_row_in_the_plane_is_of_the_same_cloud() {
        let plane = tsne(&clouds(150), Seed::new(1)).unwrap();
        let nearest = |row: usize| {
            let others = (0..150).filter(|&other| other != row);
            others.min_by(|&a, &b| distance(&plane, row, a).total_cmp(&distance(&plane, row, b))).unwrap()
        };
        assert!((0..150).all(|row| nearest(row) % 3 == row % 3));
    }

    #[test]
    fn the_same_seed_gives_the_same_bits() {
        let rows = clouds(60);
        let plane = tsne(&rows, Seed::new(1)).unwrap();
        assert_eq!(plane, tsne(&rows, Seed::new(1)).unwrap());
        assert_ne!(plane, tsne(&rows, Seed::new(2)).unwrap());
    }

    #[test]
    fn the_smallest_number_of_rows_has_an_embedding() {
        assert_eq!(tsne(&clouds(LEAST_ROWS), Seed::new(1)).unwrap().dim(), (LEAST_ROWS, 2));
    }

    #[test]
    fn rows_too_close_for_single_precision_keep_their_order() {
        let points =
            Array2::from_shape_fn((20, 2), |(row, column)| 1.0 + 1e-12 * (row * (column + 1)) as f64);
        for ((row, column), value) in unit_range(points.view()).indexed_iter() {
            let expected = (row as f64 - 9.5) * (column + 1) as f64 / 19.0;
            assert!((f64::from(*value) - expected).abs() < 1e-3, "row {row}, column {column}: {value}");
        }
        let plane = tsne(&WeightedRows::unweighted(points), Seed::new(1)).unwrap();
        let mean_distance = |apart: usize| {
            let distances = (apart..20).map(|row| distance(&plane, row, row - apart));
            distances.sum::<f64>() / (20 - apart) as f64
        };
        assert!(mean_distance(1) < mean_distance(10), "{plane}");
    }

    #[test]
    fn beside_a_distant_outlier_all_other_rows_are_one_point() {
        let embedded = |far: f64| {
            let mut rows = clouds(30);
            rows.points[[0, 0]] = far;
            for ((row, column), value) in unit_range(rows.points.view()).indexed_iter() {
                // The mean of a 1 and 29 zeros is 1/30, and the largest distance from it 29/30.
                let expected: f32 = match (row, column) {
                    (0, 0) => 1.0,
                    (_, 0) => -1.0 / 29.0,
                    _ => 0.0,
                };
                assert!((value - expected).abs() < 1e-6, "row {row}, column {column}: {value}");
            }
            tsne(&rows, Seed::new(1)).unwrap()
        };
        let plane = embedded(1e200);
        assert_eq!(plane.dim(), (30, 2));
        assert_eq!(plane, embedded(1e150), "how far the outlier is makes no difference");
    }

    #[test]
    fn three_rows_are_an_error_with_the_limit() {
        let text = tsne(&clouds(3), Seed::new(1)).unwrap_err().to_string();
        assert_eq!(text, "t-SNE needs at least 10 rows that differ, but there are 3");
    }

    #[test]
    fn one_column_and_too_many_rows_are_errors() {
        let column = WeightedRows::unweighted(Array2::from_shape_fn((20, 1), |(row, _)| row as f64));
        let text = |rows: &WeightedRows| tsne(rows, Seed::new(1)).unwrap_err().to_string();
        assert_eq!(text(&column), "t-SNE needs at least 2 encoded features, but there are 1");
        let most = "t-SNE needs at most 600 rows that differ, but there are 601";
        assert_eq!(text(&clouds(MOST_ROWS + 1)), most);
    }
}
