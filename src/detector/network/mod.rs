//! Networks, trained with candle: the only folder that names it.
//!
//! ```text
//! WeightedRows ──sample──▶ Parts ──training (candle)──▶ Perceptron: plain weights ──▶ scores, JSON
//! ```
//!
//! candle does what is hard by hand, the gradients and Adam; everything that decides about bits is ours. Weights
//! start from a [`Seed`](crate::seed::Seed), since candle's generator cannot be seeded on the processor, and rows are
//! scored by plain loops in a fixed order, since a matrix product may add in another order in another batch.

mod autoencoder;
mod budget;
mod perceptron;
mod sample;
mod training;

pub(super) use autoencoder::ENTRY as AUTOENCODER;
