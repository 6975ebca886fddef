//! Two-dimensional projections of the scored rows, for scatter charts.

use super::Subject;
use crate::error::Result;
use crate::preprocess::Deduplicated;
use crate::projection::{self, Pca};
use crate::report::{ProjectedRow, Projection, ProjectionMethod};
use ndarray::{Array2, Axis};

/// The largest number of points: more points cover each other.
const MOST_POINTS: usize = 2_000;

/// Principal components of all scored rows, and the projection of a sample.
///
/// # Errors
/// If there are too few features or distinct rows.
pub fn pca(subject: &Subject) -> Result<Projection> {
    let deduplicated = &subject.prepared.scored().deduplicated;
    let pca = Pca::fit(&deduplicated.rows)?;
    let rows = subject.sample(MOST_POINTS, "scatter");
    let slots = slots(deduplicated, &rows);
    let plane = pca.project(deduplicated.rows.points.select(Axis(0), &slots).view());
    let explained = Some(pca.explained());
    Ok(Projection { method: ProjectionMethod::Pca, explained, ..projection(subject, &rows, &plane) })
}

/// t-SNE of the sample of [`pca`], or of a smaller one if the sample has too many distinct rows for t-SNE.
/// Equal rows have the same position.
///
/// # Errors
/// If there are too few features or distinct rows.
pub fn tsne(subject: &Subject) -> Result<Projection> {
    let (rows, sample) = sample_of_few_distinct(subject);
    let seed = subject.prepared.seed.derive("tsne");
    let plane = projection::tsne(&sample.rows, seed)?;
    let slots: Vec<usize> = sample.index.iter().map(|&slot| slot as usize).collect();
    Ok(projection(subject, &rows, &plane.select(Axis(0), &slots)))
}

/// A sample of rows with at most as many distinct rows as t-SNE allows.
fn sample_of_few_distinct(subject: &Subject) -> (Vec<usize>, Deduplicated) {
    let deduplicated = &subject.prepared.scored().deduplicated;
    let mut at_most = MOST_POINTS;
    loop {
        let rows = subject.sample(at_most, "scatter");
        let points = deduplicated.rows.points.select(Axis(0), &slots(deduplicated, &rows));
        let sample = Deduplicated::new(points.view());
        if sample.rows.len() <= projection::MOST_ROWS {
            return (rows, sample);
        }
        // The loop ends: a sample of `MOST_ROWS` rows has at most `MOST_ROWS` distinct rows.
        at_most = (at_most * 4 / 5).max(projection::MOST_ROWS);
    }
}

fn slots(deduplicated: &Deduplicated, rows: &[usize]) -> Vec<usize> {
    rows.iter().map(|&row| deduplicated.index[row] as usize).collect()
}

fn projection(subject: &Subject, rows: &[usize], plane: &Array2<f64>) -> Projection {
    let labels = subject.scored.labels.as_deref();
    let points = rows.iter().zip(plane.rows()).map(|(&row, place)| ProjectedRow {
        x: rounded(place[0]),
        y: rounded(place[1]),
        suspicious: labels.is_some_and(|labels| labels[row]),
    });
    Projection {
        method: ProjectionMethod::Tsne,
        explained: None,
        rows: subject.scored.rows() as u64,
        points: points.collect(),
    }
}

/// Round to seven significant digits: charts show no more, and the report is half as long.
fn rounded(value: f64) -> f64 {
    const DIGITS: i32 = 7;
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10.0_f64.powi(DIGITS - 1 - value.abs().log10().floor() as i32);
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_rounded_to_seven_digits() {
        assert_eq!(rounded(-12.345_678_912), -12.345_68);
        assert_eq!(rounded(1.234_567_891e-5), 1.234_568e-5);
        assert_eq!(rounded(0.0), 0.0);
        assert_eq!(rounded(1e-320), 1e-320);
        assert_eq!(rounded(1e300), 1e300);
    }
}
