//! Principal component analysis (Pearson, Philosophical Magazine 1901; Hotelling, Journal of Educational
//! Psychology 1933) of distinct rows and their multiplicities, as of the unfolded rows.
//!
//! linfa-reduction knows no weights. It is given few rows that have the weighted covariance C exactly: with
//! C = L·Lᵀ (Cholesky), the columns of L and their negatives have mean 0 and scatter 2·C, so they have the axes
//! and the variances of a million rows and are no more than two per feature.

use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate};

/// The two directions in which rows differ most.
#[derive(Clone, Debug)]
pub struct Pca {
    /// The mean of the unfolded rows, one value per feature.
    mean: Array1<f64>,
    /// Shape (2, features); orthonormal. The second is 0 where rows differ in one direction only.
    components: Array2<f64>,
    explained: [f64; 2],
}

impl Pca {
    /// The first two axes. Signs are fixed: the loading of largest absolute value is positive.
    ///
    /// # Errors
    /// With fewer than two features or two distinct rows, or values too large to have a variance.
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

    /// The shares of the variance along both axes, in [0, 1], the larger first.
    pub fn explained(&self) -> [f64; 2] {
        self.explained
    }

    /// The axes, one per row, of unit length.
    pub fn components(&self) -> ArrayView2<'_, f64> {
        self.components.view()
    }

    /// Rows of the same features in the plane: shape (rows, 2).
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

/// The population covariance of the unfolded rows, a block of rows at a time, so that a large table is not copied.
fn covariance(rows: &WeightedRows, mean: &Array1<f64>) -> Array2<f64> {
    const BLOCK: usize = 4096;
    let mut scatter = Array2::zeros((mean.len(), mean.len()));
    let blocks = rows.points.axis_chunks_iter(Axis(0), BLOCK);
    for (block, weights) in blocks.zip(rows.weights.chunks(BLOCK)) {
        let centred = &block - mean;
        let weights: Array1<f64> = weights.iter().map(|&weight| f64::from(weight)).collect();
        let weighted = &centred * &weights.insert_axis(Axis(1));
        scatter += &centred.t().dot(&weighted);
    }
    scatter / rows.total() as f64
}

/// The lower triangle L with L·Lᵀ = C, by columns (Golub & Van Loan, Matrix Computations, 4.2). C may be singular,
/// as it is with one-hot columns: a pivot that is rounding noise leaves its column 0.
fn cholesky(covariance: &Array2<f64>) -> Array2<f64> {
    let width = covariance.nrows();
    let largest = covariance.diag().iter().copied().fold(0.0, f64::max);
    let noise = largest * f64::EPSILON * width as f64;
    let mut lower = Array2::<f64>::zeros((width, width));
    for column in 0..width {
        let done = lower.slice(ndarray::s![column.., ..column]);
        let rest = &covariance.slice(ndarray::s![column.., column]) - &done.dot(&done.row(0));
        if rest[0] > noise {
            lower.slice_mut(ndarray::s![column.., column]).assign(&(&rest / rest[0].sqrt()));
        }
    }
    lower
}

/// The first two eigenvectors of L·Lᵀ, whose trace is 1, and their eigenvalues.
///
/// linfa-reduction's iteration (LOBPCG) needs room for three times as many directions as it is to find. Where there
/// are fewer, because there are few features or because they hang together, it ends early with a wrong answer and
/// no error; asked for all axes it solves the problem at once. So it is asked for two only of wide tables, where all
/// would take seconds, and every answer is checked.
fn principal_axes(root: &Array2<f64>) -> Result<(Array2<f64>, [f64; 2])> {
    const WIDE: usize = 100;
    let all = || first_two(root, root.ncols());
    if root.ncols() > WIDE { first_two(root, 2).or_else(|_| all()) } else { all() }
}

/// The first two axes of as many as are asked for.
fn first_two(root: &Array2<f64>, asked_for: usize) -> Result<(Array2<f64>, [f64; 2])> {
    let rows = concatenate![Axis(0), root.t(), root.mapv(|value| -value).t()];
    let fitted = linfa_reduction::Pca::params(asked_for)
        .fit(&DatasetBase::from(rows))
        .map_err(|e| Error::Request(format!("PCA failed: {e}")))?;
    let (mut axes, mut explained) = (Array2::zeros((2, root.ncols())), [0.0; 2]);
    // Axes without variance are not among those found.
    let found = fitted.components().rows().into_iter().zip(fitted.singular_values());
    for (at, (axis, singular)) in found.take(2).enumerate() {
        explained[at] = singular * singular / 2.0;
        axes.row_mut(at).assign(&(&axis * sign(axis)));
        check_axis(root, axis, explained[at])?;
    }
    Ok((axes, explained))
}

/// Whether C·v = λ·v, which a right answer fulfils to rounding.
fn check_axis(root: &Array2<f64>, axis: ArrayView1<f64>, variance: f64) -> Result<()> {
    const CLOSE: f64 = 1e-7;
    let apart = root.dot(&root.t().dot(&axis)) - &(&axis * variance);
    let apart = apart.dot(&apart).sqrt();
    match apart < CLOSE {
        true => Ok(()),
        false => Err(Error::Request(format!("PCA did not converge: an axis is off by {apart:.1e}"))),
    }
}

/// The sign of the loading of largest absolute value; among equal ones, of the first.
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
    fn copies_count_as_often_as_they_occur() {
        let points = array![[0.0, 1.0, 2.0], [3.0, 1.0, 0.0], [5.0, 4.0, 1.0], [1.0, 0.0, 7.0]];
        let folded = Pca::fit(&weighted(points.clone(), &[3, 1, 2, 1])).unwrap();
        let unfolded =
            Pca::fit(&WeightedRows::unweighted(points.select(Axis(0), &[0, 0, 0, 1, 2, 2, 3]))).unwrap();
        assert!((folded.explained[0] - unfolded.explained[0]).abs() < 1e-12);
        let apart = folded.project(points.view()) - unfolded.project(points.view());
        assert!(apart.iter().all(|value| value.abs() < 1e-10), "{apart}");
    }

    #[test]
    fn rows_on_a_line_have_one_axis_and_no_second() {
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
            // `fit` checks each axis against the covariance; here against the variance of the coordinates.
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
    fn axes_are_right_where_features_hang_together() {
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
    fn too_little_to_project_is_an_error_in_words() {
        let text = |rows: &WeightedRows| Pca::fit(rows).unwrap_err().to_string();
        let one_column = text(&weighted(array![[1.0], [2.0]], &[1, 1]));
        assert!(one_column.contains("at least 2 encoded features, but there are 1"), "{one_column}");
        let one_row = text(&weighted(array![[1.0, 2.0]], &[9]));
        assert!(one_row.contains("at least 2 rows that differ, but there are 1"), "{one_row}");
        let huge = text(&weighted(array![[1e300, 2.0], [-1e300, 2.0]], &[1, 1]));
        assert!(huge.contains("variance"), "{huge}");
    }
}
