//! The analyst's view: with a budget of alerts a day, which attacks does each detector find, and how soon?

use super::evaluate::Evaluation;
use super::plan::Plan;
use super::prepared_split::PreparedSplit;
use super::row_hash::row_hashes;
use super::split::Split;
use crate::digest::hash;
use crate::error::{Error, Hint, Result};
use crate::metrics::{
    self, AttackAlerts, AttackDay, DAY, DailyAlerts, DailyRow, DailyRows, Interval, Observation, Summary,
};
use crate::report::{
    AttackUnit, DetectionStep, FoundAttack, FoundOnDay, Run, RunBudget, TableBudget, TableReport, counted,
    percent,
};
use crate::table::{Groups, Table, Values, rfc3339};
use std::collections::BTreeMap;

/// The largest number of attacks that a report lists.
const LISTED: usize = 1_000;

const MICROSECONDS_IN_HOUR: f64 = 3.6e9;

/// The scored rows of a table by day.
pub(super) struct Watched {
    rows: DailyRows,
    unit: AttackUnit,
    without_time: u64,
    budget: u64,
}

/// What a budget of alerts a day finds by scores of all rows: the rows and attacks, and the alerts of each list of scores.
///
/// # Errors
/// If the table has no times or no labels.
pub fn alerts_a_day(table: &Table, scores: &[&[f64]], budget: u64) -> Result<(TableBudget, Vec<RunBudget>)> {
    check(table, Some(budget))?;
    let watched = Watched::of_rows(table, budget, (0..table.rows()).map(|row| (row, row as u32)));
    let watched = watched.ok_or_else(|| Error::table(&table.name, "there are no times or no labels"))?;
    let of = |own: &&[f64]| watched.of_run(&watched.rows.alerts(own, budget));
    Ok((watched.summary(), scores.iter().map(of).collect()))
}

/// Check that a table has what a budget needs, before any detector is fitted.
///
/// # Errors
/// If there is a budget, and the table has no times or no labels.
pub(super) fn check(table: &Table, budget: Option<u64>) -> Result<()> {
    if budget.is_none() {
        return Ok(());
    }
    let is_timed = |times: &Vec<i64>| times.iter().any(|&time| time != Values::NO_TIME);
    if !table.times.as_ref().is_some_and(is_timed) {
        let problem = "a budget of alerts a day needs the time of each row, but there is no time column";
        return Err(Error::table(&table.name, problem).with_hint(Hint::NameTime));
    }
    if table.labels.is_none() {
        let problem = "a budget of alerts counts the attacks that are found, but there is no label column";
        return Err(Error::table(&table.name, problem).with_hint(Hint::NameLabel(None)));
    }
    Ok(())
}

impl Watched {
    /// The scored rows of a split; `None` without a budget.
    pub fn of(table: &Table, plan: &Plan, prepared: &PreparedSplit) -> Option<Self> {
        let index = prepared.scored().deduplicated.index.iter().enumerate();
        let rows = index.map(|(at, &score)| match &prepared.split {
            Split::Whole => (at, score),
            Split::Parts { test, .. } => (test[at], score),
        });
        Self::of_rows(table, plan.budget?, rows)
    }

    /// Some rows of a table, each with the place of its score. `None` without times or labels.
    fn of_rows(table: &Table, budget: u64, scored: impl Iterator<Item = (usize, u32)>) -> Option<Self> {
        let (times, labels) = (table.times.as_ref()?, table.labels.as_ref()?);
        let hashes = row_hashes(table);
        let mut attacks = AttackCodes { groups: table.groups.as_ref(), codes: BTreeMap::new(), next: 0 };
        let (mut rows, mut without_time) = (Vec::new(), 0);
        for (row, score) in scored {
            let time = times[row];
            if time == Values::NO_TIME {
                without_time += 1;
                continue;
            }
            // With the time in it, no value wins the ties of every day.
            let tie = hash([hashes[row], time as u64].into_iter());
            let attack = labels[row].then(|| attacks.of(row));
            rows.push(DailyRow { score, time, tie, attack });
        }
        let unit = table.groups.as_ref().map_or(AttackUnit::Row, |groups| groups.kind.into());
        let rows = DailyRows::new(rows, attacks.next as usize);
        Some(Watched { rows, unit, without_time, budget })
    }

