//! The share of attacks that are found against the number of alerts a day that an analyst reads.

use super::curve::{self, Curve, Names};
use crate::error::Result;
use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::report::{Run, RunBudget, TableBudget, TableReport, count, counted, percent, rounded};

/// The logarithmic axis of alerts a day.
#[derive(Clone, Copy)]
struct AlertAxis {
    most: f64,
}

impl AlertAxis {
    fn of(table: &TableBudget) -> AlertAxis {
        AlertAxis { most: (table.most_rows_of_day as f64).max(10.0) }
    }

    /// The place of a number of alerts on the axis, in [0, 1].
    fn place(self, alerts: f64) -> f64 {
        (alerts.max(1.0).ln() / self.most.ln()).min(1.0)
    }

    fn axis(self) -> Axis {
        let powers = (0..16).map(|power| 10_f64.powi(power));
        let steps = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * power));
        let within = steps.take_while(|alerts| *alerts <= self.most);
        let ticks = within.map(|alerts| (self.place(alerts), count(alerts as u64))).collect();
        Axis::at(Scale::linear(0.0, 1.0), "alerts a day", ticks)
    }

    /// The text of a place, for the values under the pointer.
    fn alerts_at(self, place: f64) -> String {
        rounded((place * self.most.ln()).exp(), 2)
    }

    /// The share found at each place: a jump at each number of alerts at which it rises.
    fn steps(self, own: &RunBudget) -> Vec<[f64; 2]> {
        let mut points = vec![[0.0, 0.0]];
        let mut before = 0.0;
        for [alerts, share] in &own.by_budget {
            points.extend([[self.place(*alerts), before], [self.place(*alerts), *share]]);
            before = *share;
        }
        points.push([1.0, before]);
        points
    }
}

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let (budget, mut runs) = caption::budget(table, Chart::Budget)?;
    runs.sort_by(|(_, a), (_, b)| share(b).total_cmp(&share(a)));
    let axis = AlertAxis::of(budget);
    let points: Vec<Vec<[f64; 2]>> = runs
        .iter()
        .map(|(_, run)| run.budget.as_ref().map(|own| axis.steps(own)).unwrap_or_default())
        .collect();
    let random: Vec<[f64; 2]> =
        budget.random_curve.iter().map(|[alerts, share]| [axis.place(*alerts), *share]).collect();
    let mut curves: Vec<Curve> = curve::styles(&runs, table)
        .into_iter()
        .zip(&runs)
        .zip(&points)
        .map(|((series, (_, run)), points)| Curve {
            series,
            name: &run.detector,
            value: format!(": {}", at_budget(budget, run)),
            points,
        })
        .collect();
    let heading = heading(table, budget, &curves);
    let value = format!(": {}", budget.found_at_random.map_or("–".to_owned(), percent));
    curves.push(Curve { series: None, name: "random order", value, points: &random });
    let area = canvas.frame(&heading);
    let entries = curve::legend(canvas, &curves, format!("budget: {}", alerts(budget)));
    let area = legend::draw(canvas, area, &entries);
    let several = budget.unit.nouns()[1];
    let y = Axis::new(Scale::linear(0.0, 1.0), format!("share of {several} found"), Unit::Number);
    let plane = axes::draw(canvas, area, &axis.axis(), &y);
    let place = axis.place(budget.alerts_per_day as f64);
    curve::reference(canvas, &plane, [place, 0.0], [place, 1.0]);
    let names = Names { x: "alerts a day", y: "share found" };
    curve::lines_of(canvas, &plane, &curves, names, |place| axis.alerts_at(place), |share| rounded(share, 3));
    Ok(())
}

fn share(run: &Run) -> f64 {
    run.budget.as_ref().and_then(|own| own.found).unwrap_or(-1.0)
}

fn alerts(budget: &TableBudget) -> String {
    format!("{} a day", counted(budget.alerts_per_day, "alert", "alerts"))
}

/// "40 of 64 (62 %)".
fn at_budget(budget: &TableBudget, run: &Run) -> String {
    run.budget.as_ref().map_or("–".to_owned(), |own| caption::part(own.attacks_found, budget.attacks))
}

fn heading(table: &TableReport, budget: &TableBudget, curves: &[Curve]) -> Heading {
    Heading {
        title: caption::title(table, Chart::Budget),
        subtitle: caption::scored(table),
        caption: format!(
            "Higher is better. The rows with the highest scores of each day are alerts; {}. It is found if one of its own \
             rows is an alert. Values are those at the budget, with the first seed.{}",
            budget.unit.meaning(),
            curve::highlighted(curves)
        ),
        description: format!("With {}: {}.", alerts(budget), curve::description(curves)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_the_axis_are_logarithms() {
        let axis = AlertAxis { most: 1_000.0 };
        for (alerts, place) in [(1.0, 0.0), (10.0, 1.0 / 3.0), (1_000.0, 1.0), (5_000.0, 1.0)] {
            assert!((axis.place(alerts) - place).abs() < 1e-12, "{alerts}");
        }
        assert_eq!(axis.alerts_at(axis.place(50.0)), "50");
    }
}
