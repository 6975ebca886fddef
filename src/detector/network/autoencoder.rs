//! Autoencoder: a network learns to reproduce its input through a narrow middle. The worse it reproduces a
//! row, the higher the row's score.
//!
//! Hawkins, He, Williams & Baxter, "Outlier Detection Using Replicator Neural Networks", DaWaK 2002. The
//! error of a network is the root mean squared difference between a row and its reconstruction, in standard
//! deviations of a column.
//!
//! One small network depends much on its initial weights, so two seeds differ much. The score is therefore
//! the mean error of several networks with different initial weights and orders of the rows: Chen, Sathe,
//! Aggarwal & Turaga, "Outlier Detection with Autoencoder Ensembles", SDM 2017. They use the median. With
//! five networks the mean was better on ten tables of ADBench (mean AUC 0.866 against 0.859).
//!
//! After many steps, a network reproduces groups of similar anomalies too, and the AUC falls. So the number
//! of steps is limited, and dropout restricts the network to what many rows share. On twelve tables of
//! ADBench, dropout raised the mean AUC of cover, where 1 % of the rows are such a group, from 0.942 to
//! 0.964. The mean over all tables rose from 0.890 to 0.893, with fewer networks. All settings were chosen
//! with the labels of these tables, one setting for all.
//!
//! A network sees values clipped to ±[`LIMIT`]; the score uses the values themselves. Otherwise one row of
//! 1e6 among a thousand would dominate the mean squared error, and 1e30 would overflow f32. The farther a row
//! is, the higher it still scores.

use super::budget::{self, Budget};
use super::perceptron::{Buffers, Perceptron};
use super::sample::Parts;
use super::training::{self, End, History, Inputs, Schedule};
use crate::detector::cost::{CostEstimate, Task};
use crate::detector::entry::{Entry, Family, Settings};
use crate::detector::json::{loaded, parameters, state};
use crate::detector::traits::{Detector, Fitted, FittedDetector, TrainingHistory};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const ID: &str = "autoencoder";

/// The registry entry.
pub const ENTRY: Entry = Entry {
    id: ID,
    title: "Autoencoder",
    summary: "How badly a network with a narrow middle reproduces a row (Hawkins et al. 2002)",
    kind: Family::Network,
    cost: "fit O(networks · epochs · sampled rows · weights), limited; score O(networks · weights) a row",
    good_at: "columns that depend on each other, training on normal rows",
    bad_at: "few rows, independent columns; results depend on the seed more than with other detectors",
    seeded: true,
    parameters: &[
        ("batch", "rows per step, 1 to 100000"),
        ("dropout", "share of hidden units that dropout sets to 0, 0 to 0.9"),
        ("epochs", "largest number of epochs, 1 to 100000"),
        ("hidden", "units per layer from the input to the middle, then mirrored; [] for the default sizes"),
        ("learning_rate", "learning rate of Adam, above 0 and at most 1"),
        ("networks", "number of networks from different starts, whose errors are averaged; 1 to 100"),
        ("patience", "training ends after this many epochs without a lower validation loss, 1 to 100000"),
        ("rows", "largest number of rows to train and validate on, 2 to 1000000"),
        ("steps", "largest number of Adam steps per network, 1 to 1000000; too many reproduce anomalies too"),
        ("validation", "share of these rows for validation, which decides when to stop; 0 to 0.5"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    estimate: |values, task| Parameters::deserialize(values).unwrap_or_default().estimate(task),
    load: |text| {
        let model: Model = loaded(ID, text)?;
        Ok(Arc::new(model.checked()?))
    },
};

/// The network sees values clipped to this many standard deviations from the mean.
const LIMIT: f64 = 100.0;

/// The number of networks that train at the same time, for the cost estimate.
const CORES: usize = 2;

/// The largest number of networks; more are not worth their time.
const MOST_NETWORKS: usize = 100;

/// Autoencoders: the mean error of several networks that reproduce a row through a narrow layer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Units of each layer after the input, up to the middle. If empty, the size of the table decides.
    pub hidden: Vec<usize>,
    /// The most passes over the rows.
    pub epochs: usize,
    /// Training ends after the epoch in which a network reaches this number of steps.
    pub steps: usize,
    /// Rows per step.
    pub batch: usize,
    /// The step size of Adam.
    pub learning_rate: f64,
    /// The share of hidden units that dropout sets to 0.
    pub dropout: f64,
    /// Training ends after this number of epochs without a lower validation loss.
    pub patience: usize,
    /// The number of networks; their errors are averaged.
    pub networks: usize,
    /// The largest number of expanded rows to draw.
    pub rows: usize,
    /// The share of the drawn rows for validation.
    pub validation: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters {
            hidden: Vec::new(),
            epochs: 300,
            steps: 400,
            batch: 64,
            learning_rate: 0.004,
            dropout: 0.3,
            patience: 10,
            networks: 5,
            rows: 5_000,
            validation: 0.1,
        }
    }
}

