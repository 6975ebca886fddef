//! One-Class SVM: Schölkopf, Platt, Shawe-Taylor, Smola & Williamson, "Estimating the support of a
//! high-dimensional distribution", Neural Computation 2001; the nu form with an RBF kernel.
//!
//! A row that occurs w times is one variable with the bound w instead of w variables with the bound 1. The
//! optimum spreads weight evenly over equal rows, so the folded problem has the answer of the unfolded one.

mod cache;
mod kernel;
mod solver;
mod space;
#[cfg(test)]
mod tests;
mod working_set;

use crate::detector::{Detector, Entry, Fitted, FittedDetector, Forecast, Kind, Settings, loaded, parameters, state};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use kernel::Sources;
use ndarray::{Array1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use solver::Problem;
use space::KernelSpace;
use std::sync::Arc;

const ID: &str = "one-class-svm";

/// The registry's line.
pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "One-Class SVM",
    summary: "Distance from the border of the densest region, RBF kernel (Schölkopf et al. 2001)",
    kind: Kind::Boundary,
    cost: "fit between O(n) and O(n²) kernel rows; score O(support vectors · d), about nu · n of them",
    good_at: "few thousand distinct rows, a compact normal class, training on normal rows",
    bad_at: "ranking what lies far outside, columns of flags among many rows; slow above 100,000 distinct rows",
    seeded: false,
    parameters: &[
        ("nu", "upper bound of the share of training rows outside the border, above 0 and at most 1"),
        ("gamma", "of the kernel exp(−gamma |x − x′|²): above 0, or \"scale\" for 1 / (columns · variance)"),
        ("tolerance", "largest violation of the optimality conditions, above 0"),
    ],
    defaults: || serde_json::json!(Parameters::default()),
    build,
    // Kernel rows of the working set against all rows, and most of the rows come into it once.
    forecast: |_, task| {
        let (n, d) = (task.fitted as f64, task.columns as f64);
        let scored = if task.scored > task.fitted { 0.15 * n * task.scored as f64 } else { 0.0 };
        Forecast {
            seconds: (1.2e-10 * n * n + 2e-10 * scored) * (0.5 + d / 20.0),
            bytes: 40.0 * n + 8.0 * n * d,
        }
    },
    load,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    /// Upper bound of the share of training rows outside the border, in (0, 1]. The threshold is another thing:
    /// flagging fewer rows moves no score.
    nu: f64,
    /// Of the kernel exp(−gamma |x − x′|²).
    gamma: Gamma,
    /// The largest violation of the optimality conditions that a solution may have, in units of kernel sums.
    tolerance: f64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "`gamma` must be \"scale\" or a number above 0")]
enum Gamma {
    Named(GammaRule),
    Value(f64),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum GammaRule {
    /// 1 / (features · variance of all elements), scikit-learn's default.
    Scale,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { nu: 0.15, gamma: Gamma::Named(GammaRule::Scale), tolerance: 1e-3 }
    }
}

impl Gamma {
    fn value(self) -> Option<f64> {
        match self {
            Gamma::Named(GammaRule::Scale) => None,
            Gamma::Value(gamma) => Some(gamma),
        }
    }
}

/// A One-Class SVM ready to be fitted, its parameters in range.
#[derive(Clone, Debug)]
struct OneClassSvm {
    nu: f64,
    gamma: Option<f64>,
    tolerance: f64,
    memory: usize,
}

/// The support vectors and what they carry.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FittedOneClassSvm {
    space: KernelSpace,
    /// Support vectors in kernel coordinates, and their alphas.
    supports: Sources,
    rho: f64,
    /// A row no further than this from the border lies on it.
    border: f64,
}

