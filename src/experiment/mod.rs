//! Experiments: fit, score and evaluate detectors on tables under protocols, into one report.

mod alert_rate;
mod budget;
mod cache;
mod chance;
mod check;
mod curves;
mod differences;
mod discoveries;
mod evaluate;
mod feedback;
mod findings;
mod folds;
mod group_split;
mod plan;
mod prepared_split;
mod row_hash;
mod row_scores;
mod sections;
mod seen;
mod selection;
mod split;
mod splits;
mod threshold;

use crate::detector::{CostEstimate, DetectorSpec, Fitted, Settings};
use crate::error::{Error, Hint, Result};
use crate::explore;
use crate::metrics::ThresholdRule;
use crate::preprocess::{Prepared, Preprocessor};
use crate::progress::Progress as DetectorProgress;
use crate::report::{FeedbackReport, Note, Protocol, Report, RowGroups, TableReport, Warning};
use crate::seed::Seed;
use crate::table::Table;
use budget::Watched;
use cache::FitCache;
use evaluate::{Detail, Evaluation, OtherSeed};
use prepared_split::PreparedSplit;
use split::Split;
use std::borrow::Cow;
use std::cell::OnceCell;

pub use budget::alerts_a_day;
pub use feedback::FeedbackOptions;
pub use plan::{Plan, Protocols, ReportSections};
pub use row_scores::RowScores;
pub use split::calibration_parts;
pub use threshold::{RuleThreshold, TrainingRows, by_rule, days, share_of_budget};

/// Receives the progress of an experiment.
pub trait Observer {
    /// The next step starts: a detector, or the sections for charts. `done` of `all` detectors are finished.
    fn step(&self, table: &str, protocol: Protocol, detector: &str, done: usize, all: usize);

    /// The cost estimates of a detector before its fit: on all rows, and on the smallest sample.
    fn estimate(
        &self,
        _table: &str,
        _detector: &DetectorSpec,
        _expected: CostEstimate,
        _least: CostEstimate,
    ) {
    }

    /// The progress that a slow detector sets; it starts at 0 for each detector.
    fn progress(&self) -> DetectorProgress {
        DetectorProgress::HIDDEN
    }
}

/// An observer that ignores everything.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn step(&self, _: &str, _: Protocol, _: &str, _: usize, _: usize) {}
}

/// Run every detector on every table under every protocol of a plan.
///
/// # Errors
/// If an option of the plan is out of range, or a table cannot be fitted.
pub fn compare(tables: &[Table], plan: &Plan, observer: &dyn Observer) -> Result<Report> {
    run_all(tables, plan, observer, &mut None)
}

/// As [`compare`], and pass on the scores of every row under each protocol.
///
/// # Errors
/// As [`compare`].
pub fn compare_rows(
    tables: &[Table],
    plan: &Plan,
    observer: &dyn Observer,
    mut scored: impl FnMut(RowScores),
) -> Result<Report> {
    run_all(tables, plan, observer, &mut Some(&mut scored))
}

/// Simulate reviews of every table with every detector of a plan, over the seeds of the plan: what verdicts would buy.
///
/// # Errors
/// If a table has no labels of both classes, or a detector cannot be fitted.
pub fn feedback(
    tables: &[Table],
    plan: &Plan,
    options: &FeedbackOptions,
    observer: &dyn Observer,
) -> Result<FeedbackReport> {
    plan.check()?;
    tables.iter().try_for_each(both_classes)?;
    let specs = plan.specs.len();
    let of_table = |(at, table): (usize, &Table)| {
        let step = |nth: usize, detector: &str| {
            observer.step(&table.name, Protocol::Holdout, detector, at * specs + nth, tables.len() * specs);
        };
        feedback::of_table(table, plan, options, &step)
    };
    let tables = tables.iter().enumerate().map(of_table).collect::<Result<_>>()?;
    Ok(FeedbackReport { format: 1, tables })
}

