//! The metrics of models, or of scores from elsewhere, on labeled rows that they were not fitted on.

use super::table_model::TableModel;
use crate::error::{Error, Result};
use crate::experiment;
use crate::metrics::{
    self, AtPrevalence, Confusion, Flagged, GroupCounts, Interval, LabelCounts, Measure, Ranking, Scored,
};
use crate::report::{PrecisionAtK, RowGroups, RunBudget, TableBudget};
use crate::table::Table;
use serde::Serialize;
use std::collections::BTreeSet;

/// The scores of the rows of a table, and which of them are flagged.
#[derive(Clone, Debug)]
pub struct Scores {
    /// The name of the model or of the scores in the answer.
    pub name: String,
    /// The detector of a model.
    pub detector: Option<String>,
    /// Rows with a score above this are flagged; `None` if it is unknown.
    pub threshold: Option<f64>,
    /// One per row, higher is more anomalous.
    pub scores: Vec<f64>,
    /// One per row; `None` if it is unknown which rows are flagged.
    pub flagged: Option<Vec<bool>>,
}

/// The options of an evaluation.
#[derive(Clone, Debug)]
pub struct EvaluateOptions {
    /// The numbers of rows of precision at k.
    pub at_k: Vec<u64>,
    /// The largest false-positive rate of the partial AUC, in (0, 1].
    pub max_fpr: f64,
    /// The share of suspicious rows to restate precision at, in (0, 1).
    pub prevalence: Option<f64>,
    /// The number of alerts a day, at least 1; `None` if none is asked for.
    pub budget: Option<u64>,
}

/// The metrics of one or two models on a labeled table. Undefined values are `None`, null in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluated {
    /// The version of the JSON format.
    pub format: u32,
    /// The table's name.
    pub table: String,
    /// The number of rows.
    pub rows: usize,
    /// The number of suspicious rows.
    pub suspicious_rows: usize,
    /// The groups of rows that intervals and tests of the AUC count once; `None` if they count rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<RowGroups>,
    /// The number of days (UTC) with rows; `None` without times.
    pub days: Option<usize>,
    /// The largest false-positive rate of the partial AUC, in (0, 1].
    pub max_fpr: f64,
    /// The rows and attacks of a budget of alerts a day, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<TableBudget>,
    /// One per model.
    pub models: Vec<Measured>,
    /// The paired comparison of two models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Paired>,
}

/// The metrics of a model. Each interval is a 95 % confidence interval.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The name of the model or of the scores.
    pub name: String,
    /// The detector of a model.
    pub detector: Option<String>,
    /// Rows with a score above this are flagged.
    pub threshold: Option<f64>,
    /// The area under the ROC curve, in [0, 1].
    pub auc: Option<f64>,
    /// Wilson's, with the variance of DeLong, or of Obuchowski for groups of rows.
    pub auc_interval: Option<Interval>,
    /// The standardized area under the ROC curve at low false-positive rates.
    pub partial_auc: Option<f64>,
    /// Wilson's, with the variance of Dodd & Pepe.
    pub partial_auc_interval: Option<Interval>,
    /// The average precision, in [0, 1].
    pub average_precision: Option<f64>,
    /// Wilson's, with the variance of the influences of the rows.
    pub average_precision_interval: Option<Interval>,
    /// The precision among the rows with the highest scores.
    pub precision_at_k: Vec<PrecisionAtK>,
    /// The share of flagged rows that are suspicious, in [0, 1].
    pub precision: Option<f64>,
    /// Wilson's, with an effective number of rows for groups.
    pub precision_interval: Option<Interval>,
    /// The share of suspicious rows that are flagged, in [0, 1].
    pub recall: Option<f64>,
    /// Wilson's, with an effective number of rows for groups.
    pub recall_interval: Option<Interval>,
    /// The F1 score, in [0, 1].
    pub f1: Option<f64>,
    /// Wilson's, with an effective number of rows for groups.
    pub f1_interval: Option<Interval>,
    /// The precision at another share of suspicious rows, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_prevalence: Option<AtPrevalence>,
    /// The counts of flagged and other rows by class; `None` if it is unknown which rows are flagged.
    pub confusion: Option<Confusion>,
    /// The number of flagged rows.
    pub flagged_rows: Option<u64>,
    /// Flagged rows for each day with rows; `None` without times.
    pub flagged_per_day: Option<f64>,
    /// The alerts under a budget a day, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<RunBudget>,
}

/// Two models on the same rows.
#[derive(Clone, Debug, Serialize)]
pub struct Paired {
    /// AUC of the first minus AUC of the second; `None` with fewer than two rows of a class.
    pub auc_difference: Option<f64>,
    /// The 95 % interval of the difference (paired DeLong, or Obuchowski for groups of rows).
    pub interval: Option<Interval>,
    /// The two-sided p-value, in [0, 1].
    pub p: Option<f64>,
    /// The average precision of the first minus that of the second.
    pub average_precision_difference: Option<f64>,
    /// The 95 % interval of this difference.
    pub average_precision_difference_interval: Option<Interval>,
    /// The two-sided p-value of this difference, in [0, 1].
    pub average_precision_p: Option<f64>,
    /// The number of rows that both flag; `None` if it is unknown which rows are flagged.
    pub flagged_by_both: Option<u64>,
    /// The number of rows that only the first flags.
    pub flagged_by_first: Option<u64>,
    /// The number of rows that only the second flags.
    pub flagged_by_second: Option<u64>,
}

