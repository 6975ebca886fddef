//! Experiments: tables × protocols × detectors, each fitted, scored and measured, into one report.

mod check;
mod curves;
mod findings;
mod fits;
mod illustrate;
mod measure;
mod plan;
mod split;

use crate::detector::{Contender, Fitted, Forecast, Settings};
use crate::error::{Error, Result};
use crate::explore;
use crate::preprocess::{Preparation, Prepared};
use crate::progress::Progress as Gauge;
use crate::report::{Note, Protocol, Report, Run, TableReport, Warning};
use crate::seed::Seed;
use crate::table::Table;
use fits::Fits;
use measure::Measured;
use split::Split;
use std::ops::Range;

pub use plan::{Illustrate, Plan, Protocols};

/// Told what an experiment is doing.
pub trait Observer {
    /// A detector, or what charts need, is next on a table; `done` of `all` detectors are behind it.
    fn step(&self, table: &str, protocol: Protocol, detector: &str, done: usize, all: usize);

    /// What it is expected to cost, and at least, on the smallest sample; called before it starts.
    fn forecast(&self, _table: &str, _contender: &Contender, _expected: Forecast, _least: Forecast) {}

    /// Where a detector that takes long says how far it is, from 0 on with every detector.
    fn gauge(&self) -> Gauge {
        Gauge::UNWATCHED
    }
}

/// An observer that looks away.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn step(&self, _: &str, _: Protocol, _: &str, _: usize, _: usize) {}
}

/// Run every detector on every table under every protocol of a plan.
///
/// # Errors
/// Where the plan contradicts itself, or a table cannot be worked on.
pub fn compare(tables: &[Table], plan: &Plan, observer: &dyn Observer) -> Result<Report> {
    plan.check()?;
    tables.iter().try_for_each(both_classes)?;
    let protocols = plan.protocols.list();
    let progress = Progress { observer, all: tables.len() * protocols.len() * plan.contenders.len() };
    let mut reports = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let (first, mut left_out) = (reports.len(), Vec::new());
        for (nth, &protocol) in protocols.iter().enumerate() {
            let done = (at * protocols.len() + nth) * plan.contenders.len();
            match (Trial { table, protocol, plan }).run(&progress, done) {
                // Of "all", those protocols are meant that the table allows; the first is every table's.
                Err(error) if nth > 0 => left_out.push(Warning::ProtocolLeftOut { protocol, error }.into()),
                report => reports.push(report?),
            }
        }
        reports[first].warnings.extend(left_out);
    }
    Ok(Report::new(plan.seed, reports))
}

/// A contender fitted on all rows of a table, and what it does on them.
#[derive(Debug)]
pub struct FittedTable {
    /// In-sample.
    pub report: TableReport,
    pub preparation: Preparation,
    /// The rows it was fitted on.
    pub prepared: Prepared,
    pub fitted: Fitted,
    /// How many distinct rows it was fitted on, where the plan's limit left some out.
    pub sampled: Option<usize>,
}

/// Fit the one contender of a plan on all rows of a table, and measure it there: what [`compare`] does in-sample, with
/// the fit kept.
///
/// # Errors
/// Where the plan contradicts itself or has not one contender, or the table cannot be worked on.
pub fn fit(table: &Table, plan: &Plan, observer: &dyn Observer) -> Result<FittedTable> {
    plan.check()?;
    let [contender] = plan.contenders.as_slice() else {
        return Err(Error::Request(
            "a model is of one detector; name an ensemble to have several".to_owned(),
        ));
    };
    both_classes(table)?;
    let trial = Trial { table, protocol: Protocol::InSample, plan };
    let progress = Progress { observer, all: 1 };
    let bench = trial.bench(plan.repetition(0))?;
    let mut fits = Fits::new(&bench, trial.settings(&progress), plan.limit);
    let measured = [trial.observed(&bench, &mut fits, contender, &progress, 0)?];
    let mut report = trial.report(&bench, &measured, &[])?;
    report.findings = findings::of(&report, &measured, &bench);
    let fit = fits.of(contender)?;
    let fitted = fit.fitted.clone();
    let sampled = fit.sampled;
    drop(fits);
    Ok(FittedTable { report, preparation: bench.preparation, prepared: bench.train, fitted, sampled })
}

