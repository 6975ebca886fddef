//! Cost curves (Drummond & Holte, Machine Learning 2006): the expected cost of the best threshold against the share of
//! suspicious rows and the cost of a miss, which together decide what a detector is worth.

use super::curve::{self, Curve, Names};
use crate::error::Result;
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::Scale;
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::report::{TableReport, count};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let mut runs = caption::runs(table)?;
    caption::both_classes(table, Chart::Cost)?;
    let lowest = |roc: &[[f64; 2]]| mean_cost(&lower_envelope(roc));
    runs.sort_by(|(_, a), (_, b)| lowest(&a.curves.roc).total_cmp(&lowest(&b.curves.roc)));
    let envelopes: Vec<Vec<[f64; 2]>> = runs.iter().map(|(_, run)| lower_envelope(&run.curves.roc)).collect();
    let curves: Vec<Curve> = curve::styles(&runs, table)
        .into_iter()
        .zip(&runs)
        .zip(&envelopes)
        .map(|((series, (_, run)), points)| Curve {
            series,
            name: &run.detector,
            value: format!(": mean cost {:.4}", mean_cost(points)),
            points,
        })
        .collect();
    let area = canvas.frame(&heading(table, &curves));
    let entries = curve::legend(canvas, &curves, "flag all or none: 0.25".to_owned());
    let area = legend::draw(canvas, area, &entries);
    let y = ("expected cost", Scale::linear(0.0, 0.5));
    let plane = curve::panel(canvas, area, ("probability-cost", 1.0), y);
    curve::reference(canvas, &plane, [0.0, 0.0], [0.5, 0.5]);
    curve::reference(canvas, &plane, [0.5, 0.5], [1.0, 0.0]);
    curve::lines(canvas, &plane, &curves, 1.0, Names { x: "probability-cost", y: "expected cost" });
    Ok(())
}

/// The lowest expected cost at each probability-cost x: the minimum over the thresholds of FPR (1 − x) + (1 − TPR) x.
/// It is linear between the returned points. Only thresholds on the convex hull of the ROC curve are part of it.
fn lower_envelope(roc: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut hull: Vec<[f64; 2]> = vec![[0.0, 0.0]];
    for &point in roc.iter().chain(&[[1.0, 1.0]]) {
        while let [.., a, b] = hull.as_slice()
            && (b[0] - a[0]) * (point[1] - a[1]) >= (b[1] - a[1]) * (point[0] - a[0])
        {
            hull.pop();
        }
        if hull.last() != Some(&point) {
            hull.push(point);
        }
    }
    // Two neighbors of the hull cost the same at one place.
    let mut envelope = vec![[0.0, 0.0]];
    for pair in hull.windows(2) {
        let ([fpr, tpr], [next_fpr, next_tpr]) = (pair[0], pair[1]);
        let (alarms, found) = (next_fpr - fpr, next_tpr - tpr);
        let x = alarms / (alarms + found);
        envelope.push([x, fpr * (1.0 - x) + (1.0 - tpr) * x]);
    }
    envelope.push([1.0, 0.0]);
    envelope
}

/// The mean cost over the whole axis.
fn mean_cost(envelope: &[[f64; 2]]) -> f64 {
    envelope.windows(2).map(|pair| (pair[1][0] - pair[0][0]) * (pair[0][1] + pair[1][1]) / 2.0).sum()
}

fn heading(table: &TableReport, curves: &[Curve]) -> Heading {
    Heading {
        title: caption::title(table, Chart::Cost),
        subtitle: caption::scored(table),
        caption: format!(
            "Lower is better. The place on the axis is pC / (pC + 1 − p), if a share p of the rows is suspicious and a miss \
             costs as much as C false alarms; 1 on the other axis is the cost of being always wrong. Each place has the \
             best threshold for it, chosen on these {} rows.{}",
            count(table.scored_rows as u64),
            curve::highlighted(curves)
        ),
        description: format!("Lowest mean cost first: {}.", curve::description(curves)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The minimum over the thresholds, as it is defined.
    fn cost(roc: &[[f64; 2]], x: f64) -> f64 {
        let costs = roc.iter().map(|[fpr, tpr]| fpr * (1.0 - x) + (1.0 - tpr) * x);
        costs.fold(x.min(1.0 - x), f64::min)
    }

    #[test]
    fn the_envelope_is_the_lowest_cost_of_any_threshold() {
        let roc = [[0.0, 0.0], [0.0, 0.3], [0.1, 0.35], [0.2, 0.8], [0.5, 0.85], [0.6, 1.0], [1.0, 1.0]];
        let envelope = lower_envelope(&roc);
        for [x, y] in &envelope {
            assert!((cost(&roc, *x) - y).abs() < 1e-12, "{x}: {y}");
        }
        for step in 0..=100 {
            let x = f64::from(step) / 100.0;
            let pair = envelope.windows(2).find(|pair| pair[0][0] <= x && x <= pair[1][0]).unwrap();
            let width = (pair[1][0] - pair[0][0]).max(f64::MIN_POSITIVE);
            let y = pair[0][1] + (pair[1][1] - pair[0][1]) * (x - pair[0][0]) / width;
            assert!((cost(&roc, x) - y).abs() < 1e-12, "{x}: {y}");
        }
    }

    #[test]
    fn chance_costs_a_quarter_and_a_perfect_ranking_nothing() {
        assert_eq!(mean_cost(&lower_envelope(&[[0.0, 0.0], [1.0, 1.0]])), 0.25);
        assert_eq!(mean_cost(&lower_envelope(&[[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])), 0.0);
        assert_eq!(lower_envelope(&[]), [[0.0, 0.0], [0.5, 0.5], [1.0, 0.0]]);
    }
}
