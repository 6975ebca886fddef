//! Autoencoder: a network learns to reproduce its input through a narrow middle; what it fails to reproduce is
//! unlike what it has learned from.
//!
//! Hawkins, He, Williams & Baxter, "Outlier Detection Using Replicator Neural Networks", DaWaK 2002. The error of a
//! network is the root of the mean squared difference between a row and its reproduction, in standard deviations of a
//! column.
//!
//! One small network fails at what its start happens to make hard, and two seeds differ much. The score is therefore
//! the mean error of several, which differ in their starts and in the order in which they see the rows: Chen, Sathe,
//! Aggarwal & Turaga, "Outlier Detection with Autoencoder Ensembles", SDM 2017. They take the median; of five
//! networks the mean was the better on ten tables of ADBench (mean AUC 0.866 and 0.859).
//!
//! Trained for long, a network reproduces groups of like anomalies as well, and without a limit on its steps the AUC
//! falls. Hidden units that are left out at random while it learns (dropout) keep it to what many rows share: of twelve
//! tables of ADBench cover, where 1 % of the rows are such a group, rises from a mean AUC of 0.942 to 0.964, the mean over
//! all from 0.890 to 0.893, with fewer networks. All settings were chosen with those tables' labels in sight, one for all.
//!
//! A network sees each value cut off at ±[`LIMIT`] and the score the value itself: one row of 1e6 among a thousand
//! would otherwise be all that the mean squared error is about, and f32 would overflow on 1e30. What is far away
//! thus still scores the higher, the farther it is.

use super::budget::{self, Budget};
use super::perceptron::{Buffers, Perceptron};
use super::sample::Parts;
use super::training::{self, End, History, Inputs, Schedule};
use crate::detector::{
    Detector, Entry, Fitted, FittedDetector, Forecast, Kind, Settings, Task, Training, loaded, parameters,
    state,
};
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

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: ID,
    title: "Autoencoder",
    summary: "What a network fails to reproduce through its narrow middle (Hawkins et al. 2002)",
    kind: Kind::Network,
    cost: "fit O(networks · epochs · rows drawn · weights), capped; score O(networks · weights) a row",
    good_at: "columns that depend on each other, training on normal rows",
    bad_at: "few rows, columns that have nothing to do with each other; two seeds differ more than elsewhere",
    seeded: true,
    parameters: &[
        ("batch", "rows per step, 1 to 100000"),
        ("dropout", "share of hidden units left out of each row's step, 0 to 0.9"),
        ("epochs", "how often each row is seen, at most; 1 to 100000"),
        (
            "hidden",
            "units per layer from the input to the middle, mirrored behind it; [] takes them from the width",
        ),
        ("learning_rate", "step length of Adam, above 0 and at most 1"),
        ("networks", "trained from different starts, their errors averaged; 1 to 100"),
        ("patience", "training ends after so many epochs without a lower validation loss, 1 to 100000"),
        ("rows", "rows drawn to train and validate on, 2 to 1000000; all where there are fewer"),
        (
            "steps",
            "steps of Adam per network, at most; 1 to 1000000; with too many, anomalies are reproduced as well",
        ),
        ("validation", "share of the drawn rows kept to say when to stop, 0 to 0.5"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    forecast: |given, task| Parameters::deserialize(given).unwrap_or_default().forecast(task),
    load: |text| {
        let model: Model = loaded(ID, text)?;
        Ok(Arc::new(model.checked()?))
    },
};

/// Values farther from the mean than so many standard deviations enter the network as this.
const LIMIT: f64 = 100.0;

/// Networks that train at the same time, for the forecast.
const CORES: usize = 2;

/// More are not worth their time.
const MOST_NETWORKS: usize = 100;

/// The parameters of the algorithm.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    /// Units of each layer from the input to the middle, which is the last; none for those of [`budget::hidden`].
    hidden: Vec<usize>,
    epochs: usize,
    /// Training ends with the epoch in which a network has used these up.
    steps: usize,
    batch: usize,
    learning_rate: f64,
    /// The share of hidden units left out of each row's step.
    dropout: f64,
    patience: usize,
    /// How many are trained; their scores are averaged.
    networks: usize,
    /// How many of the unfolded rows are drawn.
    rows: usize,
    /// The share of those that is not learned from.
    validation: f64,
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

fn build(settings: &Settings, given: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, given)?;
    parameters.check()?;
    Ok(Box::new(Autoencoder { parameters, progress: settings.progress.clone() }))
}