/// The algorithm with its parameters.
#[derive(Clone, Debug)]
struct Autoencoder {
    parameters: Parameters,
    progress: Progress,
}

fn build(settings: &Settings, values: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, values)?;
    parameters.check()?;
    Ok(Box::new(Autoencoder { parameters, progress: settings.progress.clone() }))
}

impl Parameters {
    fn check(&self) -> Result<()> {
        let wrong = |field, value: Value, expected| {
            Err(Error::Parameter { detector: ID, field, value: value.to_string(), expected })
        };
        let in_range = |count: &usize| (1..=100_000).contains(count);
        let units = |size: &usize| (1..=4_096).contains(size);
        match self {
            _ if self.hidden.len() > 8 || !self.hidden.iter().all(units) => {
                wrong("hidden", json!(self.hidden), "at most 8 numbers between 1 and 4096")
            }
            _ if !in_range(&self.epochs) => wrong("epochs", json!(self.epochs), "between 1 and 100000"),
            _ if !(1..=1_000_000).contains(&self.steps) => {
                wrong("steps", json!(self.steps), "between 1 and 1000000")
            }
            _ if !in_range(&self.batch) => wrong("batch", json!(self.batch), "between 1 and 100000"),
            _ if !in_range(&self.patience) => wrong("patience", json!(self.patience), "between 1 and 100000"),
            _ if !(1..=MOST_NETWORKS).contains(&self.networks) => {
                wrong("networks", json!(self.networks), "between 1 and 100")
            }
            _ if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) => {
                wrong("learning_rate", json!(self.learning_rate), "above 0 and at most 1")
            }
            _ if !(0.0..=0.9).contains(&self.dropout) => {
                wrong("dropout", json!(self.dropout), "between 0 and 0.9")
            }
            _ if !(2..=1_000_000).contains(&self.rows) => {
                wrong("rows", json!(self.rows), "between 2 and 1000000")
            }
            _ if !(0.0..=0.5).contains(&self.validation) => {
                wrong("validation", json!(self.validation), "between 0 and 0.5")
            }
            _ => Ok(()),
        }
    }

    /// The largest number of epochs on `rows` rows.
    fn epochs(&self, rows: usize) -> usize {
        self.epochs.min(self.steps.div_ceil(rows.div_ceil(self.batch).max(1)))
    }

    /// Why training ended and how many of `total` rows it used, as text.
    fn ended(&self, history: &History, parts: &Parts, total: u64) -> String {
        let (epochs, rows, drawn) = (history.training.len(), parts.training.len(), parts.total());
        let why = match history.end {
            End::Patience => format!("because the loss stopped falling (patience {})", self.patience),
            End::Diverged => "because the loss was not finite; try a smaller learning_rate".to_owned(),
            End::Epochs if epochs == self.epochs => "the maximum".to_owned(),
            End::Epochs if epochs == self.epochs(rows) => format!("the maximum for {} steps", self.steps),
            End::Epochs => "early to save time".to_owned(),
        };
        let means = match self.networks {
            1 => String::new(),
            networks => format!("means over {networks} networks, "),
        };
        let used = match (drawn as u64) < total {
            true => format!("used {drawn} of {total} rows"),
            false => format!("used all {total} rows"),
        };
        format!("{means}ended after {epochs} {}, {why}; {used}", if epochs == 1 { "epoch" } else { "epochs" })
    }

    fn estimate(&self, task: Task) -> CostEstimate {
        let sizes = self.sizes(task.columns);
        let budget = Budget::new(&sizes, self.batch);
        let weights: usize = sizes.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let weights = weights * self.networks;
        // Plain loops over f32 do about 2·10^9 multiplications per second.
        let scoring = (task.scored * weights) as f64 / 2e9;
        let rows = task.fitted.min(self.rows).min(budget.rows());
        let network = budget.seconds(self.epochs(rows).min(budget.epochs(rows)), rows);
        let training = self.networks.div_ceil(CORES) as f64 * network;
        CostEstimate {
            seconds: training + scoring,
            bytes: 8.0 * (task.fitted * task.columns + weights) as f64,
        }
    }

    fn sizes(&self, width: usize) -> Vec<usize> {
        match self.hidden.is_empty() {
            true => budget::sizes(width, &budget::hidden(width)),
            false => budget::sizes(width, &self.hidden),
        }
    }
}

