//! Networks, trained with candle: the only folder that names it.
//!
//! ```text
//! WeightedRows ──sample──▶ Parts ──training (candle)──▶ Perceptrons: plain weights ──▶ scores, JSON
//! ```
//!
//! candle does what is hard by hand, the gradients and Adam; everything that decides about bits is ours. Weights
//! start from a [`Seed`](crate::seed::Seed), since candle's generator cannot be seeded on the processor, and rows are
//! scored by plain loops in a fixed order, since a matrix product may add in another order in another batch.
//!
//! candle 0.9.2 and not burn 0.20.1 (ndarray, autodiff, no default features), both measured on a program that trains a
//! 12-32-8-32-12 network: 29 crates that whis-lab does not have already against 56; 172 s of processor time to build
//! from nothing against 168 s; 0.28 s of processor time to run against 0.36 s; 5.0 MB of program against 3.5 MB. The
//! smaller tree decides. candle 0.10 and 0.11 bring a tokenizer and 25 more crates along, hence 0.9.2.

mod autoencoder;
mod budget;
mod perceptron;
mod sample;
mod training;

pub(super) use autoencoder::ENTRY as AUTOENCODER;