/// Receives the scores of every row; `None` if nobody needs them, because they take memory.
type Receiver<'a> = Option<&'a mut dyn FnMut(RowScores)>;

fn run_all(tables: &[Table], plan: &Plan, observer: &dyn Observer, scored: &mut Receiver) -> Result<Report> {
    plan.check()?;
    tables.iter().try_for_each(both_classes)?;
    tables.iter().try_for_each(|table| budget::check(table, plan.budget))?;
    let protocols = plan.protocols();
    let progress = Progress { observer, all: tables.len() * protocols.len() * plan.specs.len() };
    let (mut reports, mut drivers) = (Vec::new(), Vec::new());
    for (at, table) in tables.iter().enumerate() {
        let (first, mut left_out) = (reports.len(), Vec::new());
        let distinct_rows = OnceCell::new();
        for (nth, &protocol) in protocols.iter().enumerate() {
            let done = (at * protocols.len() + nth) * plan.specs.len();
            match (ExperimentRun { table, protocol, plan, distinct_rows: &distinct_rows })
                .run(&progress, done, scored)
            {
                // "All" means every protocol that the table allows. The first protocol works on every table.
                Err(error) if nth > 0 => left_out.push(Warning::ProtocolLeftOut { protocol, error }.into()),
                run => {
                    let (report, own) = run?;
                    reports.push(report);
                    drivers.push(own);
                }
            }
        }
        reports[first].warnings.extend(left_out);
    }
    differences::correct(&mut reports);
    for (report, drivers) in reports.iter_mut().zip(drivers) {
        report.findings = findings::of(report, drivers);
        report.findings.extend(alert_rate::findings(report));
    }
    Ok(Report::new(plan.seed, reports))
}

/// A detector fitted on all rows of a table, and its in-sample results.
#[derive(Debug)]
pub struct FittedTable {
    /// In-sample.
    pub report: TableReport,
    /// The encoder and scaler, fitted on all rows.
    pub preprocessor: Preprocessor,
    /// The rows it was fitted on.
    pub prepared: Prepared,
    /// The fitted detector and its scores of the distinct training rows.
    pub fitted: Fitted,
    /// The number of distinct rows in the training sample, if the plan's limit requires a sample.
    pub sampled: Option<usize>,
}

/// Fit the only detector of a plan on all rows of a table, and evaluate it in-sample. The results are those
/// of [`compare`], together with the fitted detector.
///
/// # Errors
/// If the plan has an option out of range or more than one detector, or if the table cannot be fitted.
pub fn fit(table: &Table, plan: &Plan, observer: &dyn Observer) -> Result<FittedTable> {
    plan.check()?;
    let [spec] = plan.specs.as_slice() else {
        return Err(Error::Request("a model has one detector; an ensemble combines several".to_owned()));
    };
    both_classes(table)?;
    let distinct_rows = OnceCell::new();
    let run = ExperimentRun { table, protocol: Protocol::InSample, plan, distinct_rows: &distinct_rows };
    let progress = Progress { observer, all: 1 };
    let prepared = run.prepared(plan.repetition(0))?;
    let mut cache = FitCache::new(&prepared, run.settings(&progress), plan.limit);
    let mut evaluations = [run.evaluate_observed(&prepared, &mut cache, spec, &progress, 0)?];
    chance::test(&mut evaluations, &prepared)?;
    let mut report = run.report(&prepared, &evaluations)?;
    report.findings = findings::of(&report, findings::drivers(&report, &evaluations, &prepared));
    let fit = cache.of(spec)?;
    let fitted = fit.fitted.clone();
    let sampled = fit.sampled;
    drop(cache);
    Ok(FittedTable { report, preprocessor: prepared.preprocessor, prepared: prepared.train, fitted, sampled })
}

fn both_classes(table: &Table) -> Result<()> {
    let class = match table.suspicious() {
        Some(0) => "normal",
        Some(suspicious) if suspicious == table.rows() => "suspicious",
        _ => return Ok(()),
    };
    let problem =
        format!("every row is {class} by its label, but AUC, precision and recall need both classes");
    Err(Error::table(&table.name, problem).with_hint(Hint::OmitLabel))
}