    /// Add the alerts of the first seed to each run, and the spread over the others.
    pub fn add(&self, evaluations: &mut [Evaluation]) {
        for evaluation in evaluations {
            let mut own = self.of_run(&self.rows.alerts(&evaluation.scores, self.budget));
            if !evaluation.other_seeds.is_empty() {
                let others = evaluation.other_seeds.iter().map(|other| {
                    let alerts = self.rows.alerts(&other.scores, self.budget);
                    share(found(&alerts), self.rows.attacks())
                });
                let all: Option<Vec<f64>> = std::iter::once(own.found).chain(others).collect();
                own.found_over_seeds = all.and_then(|shares| Summary::of(&shares));
            }
            evaluation.run.budget = Some(own);
        }
    }

    /// The rows and the attacks, for the report.
    pub fn summary(&self) -> TableBudget {
        let most = self.rows.most_rows() as u64;
        let curve = budgets(most).into_iter();
        TableBudget {
            alerts_per_day: self.budget,
            unit: self.unit,
            attacks: self.rows.attacks() as u64,
            rows: self.rows.rows() as u64,
            rows_without_time: self.without_time,
            days: self.rows.days() as u64,
            most_rows_of_day: most,
            found_at_random: self.rows.random_share(self.budget),
            random_curve: curve
                .filter_map(|budget| Some([budget as f64, self.rows.random_share(budget)?]))
                .collect(),
        }
    }

    fn of_run(&self, alerts: &DailyAlerts) -> RunBudget {
        let (attacks, found) = (self.rows.attacks(), found(alerts));
        let mut ranks: Vec<f64> =
            alerts.attacks.iter().filter_map(|attack| Some(attack.first_alert?.1 as f64)).collect();
        let observations: Vec<Observation> = alerts.attacks.iter().map(observation).collect();
        let steps = metrics::kaplan_meier(&observations);
        let detection = steps.iter().map(|step| DetectionStep {
            hours: step.time,
            at_risk: step.at_risk,
            found: step.events,
            share: 1.0 - step.survival,
            interval: step.interval.map(|own| Interval { low: 1.0 - own.high, high: 1.0 - own.low }),
        });
        RunBudget {
            alerts: alerts.alerts,
            suspicious_alerts: alerts.suspicious,
            tied_alerts: alerts.tied,
            attacks_found: found,
            found: share(found, attacks),
            found_interval: Interval::of_share(found, attacks as u64),
            found_over_seeds: None,
            alerts_per_attack_found: (found > 0).then(|| alerts.alerts as f64 / found as f64),
            median_rank: median(&mut ranks),
            median_hours: metrics::median_time(&steps),
            by_day: alerts.days.iter().map(found_on_day).collect(),
            attacks: listed(&alerts.attacks),
            by_budget: by_budget(&alerts.attacks),
            detection: detection.collect(),
            longest_hours: observations.iter().map(|own| own.duration).fold(0.0, f64::max),
        }
    }
}

/// The finding about the detector with the best AUC; `None` without a budget or attacks.
pub(super) fn finding(report: &TableReport, best: &Run) -> Option<String> {
    let (table, own) = (report.budget.as_ref()?, best.budget.as_ref()?);
    let (share, interval, random) = (own.found?, own.found_interval?, table.found_at_random?);
    let several = table.unit.nouns()[1];
    Some(format!(
        "with a budget of {} a day {} finds {} of {} {several} ({}; 95 % interval {} to {}); a random order finds {} of them",
        counted(table.alerts_per_day, "alert", "alerts"),
        best.detector,
        own.attacks_found,
        table.attacks,
        percent(share),
        percent(interval.low),
        percent(interval.high),
        percent(random),
    ))
}

/// The number of each attack, in the order of appearance.
struct AttackCodes<'a> {
    groups: Option<&'a Groups>,
    codes: BTreeMap<u32, u32>,
    next: u32,
}

impl AttackCodes<'_> {
    /// The attack of a suspicious row.
    fn of(&mut self, row: usize) -> u32 {
        let next = self.next;
        let group = self.groups.map_or(Groups::ALONE, |groups| groups.codes[row]);
        let code = if group == Groups::ALONE { next } else { *self.codes.entry(group).or_insert(next) };
        self.next += u32::from(code == next);
        code
    }
}

fn found(alerts: &DailyAlerts) -> u64 {
    alerts.attacks.iter().filter(|attack| attack.first_alert.is_some()).count() as u64
}

