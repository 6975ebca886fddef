//! Drift: how new data differ from the training data of a model, day by day.
//!
//! A day is unusual when it is further from training than the training days are from each other. Drift is a run of
//! unusual days. Large tables therefore do not drift by size alone, and many features are corrected for.
//!
//! ```text
//! Profile of a model ──┐
//! Table ──score──▶ DailyCounts by day ──rule──▶ unusual days ──cause──▶ Monitored ──▶ table, JSON, Markdown, Prometheus, page
//! ```

mod cause;
mod monitored;
mod rule;
mod text;

pub use monitored::{Alerts, Bin, Cause, Day, DayFeature, FeatureDrift, Monitored, ROWS, Rule, Verdict};
pub use text::{markdown, prometheus, table};

use crate::error::{Error, Result};
use crate::metrics::{jensen_shannon, kolmogorov_smirnov, psi, wasserstein};
use crate::model::{DailyCounts, FeatureModel, Profile, TableModel};
use crate::table::{Column, Table, rfc3339};

/// Compare new rows with the training rows of a model, by days in UTC.
///
/// # Errors
/// If the model has no profile, or the rows do not have its features.
pub fn monitor(model: &TableModel, new: &Table) -> Result<Monitored> {
    let Some(profile) = model.profile() else {
        let problem = "the model has no profile of its training data; train it again with this version";
        return Err(Error::table(model.name(), problem));
    };
    if new.rows() == 0 {
        return Err(Error::table(model.name(), "there is no row to compare with training"));
    }
    let spelled =
        |(feature, column): (&FeatureModel, &Column)| feature.spelled_as_in_training(column.clone());
    let columns: Vec<Column> = model.features().iter().zip(&new.features).map(spelled).collect();
    let rows = model.score(&columns)?;
    let scores: Vec<f64> = rows.iter().map(|row| row.score).collect();
    let columns: Vec<&Column> = columns.iter().collect();
    let threshold = model.threshold_of_batch(&scores);
    let daily_counts =
        profile.daily_counts(model.features(), &columns, new.times.as_deref(), &scores, threshold);
    Ok(compared(model, profile, &daily_counts, new.times.is_some()))
}

/// The comparison of counted days with a profile.
fn compared(model: &TableModel, profile: &Profile, daily_counts: &DailyCounts, has_times: bool) -> Monitored {
    let judged = rule::judge(profile, daily_counts, has_times, model.taught().is_some());
    let runs: Vec<Option<usize>> = (0..judged.names.len()).map(|at| judged.run(at)).collect();
    let mut features: Vec<FeatureDrift> = (0..judged.names.len())
        .map(|at| feature_drift(model, profile, daily_counts, &judged, at, runs[at]))
        .collect();
    let drift = runs.iter().any(Option::is_some);
    let since = runs.iter().flatten().min().copied();
    let alerts = alerts(model, profile, daily_counts, since.unwrap_or(0), has_times);
    cause::order(&mut features);
    let days = days(&judged, daily_counts, has_times);
    let verdict = cause::verdict(&features, &days);
    Monitored {
        format: crate::report::FORMAT,
        table: model.name().to_owned(),
        rule: judged.rule,
        training_days: profile.days(),
        rows: daily_counts.values().map(|day| day.rows).sum(),
        words: cause::words(verdict, &features, &days, &alerts),
        verdict,
        drift,
        alerts,
        features,
        days,
    }
}

fn days(judged: &rule::Judged, daily_counts: &DailyCounts, has_times: bool) -> Vec<Day> {
    let day = |(at, (&number, counts)): (usize, (&i64, &crate::model::DayCounts))| Day {
        day: if has_times { date(number) } else { "all".to_owned() },
        rows: counts.rows,
        alerts: counts.alerts,
        few_rows: judged.few_rows[at],
        features: judged.names.iter().zip(&judged.cells[at]).map(|(name, cell)| cell.named(name)).collect(),
    };
    daily_counts.iter().enumerate().map(day).collect()
}

fn alerts(
    model: &TableModel,
    profile: &Profile,
    daily_counts: &DailyCounts,
    since: usize,
    has_times: bool,
) -> Alerts {
    let (mut alerts, mut rows, mut days) = (0, 0, 0);
    for counts in daily_counts.values().skip(since) {
        (alerts, rows, days) = (alerts + counts.alerts, rows + counts.rows, days + 1);
    }
    let before: u64 = profile.alerts.iter().flatten().sum();
    let training_share = model.card().promised();
    let share = (rows > 0).then(|| alerts as f64 / rows as f64);
    Alerts {
        training_per_day: (profile.days() > 0).then(|| before as f64 / profile.days() as f64),
        per_day: (has_times && days > 0).then(|| alerts as f64 / f64::from(days)),
        budget: model.card().alerts_per_day,
        training_share,
        share,
        excess: training_share
            .zip(share)
            .filter(|(_, now)| *now > 0.0)
            .map(|(before, now)| ((now - before) / now).max(0.0)),
    }
}