fn build(settings: &Settings, given: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, given)?;
    let nu = parameters.nu;
    check("nu", nu, nu > 0.0 && nu <= 1.0, "above 0 and at most 1")?;
    let gamma = parameters.gamma.value();
    let gamma_shown = gamma.unwrap_or(1.0);
    check("gamma", gamma_shown, positive(gamma_shown), "\"scale\" or a finite number above 0")?;
    let tolerance = parameters.tolerance;
    check("tolerance", tolerance, positive(tolerance), "a finite number above 0")?;
    Ok(Box::new(OneClassSvm { nu, gamma, tolerance, memory: settings.memory }))
}

fn load(text: &str) -> Result<Arc<dyn FittedDetector>> {
    let model: FittedOneClassSvm = loaded(ID, text)?;
    if !(model.space.is_valid()
        && model.supports.are_valid(model.space.dims())
        && model.rho.is_finite()
        && model.border >= 0.0)
    {
        let problem = "its support vectors, coefficients and centre do not fit together";
        return Err(Error::Request(format!("{ID}: not a fitted model: {problem}")));
    }
    Ok(Arc::new(model))
}

impl Detector for OneClassSvm {
    fn fit(&self, train: &WeightedRows, _seed: Seed) -> Result<Fitted> {
        if train.is_empty() {
            return Err(Error::Request(format!("{ID}: there are no rows to fit on")));
        }
        let order = in_order(train.points.view());
        let rows = train.points.select(Axis(0), &order);
        let weights: Vec<f64> = order.iter().map(|&row| f64::from(train.weights[row])).collect();
        let space = KernelSpace::new(rows.view(), &weights, self.gamma);
        let points = space.panels(rows.view());
        let problem = Problem {
            points: &points,
            weights: &weights,
            nu: self.nu,
            tolerance: self.tolerance,
            memory: self.memory,
        };
        let solution = problem.solve()?;
        let rho = solution.rho;
        let supports = points.sources(solution.alpha.into_iter().enumerate(), problem.total());
        let border = self.tolerance.max(KERNEL_NOISE * self.nu * problem.total());
        let model = FittedOneClassSvm { space, supports, rho, border };
        // The kernel sums are exact, and so these are the bits that `score` gives for the same rows.
        let mut train_scores = Array1::zeros(train.len());
        for (&row, sum) in order.iter().zip(solution.gradient) {
            train_scores[row] = model.decision(sum);
        }
        Ok(Fitted::new(model, train_scores))
    }
}

impl FittedDetector for FittedOneClassSvm {
    fn columns(&self) -> usize {
        self.space.dims()
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        let sums = self.space.panels(rows).sums(&self.supports);
        sums.into_iter().map(|sum| self.decision(sum)).collect()
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

/// The rows from the smallest to the largest, first column first: the solver's path, and so what is left over within
/// its tolerance, then does not depend on the order in which rows arrive.
fn in_order(rows: ArrayView2<f64>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.nrows()).collect();
    let compare = |a: usize, b: usize| {
        let differs = rows.row(a).into_iter().zip(rows.row(b)).map(|(x, y)| x.total_cmp(y));
        differs.into_iter().find(|ordering| ordering.is_ne()).unwrap_or(a.cmp(&b))
    };
    order.sort_unstable_by(|&a, &b| compare(a, b));
    order
}

/// Of a kernel value, which is held in single precision.
const KERNEL_NOISE: f64 = 1e-7;

impl FittedOneClassSvm {
    /// How far outside the border a kernel sum puts a row. Every support vector that is not at a bound lies on the
    /// border, and the solver leaves it there to within its tolerance: ranking such rows by what is left over would
    /// rank them by the order of the rows, so they are tied at 0.
    fn decision(&self, sum: f64) -> f64 {
        let score = self.rho - sum;
        if score.abs() <= self.border { 0.0 } else { score }
    }
}

fn positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

fn check(field: &'static str, value: f64, holds: bool, expected: &'static str) -> Result<()> {
    match holds {
        true => Ok(()),
        false => Err(Error::Parameter { detector: ID, field, value: value.to_string(), expected }),
    }
}
