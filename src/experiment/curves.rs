//! The curves of a detector, simplified for charts: every omitted point lies within 1/2000 of the chart from
//! the line that replaces it.

use crate::explore::Histogram;
use crate::metrics::{self, Ranking, RocPoint};
use crate::preprocess::Prepared;
use crate::report::Curves;

/// No curves, for results that no chart shows.
pub const NONE: Curves = Curves {
    roc: Vec::new(),
    precision_recall: Vec::new(),
    det: Vec::new(),
    histogram: Histogram { edges: Vec::new(), normal: Vec::new(), suspicious: Vec::new() },
};

/// The curves of one score per distinct row; ROC and precision-recall curves need labels.
pub fn of(scores: &[f64], rows: &Prepared, ranking: Option<&Ranking>) -> Curves {
    let histogram = histogram(scores, rows);
    let mut curves = Curves { roc: vec![], precision_recall: vec![], det: vec![], histogram };
    if let Some(ranking) = ranking {
        let roc = metrics::roc_curve(ranking).unwrap_or_default();
        curves.roc = simplified(
            roc.iter().map(|p| [p.false_positive_rate, p.true_positive_rate]).collect(),
            |point| {
                // The chart also shows the lowest false-positive rates, magnified 20 times.
                if point[0] <= 0.05 { VISIBLE / 20.0 } else { VISIBLE }
            },
        );
        curves.det = det(&roc);
        let pr = metrics::precision_recall_curve(ranking).unwrap_or_default();
        // The first point, with no flagged row and undefined precision, is a convention and is not drawn.
        let flagged = pr.iter().filter(|point| point.threshold.is_some());
        curves.precision_recall = simplified(
            flagged.map(|p| [p.recall, p.precision]).collect(),
            // Low precisions are drawn on a logarithmic axis.
            |point| if point[1] <= 0.05 { VISIBLE / 20.0 } else { VISIBLE },
        );
    }
    curves
}

/// The ROC curve as (false-positive rate, rate of misses), thinned by what is visible on probit axes.
fn det(roc: &[RocPoint]) -> Vec<[f64; 2]> {
    // The largest rate that has a place on the axis. The range between both ends is the chart, or a little more.
    const END: f64 = 1e-6;
    let range = -2.0 * metrics::probit(END);
    let place = |rate: f64| metrics::probit(rate.clamp(END, 1.0 - END)) / range;
    let rates: Vec<[f64; 2]> =
        roc.iter().map(|point| [point.false_positive_rate, 1.0 - point.true_positive_rate]).collect();
    let places: Vec<[f64; 2]> = rates.iter().map(|rates| rates.map(place)).collect();
    let needed = is_needed(&places, |_| VISIBLE / 2.0);
    rates.into_iter().zip(needed).filter_map(|(point, needed)| needed.then_some(point)).collect()
}

const BINS: usize = 50;

/// The rows by score and class. The bins are equally wide; if a few extreme scores would leave nearly all rows
/// in one bin, they are equally wide on a logarithmic axis.
fn histogram(scores: &[f64], rows: &Prepared) -> Histogram {
    let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let linear = histogram_on(scores, rows, (low, high), Axis::Linear);
    let occupied = |histogram: &Histogram| {
        histogram.normal.iter().zip(&histogram.suspicious).filter(|(a, b)| **a + **b > 0).count()
    };
    if occupied(&linear) * 5 > BINS {
        return linear;
    }
    let symlog = histogram_on(scores, rows, (low, high), Axis::symlog(scores));
    if occupied(&symlog) >= 2 * occupied(&linear) { symlog } else { linear }
}

/// The axis on which all bins have the same width.
#[derive(Clone, Copy)]
enum Axis {
    Linear,
    /// asinh(score / threshold): linear near 0 and logarithmic beyond the threshold.
    Symlog(f64),
}

impl Axis {
    /// The threshold is the power of ten at or below the median size of a score.
    fn symlog(scores: &[f64]) -> Axis {
        let mut sizes: Vec<f64> = scores.iter().map(|score| score.abs()).filter(|size| *size > 0.0).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        let median = sizes.get(sizes.len() / 2).copied().unwrap_or(1.0);
        Axis::Symlog(10_f64.powi((median.log10().floor() as i32).clamp(-12, 12)))
    }

    fn place(self, score: f64) -> f64 {
        match self {
            Axis::Linear => score,
            Axis::Symlog(threshold) => (score / threshold).asinh(),
        }
    }

