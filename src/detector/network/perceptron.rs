//! A chain of dense layers as plain numbers: the result of training, and the model that scores.

use crate::error::{Error, Result};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Dense layers with a rectifier (max(0, x)) after each but the last. There are as many outputs as inputs.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Perceptron {
    layers: Vec<Layer>,
}

/// One layer.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Shape (inputs, outputs), row by row.
    pub weights: Vec<f32>,
    /// One per output.
    pub biases: Vec<f32>,
}

/// Buffers for one row on its way through the layers, reused for many rows.
#[derive(Debug, Default)]
pub struct Buffers {
    input: Vec<f32>,
    output: Vec<f32>,
}

impl Layer {
    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.weights.len() / self.biases.len().max(1)
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.biases.len()
    }

    /// Initial weights, uniform in ±√(6 / (inputs + outputs)), and biases 0: Glorot & Bengio, "Understanding
    /// the difficulty of training deep feedforward neural networks", AISTATS 2010, eq. 16.
    fn random(inputs: usize, outputs: usize, rng: &mut ChaCha8Rng) -> Self {
        let bound = (6.0 / (inputs + outputs) as f32).sqrt();
        let weights = (0..inputs * outputs).map(|_| rng.gen_range(-bound..bound)).collect();
        Layer { weights, biases: vec![0.0; outputs] }
    }

    /// Sum in the order of the inputs, for all outputs at once.
    fn apply(&self, input: &[f32], output: &mut Vec<f32>) {
        output.clear();
        output.extend_from_slice(&self.biases);
        for (value, weights) in input.iter().zip(self.weights.chunks_exact(self.outputs())) {
            for (sum, weight) in output.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
    }

    fn is_valid(&self, inputs: usize) -> bool {
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        self.outputs().checked_mul(inputs) == Some(self.weights.len())
            && !self.weights.is_empty()
            && finite(&self.weights)
            && finite(&self.biases)
    }
}

impl Perceptron {
    /// A network to train. The sizes are those of the input, of each hidden layer, and of the output.
    pub fn random(sizes: &[usize], rng: &mut ChaCha8Rng) -> Self {
        let layers = sizes.windows(2).map(|pair| Layer::random(pair[0], pair[1], rng)).collect();
        Perceptron { layers }
    }

    pub fn new(layers: Vec<Layer>) -> Self {
        Perceptron { layers }
    }

    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The number of values of a row.
    pub fn width(&self) -> usize {
        self.layers.first().map_or(0, Layer::inputs)
    }

    /// The reconstruction of one row.
    pub fn reproduce<'a>(&self, row: impl Iterator<Item = f32>, buffers: &'a mut Buffers) -> &'a [f32] {
        let Buffers { input, output } = buffers;
        output.clear();
        output.extend(row);
        for (at, layer) in self.layers.iter().enumerate() {
            std::mem::swap(input, output);
            layer.apply(input, output);
            if at + 1 < self.layers.len() {
                output.iter_mut().for_each(|value| *value = value.max(0.0));
            }
        }
        output
    }

    /// # Errors
    /// If the layers of a loaded model do not fit each other, are not finite, or differ in inputs and
    /// outputs.
    pub fn checked(self, detector: &str) -> Result<Self> {
        let mut width = self.width();
        let mut is_valid = !self.layers.is_empty();
        for layer in &self.layers {
            is_valid &= layer.is_valid(width);
            width = layer.outputs();
        }
        match is_valid && width == self.width() {
            true => Ok(self),
            false => Err(Error::Request(format!("{detector}: the layers of this model do not fit together"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn layer(weights: &[f32], biases: &[f32]) -> Layer {
        Layer { weights: weights.to_vec(), biases: biases.to_vec() }
    }

    #[test]
    fn a_row_goes_through_weights_biases_and_rectifier() {
        // 2 → 1 → 2, computed by hand: 3·1 − 1·2 + 0.5 = 1.5, and its negative, which the rectifier sets to
        // 0.
        let network = Perceptron::new(vec![layer(&[1.0, -2.0], &[0.5]), layer(&[2.0, -1.0], &[0.0, 1.0])]);
        let mut buffers = Buffers::default();
        assert_eq!(network.reproduce([3.0, 1.0].into_iter(), &mut buffers), [3.0, -0.5]);
        assert_eq!(network.reproduce([-3.0, 1.0].into_iter(), &mut buffers), [0.0, 1.0]);
    }

    #[test]
    fn random_weights_stay_within_their_bound() {
        let network = Perceptron::random(&[5, 3, 5], &mut Seed::new(1).rng());
        let bound = (6.0_f32 / 8.0).sqrt();
        let weights = || network.layers().iter().flat_map(|layer| &layer.weights);
        assert_eq!(weights().count(), 30);
        assert!(weights().all(|weight| weight.abs() <= bound) && weights().any(|w| w.abs() > bound / 2.0));
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let fitting = || vec![layer(&[1.0, 2.0], &[0.0]), layer(&[1.0, 2.0], &[0.0, 0.0])];
        assert!(Perceptron::new(fitting()).checked("t").is_ok());
        let mut torn = fitting();
        torn[1].weights.push(1.0);
        let mut infinite = fitting();
        infinite[0].weights[0] = f32::INFINITY;
        let mut narrower = fitting();
        narrower.pop();
        for wrong in [torn, infinite, narrower, vec![], vec![layer(&[], &[])], vec![layer(&[1.0], &[])]] {
            assert!(Perceptron::new(wrong.clone()).checked("t").is_err(), "{wrong:?}");
        }
    }
}
