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
use crate::report::{Run, RunBudget, TableBudget, TableReport, count, counted, rounded};

/// With fewer attacks at risk, one attack moves the estimate too far: a curve ends there.
const AT_RISK: u64 = 5;

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let (budget, mut runs) = caption::budget(table, Chart::Delay)?;
    runs.sort_by(|(_, a), (_, b)| found(b).total_cmp(&found(a)));
    let longest = runs.iter().filter_map(|(_, run)| Some(run.budget.as_ref()?.longest_hours));
    let longest = longest.fold(0.0, f64::max);
    let end = if longest > 0.0 { longest } else { 1.0 };
    let points: Vec<Vec<[f64; 2]>> = runs
        .iter()
        .map(|(_, run)| run.budget.as_ref().map(|own| steps(own, budget.attacks)).unwrap_or_default())
        .collect();
    let curves: Vec<Curve> = curve::styles(&runs, table)
        .into_iter()
        .zip(&runs)
        .zip(&points)
        .map(|((series, (_, run)), points)| Curve {
            series,
            name: &run.detector,
            value: format!(": {}", summary(budget, run)),
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

/// The share found by each time: a jump at each time at which attacks are found. It ends with the longest observation, or
/// with the first step at which too few attacks are at risk.
fn steps(own: &RunBudget, attacks: u64) -> Vec<[f64; 2]> {
    let mut points = vec![[0.0, 0.0]];
    let mut before = 0.0;
    let least = if attacks < AT_RISK { 1 } else { AT_RISK };
    for step in &own.detection {
        if step.at_risk < least {
            points.push([step.hours, before]);
            return points;
        }
        points.extend([[step.hours, before], [step.hours, step.share]]);
        before = step.share;
    }
    points.push([own.longest_hours, before]);
    points
}

fn found(run: &Run) -> f64 {
    run.budget.as_ref().and_then(|own| own.found).unwrap_or(-1.0)
}

/// "27 of 59 found, median 0.8 h".
fn summary(budget: &TableBudget, run: &Run) -> String {
    let Some(own) = &run.budget else { return "–".to_owned() };
    let median = own.median_hours.map(|hours| format!(", median {} h", rounded(hours, 2)));
    format!("{} of {} found{}", count(own.attacks_found), count(budget.attacks), median.unwrap_or_default())
}

fn heading(table: &TableReport, budget: &TableBudget, curves: &[Curve]) -> Heading {
    Heading {
        title: caption::title(table, Chart::Delay),
        subtitle: caption::scored(table),
        caption: format!(
            "Higher and further left is better. Kaplan–Meier with {} a day and the first seed; {}. A missed one counts until \
             its last row, so a share is that of those that go on so long. A curve ends where fewer than {AT_RISK} go on.{}",
            counted(budget.alerts_per_day, "alert", "alerts"),
            budget.unit.meaning(),
            curve::highlighted(curves)
        ),
        description: format!("Most found first: {}.", curve::description(curves)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::samples;
    use crate::report::DetectionStep;

    #[test]
    fn a_curve_ends_where_few_attacks_are_at_risk() {
        let step = |hours, at_risk, share| DetectionStep { hours, at_risk, found: 1, share, interval: None };
        let own = samples::table().runs[0].budget.clone().unwrap();
        let detection = vec![step(0.0, 10, 0.1), step(1.0, 5, 0.3), step(2.0, 1, 1.0)];
        let own = RunBudget { detection, longest_hours: 9.0, ..own };
        let expected = [[0.0, 0.0], [0.0, 0.0], [0.0, 0.1], [1.0, 0.1], [1.0, 0.3], [2.0, 0.3]];
        assert_eq!(steps(&own, 10), expected);
        assert_eq!(steps(&own, 3).last(), Some(&[9.0, 1.0]), "all of a few");
    }
}