fn both_classes(table: &Table) -> Result<()> {
    let class = match table.suspicious() {
        Some(0) => "normal",
        Some(suspicious) if suspicious == table.rows() => "suspicious",
        _ => return Ok(()),
    };
    let problem = format!(
        "every row is {class} by its label, and AUC, precision and recall need both classes; to score rows \
         without measuring, use --file and no --label"
    );
    Err(Error::table(&table.name, problem))
}

struct Progress<'a> {
    observer: &'a dyn Observer,
    all: usize,
}

/// One table under one protocol.
struct Trial<'a> {
    table: &'a Table,
    protocol: Protocol,
    plan: &'a Plan,
}

impl Trial<'_> {
    fn run(&self, progress: &Progress, done: usize) -> Result<TableReport> {
        let bench = self.bench(self.plan.repetition(0))?;
        let mut measured = Vec::new();
        let mut fits = Fits::new(&bench, self.settings(progress), self.plan.limit);
        for (at, contender) in self.plan.contenders.iter().enumerate() {
            measured.push(self.observed(&bench, &mut fits, contender, progress, done + at)?);
        }
        let mut others = Vec::new();
        for index in 1..self.plan.repeats {
            others.push(self.repetition(&measured, index, progress)?);
        }
        measure::rank(&mut measured);
        let mut report = self.report(&bench, &measured, &others)?;
        if self.plan.illustrate != Illustrate::NONE {
            let (name, done) = (&self.table.name, done + self.plan.contenders.len());
            progress.observer.step(name, self.protocol, "projections and importance", done, progress.all);
            illustrate::fill(&mut report, self, &bench, &measured)?;
        }
        report.findings = findings::of(&report, &measured, &bench);
        Ok(report)
    }

    fn settings(&self, progress: &Progress) -> Settings {
        Settings { progress: progress.observer.gauge(), ..self.plan.settings() }
    }

    /// The rows prepared for learning and for scoring.
    fn bench(&self, seed: Seed) -> Result<Bench> {
        let seed = seed.derive(&self.table.name);
        let split = Split::new(self.table, self.protocol, self.plan.test_share, seed)?;
        let train = split.train(self.table);
        let (preparation, prepared) = Preparation::fit(&train, self.plan.encoding)?;
        let scored = match split.test(self.table) {
            Some(test) => Some(preparation.apply(&test)?),
            None => None,
        };
        let spans = preparation.spans();
        Ok(Bench { seed, spans, split, preparation, train: prepared, scored })
    }

    /// Measure a contender under the eyes of the observer.
    fn observed(
        &self,
        bench: &Bench,
        fits: &mut Fits,
        contender: &Contender,
        progress: &Progress,
        done: usize,
    ) -> Result<Measured> {
        let name = &self.table.name;
        progress.observer.step(name, self.protocol, &contender.name, done, progress.all);
        let (expected, least) = (fits.forecast(contender), fits.least_forecast(contender));
        progress.observer.forecast(name, contender, expected, least);
        self.measure(bench, fits, contender)
    }

    fn measure(&self, bench: &Bench, fits: &mut Fits, contender: &Contender) -> Result<Measured> {
        let fit = fits.of(contender)?;
        let mut measured = Measured::new(contender, &fit, bench, self.plan.contamination)?;
        measured.run.seconds = self.plan.timings.then_some(fit.seconds);
        Ok(measured)
    }

    /// How many different rows the whole table has.
    fn distinct_rows(&self, bench: &Bench) -> Result<usize> {
        match &bench.scored {
            None => Ok(bench.train.folded.rows.len()),
            Some(_) => Ok(Preparation::fit(self.table, self.plan.encoding)?.1.folded.rows.len()),
        }
    }

    /// Whether a seed divides the rows.
    fn is_divided(&self) -> bool {
        matches!(self.protocol, Protocol::Holdout | Protocol::Clean)
    }

    /// The same again with another seed; detectors that use none are not run where the rows are the same, too.
    fn repetition(&self, first: &[Measured], index: u64, progress: &Progress) -> Result<Vec<Run>> {
        let bench = self.bench(self.plan.repetition(index))?;
        let mut fits = Fits::new(&bench, self.settings(progress), self.plan.limit);
        let again = |measured: &Measured| match measured.contender.is_seeded() || self.is_divided() {
            true => Ok(self.measure(&bench, &mut fits, &measured.contender)?.run),
            false => Ok(measured.run.clone()),
        };
        first.iter().map(again).collect()
    }

    fn report(&self, bench: &Bench, measured: &[Measured], others: &[Vec<Run>]) -> Result<TableReport> {
        let mut made_up = bench.train.made_up.clone();
        if let Some(scored) = &bench.scored {
            made_up.merge(&scored.made_up);
        }
        let suspicious = self.table.suspicious();
        let rows = self.table.rows();
        let mut report = TableReport {
            table: self.table.name.clone(),
            rows,
            distinct_rows: self.distinct_rows(bench)?,
            features: self.table.feature_names(),
            suspicious_rows: suspicious,
            suspicious_rate: suspicious.map(|count| count as f64 / rows as f64),
            protocol: self.protocol,
            train_rows: bench.train.folded.index.len(),
            scored_rows: bench.scored().folded.index.len(),
            scored_suspicious_rows: bench.scored().suspicious(),
            contamination: self.plan.contamination,
            encoding: self.plan.encoding,
            missing: made_up.missing,
            unseen_levels: made_up.unseen,
            warnings: Vec::new(),
            runs: measure::with_repeats(measured, others, self.is_divided()),
            differences: measure::differences(measured, bench)?,
            findings: Vec::new(),
            exploration: self.plan.illustrate.exploration.then(|| explore::explore(self.table)),
            projections: Vec::new(),
        };
        let warnings = check::warnings(self.table, bench, &report, measured);
        report.warnings = warnings.into_iter().map(|warning: Warning| Note::from(warning)).collect();
        Ok(report)
    }
}

