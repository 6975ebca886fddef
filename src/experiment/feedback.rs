//! The protocol feedback: what verdicts of an analyst would buy, before one is given.
//!
//! Half of the rows can be shown, the other half never is. The detector is fitted on the first half. An analyst, played by
//! the label, judges the rows shown; after each batch the detector learns (`detector/feedback`), and the next rows are those
//! with the highest scores. Equal rows are one question, and its answer is the label of most of them.

use super::plan::Plan;
use crate::detector::{DetectorSpec, FittedDetector, Learner, Questions, Taught, Untaught, Verdict};
use crate::error::{Error, Hint, Result};
use crate::metrics::{LabelCounts, Ranking, Scored, Summary, auc, average_precision};
use crate::preprocess::{Prepared, Preprocessor};
use crate::report::{DetectorFeedback, Discovery, TableFeedback};
use crate::seed::Seed;
use crate::table::Table;
use rand::Rng;
use rand::seq::SliceRandom;
use std::collections::BTreeSet;

/// How the analyst works.
#[derive(Clone, Copy, Debug)]
pub struct FeedbackOptions {
    /// Verdicts to give, at least 1.
    pub verdicts: usize,
    /// Verdicts after which the detector learns, at least 1.
    pub batch: usize,
    /// The share of verdicts that are wrong, in [0, 1].
    pub analyst_error: f64,
    /// The share of rows shown that are near the threshold, in [0, 1].
    pub explore: f64,
}

/// Simulate reviews of a table with every detector of a plan, over the seeds of the plan. `step` hears which detector comes
/// next.
pub(super) fn of_table(
    table: &Table,
    plan: &Plan,
    options: &FeedbackOptions,
    step: &dyn Fn(usize, &str),
) -> Result<TableFeedback> {
    if table.labels.is_none() {
        let problem = "the analyst of protocol feedback is played by the label, and there is none";
        return Err(Error::table(&table.name, problem).with_hint(Hint::NameLabel(None)));
    }
    let seeds = (0..plan.repeats).map(|index| plan.repetition(index).derive("feedback"));
    let halves: Vec<Halves> = seeds.map(|seed| Halves::new(table, plan, seed)).collect::<Result<_>>()?;
    let mut detectors = Vec::new();
    for (nth, spec) in plan.specs.iter().enumerate() {
        step(nth, &spec.name);
        let reviews: Vec<Review> =
            halves.iter().map(|halves| halves.review(spec, plan, options)).collect::<Result<_>>()?;
        detectors.push(summary(spec, &reviews));
    }
    let mean = |of: fn(&Halves) -> f64| halves.iter().map(of).sum::<f64>() / halves.len() as f64;
    Ok(TableFeedback {
        table: table.name.clone(),
        rows: table.rows(),
        suspicious_rows: table.labels.iter().flatten().filter(|&&label| label).count(),
        verdicts: options.verdicts,
        batch: options.batch,
        analyst_error: options.analyst_error,
        explore: options.explore,
        seeds: halves.len() as u64,
        shown_half: [
            mean(|halves| halves.truth.len() as f64),
            mean(|halves| halves.truth.iter().filter(|&&truth| truth).count() as f64),
        ],
        detectors,
    })
}

/// A table in two halves.
struct Halves {
    shown: Prepared,
    unseen: Prepared,
    unseen_labels: Vec<bool>,
    /// For each distinct row that can be shown, whether most of its rows are suspicious.
    truth: Vec<bool>,
    seed: Seed,
}

/// A simulated review.
struct Review {
    /// After each batch: verdicts, and suspicious rows found taught, untaught and at random.
    found: Vec<(usize, [f64; 3])>,
    /// Average precision and AUC on the rows never shown, untaught and taught.
    measured: [[Option<f64>; 2]; 2],
}