impl Parameters {
    fn check(&self) -> Result<()> {
        let wrong = |field, value: Value, expected| {
            Err(Error::Parameter { detector: ID, field, value: value.to_string(), expected })
        };
        let often = |count: &usize| (1..=100_000).contains(count);
        let units = |size: &usize| (1..=4_096).contains(size);
        match self {
            _ if self.hidden.len() > 8 || !self.hidden.iter().all(units) => {
                wrong("hidden", json!(self.hidden), "at most 8 numbers between 1 and 4096")
            }
            _ if !often(&self.epochs) => wrong("epochs", json!(self.epochs), "between 1 and 100000"),
            _ if !(1..=1_000_000).contains(&self.steps) => {
                wrong("steps", json!(self.steps), "between 1 and 1000000")
            }
            _ if !often(&self.batch) => wrong("batch", json!(self.batch), "between 1 and 100000"),
            _ if !often(&self.patience) => wrong("patience", json!(self.patience), "between 1 and 100000"),
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

    /// How often so many rows are to be seen.
    fn epochs(&self, rows: usize) -> usize {
        self.epochs.min(self.steps.div_ceil(rows.div_ceil(self.batch).max(1)))
    }

    /// Why training ended, and which rows were left out.
    fn ended(&self, history: &History, parts: &Parts, total: u64) -> String {
        let (epochs, rows, drawn) = (history.training.len(), parts.training.len(), parts.drawn_rows());
        let why = match history.end {
            End::Patience => format!("as the loss had not fallen for {}", self.patience),
            End::Diverged => "as the loss was no longer a number; try a smaller learning_rate".to_owned(),
            End::Epochs if epochs == self.epochs => "as many as may be".to_owned(),
            End::Epochs if epochs == self.epochs(rows) => format!("with {} steps", self.steps),
            End::Epochs => "all that so many weights are given time for".to_owned(),
        };
        let means = match self.networks {
            1 => String::new(),
            networks => format!("means over {networks} networks, "),
        };
        let drawn = match (drawn as u64) < total {
            true => format!("{drawn} rows drawn of {total}"),
            false => format!("all {total} rows"),
        };
        format!(
            "{means}ended after {epochs} {}, {why}; {drawn}",
            if epochs == 1 { "epoch" } else { "epochs" }
        )
    }

    fn forecast(&self, task: Task) -> Forecast {
        let sizes = self.sizes(task.columns);
        let budget = Budget::new(&sizes, self.batch);
        let weights: usize = sizes.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let weights = weights * self.networks;
        // Plain loops over f32 do about 2·10^9 of these a second.
        let scoring = (task.scored * weights) as f64 / 2e9;
        let rows = task.fitted.min(self.rows).min(budget.rows());
        let each = budget.seconds(self.epochs(rows).min(budget.epochs(rows)), rows);
        let training = self.networks.div_ceil(CORES) as f64 * each;
        Forecast { seconds: training + scoring, bytes: 8.0 * (task.fitted * task.columns + weights) as f64 }
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
        let at_most = self.parameters.rows.min(budget.rows());
        let parts = Parts::drawn(train, at_most, self.parameters.validation, seed.derive("rows"));
        let rows = parts.training.len();
        let &Parameters { batch, learning_rate, dropout, patience, .. } = &self.parameters;
        let epochs = self.parameters.epochs(rows).min(budget.epochs(rows));
        let schedule = Schedule { epochs, batch, learning_rate, dropout, patience };
        let start = |at| Perceptron::drawn(&sizes, &mut seed.derive("weights").nth(at as u64).rng());
        let starts = (0..self.parameters.networks).map(start).collect();
        let inputs = Inputs { values: train.points.iter().map(|&value| seen(value)).collect(), width };
        let (networks, history) =
            training::train(starts, &inputs, &parts, &schedule, seed.derive("order"), &self.progress)
                .map_err(|e| Error::Request(format!("{ID}: training failed: {e}")))?;
        let ended = self.parameters.ended(&history, &parts, train.total());
        let model = Model { networks };
        let train_scores = model.score(train.points.view());
        let training = Training {
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
fn seen(value: f64) -> f32 {
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
        /// Rows that share a task and its buffers.
        const TOGETHER: usize = 256;
        let mut scores = Array1::zeros(rows.nrows());
        let parts = scores.axis_chunks_iter_mut(Axis(0), TOGETHER).into_par_iter();
        parts.zip(rows.axis_chunks_iter(Axis(0), TOGETHER)).for_each(|(mut scores, rows)| {
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
    /// The same model where it holds together: some networks, each sound, all for rows of one width.
    fn checked(self) -> Result<Self> {
        let width = self.columns();
        let alike = self.networks.iter().all(|network| network.width() == width);
        if !alike || !(1..=MOST_NETWORKS).contains(&self.networks.len()) {
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

/// The root of the mean squared difference between a row and what a network makes of it.
fn error(network: &Perceptron, row: ArrayView1<f64>, buffers: &mut Buffers) -> f64 {
    /// Its square, summed over all columns, is still a number; so is what a minimum makes of NaN.
    const LARGEST: f64 = 1e150;
    let reproduced = network.reproduce(row.iter().map(|&value| seen(value)), buffers);
    let apart = |(value, again): (&f64, &f32)| (value - f64::from(*again)).abs().min(LARGEST);
    let total: f64 = row.iter().zip(reproduced).map(apart).map(|apart| apart * apart).sum();
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

    /// Rows of three columns, all of which follow from one number, and how the last row breaks that.
    fn line_and_stray() -> WeightedRows {
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
    fn what_breaks_the_rule_between_columns_scores_highest() {
        let fitted = fit(Value::Null, &line_and_stray(), 1);
        let highest = fitted.train_scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert_eq!(highest, 399);
    }

    #[test]
    fn beyond_the_limit_what_is_farther_scores_higher() {
        let model = fit(Value::Null, &line_and_stray(), 1).model;
        let scores = model.score(array![[1e3, 0.0, 0.0], [1e6, 0.0, 0.0], [1e300, 0.0, 0.0]].view());
        assert!(scores[0] < scores[1] && scores[1] < scores[2] && scores[2].is_finite(), "{scores}");
    }

    #[test]
    fn a_loaded_model_of_enormous_weights_scores_with_numbers() {
        let layer = json!({"weights": [3e38], "biases": [3e38]});
        let network = json!({"layers": [layer, {"weights": [-3e38], "biases": [3e38]}, layer]});
        let model = json!({"networks": [network, network]});
        let scores = (ENTRY.load)(&model.to_string()).unwrap().score(array![[1.0], [-1e300]].view());
        assert!(scores.iter().all(|score| score.is_finite()), "{scores}");
    }

    #[test]
    fn a_model_without_networks_or_of_networks_that_differ_in_width_is_refused() {
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
        let rows = line_and_stray();
        let state: Value = serde_json::from_str(&fit(Value::Null, &rows, 1).model.to_json()).unwrap();
        let networks = state["networks"].as_array().unwrap();
        let score = |networks: &[Value]| {
            (ENTRY.load)(&json!({"networks": networks}).to_string()).unwrap().score(rows.points.view())[399]
        };
        let alone: Vec<f64> = networks.iter().map(|network| score(std::slice::from_ref(network))).collect();
        assert!(networks.len() == 5 && alone.iter().any(|error| *error != alone[0]));
        assert!((score(networks) - alone.iter().sum::<f64>() / 5.0).abs() < 1e-12);
    }

    #[test]
    fn capped_rows_and_epochs_are_said() {
        let rows = line_and_stray();
        let ended = |parameters| fit(parameters, &rows, 1).training.unwrap().ended;
        assert_eq!(
            ended(json!({"rows": 100, "epochs": 2})),
            "means over 5 networks, ended after 2 epochs, as many as may be; 100 rows drawn of 400"
        );
        assert_eq!(
            ended(json!({"steps": 12, "networks": 1})),
            "ended after 2 epochs, with 12 steps; all 400 rows"
        );
        let long = json!({"networks": 1, "epochs": 100_000, "steps": 1_000_000, "patience": 100_000});
        assert!(ended(long).contains("all that so many weights are given time for; all 400 rows"));
    }

    #[test]
    fn the_loss_curves_have_an_entry_an_epoch() {
        let training = fit(json!({"epochs": 7}), &line_and_stray(), 1).training.unwrap();
        assert_eq!(
            (training.training_loss.len(), training.validation_loss.len(), training.rows),
            (7, 7, 360)
        );
    }
}
