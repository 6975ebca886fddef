//! Training by gradient descent: mean squared error, Adam (Kingma & Ba, ICLR 2015), early stopping.
//!
//! candle computes gradients and steps. The number of threads changes no bit: candle splits large matrix
//! products by rows and columns and never along a sum, and one task trains each network.

use super::perceptron::{Buffers, Layer, Perceptron};
use super::sample::Parts;
use crate::progress::Progress;
use crate::seed::Seed;
use candle_core::{Device, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use rand::RngCore;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// The length of training and its steps.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The largest number of epochs.
    pub epochs: usize,
    /// The largest number of rows per step.
    pub batch: usize,
    pub learning_rate: f64,
    /// The share of hidden units that dropout sets to 0.
    pub dropout: f64,
    /// Training ends after this many epochs without a lower loss.
    pub patience: usize,
}

/// The losses of a training.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Mean loss per epoch on the training rows, with dropout.
    pub training: Vec<f64>,
    /// Mean loss per epoch on the validation rows, without dropout. Empty if there are no validation rows.
    pub validation: Vec<f64>,
    /// The epoch with the lowest loss, whose weights are the result.
    pub best_epoch: usize,
    pub end: End,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// The schedule has no more epochs.
    #[default]
    Epochs,
    /// The loss did not fall for [`Schedule::patience`] epochs.
    Patience,
    /// The loss was NaN or infinite.
    Diverged,
}

/// The input of a network: shape (rows, width), row by row.
#[derive(Clone, Debug)]
pub struct Inputs {
    pub values: Vec<f32>,
    pub width: usize,
}

impl Inputs {
    fn row(&self, at: u32) -> &[f32] {
        &self.values[at as usize * self.width..][..self.width]
    }
}

/// Train networks to reproduce their input, each from its own start and with its own order of the rows.
///
/// All networks train for the same number of epochs. Losses are means over the networks. The result has the
/// weights of the epoch with the lowest loss.
///
/// # Errors
/// If candle refuses an operation. With matching shapes it does not.
pub fn train(
    starts: Vec<Perceptron>,
    rows: &Inputs,
    parts: &Parts,
    schedule: &Schedule,
    seed: Seed,
    progress: &Progress,
) -> Result<(Vec<Perceptron>, History)> {
    let member = |(at, start)| Member::new(start, parts, schedule, seed.nth(at as u64));
    let mut members = starts.iter().enumerate().map(member).collect::<Result<Vec<_>>>()?;
    let (mut best, mut lowest, mut history) = (starts, f64::INFINITY, History::default());
    for epoch in 0..schedule.epochs {
        let results = members.par_iter_mut().map(|member| member.epoch(rows, parts, schedule, epoch));
        let results: Vec<Epoch> = results.collect::<Result<_>>()?;
        let training = mean(results.iter().map(|result| result.training));
        let validation = results.iter().map(|result| result.validation).collect::<Option<Vec<_>>>();
        let validation = validation.map(|losses| mean(losses.into_iter()));
        let loss = validation.unwrap_or(training);
        if !loss.is_finite() || !training.is_finite() {
            history.end = End::Diverged;
            break;
        }
        history.training.push(training);
        history.validation.extend(validation);
        if loss < lowest {
            best = results.into_iter().map(|result| result.network).collect();
            (lowest, history.best_epoch) = (loss, epoch);
        } else if epoch - history.best_epoch >= schedule.patience {
            history.end = End::Patience;
            break;
        }
        progress.set((epoch + 1) as f64 / schedule.epochs as f64);
    }
    progress.set(1.0);
    Ok((best, history))
}

fn mean(losses: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = losses.len() as f64;
    losses.sum::<f64>() / count
}

/// One network, and the order of the rows in its last epoch.
struct Member {
    learner: Learner,
    order: Vec<u32>,
    seed: Seed,
}

/// The weights and losses of a network after an epoch.
struct Epoch {
    network: Perceptron,
    training: f64,
    /// `None` without validation rows.
    validation: Option<f64>,
}

impl Member {
    fn new(start: &Perceptron, parts: &Parts, schedule: &Schedule, seed: Seed) -> Result<Self> {
        let learner = Learner::new(start, schedule.learning_rate)?;
        Ok(Member { learner, order: parts.training.clone(), seed })
    }

    fn epoch(&mut self, rows: &Inputs, parts: &Parts, schedule: &Schedule, epoch: usize) -> Result<Epoch> {
        let seed = self.seed.nth(epoch as u64);
        self.order.shuffle(&mut seed.rng());
        let mut dropout = Dropout { share: schedule.dropout, rng: seed.derive("dropout").rng() };
        let training = self.learner.epoch(rows, &self.order, schedule.batch, &mut dropout)?;
        let network = self.learner.network()?;
        let validation = mean_squared_error(&network, rows, &parts.validation);
        Ok(Epoch { network, training, validation })
    }
}

