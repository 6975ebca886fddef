//! Principal component analysis (Pearson, Philosophical Magazine 1901; Hotelling, Journal of Educational
//! Psychology 1933) of weighted distinct rows; it equals that of the expanded rows.
//!
//! linfa-reduction does not support weights. It gets a few rows with exactly the weighted covariance C
//! instead: with C = L·Lᵀ (Cholesky), the columns of L and their negatives have mean 0 and scatter 2·C. These
//! are two rows per feature, and they have the same axes and variances as the table.

use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate};

/// The first two principal components.
#[derive(Clone, Debug)]
pub struct Pca {
    /// The mean of the expanded rows, one value per feature.
    mean: Array1<f64>,
    /// Shape (2, features), orthonormal. The second is 0 if all rows lie on a line.
    components: Array2<f64>,
    explained: [f64; 2],
}

impl Pca {
    /// Fit the first two components. The sign is fixed: the loading with the largest absolute value is
    /// positive.
    ///
    /// # Errors
    /// If there are fewer than two features or distinct rows, the variance is not finite, or the fit does not
    /// converge.
    pub fn fit(rows: &WeightedRows) -> Result<Self> {
        check_shape(rows)?;
        let mean = mean(rows);
        let covariance = covariance(rows, &mean);
        let trace = covariance.diag().sum();
        if !(trace.is_finite() && trace > 0.0) {
            return Err(refusal(format!("rows with a variance, but theirs adds up to {trace}")));
        }
        let root = cholesky(&(covariance / trace));
        let (components, explained) = principal_axes(&root)?;
        Ok(Pca { mean, components, explained })
    }

    /// The explained variance ratio of both components, in [0, 1], in descending order.
    pub fn explained(&self) -> [f64; 2] {
        self.explained
    }

    /// The components, shape (2, features), of unit length.
    pub fn components(&self) -> ArrayView2<'_, f64> {
        self.components.view()
    }

    /// The projection of rows with the same features, shape (rows, 2).
    pub fn project(&self, rows: ArrayView2<f64>) -> Array2<f64> {
        (&rows - &self.mean).dot(&self.components.t())
    }
}

fn check_shape(rows: &WeightedRows) -> Result<()> {
    match (rows.points.ncols(), rows.len()) {
        (columns @ 0..2, _) => Err(refusal(format!("at least 2 encoded features, but there are {columns}"))),
        (_, rows @ 0..2) => Err(refusal(format!("at least 2 rows that differ, but there are {rows}"))),
        _ => Ok(()),
    }
}

fn refusal(needs: String) -> Error {
    Error::Request(format!("PCA needs {needs}"))
}

fn mean(rows: &WeightedRows) -> Array1<f64> {
    let mut sum = Array1::zeros(rows.points.ncols());
    for (row, &weight) in rows.points.rows().into_iter().zip(&rows.weights) {
        sum.scaled_add(f64::from(weight), &row);
    }
    sum / rows.total() as f64
}

/// The population covariance of the expanded rows, computed in blocks of rows to avoid a copy of the table.
fn covariance(rows: &WeightedRows, mean: &Array1<f64>) -> Array2<f64> {
    const BLOCK: usize = 4096;
    let mut scatter = Array2::zeros((mean.len(), mean.len()));
    let blocks = rows.points.axis_chunks_iter(Axis(0), BLOCK);
    for (block, weights) in blocks.zip(rows.weights.chunks(BLOCK)) {
        let centered = &block - mean;
        let weights: Array1<f64> = weights.iter().map(|&weight| f64::from(weight)).collect();
        let weighted = &centered * &weights.insert_axis(Axis(1));
        scatter += &centered.t().dot(&weighted);
    }
    scatter / rows.total() as f64
}