impl Detector for Autoencoder {
    fn fit(&self, train: &WeightedRows, seed: Seed) -> Result<Fitted> {
        let width = train.points.ncols();
        let sizes = self.parameters.sizes(width);
        let budget = Budget::new(&sizes, self.parameters.batch);
        let max_rows = self.parameters.rows.min(budget.rows());
        let parts = Parts::draw(train, max_rows, self.parameters.validation, seed.derive("rows"));
        let rows = parts.training.len();
        let &Parameters { batch, learning_rate, dropout, patience, .. } = &self.parameters;
        let epochs = self.parameters.epochs(rows).min(budget.epochs(rows));
        let schedule = Schedule { epochs, batch, learning_rate, dropout, patience };
        let start = |at| Perceptron::random(&sizes, &mut seed.derive("weights").nth(at as u64).rng());
        let starts = (0..self.parameters.networks).map(start).collect();
        let inputs = Inputs { values: train.points.iter().map(|&value| clipped(value)).collect(), width };
        let (networks, history) =
            training::train(starts, &inputs, &parts, &schedule, seed.derive("order"), &self.progress)
                .map_err(|e| Error::Request(format!("{ID}: training failed: {e}")))?;
        let ended = self.parameters.ended(&history, &parts, train.total());
        let model = Model { networks };
        let train_scores = model.score(train.points.view());
        let training = TrainingHistory {
            rows: parts.distinct(),
            training_loss: history.training,
            validation_loss: history.validation,
            best_epoch: history.best_epoch,
            ended,
        };
        Ok(Fitted { training: Some(training), ..Fitted::new(model, train_scores) })
    }
}

/// A value as the network sees it.
fn clipped(value: f64) -> f32 {
    value.clamp(-LIMIT, LIMIT) as f32
}

/// The trained networks.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Model {
    networks: Vec<Perceptron>,
}

