//! The scored rows in the plane, as a scatter chart shows them.

use super::Subject;
use crate::error::Result;
use crate::preprocess::Folded;
use crate::projection::{self, Pca};
use crate::report::{ProjectedRow, Projection, ProjectionMethod};
use ndarray::{Array2, Axis};

/// More points than this cover each other.
const MOST_POINTS: usize = 2_000;

/// Fitted on all the scored rows; a sample of them is kept.
///
/// # Errors
/// Where there are too few features or distinct rows.
pub fn pca(subject: &Subject) -> Result<Projection> {
    let folded = &subject.bench.scored().folded;
    let pca = Pca::fit(&folded.rows)?;
    let rows = subject.sample(MOST_POINTS, "scatter");
    let slots = slots(folded, &rows);
    let plane = pca.project(folded.rows.points.select(Axis(0), &slots).view());
    let explained = Some(pca.explained());
    Ok(Projection { method: ProjectionMethod::Pca, explained, ..projection(subject, &rows, &plane) })
}

/// The same sample as that of the principal components, or a smaller one where it holds too many different rows
/// for t-SNE. Equal rows share their place.
///
/// # Errors
/// Where there are too few features or distinct rows.
pub fn tsne(subject: &Subject) -> Result<Projection> {
    let (rows, sample) = sample_of_few_distinct(subject);
    let seed = subject.bench.seed.derive("tsne");
    let plane = projection::tsne(&sample.rows, seed)?;
    let slots: Vec<usize> = sample.index.iter().map(|&slot| slot as usize).collect();
    Ok(projection(subject, &rows, &plane.select(Axis(0), &slots)))
}

/// As many rows as hold no more distinct ones than t-SNE takes.
fn sample_of_few_distinct(subject: &Subject) -> (Vec<usize>, Folded) {
    let folded = &subject.bench.scored().folded;
    let mut at_most = MOST_POINTS;
    loop {
        let rows = subject.sample(at_most, "scatter");
        let points = folded.rows.points.select(Axis(0), &slots(folded, &rows));
        let sample = Folded::new(points.view());
        if sample.rows.len() <= projection::MOST_ROWS {
            return (rows, sample);
        }
        // Ends at the latest where every row may be another.
        at_most = (at_most * 4 / 5).max(projection::MOST_ROWS);
    }
}

fn slots(folded: &Folded, rows: &[usize]) -> Vec<usize> {
    rows.iter().map(|&row| folded.index[row] as usize).collect()
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

/// To seven significant digits: no chart shows more, and a report is half as long.
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
    fn places_are_kept_to_what_can_be_seen() {
        assert_eq!(rounded(-12.345_678_912), -12.345_68);
        assert_eq!(rounded(1.234_567_891e-5), 1.234_568e-5);
        assert_eq!(rounded(0.0), 0.0);
        assert_eq!(rounded(1e-320), 1e-320);
        assert_eq!(rounded(1e300), 1e300);
    }
}