/// The Cholesky factor: the lower triangle L with L·Lᵀ = C, by columns (Golub & Van Loan, Matrix
/// Computations, 4.2). C may be singular, for example with one-hot columns: if a pivot is rounding noise, its
/// column is 0.
fn cholesky(covariance: &Array2<f64>) -> Array2<f64> {
    let width = covariance.nrows();
    let largest = covariance.diag().iter().copied().fold(0.0, f64::max);
    let noise = largest * f64::EPSILON * width as f64;
    let mut lower = Array2::<f64>::zeros((width, width));
    for column in 0..width {
        let left = lower.slice(ndarray::s![column.., ..column]);
        let rest = &covariance.slice(ndarray::s![column.., column]) - &left.dot(&left.row(0));
        if rest[0] > noise {
            lower.slice_mut(ndarray::s![column.., column]).assign(&(&rest / rest[0].sqrt()));
        }
    }
    lower
}

/// The first two eigenvectors of L·Lᵀ, whose trace is 1, and their eigenvalues.
///
/// The iterative solver of linfa-reduction (LOBPCG) needs three times as many dimensions as it computes axes.
/// With fewer, because of few or dependent features, it stops early with a wrong result and no error. For all
/// axes it uses a direct solver. So only wide tables, for which all axes would take seconds, request two
/// axes. Every result is checked.
fn principal_axes(root: &Array2<f64>) -> Result<(Array2<f64>, [f64; 2])> {
    const WIDE: usize = 100;
    let all = || first_two(root, root.ncols());
    if root.ncols() > WIDE { first_two(root, 2).or_else(|_| all()) } else { all() }
}

/// The first two of `count` computed axes.
fn first_two(root: &Array2<f64>, count: usize) -> Result<(Array2<f64>, [f64; 2])> {
    let rows = concatenate![Axis(0), root.t(), root.mapv(|value| -value).t()];
    let pca = linfa_reduction::Pca::params(count)
        .fit(&DatasetBase::from(rows))
        .map_err(|e| Error::Request(format!("PCA failed: {e}")))?;
    let (mut axes, mut explained) = (Array2::zeros((2, root.ncols())), [0.0; 2]);
    // The result has no axes without variance.
    let components = pca.components().rows().into_iter().zip(pca.singular_values());
    for (at, (axis, singular)) in components.take(2).enumerate() {
        explained[at] = singular * singular / 2.0;
        axes.row_mut(at).assign(&(&axis * sign(axis)));
        check_axis(root, axis, explained[at])?;
    }
    Ok((axes, explained))
}

/// Check the residual ‖C·v − λ·v‖, which is 0 up to rounding for an eigenvector v.
fn check_axis(root: &Array2<f64>, axis: ArrayView1<f64>, variance: f64) -> Result<()> {
    const TOLERANCE: f64 = 1e-7;
    let residual = root.dot(&root.t().dot(&axis)) - &(&axis * variance);
    let norm = residual.dot(&residual).sqrt();
    match norm < TOLERANCE {
        true => Ok(()),
        false => Err(Error::Request(format!("PCA did not converge: an axis is off by {norm:.1e}"))),
    }
}

