//! One-Class SVM: Schölkopf, Platt, Shawe-Taylor, Smola & Williamson, "Estimating the support of a
//! high-dimensional distribution", Neural Computation 2001; the nu form with an RBF kernel.
//!
//! A row that occurs w times is one variable with the bound w instead of w variables with the bound 1. The
//! optimum spreads weight evenly over equal rows, so the problem over distinct rows has the solution of the
//! expanded one.

mod cache;
mod kernel;
mod solver;
mod space;
#[cfg(test)]
mod tests;
mod working_set;

use crate::detector::cost::CostEstimate;
use crate::detector::entry::{Entry, Family, Settings};
use crate::detector::json::{loaded, parameters, state};
use crate::detector::traits::{Detector, Fitted, FittedDetector};
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

/// The entry in the registry.
pub(in crate::detector) const ENTRY: Entry = Entry {
    id: ID,
    title: "One-Class SVM",
    summary: "Distance from the border of the densest region, with an RBF kernel (Schölkopf et al. 2001)",
    kind: Family::Boundary,
    cost: "fit O(n) to O(n²) kernel rows; score O(support vectors · d) per row, about nu · n of them",
    good_at: "a few thousand distinct rows, a compact normal class, training on normal rows",
    bad_at: "ranking far outliers, flag columns with many rows; slow above 100,000 distinct rows",
    seeded: false,
    parameters: &[
        (
            "nu",
            "upper bound for the share of training rows outside the border, above 0 and at most 1; at least one row",
        ),
        ("gamma", "in the kernel exp(−gamma |x − x′|²): above 0, or \"scale\" for 1 / (columns · variance)"),
        ("tolerance", "largest violation of the optimality conditions, above 0"),
    ],
    defaults: || serde_json::json!(Parameters::default()),
    build,
    // Kernel rows of the working set against all rows; most rows are in the working set once.
    estimate: |_, task| {
        let (n, d) = (task.fitted as f64, task.columns as f64);
        let scored = if task.scored > task.fitted { 0.15 * n * task.scored as f64 } else { 0.0 };
        CostEstimate {
            seconds: (1.2e-10 * n * n + 2e-10 * scored) * (0.5 + d / 20.0),
            bytes: 40.0 * n + 8.0 * n * d,
        }
    },
    load,
};

/// One-class SVM: distance from a border around most rows (Schölkopf et al., Neural Computation 2001).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Upper bound for the share of training rows outside the border, in (0, 1]. It is independent of the
    /// threshold: flagging fewer rows changes no score.
    pub nu: f64,
    /// Gamma in the kernel exp(−gamma |x − x′|²).
    pub gamma: Gamma,
    /// The largest violation of the optimality conditions that a solution may have, in units of kernel sums.
    pub tolerance: f64,
}

/// Gamma of the kernel: a number, or a rule.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "`gamma` must be \"scale\" or a number above 0")]
pub enum Gamma {
    /// By a rule, from the training rows.
    Named(GammaRule),
    /// A number above 0.
    Value(f64),
}

/// A rule that sets gamma.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GammaRule {
    /// 1 / (features · variance of all elements), scikit-learn's default.
    Scale,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { nu: 0.15, gamma: Gamma::Named(GammaRule::Scale), tolerance: 1e-3 }
    }
}

impl Gamma {
    /// The number; `None` if it depends on the rows.
    fn value(self) -> Option<f64> {
        match self {
            Gamma::Named(GammaRule::Scale) => None,
            Gamma::Value(gamma) => Some(gamma),
        }
    }
}

/// The detector before it is fitted, with valid parameters.
#[derive(Clone, Debug)]
struct OneClassSvm {
    nu: f64,
    gamma: Option<f64>,
    tolerance: f64,
    memory: usize,
}

/// The fitted detector.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FittedOneClassSvm {
    space: KernelSpace,
    /// The support vectors in kernel coordinates, and their alphas.
    supports: Sources,
    /// The kernel sum at the border.
    rho: f64,
    /// A row at most this far from the border lies on it.
    border: f64,
}

fn build(settings: &Settings, overrides: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, overrides)?;
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
        let problem = "its support vectors, coefficients and center contradict each other";
        return Err(Error::Request(format!("{ID}: not a fitted model: {problem}")));
    }
    Ok(Arc::new(model))
}

impl Detector for OneClassSvm {
    fn fit(&self, train: &WeightedRows, _seed: Seed) -> Result<Fitted> {
        if train.is_empty() {
            return Err(Error::Request(format!("{ID}: there are no rows to fit on")));
        }
        let order = lexicographic_order(train.points.view());
        let rows = train.points.select(Axis(0), &order);
        let weights: Vec<f64> = order.iter().map(|&row| f64::from(train.weights[row])).collect();
        let space = KernelSpace::new(rows.view(), &weights, self.gamma);
        let points = space.blocks(rows.view());
        // Below one row, no upper bound of a variable can hold, and the solution only shrinks with nu, down to the tolerance.
        let nu = self.nu.max(1.0 / weights.iter().sum::<f64>());
        let problem = Problem {
            points: &points,
            weights: &weights,
            nu,
            tolerance: self.tolerance,
            memory: self.memory,
        };
        let solution = problem.solve()?;
        let rho = solution.rho;
        let supports = points.sources(solution.alpha.into_iter().enumerate(), problem.total());
        let border = self.tolerance.max(KERNEL_NOISE * nu * problem.total());
        let model = FittedOneClassSvm { space, supports, rho, border };
        // The kernel sums are exact, so these scores have the bits that `score` gives for the same rows.
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
        let sums = self.space.blocks(rows).sums(&self.supports);
        sums.into_iter().map(|sum| self.decision(sum)).collect()
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

/// The row indices in lexicographic order of the rows. With it, the path of the solver does not depend on the
/// order of the training rows, and neither does the error within its tolerance.
fn lexicographic_order(rows: ArrayView2<f64>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.nrows()).collect();
    let compare = |a: usize, b: usize| {
        let differs = rows.row(a).into_iter().zip(rows.row(b)).map(|(x, y)| x.total_cmp(y));
        differs.into_iter().find(|ordering| ordering.is_ne()).unwrap_or(a.cmp(&b))
    };
    order.sort_unstable_by(|&a, &b| compare(a, b));
    order
}

/// The relative rounding error of a kernel value, which is an f32.
const KERNEL_NOISE: f64 = 1e-7;

impl FittedOneClassSvm {
    /// The distance outside the border, in units of kernel sums, of a row with this kernel sum. Every free
    /// support vector lies on the border, up to the tolerance of the solver. This error is not a ranking, so
    /// such rows are tied at 0.
    fn decision(&self, sum: f64) -> f64 {
        let score = self.rho - sum;
        if score.abs() <= self.border { 0.0 } else { score }
    }
}

fn positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

/// Check the value of a parameter.
///
/// # Errors
/// If it is not valid.
fn check(field: &'static str, value: f64, is_valid: bool, expected: &'static str) -> Result<()> {
    match is_valid {
        true => Ok(()),
        false => Err(Error::Parameter { detector: ID, field, value: value.to_string(), expected }),
    }
}