impl Scores {
    /// The scores of a model on a table with its features.
    ///
    /// # Errors
    /// If the columns of the table are not the features of the model.
    pub fn of_model(name: &str, model: &TableModel, table: &Table) -> Result<Self> {
        let spelled = |(feature, column): (&super::FeatureModel, &crate::table::Column)| {
            feature.spelled_as_in_training(column.clone())
        };
        let columns: Vec<_> = model.features().iter().zip(&table.features).map(spelled).collect();
        let rows = model.score(&columns)?;
        let scores: Vec<f64> = rows.iter().map(|row| row.score).collect();
        let threshold = model.threshold_of_batch(&scores);
        Ok(Scores {
            name: name.to_owned(),
            detector: Some(model.card().detector.clone()),
            threshold: Some(threshold),
            flagged: Some(scores.iter().map(|&score| score > threshold).collect()),
            scores,
        })
    }
}

/// The metrics of one model or of two on a table with labels.
///
/// # Errors
/// If the table has no labels, or a score is not finite, or a budget is given and the table has no times.
pub fn evaluate(table: &Table, scores: &[Scores], options: &EvaluateOptions) -> Result<Evaluated> {
    let Some(labels) = &table.labels else {
        return Err(Error::table(&table.name, "there is no label column, which metrics need"));
    };
    let counts = LabelCounts::plain(labels);
    let rankings: Vec<Ranking> = scores
        .iter()
        .map(|own| Scored::new(&own.scores, &counts).map(Ranking::new))
        .collect::<Result<_>>()?;
    let index: Vec<u32> = (0..labels.len() as u32).collect();
    let groups = table.groups.as_ref();
    let groups = groups.map(|groups| GroupCounts::deduplicated(&groups.codes, labels, &index));
    let days = table.times.as_deref().map(days);
    let both = scores.iter().zip(&rankings);
    let measured = both.map(|(own, ranking)| measured(own, ranking, &counts, groups.as_ref(), days, options));
    let mut models: Vec<Measured> = measured.collect();
    let all: Vec<&[f64]> = scores.iter().map(|own| own.scores.as_slice()).collect();
    let alerts = options.budget.map(|budget| experiment::alerts_a_day(table, &all, budget)).transpose()?;
    let (budget, of_models) = alerts.unzip();
    for (model, own) in models.iter_mut().zip(of_models.unwrap_or_default()) {
        model.budget = Some(own);
    }
    let suspicious_groups = groups.as_ref().map(|groups| groups.with_positives(&counts));
    let comparison = match (scores, rankings.as_slice()) {
        ([a, b], [first, second]) => Some(paired((a, first), (b, second), groups.as_ref())?),
        _ => None,
    };
    Ok(Evaluated {
        format: crate::report::FORMAT,
        table: table.name.clone(),
        rows: labels.len(),
        suspicious_rows: labels.iter().filter(|&&label| label).count(),
        groups: RowGroups::of(table, suspicious_groups),
        days,
        max_fpr: options.max_fpr,
        budget,
        models,
        comparison,
    })
}

/// The number of different days.
fn days(times: &[i64]) -> usize {
    const MICROSECONDS_IN_DAY: i64 = 86_400_000_000;
    times.iter().map(|time| time.div_euclid(MICROSECONDS_IN_DAY)).collect::<BTreeSet<_>>().len()
}

fn measured(
    own: &Scores,
    ranking: &Ranking,
    labels: &LabelCounts,
    groups: Option<&GroupCounts>,
    days: Option<usize>,
    options: &EvaluateOptions,
) -> Measured {
    let flagged = own.flagged.as_ref().map(|flags| Flagged::of(flags, labels, groups));
    let flagged = flagged.as_ref();
    let confusion = flagged.map(Flagged::confusion);
    let flagged_rows = confusion.map(|confusion| confusion.flagged());
    let at_k = |&k: &u64| PrecisionAtK { k, precision: metrics::precision_at_k(ranking, k) };
    let range = |measure: Measure| measure.estimate(std::slice::from_ref(ranking), groups)?.interval();
    let restated = flagged.zip(options.prevalence);
    Measured {
        name: own.name.clone(),
        detector: own.detector.clone(),
        threshold: own.threshold,
        auc: metrics::auc(ranking),
        auc_interval: metrics::auc_interval_over_seeds(std::slice::from_ref(ranking), groups),
        partial_auc: metrics::partial_auc(ranking, options.max_fpr),
        partial_auc_interval: range(Measure::PartialAuc(options.max_fpr)),
        average_precision: metrics::average_precision(ranking),
        average_precision_interval: range(Measure::AveragePrecision),
        precision_at_k: options.at_k.iter().map(at_k).collect(),
        precision: confusion.and_then(|confusion| confusion.precision()),
        precision_interval: flagged.and_then(Flagged::precision_interval),
        recall: confusion.and_then(|confusion| confusion.recall()),
        recall_interval: flagged.and_then(Flagged::recall_interval),
        f1: confusion.and_then(|confusion| confusion.f1()),
        f1_interval: flagged.and_then(Flagged::f1_interval),
        at_prevalence: restated.map(|(flagged, share)| flagged.at_prevalence(share)),
        confusion,
        flagged_rows,
        flagged_per_day: flagged_rows.zip(days).map(|(flagged, days)| flagged as f64 / days.max(1) as f64),
        budget: None,
    }
}