/// The sign of the loading with the largest absolute value; the first of equal ones.
fn sign(axis: ArrayView1<f64>) -> f64 {
    let largest = axis.iter().copied().reduce(|a, b| if b.abs() > a.abs() { b } else { a });
    largest.unwrap_or(1.0).signum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use ndarray::array;
    use rand::Rng;

    fn weighted(points: Array2<f64>, weights: &[u32]) -> WeightedRows {
        WeightedRows { points, weights: weights.to_vec() }
    }

    #[test]
    fn weighted_rows_have_the_components_of_the_expanded_rows() {
        let points = array![[0.0, 1.0, 2.0], [3.0, 1.0, 0.0], [5.0, 4.0, 1.0], [1.0, 0.0, 7.0]];
        let distinct = Pca::fit(&weighted(points.clone(), &[3, 1, 2, 1])).unwrap();
        let expanded =
            Pca::fit(&WeightedRows::unweighted(points.select(Axis(0), &[0, 0, 0, 1, 2, 2, 3]))).unwrap();
        assert!((distinct.explained[0] - expanded.explained[0]).abs() < 1e-12);
        let difference = distinct.project(points.view()) - expanded.project(points.view());
        assert!(difference.iter().all(|value| value.abs() < 1e-10), "{difference}");
    }

    #[test]
    fn rows_on_a_line_have_only_one_axis() {
        let pca = Pca::fit(&weighted(array![[0.0, 0.0], [1.0, 1.0], [4.0, 4.0]], &[1; 3])).unwrap();
        assert!((pca.explained[0] - 1.0).abs() < 1e-12 && pca.explained[1] < 1e-12);
        let plane = pca.project(array![[0.0, 0.0], [3.0, 3.0]].view());
        assert!((plane[[1, 0]] - plane[[0, 0]] - 18.0_f64.sqrt()).abs() < 1e-12);
        assert!(plane.column(1).iter().all(|y| y.abs() < 1e-12));
    }

    #[test]
    fn axes_are_right_at_every_width() {
        for width in (2..40).chain([100, 101, 150, 300]) {
            let mut rng = Seed::new(7).nth(width as u64).rng();
            let points = Array2::from_shape_simple_fn((5 * width, width), || rng.r#gen::<f64>());
            let rows = weighted(points, &vec![2; 5 * width]);
            // `fit` checks each axis against the covariance; this checks it against the variance of the
            // projection.
            let pca = Pca::fit(&rows).unwrap();
            let plane = pca.project(rows.points.view());
            let total = covariance(&rows, &mean(&rows)).diag().sum();
            for axis in 0..2 {
                let share = plane.column(axis).var(0.0) / total;
                assert!((share - pca.explained[axis]).abs() < 1e-8, "width {width}, axis {axis}");
            }
            assert!(plane.column(0).dot(&plane.column(1)).abs() < 1e-6 * plane.len() as f64);
        }
    }

    #[test]
    fn axes_are_right_for_dependent_features() {
        for (width, rank) in [(6, 2), (40, 3), (130, 2), (130, 3), (130, 5), (200, 7)] {
            let mut rng = Seed::new(8).nth((width * rank) as u64).rng();
            let mut random =
                |rows, columns| Array2::from_shape_simple_fn((rows, columns), || rng.r#gen::<f64>());
            let points = random(60, rank).dot(&random(rank, width));
            let rows = weighted(points, &[1; 60]);
            let pca = Pca::fit(&rows).unwrap();
            let plane = pca.project(rows.points.view());
            let total = covariance(&rows, &mean(&rows)).diag().sum();
            let shares = [0, 1].map(|axis| plane.column(axis).var(0.0) / total);
            assert!(
                (shares[0] - pca.explained[0]).abs() < 1e-8 && (shares[1] - pca.explained[1]).abs() < 1e-8
            );
            assert!(rank > 2 || (shares[0] + shares[1] - 1.0).abs() < 1e-8, "{width} features, rank {rank}");
        }
    }

    #[test]
    fn the_largest_loading_is_positive() {
        let pca = Pca::fit(&weighted(array![[0.0, 0.0], [1.0, -9.0], [2.0, -17.0]], &[1; 3])).unwrap();
        assert!(pca.components()[[0, 1]] > 0.0);
    }

    #[test]
    fn a_table_without_two_axes_is_an_error_with_the_reason() {
        let text = |rows: &WeightedRows| Pca::fit(rows).unwrap_err().to_string();
        let one_column = text(&weighted(array![[1.0], [2.0]], &[1, 1]));
        assert!(one_column.contains("at least 2 encoded features, but there are 1"), "{one_column}");
        let one_row = text(&weighted(array![[1.0, 2.0]], &[9]));
        assert!(one_row.contains("at least 2 rows that differ, but there are 1"), "{one_row}");
        let huge = text(&weighted(array![[1e300, 2.0], [-1e300, 2.0]], &[1, 1]));
        assert!(huge.contains("variance"), "{huge}");
    }
}
