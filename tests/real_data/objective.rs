//! The one-class SVM reaches the objective that scikit-learn reaches, on tables of the sizes at which speed is measured.

use crate::read;
use libtest_mimic::Failed;
use ndarray::{Array1, Array2, ArrayView1};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use whis_lab::detector::{self, Settings};
use whis_lab::preprocess::Deduplicated;
use whis_lab::preprocess::Preprocessor;
use whis_lab::rows::WeightedRows;
use whis_lab::schema::Encoding;
use whis_lab::seed::Seed;

/// How far the two may be apart, relative to scikit-learn's.
const APART: f64 = 1e-6;

/// What scikit-learn reached on one table, and the first rows of the generated ones.
#[derive(Clone)]
pub struct Reference {
    pub name: String,
    rows: usize,
    columns: usize,
    objective: f64,
    sum_of_alpha: f64,
    seed: u64,
    first: Vec<f64>,
}

impl Reference {
    /// Every recorded table.
    pub fn all() -> Vec<Reference> {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/one_class_svm_objective.json");
        let text = fs::read_to_string(path).expect("the reference is part of the repository");
        let recorded: Value = serde_json::from_str(&text).expect("the reference is JSON");
        let of = |table: &Value| {
            Some(Reference {
                name: table["name"].as_str()?.to_owned(),
                rows: table["n"].as_u64()? as usize,
                columns: table["d"].as_u64()? as usize,
                objective: table["objective"].as_f64()?,
                sum_of_alpha: table["sum_of_alpha"].as_f64()?,
                seed: recorded["origin"]["seed"].as_u64()?,
                first: recorded["first"].as_array()?.iter().filter_map(Value::as_f64).collect(),
            })
        };
        recorded["tables"].as_array().into_iter().flatten().filter_map(of).collect()
    }

    /// Whether its rows are made here, and no public table.
    pub fn is_generated(&self) -> bool {
        self.name.starts_with("bells")
    }

    /// The objective of the answer at the default parameters is scikit-learn's, and so is the sum of its alphas.
    pub fn is_reached(&self, data: &Path) -> Result<(), Failed> {
        let supports = supports(&self.table(data)?)?;
        let (total, objective) = (supports.alphas.sum(), supports.objective());
        let apart = (objective / self.objective - 1.0).abs();
        println!("{}: {objective:.9e} and scikit-learn {:.9e}, {apart:.1e} apart", self.name, self.objective);
        if (total / self.sum_of_alpha - 1.0).abs() > 1e-9 {
            return Err(format!("the alphas sum up to {total}, not {}", self.sum_of_alpha).into());
        }
        if apart <= APART { Ok(()) } else { Err(format!("{apart:.1e} apart").into()) }
    }

    fn table(&self, data: &Path) -> Result<WeightedRows, Failed> {
        if self.is_generated() {
            let points = bells(self.seed, self.rows, self.columns);
            assert_eq!(points.iter().take(self.first.len()).copied().collect::<Vec<_>>(), self.first);
            return Ok(Deduplicated::new(points.view()).rows);
        }
        let table = read(&data.join("adbench").join(format!("{}.parquet", self.name)), "label")?;
        Ok(Preprocessor::fit(&table, Encoding::default())?.1.deduplicated.rows)
    }
}

/// Support vectors in coordinates in which the kernel is 2^−|z − z′|², and their alphas.
struct Supports {
    points: Array2<f64>,
    alphas: Array1<f64>,
}

impl Supports {
    /// ½ αᵀQα in double precision.
    fn objective(&self) -> f64 {
        let sum_of = |at: usize| {
            let own = self.points.row(at);
            let terms = self.points.rows().into_iter().zip(&self.alphas);
            self.alphas[at] * terms.map(|(point, alpha)| alpha * kernel(own, point)).sum::<f64>()
        };
        let sums: Vec<f64> = (0..self.alphas.len()).into_par_iter().map(sum_of).collect();
        0.5 * sums.iter().sum::<f64>()
    }
}

fn kernel(a: ArrayView1<f64>, b: ArrayView1<f64>) -> f64 {
    (-a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>()).exp2()
}

/// Those of the model fitted at the default parameters, from its state.
fn supports(rows: &WeightedRows) -> Result<Supports, Failed> {
    let entry = detector::find("one-class-svm")?;
    let detector = (entry.build)(&Settings::new(1 << 30), &json!({"nu": 0.15}))?;
    let state: Value = serde_json::from_str(&detector.fit(rows, Seed::new(1))?.model.to_json())?;
    let numbers = |name: &str| -> Vec<f64> {
        state["supports"][name].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    let (points, alphas) = (numbers("points"), numbers("coefficients"));
    let points = Array2::from_shape_vec((alphas.len(), rows.points.ncols()), points)?;
    Ok(Supports { points, alphas: alphas.into() })
}

/// As in the script: each value the sum of twelve numbers of `SplitMix64` in [0, 1), less 6.
fn bells(seed: u64, rows: usize, columns: usize) -> Array2<f64> {
    let mut state = seed;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 * 2f64.powi(-53)
    };
    Array2::from_shape_simple_fn((rows, columns), || (0..12).map(|_| uniform()).sum::<f64>() - 6.0)
}
