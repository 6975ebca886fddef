//! COPOD: the tail probability of a row under an empirical copula of the columns.
//!
//! Li, Zhao, Botta, Ionescu & Hu, "COPOD: Copula-Based Outlier Detection", ICDM 2020. By its Algorithm 1 the score is
//! that of [`super::ecod`]'s paper. The authors' own code, PyOD, takes of each column the longer tail, or the mean of
//! both where that is larger, and sums over the columns; they found it to work slightly better (issue 325 of PyOD).
//! Either is a `formula`. The code's is the default: training rows score as in PyOD to rounding, and it was better
//! than the paper's on ten of twelve public tables (AUC in sample, mean 0.865 against 0.855).
//!
//! PyOD counts the rows to be scored in with the training rows; here, as in the paper, only training rows count, and
//! one row scores alone as in a batch.

use crate::detector::ecdf::{Formula, Tail, Tails};
use crate::detector::{Detector, Entry, Fitted, FittedDetector, Kind, Settings, parameters, state};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const ID: &str = "copod";

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "COPOD",
    summary: "Tail probability under an empirical copula, the longer tails first (Li et al. 2020)",
    kind: Kind::Distribution,
    cost: "fit O(d · n log n), score O(d · log n) a row",
    good_at: "rows that are extreme in the longer tails of skewed columns, large tables, any scale",
    bad_at: "values that are odd only together, in a gap, or in the shorter tail of a column",
    seeded: false,
    parameters: &[(
        "formula",
        "\"pyod\": the longer tail or the mean of both, summed; \"paper\": the largest of three sums over the columns",
    )],
    defaults: || json!(Parameters::default()),
    build: |_: &Settings, given: &Value| Ok(Box::new(parameters::<Parameters>(ID, given)?)),
    forecast: |_, task| Tails::forecast(task),
    load: |text| Ok(Arc::new(Tails::loaded(ID, text, |model: &Copod| &model.tails)?)),
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
struct Copod {
    formula: Formula,
    tails: Tails,
}

impl Detector for Parameters {
    fn fit(&self, train: &WeightedRows, _seed: Seed) -> Result<Fitted> {
        if train.is_empty() {
            return Err(Error::Request(format!("{ID}: there is no row to fit on")));
        }
        let (tails, train_scores) = Tails::fit(train, self.formula, of_column);
        Ok(Fitted::new(Copod { formula: self.formula, tails }, train_scores))
    }
}

impl FittedDetector for Copod {
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
    tail.longer().max((tail.left + tail.right) / 2.0)
}