impl FittedDetector for Model {
    fn columns(&self) -> usize {
        self.networks.first().map_or(0, Perceptron::width)
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        /// Rows per task, which share its buffers.
        const BLOCK: usize = 256;
        let mut scores = Array1::zeros(rows.nrows());
        let blocks = scores.axis_chunks_iter_mut(Axis(0), BLOCK).into_par_iter();
        blocks.zip(rows.axis_chunks_iter(Axis(0), BLOCK)).for_each(|(mut scores, rows)| {
            let mut buffers = Buffers::default();
            for (score, row) in scores.iter_mut().zip(rows.rows()) {
                *score = self.score_row(row, &mut buffers);
            }
        });
        scores
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

impl Model {
    /// # Errors
    /// If a loaded model has no networks or too many, if one is not valid, or if they differ in width.
    fn checked(self) -> Result<Self> {
        let width = self.columns();
        let same_width = self.networks.iter().all(|network| network.width() == width);
        if !same_width || !(1..=MOST_NETWORKS).contains(&self.networks.len()) {
            return Err(Error::Request(format!("{ID}: the networks of this model do not fit together")));
        }
        let networks = self.networks.into_iter().map(|network| network.checked(ID)).collect::<Result<_>>()?;
        Ok(Model { networks })
    }

    fn score_row(&self, row: ArrayView1<f64>, buffers: &mut Buffers) -> f64 {
        let total: f64 = self.networks.iter().map(|network| error(network, row, buffers)).sum();
        total / self.networks.len() as f64
    }
}

/// The root mean squared difference between a row and its reconstruction.
fn error(network: &Perceptron, row: ArrayView1<f64>, buffers: &mut Buffers) -> f64 {
    /// The sum of squares up to this is finite. `min` also replaces NaN by it.
    const LARGEST: f64 = 1e150;
    let reconstruction = network.reproduce(row.iter().map(|&value| clipped(value)), buffers);
    let difference = |(value, again): (&f64, &f32)| (value - f64::from(*again)).abs().min(LARGEST);
    let total: f64 = row.iter().zip(reconstruction).map(difference).map(|d| d * d).sum();
    (total / row.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use rand::Rng;

    const SETTINGS: Settings = Settings::new(0);

    fn fit(parameters: Value, rows: &WeightedRows, seed: u64) -> Fitted {
        build(&SETTINGS, &parameters).unwrap().fit(rows, Seed::new(seed)).unwrap()
    }

    /// Rows of three columns that depend on one number, except for the last row.
    fn line_and_outlier() -> WeightedRows {
        let mut rng = Seed::new(1).rng();
        let mut points = Array2::zeros((400, 3));
        for mut row in points.rows_mut() {
            let x: f64 = rng.gen_range(-1.5..1.5);
            row.assign(&array![x, -x, 0.5 * x]);
        }
        points.row_mut(399).assign(&array![1.0, 1.0, -0.5]);
        WeightedRows::unweighted(points)
    }

    #[test]
    fn wrong_parameters_are_refused_by_name() {
        for (field, value) in [
            ("hidden", json!([0])),
            ("hidden", json!(vec![1; 9])),
            ("hidden", json!([5000])),
            ("epochs", json!(0)),
            ("steps", json!(0)),
            ("batch", json!(0)),
            ("patience", json!(0)),
            ("networks", json!(0)),
            ("networks", json!(101)),
            ("learning_rate", json!(0.0)),
            ("learning_rate", json!(1.5)),
            ("dropout", json!(-0.1)),
            ("dropout", json!(0.95)),
            ("rows", json!(1)),
            ("validation", json!(0.6)),
        ] {
            let error = build(&SETTINGS, &json!({ field: value })).unwrap_err().to_string();
            assert!(error.contains(&format!("`{field}` must be")) && error.contains(ID), "{error}");
        }
    }

    #[test]
    fn a_row_that_breaks_the_dependence_between_columns_scores_highest() {
        let fitted = fit(Value::Null, &line_and_outlier(), 1);
        let highest = fitted.train_scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert_eq!(highest, 399);
    }

    #[test]
    fn beyond_the_clipping_limit_farther_rows_score_higher() {
        let model = fit(Value::Null, &line_and_outlier(), 1).model;
        let scores = model.score(array![[1e3, 0.0, 0.0], [1e6, 0.0, 0.0], [1e300, 0.0, 0.0]].view());
        assert!(scores[0] < scores[1] && scores[1] < scores[2] && scores[2].is_finite(), "{scores}");
    }

    #[test]
    fn a_loaded_model_with_huge_weights_gives_finite_scores() {
        let layer = json!({"weights": [3e38], "biases": [3e38]});
        let network = json!({"layers": [layer, {"weights": [-3e38], "biases": [3e38]}, layer]});
        let model = json!({"networks": [network, network]});
        let scores = (ENTRY.load)(&model.to_string()).unwrap().score(array![[1.0], [-1e300]].view());
        assert!(scores.iter().all(|score| score.is_finite()), "{scores}");
    }

    #[test]
    fn a_model_without_networks_or_with_networks_of_different_width_is_refused() {
        let network = |width: usize| {
            let layer = json!({"weights": vec![0.5; width * width], "biases": vec![0.0; width]});
            json!({"layers": [layer]})
        };
        let load = |networks: Value| (ENTRY.load)(&json!({"networks": networks}).to_string());
        assert!(load(json!([network(2), network(2)])).is_ok());
        for wrong in [
            json!([]),
            json!([network(2), network(3)]),
            json!([{"layers": []}]),
            json!(vec![network(1); 101]),
        ] {
            assert!(load(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_score_of_several_networks_is_the_mean_of_their_errors() {
        let rows = line_and_outlier();
        let state: Value = serde_json::from_str(&fit(Value::Null, &rows, 1).model.to_json()).unwrap();
        let networks = state["networks"].as_array().unwrap();
        let score = |networks: &[Value]| {
            (ENTRY.load)(&json!({"networks": networks}).to_string()).unwrap().score(rows.points.view())[399]
        };
        let errors: Vec<f64> = networks.iter().map(|network| score(std::slice::from_ref(network))).collect();
        assert!(networks.len() == 5 && errors.iter().any(|error| *error != errors[0]));
        assert!((score(networks) - errors.iter().sum::<f64>() / 5.0).abs() < 1e-12);
    }

    #[test]
    fn limits_on_rows_and_epochs_are_reported() {
        let rows = line_and_outlier();
        let ended = |parameters| fit(parameters, &rows, 1).training.unwrap().ended;
        assert_eq!(
            ended(json!({"rows": 100, "epochs": 2})),
            "means over 5 networks, ended after 2 epochs, the maximum; used 100 of 400 rows"
        );
        assert_eq!(
            ended(json!({"steps": 12, "networks": 1})),
            "ended after 2 epochs, the maximum for 12 steps; used all 400 rows"
        );
        let long = json!({"networks": 1, "epochs": 100_000, "steps": 1_000_000, "patience": 100_000});
        assert!(ended(long).contains("early to save time; used all 400 rows"));
    }

    #[test]
    fn the_loss_curves_have_one_entry_per_epoch() {
        let training = fit(json!({"epochs": 7}), &line_and_outlier(), 1).training.unwrap();
        assert_eq!(
            (training.training_loss.len(), training.validation_loss.len(), training.rows),
            (7, 7, 360)
        );
    }
}
