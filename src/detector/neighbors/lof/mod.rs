//! The Local Outlier Factor: the mean density around a row's neighbors, divided by the density around the
//! row. Breunig, Kriegel, Ng & Sander, "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000.
//!
//! The factor is about 1 inside a cluster and larger the farther a row is from its neighbors. A training row
//! is not its own neighbor. A new row may have any training row as a neighbor, an equal one included.
//!
//! How to count copies was decided by a measurement: AUC in sample, k = 20, standardized, categories one-hot.
//! The rows of the demo are means over the seeds 42, 1, 2 and 7. `benches/peers/lof_duplicates.py` made the
//! whole table, in `results/lof_duplicates.md`. scikit-learn holds each copy as a row and so counts all of
//! them. Five of twelve public tables have many copies:
//!
//! | table | rows / distinct | `distinct` | `copies` | scikit-learn |
//! |---|---|---|---|---|
//! | breastw | 683 / 449 | 0.576 | 0.375 | 0.394 |
//! | http | 567,498 / 221,900 | 0.416 | 0.358 | not run |
//! | thyroid | 3,772 / 3,656 | 0.703 | 0.671 | 0.674 |
//! | mammography | 11,183 / 7,848 | 0.717 | 0.720 | 0.720 |
//! | Ionosphere | 351 / 350 | 0.870 | 0.867 | 0.868 |
//! | demo auth | 30,608 / 807 | 0.738 | 0.691 | 0.694 |
//! | demo process | 34,289 / 6,746 | 0.659 | 0.820 | 0.821 |
//! | demo admin | 1,020 / 25 | 0.531 | 0.776 | 0.751 |
//!
//! `distinct` is the default. It is better on the public tables and on demo auth. Its scores stay in scale,
//! while those of `copies` reach 1e10 next to a row with many copies. It is not better on every table:
//! `copies` wins clearly on demo process, where rare rows lie next to common ones. It also wins on demo
//! admin, which has hardly more distinct rows than k (a warning says so). The option is `--params
//! lof.duplicates=copies`.

mod fitted;
mod neighborhood;
pub(in crate::detector) mod parameters;

use crate::detector::cost::CostEstimate;
use crate::detector::entry::{Entry, Family, Settings};
use crate::detector::json::{loaded, parameters, state};
use crate::detector::kd_tree;
use crate::detector::traits::{Detector, Fitted, FittedDetector};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use fitted::FittedLof;
use ndarray::{Array1, ArrayView2};
use parameters::Parameters;
use serde_json::{Value, json};
use std::sync::Arc;

pub(in crate::detector) const ENTRY: Entry = Entry {
    id: ID,
    title: "Local Outlier Factor",
    summary: "Density around a row compared with that around its k neighbors (Breunig et al. 2000)",
    kind: Family::Neighbors,
    cost: "fit about O(n log n) with few columns, O(n²) with many; score: one neighbor search per row",
    good_at: "rows that are odd only compared with their neighbors, in clusters of different density",
    bad_at: "groups of more than k similar anomalies, many columns; slow on large tables without duplicates",
    seeded: false,
    parameters: &[
        ("k", "number of neighbors, 1 to 10000; at most the number of rows minus one"),
        ("duplicates", "\"distinct\": copies of a row count once among the k; \"copies\": each copy counts"),
    ],
    defaults: || json!(Parameters::default()),
    build: |settings, overrides| Ok(Box::new(Lof::new(settings, overrides)?)),
    estimate: |parameters, task| {
        let k = parameters["k"].as_f64().unwrap_or(0.0);
        let search = kd_tree::estimate(task, k);
        CostEstimate { bytes: search.bytes + task.fitted as f64 * k * 16.0, ..search }
    },
    load: |text| Ok(Arc::new(loaded::<FittedLof>(ID, text)?)),
};

/// The detector before it is fitted.
#[derive(Debug)]
struct Lof {
    parameters: Parameters,
    /// An upper bound for the cache of neighborhoods during the fit, in bytes.
    memory: usize,
}

const ID: &str = "lof";

impl Lof {
    fn new(settings: &Settings, overrides: &Value) -> Result<Self> {
        let parameters: Parameters = parameters(ID, overrides)?;
        if !(1..=10_000).contains(&parameters.k) {
            return Err(Error::Parameter {
                detector: ID,
                field: "k",
                value: parameters.k.to_string(),
                expected: "between 1 and 10000",
            });
        }
        Ok(Lof { parameters, memory: settings.memory })
    }
}

impl Detector for Lof {
    /// With a single distinct row there are no neighbors: all scores, those of new rows included, are 1.
    ///
    /// # Errors
    /// If there are no rows.
    fn fit(&self, train: &WeightedRows, _seed: Seed) -> Result<Fitted> {
        if train.is_empty() {
            return Err(Error::Request(format!("{ID}: there is no row to fit on")));
        }
        let (model, train_scores) = FittedLof::fit(&self.parameters, train, self.memory);
        Ok(Fitted::new(model, train_scores))
    }
}

impl FittedDetector for FittedLof {
    fn columns(&self) -> usize {
        self.width()
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        self.factors(rows)
    }

    fn to_json(&self) -> String {
        state(&self.state())
    }
}

#[cfg(test)]
mod tests;