impl Halves {
    fn new(table: &Table, plan: &Plan, seed: Seed) -> Result<Self> {
        let mut rows: Vec<usize> = (0..table.rows()).collect();
        rows.shuffle(&mut seed.derive("split").rng());
        let unseen = rows.split_off(rows.len().div_ceil(2));
        let (first, second) = (table.take(&rows), table.take(&unseen));
        let (preprocessor, shown) = Preprocessor::fit(&first, plan.encoding)?;
        let unseen = preprocessor.apply(&second)?;
        let mut balance = vec![0_i64; shown.deduplicated.rows.len()];
        for (&row, &label) in shown.deduplicated.index.iter().zip(first.labels.iter().flatten()) {
            balance[row as usize] += if label { 1 } else { -1 };
        }
        let truth = balance.into_iter().map(|balance| balance > 0).collect();
        Ok(Halves { shown, unseen, unseen_labels: second.labels.unwrap_or_default(), truth, seed })
    }

    fn review(&self, spec: &DetectorSpec, plan: &Plan, options: &FeedbackOptions) -> Result<Review> {
        let rows = &self.shown.deduplicated.rows;
        let fitted = spec.fit(&plan.settings(), rows, self.seed)?;
        let untaught = Untaught { entry: spec.entry, model: fitted.model };
        let learner = Learner::new(untaught.clone(), rows, self.seed);
        let first = self.first(&learner, options);
        let mut scores = learner.untaught_scores().clone();
        let (mut asked, mut order, mut verdicts) = (BTreeSet::new(), Vec::new(), Vec::new());
        let mut taught: Option<Taught> = None;
        let mut found = Vec::new();
        let mut rng = self.seed.derive("analyst").rng();
        while order.len() < options.verdicts && order.len() < rows.len() {
            let batch = options.batch.min(options.verdicts - order.len());
            let threshold = nth_highest(&scores.to_vec(), options.verdicts);
            let next = Questions { batch, explore: options.explore, threshold };
            for row in learner.next_questions(&scores, &asked, next) {
                let is_wrong = rng.r#gen::<f64>() < options.analyst_error;
                asked.insert(row);
                order.push(row);
                verdicts.push(Verdict::new(rows.points.row(row).to_vec(), self.truth[row] != is_wrong));
            }
            let model = learner.learn(&verdicts)?;
            scores = learner.scores(&model);
            taught = Some(model);
            found.push((order.len(), self.found(&order, &first)));
        }
        let taught = match &taught {
            Some(taught) => self.measured(taught)?,
            None => [None, None],
        };
        Ok(Review { found, measured: [self.measured(&*untaught.model)?, taught] })
    }

    /// The rows in the order of the untaught scores.
    fn first(&self, learner: &Learner, options: &FeedbackOptions) -> Vec<usize> {
        let questions = Questions { batch: options.verdicts, explore: 0.0, threshold: 0.0 };
        learner.next_questions(learner.untaught_scores(), &BTreeSet::new(), questions)
    }

    /// Suspicious rows among those shown, among as many by the untaught scores, and expected among as many at random.
    fn found(&self, shown: &[usize], first: &[usize]) -> [f64; 3] {
        let of = |rows: &[usize]| rows.iter().filter(|&&row| self.truth[row]).count() as f64;
        let all = self.truth.iter().filter(|&&truth| truth).count() as f64;
        let first = &first[..shown.len().min(first.len())];
        [of(shown), of(first), all * shown.len() as f64 / self.truth.len() as f64]
    }

    /// Average precision and AUC on the rows that are never shown; `None` without both classes.
    fn measured(&self, model: &dyn FittedDetector) -> Result<[Option<f64>; 2]> {
        let distinct = model.score(self.unseen.deduplicated.rows.points.view());
        let scores = self.unseen.deduplicated.expand(distinct.view()).to_vec();
        let labels = LabelCounts::plain(&self.unseen_labels);
        let ranking = Ranking::new(Scored::new(&scores, &labels)?);
        Ok([average_precision(&ranking), auc(&ranking)])
    }
}

