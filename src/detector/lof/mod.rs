//! The Local Outlier Factor: how much sparser the surroundings of a row are than those of its neighbours.
//! Breunig, Kriegel, Ng & Sander, "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000.
//!
//! About 1 inside a cluster, more the further a row stands outside of its neighbours' company. A training row
//! is not its own neighbour; a new row has all training rows for neighbours, an equal one among them.
//!
//! How copies count was settled by measuring (AUC in sample, k = 20, standardised, categories one-hot; mean of
//! four seeds for the demo tables). Counting copies is what scikit-learn does by holding each as a row.
//!
//! | table | `distinct` | `copies` | copies left out | scikit-learn |
//! |---|---|---|---|---|
//! | breastw | 0.576 | 0.380 | 0.672 | 0.402 |
//! | http | 0.416 | 0.358 | 0.073 | not run |
//! | thyroid | 0.704 | 0.673 | 0.712 | 0.674 |
//! | Ionosphere | 0.870 | 0.867 | 0.872 | 0.868 |
//! | mammography | 0.717 | 0.720 | 0.494 | 0.720 |
//! | demo auth | 0.739 | 0.692 | 0.718 | 0.694 |
//! | demo process | 0.659 | 0.821 | 0.589 | 0.821 |
//! | demo admin | 0.521 | 0.762 | 0.700 | 0.751 |
//!
//! `distinct` is the default: better on most labelled tables that were not made by us, and its scores stay in
//! scale where `copies` reaches 1e10 beside a row of many copies. `copies` is the one to ask for where there are
//! hardly more distinct rows than k, as in demo admin, and where a rare row stands beside a common one.
//! Leaving copies out altogether is at the mercy of the table, and is not offered.

mod fitted;
mod neighbourhood;

use super::{Detector, Entry, Fitted, FittedDetector, Settings, loaded, parameters};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use fitted::FittedLof;
use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "Local Outlier Factor",
    summary: "Density of a row's surroundings against that of its k neighbours' (Breunig et al. 2000)",
    seeded: false,
    defaults: || json!(Parameters::default()),
    build: |settings, given| Ok(Box::new(Lof::new(settings, given)?)),
    load: |state| Ok(Box::new(loaded::<FittedLof>(ID, state)?)),
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
        Ok(Fitted { model: Box::new(model), train_scores })
    }
}

impl FittedDetector for FittedLof {
    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        self.factors(rows)
    }

    fn to_json(&self) -> Value {
        json!(self.state())
    }
}

#[cfg(test)]
mod tests;
