//! Detection error tradeoff (DET) curves: the rate of misses against that of false alarms on probit axes (Martin et al.,
//! Eurospeech 1997). Normal scores give a straight line, and low rates have as much room as high ones.

use super::curve::{self, Curve, Names};
use crate::error::Result;
use crate::metrics::probit;
use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::Scale;
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::report::{TableReport, count, percent, rounded};

/// The false-positive rate of the misses in the legend.
const RATE: f64 = 0.01;

/// The rates with a tick.
const TICKS: [f64; 13] = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999, 0.9999];

/// An axis of rates: from half a row of a class to nearly all rows.
#[derive(Clone, Copy)]
struct RateAxis {
    low: f64,
    high: f64,
}

impl RateAxis {
    fn of(rows: usize) -> RateAxis {
        RateAxis { low: (0.5 / rows.max(1) as f64).clamp(1e-6, 0.1), high: 0.99 }
    }

    /// The place of a rate on the axis, in [0, 1]; a rate beyond an end is at that end.
    fn place(self, rate: f64) -> f64 {
        let [low, high, rate] = [self.low, self.high, rate.clamp(self.low, self.high)].map(probit);
        (rate - low) / (high - low)
    }

    fn axis(self, title: &str) -> Axis {
        let within = TICKS.into_iter().filter(|rate| (self.low..=self.high).contains(rate));
        let label = |rate: f64| format!("{} %", rounded(rate * 100.0, 6));
        let ticks = within.map(|rate| (self.place(rate), label(rate))).collect();
        Axis::at(Scale::linear(0.0, 1.0), title, ticks)
    }
}

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let runs = caption::runs(table)?;
    caption::both_classes(table, Chart::Det)?;
    if runs.iter().all(|(_, run)| run.curves.det.is_empty()) {
        return Err(caption::not_in_report(table, Chart::Det, "DET curves"));
    }
    let suspicious = table.scored_suspicious_rows.unwrap_or_default();
    let x = RateAxis::of(table.scored_rows.saturating_sub(suspicious));
    let y = RateAxis::of(suspicious);
    let places: Vec<Vec<[f64; 2]>> = runs
        .iter()
        .map(|(_, run)| {
            run.curves.det.iter().map(|[fpr, misses]| [x.place(*fpr), y.place(*misses)]).collect()
        })
        .collect();
    let curves: Vec<Curve> = curve::styles(&runs, table)
        .into_iter()
        .zip(&runs)
        .zip(&places)
        .map(|((series, (_, run)), points)| Curve {
            series,
            name: &run.detector,
            value: format!(": misses {} at FPR 1 %", misses_at(&run.curves.det)),
            points,
        })
        .collect();
    let area = canvas.frame(&heading(table, &curves));
    let entries = curve::legend(canvas, &curves, "chance".to_owned());
    let area = legend::draw(canvas, area, &entries);
    let plane = axes::draw(canvas, area, &x.axis("false-positive rate"), &y.axis("rate of misses"));
    // Chance misses the share of positives that it does not flag.
    let (from, to) = (x.low.max(1.0 - y.high), x.high.min(1.0 - y.low));
    let chance = [from, to].map(|rate| [x.place(rate), y.place(1.0 - rate)]);
    curve::reference(canvas, &plane, chance[0], chance[1]);
    let names = Names { x: "false-positive rate", y: "misses" };
    curve::lines_of(canvas, &plane, &curves, names, |place| rate_at(x, place), |place| rate_at(y, place));
    Ok(())
}

/// The rate at a place of an axis, for the values under the pointer.
fn rate_at(axis: RateAxis, place: f64) -> String {
    let (mut low, mut high) = (axis.low, axis.high);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if axis.place(middle) < place { low = middle } else { high = middle }
    }
    rounded(high, 2)
}

/// The lowest rate of misses with a false-positive rate of at most [`RATE`].
fn misses_at(det: &[[f64; 2]]) -> String {
    let allowed = det.iter().take_while(|[fpr, _]| *fpr <= RATE);
    allowed.map(|[_, misses]| *misses).reduce(f64::min).map_or("–".to_owned(), percent)
}

fn heading(table: &TableReport, curves: &[Curve]) -> Heading {
    Heading {
        title: caption::title(table, Chart::Det),
        subtitle: caption::scored(table),
        caption: format!(
            "Lower is better. Both axes are stretched as normal quantiles (probit), so low rates can be read; a rate below \
             half a row is at the edge. From all {} scored rows, thinned to within 1/2,000 of the chart.{}",
            count(table.scored_rows as u64),
            curve::highlighted(curves)
        ),
        description: format!("By AUC, best first: {}.", curve::description(curves)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_the_axis_are_normal_quantiles() {
        let axis = RateAxis { low: 0.01, high: 0.99 };
        let places = [0.01, 0.5, 0.99, 0.0, 1.0].map(|rate| axis.place(rate));
        for (place, expected) in places.into_iter().zip([0.0, 0.5, 1.0, 0.0, 1.0]) {
            assert!((place - expected).abs() < 1e-9, "{place} {expected}");
        }
        // scipy 1.17.1: norm.ppf(0.1) / norm.ppf(0.01) is 0.550885.
        assert!((axis.place(0.1) - (1.0 - 0.550_885) / 2.0).abs() < 1e-6);
        assert_eq!(rate_at(axis, axis.place(0.1)), "0.1");
    }

    #[test]
    fn misses_are_those_of_the_best_allowed_threshold() {
        let det = [[0.0, 1.0], [0.0, 0.6], [0.004, 0.25], [0.02, 0.1], [1.0, 0.0]];
        assert_eq!(misses_at(&det), "25 %");
        assert_eq!(misses_at(&[]), "–");
    }
}