/// Dropout of hidden units: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout: A Simple Way
/// to Prevent Neural Networks from Overfitting", JMLR 2014.
struct Dropout {
    share: f64,
    rng: ChaCha8Rng,
}

impl Dropout {
    /// Set a share of the hidden values to 0, and scale the others so that the mean stays the same.
    fn apply(&mut self, values: Tensor) -> Result<Tensor> {
        if self.share == 0.0 {
            return Ok(values);
        }
        let threshold = (self.share * f64::from(u32::MAX)) as u32;
        let scale = 1.0 / (1.0 - self.share) as f32;
        let mut factor = || if self.rng.next_u32() < threshold { 0.0 } else { scale };
        let mask: Vec<f32> = (0..values.elem_count()).map(|_| factor()).collect();
        &values * Tensor::from_vec(mask, values.shape(), &Device::Cpu)?
    }
}

/// A network whose weights candle holds and updates.
struct Learner {
    /// Weights and biases, alternating.
    variables: Vec<Var>,
    adam: AdamW,
}

impl Learner {
    fn new(network: &Perceptron, learning_rate: f64) -> Result<Self> {
        let mut variables = Vec::new();
        for layer in network.layers() {
            let shape = (layer.inputs(), layer.outputs());
            variables.push(Var::from_slice(&layer.weights, shape, &Device::Cpu)?);
            variables.push(Var::from_slice(&layer.biases, layer.outputs(), &Device::Cpu)?);
        }
        // Without weight decay, AdamW is Adam.
        let parameters = ParamsAdamW { lr: learning_rate, weight_decay: 0.0, ..ParamsAdamW::default() };
        Ok(Learner { adam: AdamW::new(variables.clone(), parameters)?, variables })
    }

    /// One epoch over the rows in this order. The result is the mean loss; each batch counts with the weights
    /// before its step.
    fn epoch(&mut self, rows: &Inputs, order: &[u32], batch: usize, dropout: &mut Dropout) -> Result<f64> {
        let values: Vec<f32> = order.iter().flat_map(|&row| rows.row(row)).copied().collect();
        let shuffled = Tensor::from_vec(values, (order.len(), rows.width), &Device::Cpu)?;
        // Equal batches, so that no step has only a few remaining rows.
        let batch = order.len().div_ceil(order.len().div_ceil(batch));
        let mut total = 0.0;
        for first in (0..order.len()).step_by(batch) {
            let size = batch.min(order.len() - first);
            let loss = self.loss(&shuffled.narrow(0, first, size)?, dropout)?;
            self.adam.backward_step(&loss)?;
            total += f64::from(loss.to_scalar::<f32>()?) * size as f64;
        }
        Ok(total / order.len() as f64)
    }

    fn loss(&self, rows: &Tensor, dropout: &mut Dropout) -> Result<Tensor> {
        let mut values = rows.clone();
        for (at, layer) in self.variables.chunks_exact(2).enumerate() {
            values = if at > 0 { dropout.apply(values.relu()?)? } else { values };
            values = values.matmul(&layer[0])?.broadcast_add(&layer[1])?;
        }
        (values - rows)?.sqr()?.mean_all()
    }

    /// The current weights.
    fn network(&self) -> Result<Perceptron> {
        let numbers = |variable: &Var| variable.flatten_all()?.to_vec1::<f32>();
        let layer = |pair: &[Var]| Ok(Layer { weights: numbers(&pair[0])?, biases: numbers(&pair[1])? });
        Ok(Perceptron::new(self.variables.chunks_exact(2).map(layer).collect::<Result<_>>()?))
    }
}