/// A table divided, encoded, scaled and folded.
struct Bench {
    seed: Seed,
    /// For each feature the matrix columns that hold it.
    spans: Vec<(String, Range<usize>)>,
    split: Split,
    preparation: Preparation,
    train: Prepared,
    /// `None` where the training rows themselves are scored.
    scored: Option<Prepared>,
}

impl Bench {
    fn scored(&self) -> &Prepared {
        self.scored.as_ref().unwrap_or(&self.train)
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
            notes: vec![],
        }
    }

    /// The table with every row that is scored and not learned from made extreme.
    fn poisoned(protocol: Protocol, plan: &Plan) -> Table {
        let mut table = table();
        let seed = plan.repetition(0).derive(&table.name);
        let split = Split::new(&table, protocol, plan.test_share, seed).unwrap();
        let (Split::Parts { test, .. }, Values::Real(values)) = (split, &mut table.features[0].values) else {
            panic!("the table is divided")
        };
        test.iter().for_each(|&row| values[row] = 1e6);
        table
    }

    #[test]
    fn nothing_is_learned_from_rows_that_are_only_scored() {
        let plan = Plan::new(detector::everyone());
        for protocol in [Protocol::Holdout, Protocol::Time, Protocol::Clean] {
            let bench =
                |table: &Table| Trial { table, protocol, plan: &plan }.bench(plan.repetition(0)).unwrap();
            let (clean, poisoned) = (bench(&table()), bench(&poisoned(protocol, &plan)));
            assert_eq!(clean.train.folded.rows, poisoned.train.folded.rows, "{protocol:?}");
            let scored = |bench: &Bench| bench.scored().folded.rows.clone();
            assert_ne!(scored(&clean), scored(&poisoned), "{protocol:?}: the poison is scored");
        }
    }
}