fn nth_highest(scores: &[f64], n: usize) -> f64 {
    let mut scores = scores.to_vec();
    let at = n.min(scores.len()).saturating_sub(1);
    *scores.select_nth_unstable_by(at, |a, b| b.total_cmp(a)).1
}

fn summary(spec: &DetectorSpec, reviews: &[Review]) -> DetectorFeedback {
    let batches = reviews.iter().map(|review| review.found.len()).min().unwrap_or(0);
    let over = |batch: usize, of: usize| {
        let values: Vec<f64> = reviews.iter().map(|review| review.found[batch].1[of]).collect();
        Summary::of(&values)
    };
    let point = |batch: usize| {
        Some(Discovery {
            verdicts: reviews.first()?.found[batch].0,
            taught: over(batch, 0)?,
            untaught: over(batch, 1)?,
            random: over(batch, 2)?.mean,
        })
    };
    let measured = |taught: usize, of: usize| {
        let values: Option<Vec<f64>> = reviews.iter().map(|review| review.measured[taught][of]).collect();
        Summary::of(&values?)
    };
    DetectorFeedback {
        detector: spec.name.clone(),
        discovery: (0..batches).filter_map(point).collect(),
        untaught_average_precision: measured(0, 0),
        taught_average_precision: measured(1, 0),
        untaught_auc: measured(0, 1),
        taught_auc: measured(1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector;
    use crate::table::{Column, Values};

    /// A table in which large values are suspicious, and small ones are as rare and normal.
    fn table() -> Table {
        let x = |row: usize| match row % 20 {
            3 => 50.0 + (row % 13) as f64,
            9 => -50.0 - (row % 17) as f64,
            _ => (row * 7 % 23) as f64,
        };
        let values = Values::Real((0..400).map(x).collect());
        let other = Values::Real((0..400).map(|row| (row * 11 % 19) as f64).collect());
        let features = [("x", values), ("y", other)];
        let features = features.map(|(name, values)| Column { name: name.to_owned(), values }).to_vec();
        let labels = Some((0..400).map(|row| row % 20 == 3).collect());
        Table { name: "t".to_owned(), features, labels, ..Table::default() }
    }

    fn run(error: f64) -> DetectorFeedback {
        let spec = DetectorSpec::of(detector::find("isolation-forest").unwrap());
        let plan = Plan { repeats: 3, ..Plan::new(vec![spec]) };
        let options = FeedbackOptions { verdicts: 20, batch: 5, analyst_error: error, explore: 0.0 };
        of_table(&table(), &plan, &options, &|_, _| ()).unwrap().detectors[0].clone()
    }

    #[test]
    fn verdicts_find_more_and_rank_better() {
        let detector = run(0.0);
        let last = detector.discovery.last().unwrap();
        assert_eq!(detector.discovery.len(), 4);
        assert!(last.taught.mean > last.untaught.mean, "{last:?}");
        assert!(last.untaught.mean > last.random, "{last:?}");
        let (taught, untaught) = (detector.taught_auc.unwrap(), detector.untaught_auc.unwrap());
        assert!(taught.mean > untaught.mean + 0.02, "{taught:?} {untaught:?}");
    }

    #[test]
    fn wrong_verdicts_teach_less() {
        assert!(run(0.5).taught_auc.unwrap().mean < run(0.0).taught_auc.unwrap().mean);
    }

    #[test]
    fn without_labels_there_is_no_analyst() {
        let table = Table { labels: None, ..table() };
        let plan = Plan::new(vec![DetectorSpec::of(detector::find("hbos").unwrap())]);
        let options = FeedbackOptions { verdicts: 5, batch: 5, analyst_error: 0.0, explore: 0.0 };
        let error = of_table(&table, &plan, &options, &|_, _| ()).unwrap_err();
        assert!(error.to_string().contains("played by the label"));
    }
}
