//! Networks, trained with candle. Only this folder uses candle.
//!
//! ```text
//! WeightedRows ──sample──▶ Parts ──training (candle)──▶ Perceptrons: plain weights ──▶ scores, JSON
//! ```
//!
//! candle computes the gradients and Adam. Everything else that affects the bits of a score is our own code:
//!
//! - Initial weights come from a [`Seed`](crate::seed::Seed): candle's CPU generator cannot be seeded.
//! - Rows are scored by plain loops in a fixed order: the summation order of a matrix product can depend on
//!   the batch.
//!
//! candle 0.9.2 was compared with burn 0.20.1 (ndarray, autodiff, no default features) on a program that
//! trains a 12-32-8-32-12 network. candle adds 29 crates to whis-lab, burn 56. A clean build takes 172 s
//! against 168 s of CPU time, a run 0.28 s against 0.36 s, and the binary has 5.0 MB against 3.5 MB. The
//! smaller dependency tree decided. candle 0.10 and 0.11 add a tokenizer and 25 more crates.

mod autoencoder;
mod budget;
mod perceptron;
mod sample;
mod training;

pub(super) use autoencoder::ENTRY as AUTOENCODER;
pub use autoencoder::Parameters as Autoencoder;
