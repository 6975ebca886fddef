//! Fit a detector to a matrix and flag the strangest rows. Needs no default features:
//! `cargo run --release --no-default-features --example fit`

use std::io::{self, Write};
use whis_lab::ndarray::Array2;
use whis_lab::{Estimator, IsolationForest};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A ring of 500 points and one point in its middle.
    let x = Array2::from_shape_fn((501, 2), |(row, column)| match (row, column) {
        (500, _) => 0.0,
        (row, 0) => (row as f64 / 80.0).cos(),
        (row, _) => (row as f64 / 80.0).sin(),
    });
    let forest = IsolationForest { trees: 200, ..Default::default() }.fit(&x, 42)?;
    let threshold = forest.threshold(0.01)?;
    for (row, score) in forest.score(&x)?.iter().enumerate().filter(|(_, score)| **score > threshold) {
        writeln!(io::stdout(), "row {row}: {score:.3}")?;
    }
    Ok(())
}
