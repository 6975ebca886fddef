//! The dual of the one-class problem over any number of rows: min ½ αᵀQα with 0 ≤ α_i ≤ w_i and Σ α_i fixed.
//!
//! Schölkopf et al., "Estimating the support of a high-dimensional distribution", Neural Computation 2001,
//! eq. 12–13, in the scale of Chang & Lin, "LIBSVM", TIST 2011, section 2.3. Shrinking works in rounds, after
//! Joachims, "Making large-scale SVM learning practical", 1999. A round solves for the variables most likely
//! to move, with all others fixed (`working_set`). Then it updates the gradient of all variables. The rounds
//! end when no variable can improve.

use super::cache::RowCache;
use super::kernel::Blocks;
use super::working_set::{Extremes, WorkingSet};
use crate::error::{Error, Result};

/// Variables per round: more than are undecided in most tables, and few enough for fast steps.
const WORKING_SET: usize = 2048;

/// A problem of more rows than this is first solved on every eighth row. libsvm starts from the first rows
/// and takes nearly as many steps as there are support vectors. From the coarse solution, a few hundred steps
/// remain.
const COARSEST: usize = 1024;
const COARSENING: usize = 8;

/// The tolerance of a coarse solution, as a share of Σ α. It is only a starting point.
const COARSE_TOLERANCE: f64 = 1e-4;

/// The tolerance of a round, as a share of the violation at its start, but at least the final tolerance. A
/// smaller share does not pay off while the other variables can still move the border.
const ROUND_PROGRESS: f64 = 0.01;

/// As in libsvm: enough for any problem that can be solved to its tolerance.
const MAX_STEPS: u64 = 10_000_000;

/// The problem to solve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Problem<'a> {
    pub points: &'a Blocks,
    /// Upper bounds of the variables: the multiplicity of each row.
    pub weights: &'a [f64],
    /// Σ α as a share of Σ w, in (0, 1].
    pub nu: f64,
    /// The largest violation of the optimality conditions that a solution may have.
    pub tolerance: f64,
    /// An upper bound for the row cache, in bytes.
    pub memory: usize,
}

/// The optimum, within the tolerance.
#[derive(Clone, Debug)]
pub(super) struct Solution {
    pub alpha: Vec<f64>,
    /// Qα: the kernel sum of every point.
    pub gradient: Vec<f64>,
    /// The kernel sum at the border.
    pub rho: f64,
}