fn share(part: u64, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn hours(from: i64, to: i64) -> f64 {
    to.abs_diff(from) as f64 / MICROSECONDS_IN_HOUR
}

/// The time from the first row of an attack to its first alert. A missed attack is censored at its last row.
fn observation(attack: &AttackAlerts) -> Observation {
    match attack.first_alert {
        Some((time, _)) => Observation { duration: hours(attack.first, time), is_event: true },
        None => Observation { duration: hours(attack.first, attack.last), is_event: false },
    }
}

fn found_on_day(day: &AttackDay) -> FoundOnDay {
    let midnight = day.day.checked_mul(DAY).and_then(rfc3339);
    let date = midnight.as_deref().and_then(|text| text.split('T').next());
    FoundOnDay {
        day: date.unwrap_or_default().to_owned(),
        rows: day.rows,
        attacks: day.attacks,
        found: day.found,
    }
}

/// The attacks by time; none if there are too many.
fn listed(attacks: &[AttackAlerts]) -> Vec<FoundAttack> {
    if attacks.len() > LISTED {
        return Vec::new();
    }
    let mut sorted = attacks.to_vec();
    sorted.sort_by_key(|own| (own.first, own.last, own.rows, own.alerts, own.best_rank, own.first_alert));
    let text = |time: i64| rfc3339(time).unwrap_or_default();
    let listed = sorted.iter().map(|attack| FoundAttack {
        first_row: text(attack.first),
        rows: attack.rows,
        alerts: attack.alerts,
        first_alert: attack.first_alert.map(|(time, _)| text(time)),
        rank: attack.first_alert.map(|(_, rank)| rank),
        hours: attack.first_alert.map(|(time, _)| hours(attack.first, time)),
        best_rank: attack.best_rank,
    });
    listed.collect()
}

/// The share of attacks that each budget finds: a point for each budget at which it rises.
fn by_budget(attacks: &[AttackAlerts]) -> Vec<[f64; 2]> {
    let mut ranks: Vec<u64> = attacks.iter().map(|attack| attack.best_rank).collect();
    ranks.sort_unstable();
    let mut below = 0;
    let points = ranks.chunk_by(|a, b| a == b).map(|same| {
        below += same.len();
        [same[0] as f64, below as f64 / ranks.len() as f64]
    });
    points.collect()
}

/// About ten budgets for each power of ten, up to the number of rows of the longest day.
fn budgets(most: u64) -> Vec<u64> {
    let powers = (0..).map(|step| 10_f64.powf(f64::from(step) / 10.0).round() as u64);
    let mut budgets: Vec<u64> = powers.take_while(|&budget| budget < most).collect();
    budgets.push(most);
    budgets.dedup();
    budgets
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some((low + high) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attack(first: i64, last: i64, best_rank: u64, first_alert: Option<(i64, u64)>) -> AttackAlerts {
        AttackAlerts { first, last, rows: 1, alerts: 0, best_rank, first_alert }
    }

    #[test]
    fn a_missed_attack_is_censored_at_its_last_row() {
        let hour = MICROSECONDS_IN_HOUR as i64;
        let found = observation(&attack(0, 9 * hour, 1, Some((2 * hour, 1))));
        assert_eq!(found, Observation { duration: 2.0, is_event: true });
        let missed = observation(&attack(0, 9 * hour, 70, None));
        assert_eq!(missed, Observation { duration: 9.0, is_event: false });
    }

    #[test]
    fn the_share_rises_at_the_best_rank_of_each_attack() {
        let attacks = [7, 1, 7, 30].map(|rank| attack(0, 0, rank, None));
        assert_eq!(by_budget(&attacks), [[1.0, 0.25], [7.0, 0.75], [30.0, 1.0]]);
        assert_eq!(by_budget(&[]), [[0.0; 2]; 0]);
    }

    #[test]
    fn budgets_end_with_all_rows_of_a_day() {
        assert_eq!(budgets(3), [1, 2, 3]);
        assert_eq!((budgets(1), budgets(100).len()), (vec![1], 18));
    }

    #[test]
    fn a_median_is_the_middle_or_the_mean_of_two() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!((median(&mut [4.0, 1.0]), median(&mut [])), (Some(2.5), None));
    }

    #[test]
    fn rows_without_a_group_are_attacks_of_their_own() {
        let groups = Groups {
            kind: crate::table::GroupKind::Attack,
            column: "a".into(),
            codes: vec![5, Groups::ALONE, 5, Groups::ALONE],
        };
        let mut codes = AttackCodes { groups: Some(&groups), codes: BTreeMap::new(), next: 0 };
        assert_eq!([0, 1, 2, 3].map(|row| codes.of(row)), [0, 1, 0, 2]);
    }
}
