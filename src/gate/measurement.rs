//! What a run measures of a detector on a table: three metrics over seeds, and the component of each row.

use super::packed::Packed;
use super::sample::TableRows;
use crate::error::Result;
use crate::metrics::{Influence, LabelCounts, Ranking, Scored, VariancePart};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the gate checks of a detector.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The area under the ROC curve.
    Auc,
    /// The average precision.
    AveragePrecision,
    /// The share of suspicious rows among the rows with the highest scores, up to a budget.
    Recall,
}

impl Metric {
    /// Every metric, in reporting order.
    pub const ALL: [Metric; 3] = [Metric::Auc, Metric::AveragePrecision, Metric::Recall];

    /// The name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Metric::Auc => "auc",
            Metric::AveragePrecision => "average_precision",
            Metric::Recall => "recall",
        }
    }

    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Metric::Auc => "AUC",
            Metric::AveragePrecision => "AP",
            Metric::Recall => "recall",
        }
    }
}

/// What a run measured: (table, detector) → its metrics. A trained model has the name [`MODEL`].
pub type Measured = BTreeMap<(String, String), Measurement>;

/// The name of a trained model among the detectors of a table.
pub const MODEL: &str = "model";

/// The metrics of a detector on a table. An undefined metric is left out.
#[derive(Clone, Debug)]
pub struct Measurement {
    pub(super) rows: Arc<TableRows>,
    pub(super) metrics: BTreeMap<Metric, MetricOverSeeds>,
}

/// A metric of a detector with its seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricOverSeeds {
    /// The value for each seed, in [0, 1]; one value if the detector draws no random numbers.
    pub seeds: Vec<f64>,
    /// The component of each row, as one of its class; the mean over the seeds. 0 for rows that are not scored.
    components: Vec<f64>,
}

/// A metric of a baseline: its seeds, and the components of the sampled rows.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedMetric {
    /// The value for each seed, in [0, 1].
    pub seeds: Vec<f64>,
    /// Of the suspicious rows.
    pub suspicious: Packed,
    /// Of the normal rows. Left out for recall, for which they are 0.
    #[serde(default, skip_serializing_if = "Packed::is_empty")]
    pub normal: Packed,
}

impl Measurement {
    /// The metrics of a detector from its scores: one score per row for each seed. `budget` is the share of scored rows
    /// that are read, in (0, 1].
    ///
    /// # Errors
    /// If the score of a scored row is not finite, or there is not one for each row.
    pub fn of(rows: &Arc<TableRows>, scores: &[&[f64]], budget: f64) -> Result<Self> {
        let scored = rows.is_scored.iter().zip(&rows.labels).filter(|&(&is_scored, _)| is_scored);
        let labels: Vec<bool> = scored.map(|(_, &label)| label).collect();
        let counts = LabelCounts::plain(&labels);
        let mut metrics: BTreeMap<Metric, MetricOverSeeds> = BTreeMap::new();
        for of_seed in scores {
            let own = of_seed.iter().zip(&rows.is_scored).filter(|&(_, &is_scored)| is_scored);
            let own: Vec<f64> = own.map(|(&score, _)| score).collect();
            let ranking = Ranking::new(Scored::new(&own, &counts)?);
            let k = (budget * own.len() as f64).ceil().max(1.0) as u64;
            for (metric, influence) in [
                (Metric::Auc, Influence::of_auc(&ranking)),
                (Metric::AveragePrecision, Influence::of_average_precision(&ranking)),
                (Metric::Recall, Influence::of_recall(&ranking, k)),
            ] {
                if let Some(influence) = influence {
                    let over_seeds = metrics.entry(metric).or_insert_with(|| MetricOverSeeds::new(rows));
                    over_seeds.add(&influence, rows, scores.len());
                }
            }
        }
        Ok(Measurement { rows: Arc::clone(rows), metrics })
    }

    /// The mean over the seeds, in [0, 1]; `None` if it is undefined.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.metrics.get(&metric).map(|over_seeds| mean(&over_seeds.seeds))
    }

    /// What a baseline keeps of the metrics.
    pub(super) fn recorded(&self) -> BTreeMap<Metric, RecordedMetric> {
        let [suspicious, normal] = &self.rows.sample;
        let recorded = |(&metric, over_seeds): (&Metric, &MetricOverSeeds)| {
            let normal = if metric == Metric::Recall { &[][..] } else { normal };
            let packed = |sample: &[u32]| Packed::of(&over_seeds.at(sample));
            let seeds = over_seeds.seeds.clone();
            (metric, RecordedMetric { seeds, suspicious: packed(suspicious), normal: packed(normal) })
        };
        self.metrics.iter().map(recorded).collect()
    }
}

impl MetricOverSeeds {
    fn new(rows: &TableRows) -> Self {
        MetricOverSeeds { seeds: Vec::new(), components: vec![0.0; rows.labels.len()] }
    }

    fn add(&mut self, influence: &Influence, rows: &TableRows, seeds: usize) {
        self.seeds.push(influence.value);
        let scored = (0..rows.labels.len()).filter(|&row| rows.is_scored[row]);
        for (at, row) in scored.enumerate() {
            let of_class = if rows.labels[row] { &influence.positives } else { &influence.negatives };
            self.components[row] += of_class[at] / seeds as f64;
        }
    }

    /// The components of some rows.
    pub(super) fn at(&self, rows: &[u32]) -> Vec<f64> {
        rows.iter().map(|&row| self.components[row as usize]).collect()
    }
}

/// The mean; NaN without values.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The variance of a mean over `count` values, as estimated by some of them. `None` with fewer than two.
pub(super) fn variance_of_mean(values: &[f64], count: usize) -> Option<VariancePart> {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let degrees_of_freedom = values.len() as f64 - 1.0;
    (values.len() > 1 && count > 0)
        .then(|| VariancePart { variance: squares / degrees_of_freedom / count as f64, degrees_of_freedom })
}