/// The mean squared error over some rows; `None` without rows.
fn mean_squared_error(network: &Perceptron, rows: &Inputs, indices: &[u32]) -> Option<f64> {
    let mut buffers = Buffers::default();
    let mut error = |&row: &u32| -> f64 {
        let row = rows.row(row);
        let reconstruction = network.reproduce(row.iter().copied(), &mut buffers);
        row.iter().zip(reconstruction).map(|(a, b)| f64::from(a - b).powi(2)).sum()
    };
    let total: f64 = indices.iter().map(&mut error).sum();
    (!indices.is_empty()).then(|| total / (indices.len() * rows.width) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule =
        Schedule { epochs: 300, batch: 16, learning_rate: 0.01, dropout: 0.0, patience: 300 };

    /// Points on a line in the plane. A network with one unit in the middle can reproduce them.
    fn line() -> Inputs {
        let values = (0..64).flat_map(|at| {
            let x = at as f32 / 32.0 - 1.0;
            [x, -0.5 * x]
        });
        Inputs { values: values.collect(), width: 2 }
    }

    fn parts() -> Parts {
        Parts { training: (0..48).collect(), validation: (48..64).collect() }
    }

    fn start() -> Perceptron {
        Perceptron::random(&[2, 4, 1, 4, 2], &mut Seed::new(3).rng())
    }

    fn trained(schedule: &Schedule) -> (Perceptron, History) {
        let (mut networks, history) = several(vec![start()], schedule);
        (networks.remove(0), history)
    }

    fn several(starts: Vec<Perceptron>, schedule: &Schedule) -> (Vec<Perceptron>, History) {
        train(starts, &line(), &parts(), schedule, Seed::new(1), &Progress::HIDDEN).unwrap()
    }

    #[test]
    fn the_loss_falls_to_almost_nothing_on_a_line() {
        let (_, history) = trained(&SCHEDULE);
        assert!(history.training[0] > 0.1, "{}", history.training[0]);
        assert!(history.training.last().unwrap() < &1e-3, "{:?}", history.training.last());
    }

    #[test]
    fn the_weights_with_the_lowest_validation_loss_are_kept() {
        let (network, history) = trained(&SCHEDULE);
        let lowest = history.validation.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(history.validation[history.best_epoch], lowest);
        assert_eq!(mean_squared_error(&network, &line(), &parts().validation), Some(lowest));
    }

    #[test]
    fn training_ends_when_the_loss_no_longer_falls() {
        // Steps of length 0 do not change the loss.
        let (network, history) = trained(&Schedule { learning_rate: 0.0, patience: 5, ..SCHEDULE });
        assert_eq!((history.end, history.validation.len(), network), (End::Patience, 6, start()));
    }

    #[test]
    fn a_loss_that_is_not_finite_ends_training_with_the_best_weights() {
        let (network, history) = trained(&Schedule { learning_rate: 1e30, ..SCHEDULE });
        assert_eq!(history.end, End::Diverged);
        assert!(network.checked("t").is_ok() && history.training.iter().all(|loss| loss.is_finite()));
    }

    #[test]
    fn without_validation_rows_the_training_loss_decides() {
        let parts = Parts { validation: vec![], ..parts() };
        let schedule = Schedule { epochs: 20, ..SCHEDULE };
        let (_, history) =
            train(vec![start()], &line(), &parts, &schedule, Seed::new(1), &Progress::HIDDEN).unwrap();
        assert!(history.validation.is_empty() && history.best_epoch > 0);
    }

    #[test]
    fn losses_are_means_over_networks_and_each_network_has_its_own_order_of_rows() {
        let schedule = Schedule { epochs: 1, ..SCHEDULE };
        let (networks, history) = several(vec![start(), start()], &schedule);
        let (_, first) = several(vec![start()], &schedule);
        let loss = |network| mean_squared_error(network, &line(), &parts().validation).unwrap();
        assert_ne!(networks[0], networks[1]);
        assert_eq!(history.validation, [(loss(&networks[0]) + loss(&networks[1])) / 2.0]);
        assert_ne!(history.training, first.training);
    }

    #[test]
    fn dropout_zeroes_a_share_of_the_units_and_keeps_their_mean() {
        let mut dropout = Dropout { share: 0.25, rng: Seed::new(1).rng() };
        let ones = Tensor::ones((100, 100), candle_core::DType::F32, &Device::Cpu).unwrap();
        let values = dropout.apply(ones).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let zeros = values.iter().filter(|&&value| value == 0.0).count() as f64 / 1e4;
        // Four standard deviations of a share of 10,000.
        assert!((zeros - 0.25).abs() < 0.0174, "{zeros}");
        assert!(values.iter().all(|&value| value == 0.0 || (value - 4.0 / 3.0).abs() < 1e-6));
    }

    #[test]
    fn dropout_depends_on_the_seed_and_is_off_in_validation() {
        let schedule = Schedule { dropout: 0.5, epochs: 5, ..SCHEDULE };
        let (network, history) = trained(&schedule);
        assert_eq!((&network, &history.training), (&trained(&schedule).0, &trained(&schedule).1.training));
        assert_ne!(history.training, trained(&Schedule { epochs: 5, ..SCHEDULE }).1.training);
        let lowest = history.validation[history.best_epoch];
        assert_eq!(mean_squared_error(&network, &line(), &parts().validation), Some(lowest));
    }

    #[test]
    fn progress_is_complete_at_the_end() {
        let progress = Progress::watched();
        let schedule = Schedule { epochs: 3, ..SCHEDULE };
        train(vec![start()], &line(), &parts(), &schedule, Seed::new(1), &progress).unwrap();
        assert_eq!(progress.share(), 1.0);
    }
}
