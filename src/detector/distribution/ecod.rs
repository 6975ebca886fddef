//! ECOD: a row is as odd as its columns are far out in their tails, by their empirical distributions.
//!
//! Li, Zhao, Hu, Botta, Ionescu & Chen, "ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution
//! Functions", IEEE TKDE 2022. The authors' own code, PyOD, departs from their paper in two ways:
//!
//! - The paper takes the largest of three sums over the columns (of the left tails, of the right ones, and of the
//!   longer one of each column: Algorithm 1); the code takes the larger tail of each column and then one sum (issues
//!   453 and 493 of PyOD). Either is a `formula`. The code's is the default: training rows score as in PyOD to
//!   rounding, it was better on eight of twelve public tables (AUC in sample, mean 0.877 against 0.855), and by the
//!   papers ECOD would be COPOD.
//! - The code counts the rows to be scored in with the training rows, the paper does not, and neither does this file:
//!   one row scores alone as in a batch.

use crate::detector::ecdf::{Formula, Tail, Tails};
use crate::detector::{Detector, Entry, Fitted, FittedDetector, Kind, Settings, parameters, state};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const ID: &str = "ecod";

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "ECOD",
    summary: "How far out in its tail each column is, by empirical distributions (Li et al. 2022)",
    kind: Kind::Distribution,
    cost: "fit O(d · n log n), score O(d · log n) a row",
    good_at: "rows that are extreme in single columns, large tables, columns of any scale",
    bad_at: "values that are odd only together, or that lie in a gap between common ones",
    seeded: false,
    parameters: &[(
        "formula",
        "\"pyod\": the larger tail of each column, summed; \"paper\": the largest of three sums over the columns",
    )],
    defaults: || json!(Parameters::default()),
    build: |_: &Settings, given: &Value| Ok(Box::new(parameters::<Parameters>(ID, given)?)),
    forecast: |_, task| Tails::forecast(task),
    load: |text| Ok(Arc::new(Tails::loaded(ID, text, |model: &Ecod| &model.tails)?)),
};

/// What can be chosen.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    formula: Formula,
}

/// The fitted detector.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ecod {
    formula: Formula,
    tails: Tails,
}

impl Detector for Parameters {
    fn fit(&self, train: &WeightedRows, _seed: Seed) -> Result<Fitted> {
        if train.is_empty() {
            return Err(Error::Request(format!("{ID}: there is no row to fit on")));
        }
        let (tails, train_scores) = Tails::fit(train, self.formula, of_column);
        Ok(Fitted::new(Ecod { formula: self.formula, tails }, train_scores))
    }
}

impl FittedDetector for Ecod {
    fn columns(&self) -> usize {
        self.tails.columns()
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        self.tails.score(rows, self.formula, of_column)
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

/// What PyOD's formula makes of one column.
fn of_column(tail: Tail) -> f64 {
    tail.left.max(tail.right).max(tail.longer())
}