impl Problem<'_> {
    /// Solve it.
    ///
    /// # Errors
    /// If the tolerance is not reached in [`MAX_STEPS`] steps.
    pub fn solve(&self) -> Result<Solution> {
        let alpha = self.start()?;
        let gradient = self.sums(alpha.iter().copied().enumerate());
        let mut solution = Solution { alpha, gradient, rho: 0.0 };
        let mut steps = 0;
        loop {
            let gap = self.extremes(&solution).gap();
            if gap <= self.tolerance {
                solution.rho = self.rho(&solution);
                return Ok(solution);
            }
            if steps >= MAX_STEPS {
                return Err(not_converged(self.tolerance, gap));
            }
            steps += self.round(&mut solution, gap, MAX_STEPS - steps);
        }
    }

    /// Σ α.
    pub fn total(&self) -> f64 {
        self.nu * self.weights.iter().sum::<f64>()
    }

    /// A feasible point near the optimum: α fills the rows with the lowest kernel sums of a coarser problem's
    /// solution.
    fn start(&self) -> Result<Vec<f64>> {
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        if order.len() > COARSEST {
            let sums = self.coarse_sums()?;
            order.sort_unstable_by(|&a, &b| sums[a].total_cmp(&sums[b]).then(a.cmp(&b)));
        }
        let mut rest = self.total();
        let mut alpha = vec![0.0; order.len()];
        for index in order {
            alpha[index] = self.weights[index].min(rest);
            rest -= alpha[index];
        }
        Ok(alpha)
    }

    /// The kernel sums of all points with the solution of a coarser problem.
    fn coarse_sums(&self) -> Result<Vec<f64>> {
        let indices: Vec<usize> = (0..self.points.len()).step_by(COARSENING).collect();
        let points = self.points.select(&indices);
        let weights: Vec<f64> = indices.iter().map(|&index| self.weights[index]).collect();
        let mut coarse = Problem { points: &points, weights: &weights, ..*self };
        coarse.tolerance = self.tolerance.max(COARSE_TOLERANCE * coarse.total());
        let alpha = coarse.solve()?.alpha;
        let sources = points.sources(alpha.into_iter().enumerate(), coarse.total());
        Ok(self.points.sums(&sources))
    }

    /// Solve for the variables most likely to move. Returns the number of steps.
    fn round(&self, solution: &mut Solution, gap: f64, max_steps: u64) -> u64 {
        let indices = self.most_violating(solution);
        let gather = |values: &[f64]| indices.iter().map(|&index| values[index]).collect::<Vec<_>>();
        let points = self.points.select(&indices);
        let (alpha, gradient) = (gather(&solution.alpha), gather(&solution.gradient));
        let mut set = WorkingSet::new(gather(self.weights), alpha, gradient);
        let tolerance = self.tolerance.max(ROUND_PROGRESS * gap);
        let steps = set.optimize(&mut RowCache::new(&points, self.memory), tolerance, max_steps);
        self.update(solution, &indices, set.alpha());
        steps
    }

    /// Set the alphas at these indices, and update the gradient of all variables. The sums are exact, so the
    /// gradient has the bits of one computed from scratch.
    fn update(&self, solution: &mut Solution, indices: &[usize], alpha: &[f64]) {
        let pairs = indices.iter().zip(alpha).map(|(&index, &new)| (index, solution.alpha[index], new));
        let changes: Vec<(usize, f64, f64)> = pairs.filter(|(_, old, new)| old != new).collect();
        let old = self.sums(changes.iter().map(|&(index, old, _)| (index, old)));
        let new = self.sums(changes.iter().map(|&(index, _, new)| (index, new)));
        for (gradient, (old, new)) in solution.gradient.iter_mut().zip(old.into_iter().zip(new)) {
            *gradient = *gradient - old + new;
        }
        for (index, _, new) in changes {
            solution.alpha[index] = new;
        }
    }

    /// Half a working set of the variables that can grow, those with the lowest gradients, and half of those
    /// that can shrink, with the highest gradients. A free variable may be in both halves.
    fn most_violating(&self, solution: &Solution) -> Vec<usize> {
        let gradient = &solution.gradient;
        let mut raisable: Vec<usize> = self.indices(|i| solution.alpha[i] < self.weights[i]);
        let mut lowerable: Vec<usize> = self.indices(|i| solution.alpha[i] > 0.0);
        keep_lowest(&mut raisable, WORKING_SET / 2, |i| gradient[i]);
        keep_lowest(&mut lowerable, WORKING_SET / 2, |i| -gradient[i]);
        raisable.append(&mut lowerable);
        raisable.sort_unstable();
        raisable.dedup();
        raisable
    }

    /// The extremes of the gradient over all variables.
    fn extremes(&self, solution: &Solution) -> Extremes {
        let mut extremes = Extremes::NONE;
        for (index, &gradient) in solution.gradient.iter().enumerate() {
            if solution.alpha[index] < self.weights[index] {
                extremes.lowest = extremes.lowest.min(gradient);
            }
            if solution.alpha[index] > 0.0 {
                extremes.highest = extremes.highest.max(gradient);
            }
        }
        extremes
    }

    /// The mean gradient of the free variables. Without any, the middle between its lower and its upper
    /// bound. If no variable can grow (nu = 1), there is only the lower bound.
    fn rho(&self, solution: &Solution) -> f64 {
        let free = self.indices(|i| solution.alpha[i] > 0.0 && solution.alpha[i] < self.weights[i]);
        if !free.is_empty() {
            return free.iter().map(|&i| solution.gradient[i]).sum::<f64>() / free.len() as f64;
        }
        let Extremes { lowest, highest } = self.extremes(solution);
        if lowest.is_finite() { (lowest + highest) / 2.0 } else { highest }
    }

    /// The kernel sum of every point with these coefficients.
    fn sums(&self, coefficients: impl IntoIterator<Item = (usize, f64)>) -> Vec<f64> {
        self.points.sums(&self.points.sources(coefficients, self.total()))
    }

    fn indices(&self, condition: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.points.len()).filter(|&index| condition(index)).collect()
    }
}

/// Keep the `count` indices with the lowest keys; of equal keys, those with the lower indices.
fn keep_lowest(indices: &mut Vec<usize>, count: usize, key: impl Fn(usize) -> f64) {
    if indices.len() > count {
        indices.select_nth_unstable_by(count, |&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
        indices.truncate(count);
    }
}

fn not_converged(tolerance: f64, gap: f64) -> Error {
    Error::Request(format!(
        "one-class-svm: after {MAX_STEPS} steps the violation {gap:.1e} exceeds the tolerance {tolerance:e}; \
         set `tolerance` to {gap:.1e} or more"
    ))
}
