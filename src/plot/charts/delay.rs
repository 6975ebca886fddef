//! Time to detection: the share of attacks found by each time since their first row, by Kaplan & Meier. Missed attacks are
//! censored at their last row. Fawcett & Provost (KDD 1999) ask both: how soon, and at how many alarms.

use super::curve::{self, Curve, Names};
use crate::error::Result;
use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::report::{Run, RunBudget, TableBudget, TableReport, counted, percent, significant};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let (budget, mut runs) = caption::budget(table, Chart::Delay)?;
    runs.sort_by(|(_, a), (_, b)| last_share(b).total_cmp(&last_share(a)));
    let longest = runs.iter().filter_map(|(_, run)| Some(run.budget.as_ref()?.longest_hours));
    let longest = longest.fold(0.0, f64::max);
    let end = if longest > 0.0 { longest } else { 1.0 };
    let points: Vec<Vec<[f64; 2]>> =
        runs.iter().map(|(_, run)| run.budget.as_ref().map(steps).unwrap_or_default()).collect();
    let curves: Vec<Curve> = curve::styles(&runs, table)
        .into_iter()
        .zip(&runs)
        .zip(&points)
        .map(|((series, (_, run)), points)| Curve {
            series,
            name: &run.detector,
            value: format!(": {}", median(run)),
            points,
        })
        .collect();
    let area = canvas.frame(&heading(table, budget, &curves));
    let entries = curve::legend(canvas, &curves, "half".to_owned());
    let area = legend::draw(canvas, area, &entries);
    let several = budget.unit.nouns()[1];
    let x = Axis::new(Scale::linear(0.0, end), "hours since the first suspicious row", Unit::Number);
    let y = Axis::new(Scale::linear(0.0, 1.0), format!("share of {several} found"), Unit::Number);
    let plane = axes::draw(canvas, area, &x, &y);
    curve::reference(canvas, &plane, [0.0, 0.5], [end, 0.5]);
    curve::lines(canvas, &plane, &curves, end, Names { x: "hours", y: "share found" });
    Ok(())
}

/// The share found by each time: a jump at each time at which attacks are found, up to the longest observation.
fn steps(own: &RunBudget) -> Vec<[f64; 2]> {
    let mut points = vec![[0.0, 0.0]];
    let mut before = 0.0;
    for step in &own.detection {
        points.extend([[step.hours, before], [step.hours, step.share]]);
        before = step.share;
    }
    points.push([own.longest_hours, before]);
    points
}

fn last_share(run: &Run) -> f64 {
    run.budget.as_ref().and_then(|own| own.detection.last()).map_or(0.0, |step| step.share)
}

/// "median 0.5 h", or the share at the end if it is below one half.
fn median(run: &Run) -> String {
    match run.budget.as_ref().and_then(|own| own.median_hours) {
        Some(hours) => format!("median {} h", significant(hours)),
        None => format!("{} by the end", percent(last_share(run))),
    }
}

fn heading(table: &TableReport, budget: &TableBudget, curves: &[Curve]) -> Heading {
    Heading {
        title: caption::title(table, Chart::Delay),
        subtitle: caption::scored(table),
        caption: format!(
            "Higher and further left is better. Kaplan–Meier with {} a day and the first seed; {}. A missed one counts until \
             its last row, so a share is that of those that go on so long.{}",
            counted(budget.alerts_per_day, "alert", "alerts"),
            budget.unit.meaning(),
            curve::highlighted(curves)
        ),
        description: format!("Highest share first: {}.", curve::description(curves)),
    }
}