/// What is known of a feature on its days since the drift began, or on all days.
fn feature_drift(
    model: &TableModel,
    profile: &Profile,
    daily_counts: &DailyCounts,
    judged: &rule::Judged,
    at: usize,
    run: Option<usize>,
) -> FeatureDrift {
    let cells = judged.cells.iter().skip(run.unwrap_or(0)).map(|day| &day[at]);
    let sizes: Vec<f64> = cells.filter_map(|cell| cell.size).collect();
    let date_of = |day: usize| daily_counts.keys().nth(day).map(|&day| date(day));
    let drift = FeatureDrift {
        feature: judged.names[at].clone(),
        drift: run.is_some(),
        since: run.and_then(date_of),
        unusual_days: judged.cells.iter().filter(|day| day[at].unusual).count(),
        cause: None,
        size: (!sizes.is_empty()).then(|| sizes.iter().sum::<f64>() / sizes.len() as f64),
        psi: None,
        jensen_shannon: None,
        kolmogorov_smirnov: None,
        wasserstein: None,
        missing: None,
        outside: None,
        mean: None,
        bins: Vec::new(),
    };
    let Some(sketch) = profile.sketches.get(at) else {
        let cause = run.map(|_| Cause::Volume);
        return FeatureDrift { cause, ..drift };
    };
    if model.taught().is_some() && sketch.name == Profile::SCORE {
        // The profile has the scores of the untaught model.
        return drift;
    }
    let period = rule::period(sketch, at, daily_counts, run.unwrap_or(0));
    let (reference, current) = (&period.reference, &period.current);
    let feature = model.features().get(at);
    let levels = feature.and_then(FeatureModel::levels);
    let known = reference.len() - 1;
    let edges: Vec<f64> = sketch.edges.first().into_iter().chain(&sketch.edges).copied().collect();
    let values: Vec<f64> = edges.iter().chain(edges.last()).copied().collect();
    let share = |counts: &[u64], bin: usize| counts[bin] as f64 / counts.iter().sum::<u64>().max(1) as f64;
    let of_numbers = |own: Option<f64>| own.filter(|_| levels.is_none() && !sketch.edges.is_empty());
    let bins = |bin: usize| Bin {
        name: bin_name(levels, &sketch.edges, bin),
        training: share(reference, bin),
        now: share(current, bin),
    };
    FeatureDrift {
        cause: run.map(|_| cause::of(sketch, levels, &period)),
        psi: psi(reference, current),
        jensen_shannon: jensen_shannon(reference, current),
        kolmogorov_smirnov: of_numbers(kolmogorov_smirnov(&reference[..known], &current[..known])),
        wasserstein: of_numbers(wasserstein(&values, &reference[..known], &current[..known])),
        missing: Some([share(reference, known), share(current, known)]),
        outside: Some(share(current, known - 1) + if levels.is_none() { share(current, 0) } else { 0.0 }),
        mean: period.mean.filter(|_| levels.is_none()).map(|mean| [sketch.moments[0], mean]),
        bins: (0..reference.len()).filter(|&bin| reference[bin] + current[bin] > 0).map(bins).collect(),
        ..drift
    }
}

fn bin_name(levels: Option<&[String]>, edges: &[f64], bin: usize) -> String {
    use crate::report::significant;
    let (known, edge) = (levels.map_or(edges.len() + 1, <[String]>::len), |at: usize| edges.get(at).copied());
    match levels {
        _ if bin == known + 1 => "missing".to_owned(),
        Some(levels) => levels.get(bin).cloned().unwrap_or_else(|| "new levels".to_owned()),
        None if bin == 0 => edge(0).map_or("below".to_owned(), |low| format!("below {}", significant(low))),
        None if bin == known => {
            edge(known - 2).map_or("above".to_owned(), |high| format!("above {}", significant(high)))
        }
        None => match (edge(bin - 1), edge(bin)) {
            (Some(low), Some(high)) => format!("{} to {}", significant(low), significant(high)),
            (Some(last), None) => significant(last),
            _ => String::new(),
        },
    }
}

/// The date of a day since 1970-01-01.
fn date(day: i64) -> String {
    rfc3339(day * 86_400_000_000).unwrap_or_default().chars().take(10).collect()
}