fn paired(
    (a, first): (&Scores, &Ranking),
    (b, second): (&Scores, &Ranking),
    groups: Option<&GroupCounts>,
) -> Result<Paired> {
    let [one, other] = [first, second].map(std::slice::from_ref);
    let test = metrics::paired_test_over_seeds(one, other, groups)?;
    let [own, others] = [one, other].map(|rankings| Measure::AveragePrecision.estimate(rankings, groups));
    let top = own.zip(others).map(|(own, other)| own.paired_test(&other)).transpose()?.flatten();
    let flags = a.flagged.as_ref().zip(b.flagged.as_ref());
    let count = |wanted: (bool, bool)| {
        let rows = flags.map(|(a, b)| a.iter().zip(b).filter(|&(&a, &b)| (a, b) == wanted).count());
        rows.map(|rows| rows as u64)
    };
    Ok(Paired {
        auc_difference: test.map(|test| test.difference),
        interval: test.map(|test| test.interval),
        p: test.map(|test| test.p),
        average_precision_difference: top.map(|test| test.difference),
        average_precision_difference_interval: top.map(|test| test.interval),
        average_precision_p: top.map(|test| test.p),
        flagged_by_both: count((true, true)),
        flagged_by_first: count((true, false)),
        flagged_by_second: count((false, true)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Values};

    fn scores(name: &str, scores: [f64; 6], threshold: f64) -> Scores {
        Scores {
            name: name.into(),
            detector: None,
            threshold: Some(threshold),
            scores: scores.to_vec(),
            flagged: Some(scores.iter().map(|&score| score > threshold).collect()),
        }
    }

    #[test]
    fn two_models_are_measured_and_compared_on_the_same_rows() {
        const DAY: i64 = 86_400_000_000;
        let table = Table {
            name: "t".into(),
            features: vec![Column { name: "x".into(), values: Values::Real(vec![0.0; 6]) }],
            labels: Some(vec![true, false, true, false, false, false]),
            times: Some(vec![0, 1, DAY, DAY + 1, 5 * DAY, -1]),
            notes: vec![],
            groups: None,
            time_source: None,
        };
        let both = [
            scores("a", [6.0, 5.0, 4.0, 3.0, 2.0, 1.0], 3.5),
            scores("b", [1.0, 2.0, 6.0, 3.0, 4.0, 5.0], 4.5),
        ];
        let options =
            EvaluateOptions { at_k: vec![1, 2], max_fpr: 1.0, prevalence: Some(0.5), budget: Some(1) };
        let evaluated = evaluate(&table, &both, &options).unwrap();
        assert_eq!((evaluated.days, evaluated.suspicious_rows), (Some(4), 2));
        let first = &evaluated.models[0];
        assert_eq!(
            (first.auc, first.partial_auc, first.flagged_per_day),
            (Some(0.875), Some(0.875), Some(0.75))
        );
        assert_eq!((first.precision, first.recall), (Some(2.0 / 3.0), Some(1.0)));
        assert_eq!(
            first.precision_at_k.iter().map(|at| at.precision).collect::<Vec<_>>(),
            [Some(1.0), Some(0.5)]
        );
        // Four days with rows; both suspicious rows are the first of their day.
        let found = first.budget.as_ref().map(|own| (own.alerts, own.attacks_found));
        assert_eq!((found, evaluated.budget.map(|own| own.days)), (Some((4, 2)), Some(4)));
        let pair = evaluated.comparison.unwrap();
        assert_eq!(
            (pair.flagged_by_both, pair.flagged_by_first, pair.flagged_by_second),
            (Some(1), Some(2), Some(1))
        );
        assert_eq!(pair.auc_difference, Some(0.375));
        // Recall 1 and one false alarm among 4: TPR / FPR is 4.
        assert_eq!(first.at_prevalence.and_then(|own| own.precision), Some(0.8));
        // Average precision 5/6 against 2/3.
        assert!((pair.average_precision_difference.unwrap() - 1.0 / 6.0).abs() < 1e-12);
    }
}
