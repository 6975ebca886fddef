//! The Local Outlier Factor: how much sparser the surroundings of a row are than those of its neighbours.
//! Breunig, Kriegel, Ng & Sander, "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000.
//!
//! About 1 inside a cluster, more the further a row stands outside of its neighbours' company. A training row
//! is not its own neighbour; a new row has all training rows for neighbours, an equal one among them.
//!
//! How copies count was settled by measuring (AUC in sample, k = 20, standardised, categories one-hot; the demo rows
//! are means of seeds 42, 1, 2 and 7; `benches/peers/lof_duplicates.py` made the whole table, in
//! `results/lof_duplicates.md`). Counting copies is what scikit-learn does by holding each as a row. Of the twelve
//! public tables five have copies worth the name:
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
//! `distinct` is the default: better on the public tables and on demo auth, and its scores stay in scale where
//! those of `copies` reach 1e10 beside a row of many copies. It is no verdict for every table: `copies` wins by far on
//! demo process, where a rare row stands beside a common one, and on demo admin, which has hardly more distinct rows
//! than k (a warning says so). Ask for it with `--params lof.duplicates=copies`.

mod fitted;
mod neighbourhood;

use crate::detector::{Detector, Entry, Fitted, FittedDetector, Forecast, Kind, Settings, loaded, parameters, state};
use crate::detector::kd_tree;
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use fitted::FittedLof;
use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "Local Outlier Factor",
    summary: "Density of a row's surroundings against that of its k neighbours' (Breunig et al. 2000)",
    kind: Kind::Neighbours,
    cost: "fit about O(n log n) in few columns, O(n²) in many; score as long as a search for neighbours",
    good_at: "rows that are odd only beside their neighbours, in clusters of different density",
    bad_at: "groups of more than k like anomalies, many columns; slow on large tables without repeats",
    seeded: false,
    parameters: &[
        ("k", "neighbours, 1 to 10000; one fewer than the rows where those are fewer"),
        ("duplicates", "\"distinct\": copies of a row count once among the k; \"copies\": each counts"),
    ],
    defaults: || json!(Parameters::default()),
    build: |settings, given| Ok(Box::new(Lof::new(settings, given)?)),
    forecast: |parameters, task| {
        let k = parameters["k"].as_f64().unwrap_or(0.0);
        let neighbours = kd_tree::forecast(task, k);
        Forecast { bytes: neighbours.bytes + task.fitted as f64 * k * 16.0, ..neighbours }
    },
    load: |text| Ok(Arc::new(loaded::<FittedLof>(ID, text)?)),
};

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    /// How many neighbours, 1 to 10,000 (MinPts in the paper); one fewer than the rows where those are fewer.
    k: usize,
    /// What counts as one of the k.
    duplicates: Duplicates,
}

/// How rows that occur many times enter the k-distance. Either way all their copies are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Duplicates {
    /// k *distinct* other points, as the paper remarks: densities stay finite.
    Distinct,
    /// k other rows, copies counted: a row with k copies has k-distance 0 and an all but infinite density.
    Copies,
}

/// The detector before it has seen a row.
#[derive(Debug)]
struct Lof {
    parameters: Parameters,
    /// Bytes that may hold neighbourhoods while fitting.
    memory: usize,
}

const ID: &str = "lof";

impl Default for Parameters {
    fn default() -> Self {
        Parameters { k: 20, duplicates: Duplicates::Distinct }
    }
}

impl Lof {
    fn new(settings: &Settings, given: &Value) -> Result<Self> {
        let parameters: Parameters = parameters(ID, given)?;
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
    /// One distinct row has nothing to be compared with: its scores, and those of all new rows, are 1.
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