    fn score(self, place: f64) -> f64 {
        match self {
            Axis::Linear => place,
            Axis::Symlog(threshold) => place.sinh() * threshold,
        }
    }
}

fn histogram_on(scores: &[f64], rows: &Prepared, (low, high): (f64, f64), axis: Axis) -> Histogram {
    let (low, high) = (axis.place(low), axis.place(high));
    let width = (high - low) / BINS as f64;
    let mut histogram = Histogram {
        edges: (0..=BINS).map(|edge| axis.score(low + width * edge as f64)).collect(),
        normal: vec![0; BINS],
        suspicious: vec![0; BINS],
    };
    for (row, score) in scores.iter().enumerate() {
        let place = axis.place(*score) - low;
        let bin = if width > 0.0 { ((place / width) as usize).min(BINS - 1) } else { 0 };
        let (normal, suspicious) = match &rows.labels {
            Some(labels) => (labels.negatives[row], labels.positives[row]),
            None => (rows.deduplicated.rows.weights[row], 0),
        };
        histogram.normal[bin] += u64::from(normal);
        histogram.suspicious[bin] += u64::from(suspicious);
    }
    histogram
}

/// The smallest visible distance, as a share of the chart.
const VISIBLE: f64 = 0.000_5;

/// Simplify a line (Ramer 1972; Douglas & Peucker 1973). Both ends are part of the result.
fn simplified(line: Vec<[f64; 2]>, visible: impl Fn([f64; 2]) -> f64) -> Vec<[f64; 2]> {
    let needed = is_needed(&line, visible);
    line.into_iter().zip(needed).filter_map(|(point, needed)| needed.then_some(point)).collect()
}

/// Which points a simplified line has.
fn is_needed(line: &[[f64; 2]], visible: impl Fn([f64; 2]) -> f64) -> Vec<bool> {
    if line.len() < 3 {
        return vec![true; line.len()];
    }
    let mut is_needed = vec![false; line.len()];
    let mut spans = vec![(0, line.len() - 1)];
    while let Some((from, to)) = spans.pop() {
        (is_needed[from], is_needed[to]) = (true, true);
        let furthest = (from + 1..to).map(|at| (distance(line[at], line[from], line[to]), at));
        match furthest.max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((distance, at)) if distance > visible(line[at]) => spans.extend([(from, at), (at, to)]),
            _ => {}
        }
    }
    is_needed
}

/// The distance of a point from the segment between two other points.
fn distance(point: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let (along, off) = ([to[0] - from[0], to[1] - from[1]], [point[0] - from[0], point[1] - from[1]]);
    let squared = along[0] * along[0] + along[1] * along[1];
    let share = if squared > 0.0 { (off[0] * along[0] + off[1] * along[1]) / squared } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    (off[0] - share * along[0]).hypot(off[1] - share * along[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_straight_line_are_omitted_and_corners_are_kept() {
        let line = vec![[0.0, 0.0], [0.0, 0.5], [0.0, 1.0], [0.3, 1.0], [1.0, 1.0]];
        assert_eq!(simplified(line, |_| VISIBLE), [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
    }

    #[test]
    fn a_det_curve_keeps_what_is_visible_at_low_rates() {
        let point = |fpr: f64, tpr: f64| RocPoint {
            false_positive_rate: fpr,
            true_positive_rate: tpr,
            threshold: None,
        };
        let roc = [point(0.0, 0.0), point(1e-5, 0.1), point(1e-4, 0.5), point(1e-3, 0.6), point(1.0, 1.0)];
        assert_eq!(det(&roc), [[0.0, 1.0], [1e-5, 0.9], [1e-4, 0.5], [1e-3, 0.4], [1.0, 0.0]]);
    }

    #[test]
    fn a_simplified_curve_differs_by_less_than_what_is_visible() {
        let curve: Vec<[f64; 2]> =
            (0..=20_000).map(|i| f64::from(i) / 20_000.0).map(|x| [x, x.sqrt()]).collect();
        let thin = simplified(curve.clone(), |_| VISIBLE);
        assert!(thin.len() < 200, "{}", thin.len());
        for point in curve {
            let nearest =
                thin.windows(2).map(|pair| distance(point, pair[0], pair[1])).fold(f64::INFINITY, f64::min);
            assert!(nearest <= 0.000_5);
        }
    }
}