struct Progress<'a> {
    observer: &'a dyn Observer,
    all: usize,
}

/// One table under one protocol.
struct ExperimentRun<'a> {
    table: &'a Table,
    protocol: Protocol,
    plan: &'a Plan,
    /// The number of distinct rows of the whole table, once it is known.
    distinct_rows: &'a OnceCell<usize>,
}

impl ExperimentRun<'_> {
    /// The report without findings, and the finding about the features, which needs the fitted detectors.
    fn run(
        &self,
        progress: &Progress,
        done: usize,
        scored: &mut Receiver,
    ) -> Result<(TableReport, Option<String>)> {
        let prepared = self.prepared(self.plan.repetition(0))?;
        let mut evaluations = Vec::new();
        let mut cache = FitCache::new(&prepared, self.settings(progress), self.plan.limit);
        for (at, spec) in self.plan.specs.iter().enumerate() {
            evaluations.push(self.evaluate_observed(&prepared, &mut cache, spec, progress, done + at)?);
        }
        self.repeat(&prepared, &cache, &mut evaluations, progress)?;
        for evaluation in &mut evaluations {
            evaluation.average(&prepared, self.plan)?;
        }
        self.repeat_splits(&prepared, &mut evaluations, progress)?;
        selection::choose(&mut evaluations, &prepared)?;
        chance::test(&mut evaluations, &prepared)?;
        if let (Protocol::Time, Some(folds)) = (self.protocol, self.plan.folds) {
            folds::add(self, folds, &mut evaluations, progress)?;
        }
        let watched = Watched::of(self.table, self.plan, &prepared);
        if let Some(watched) = &watched {
            watched.add(&mut evaluations);
        }
        evaluate::rank(&mut evaluations);
        if let Some(receive) = scored {
            receive(RowScores::of(self.table, self.protocol, &prepared, &evaluations));
        }
        let mut report = self.report(&prepared, &evaluations)?;
        report.budget = watched.map(|watched| watched.summary());
        if self.plan.sections != ReportSections::NONE {
            let (name, done) = (&self.table.name, done + self.plan.specs.len());
            progress.observer.step(name, self.protocol, "projections and importance", done, progress.all);
            sections::fill(&mut report, self, &prepared, &evaluations)?;
        }
        let drivers = findings::drivers(&report, &evaluations, &prepared);
        Ok((report, drivers))
    }

    fn settings(&self, progress: &Progress) -> Settings {
        Settings { progress: progress.observer.progress(), ..self.plan.settings() }
    }

    /// Split the table, and prepare the training and the scored rows.
    fn prepared(&self, seed: Seed) -> Result<PreparedSplit> {
        self.prepared_by(Split::new(self.table, self.protocol, self.plan.test_share, seed)?, seed)
    }

    /// Prepare the training and the scored rows of a split.
    fn prepared_by(&self, split: Split, seed: Seed) -> Result<PreparedSplit> {
        let (train, calibration) = self.calibrated(split.train(self.table), seed)?;
        let (preprocessor, prepared) = Preprocessor::fit(&train, self.plan.encoding)?;
        let test = split.test(self.table);
        let apply = |table: Option<&Table>| table.map(|table| preprocessor.apply(table)).transpose();
        let scored = apply(test.as_ref())?;
        let calibration = apply(calibration.as_ref())?;
        let spans = preprocessor.spans();
        let (train_times, scored_times) = (train.times.clone(), test.and_then(|test| test.times));
        Ok(PreparedSplit {
            table: self.table.name.clone(),
            seed,
            spans,
            split,
            preprocessor,
            train: prepared,
            scored,
            calibration,
            train_times,
            scored_times,
        })
    }

    /// The rows to fit, and the calibration rows of a false discovery rate.
    fn calibrated<'a>(&self, train: Cow<'a, Table>, seed: Seed) -> Result<(Cow<'a, Table>, Option<Table>)> {
        if !matches!(self.plan.threshold, ThresholdRule::Fdr(_)) {
            return Ok((train, None));
        }
        if !self.protocol.divides() {
            let problem =
                "the rule fdr is for rows that were not fitted, and in-sample scores the fitted rows";
            return Err(Error::table(&self.table.name, problem).with_hint(Hint::Holdout));
        }
        let (fitted, calibration) = calibration_parts(&train, seed)?;
        Ok((Cow::Owned(fitted), Some(calibration)))
    }

    /// The largest share of training rows above the threshold; `None` if the rule has none.
    fn contamination(&self, prepared: &PreparedSplit) -> Result<Option<f64>> {
        let rows = prepared.train.deduplicated.index.len();
        match self.plan.threshold {
            ThresholdRule::Contamination(share) => Ok(Some(share)),
            ThresholdRule::Budget(per_day) => {
                share_of_budget(per_day, &prepared.table, prepared.train_times.as_deref(), rows).map(Some)
            }
            ThresholdRule::Fdr(_) | ThresholdRule::Tail(_) | ThresholdRule::Mad(_) => Ok(None),
        }
    }

    /// Evaluate a detector and tell the observer.
    fn evaluate_observed(
        &self,
        prepared: &PreparedSplit,
        cache: &mut FitCache,
        spec: &DetectorSpec,
        progress: &Progress,
        done: usize,
    ) -> Result<Evaluation> {
        let name = &self.table.name;
        progress.observer.step(name, self.protocol, &spec.name, done, progress.all);
        let (expected, least) = (cache.estimate(spec), cache.lowest_estimate(spec));
        progress.observer.estimate(name, spec, expected, least);
        self.evaluate(prepared, cache, spec, Detail::Report)
    }

    fn evaluate(
        &self,
        prepared: &PreparedSplit,
        cache: &mut FitCache,
        spec: &DetectorSpec,
        detail: Detail,
    ) -> Result<Evaluation> {
        let fit = cache.of(spec)?;
        let mut evaluation = Evaluation::new(spec, &fit, prepared, self.plan, detail)?;
        evaluation.run.seconds = self.plan.timings.then_some(fit.seconds);
        Ok(evaluation)
    }

    /// The number of distinct rows of the whole table.
    fn distinct_rows(&self, prepared: &PreparedSplit) -> Result<usize> {
        if let Some(&known) = self.distinct_rows.get() {
            return Ok(known);
        }
        let rows = match &prepared.scored {
            None => prepared.train.deduplicated.rows.len(),
            Some(_) => Preprocessor::fit(self.table, self.plan.encoding)?.1.deduplicated.rows.len(),
        };
        Ok(*self.distinct_rows.get_or_init(|| rows))
    }

    /// Fit each detector that draws random numbers with the other seeds. The split stays the same.
    fn repeat(
        &self,
        prepared: &PreparedSplit,
        cache: &FitCache,
        evaluations: &mut [Evaluation],
        progress: &Progress,
    ) -> Result<()> {
        let seeded: Vec<DetectorSpec> =
            evaluations.iter().map(|own| own.spec.clone()).filter(DetectorSpec::is_seeded).collect();
        if seeded.is_empty() || self.plan.repeats < 2 {
            return Ok(());
        }
        let step = format!("seeds 2 to {}", self.plan.repeats);
        progress.observer.step(&self.table.name, self.protocol, &step, progress.all, progress.all);
        let seeds: Vec<Seed> = (1..self.plan.repeats).map(|index| self.plan.repetition(index)).collect();
        for mut cache in cache.of_seeds(&seeded, &seeds)? {
            for evaluation in evaluations.iter_mut().filter(|evaluation| evaluation.spec.is_seeded()) {
                let again = self.evaluate(prepared, &mut cache, &evaluation.spec, Detail::Metrics)?;
                let Evaluation { scores, train_scores, run, .. } = again;
                evaluation.other_seeds.push(OtherSeed { scores, train_scores, run });
            }
        }
        Ok(())
    }

    fn report(&self, prepared: &PreparedSplit, evaluations: &[Evaluation]) -> Result<TableReport> {
        let mut imputed = prepared.train.imputed.clone();
        if let Some(scored) = &prepared.scored {
            imputed.merge(&scored.imputed);
        }
        let suspicious = self.table.suspicious();
        let rows = self.table.rows();
        let mut report = TableReport {
            table: self.table.name.clone(),
            rows,
            distinct_rows: self.distinct_rows(prepared)?,
            features: self.table.feature_names(),
            suspicious_rows: suspicious,
            suspicious_rate: suspicious.map(|count| count as f64 / rows as f64),
            groups: RowGroups::of(self.table, prepared.scored().suspicious_groups()),
            protocol: self.protocol,
            train_rows: prepared.train.deduplicated.index.len(),
            scored_rows: prepared.scored().deduplicated.index.len(),
            scored_suspicious_rows: prepared.scored().suspicious(),
            seen: seen::of(prepared),
            contamination: self.contamination(prepared)?,
            threshold_rule: match self.plan.threshold {
                ThresholdRule::Contamination(_) => None,
                rule => Some(rule.to_string()),
            },
            max_fpr: self.plan.max_fpr,
            encoding: self.plan.encoding,
            missing: imputed.missing,
            unseen_levels: imputed.unseen,
            warnings: Vec::new(),
            runs: evaluations.iter().map(|evaluation| evaluation.run.clone()).collect(),
            differences: differences::of(evaluations, prepared, self.plan.max_fpr)?,
            tested_pairs: 0,
            equivalence: self.plan.equivalence,
            budget: None,
            findings: Vec::new(),
            exploration: self.plan.sections.exploration.then(|| explore::explore(self.table)),
            projections: Vec::new(),
        };
        let warnings = check::warnings(self.table, prepared, &report, evaluations);
        report.warnings = warnings.into_iter().map(|warning: Warning| Note::from(warning)).collect();
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector;
    use crate::table::{Column, Values};

    const ROWS: usize = 300;

    fn table() -> Table {
        let values = (0..ROWS).map(|row| ((row * 7919) % 101) as f64).collect();
        Table {
            name: "t".into(),
            features: vec![Column { name: "x".into(), values: Values::Real(values) }],
            labels: Some((0..ROWS).map(|row| row % 10 == 0).collect()),
            times: Some((0..ROWS as i64).collect()),
            ..Table::default()
        }
    }

    /// The table with extreme values in every row that is scored but not trained on.
    fn poisoned(split: &Split) -> Table {
        let mut table = table();
        let (Split::Parts { test, .. }, Values::Real(values)) = (split, &mut table.features[0].values) else {
            panic!("the table is split")
        };
        test.iter().for_each(|&row| values[row] = 1e6);
        table
    }

    #[test]
    fn scored_rows_do_not_affect_training() {
        let plan = Plan::new(detector::all_detectors());
        for protocol in [Protocol::Holdout, Protocol::Time, Protocol::Clean] {
            let seed = plan.repetition(0);
            let split = Split::new(&table(), protocol, plan.test_share, seed).unwrap();
            let prepared = |table: &Table| {
                let distinct_rows = &OnceCell::new();
                let run = ExperimentRun { table, protocol, plan: &plan, distinct_rows };
                run.prepared_by(split.clone(), seed).unwrap()
            };
            let (clean, poisoned) = (prepared(&table()), prepared(&poisoned(&split)));
            assert_eq!(clean.train.deduplicated.rows, poisoned.train.deduplicated.rows, "{protocol:?}");
            let scored = |prepared: &PreparedSplit| prepared.scored().deduplicated.rows.clone();
            assert_ne!(scored(&clean), scored(&poisoned), "{protocol:?}: the poison is scored");
        }
    }
}
