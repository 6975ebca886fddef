//! The dual of the one-class problem over any number of rows: min ½ αᵀQα, 0 ≤ α_i ≤ w_i, Σ α_i given.
//!
//! Schölkopf et al., "Estimating the support of a high-dimensional distribution", Neural Computation 2001,
//! eq. 12–13, in the scale of Chang & Lin, "LIBSVM", TIST 2011, section 2.3. Shrinking in rounds, after
//! Joachims, "Making large-scale SVM learning practical", 1999: the variables most likely to move are solved
//! among themselves (`working_set`), then the gradient of all is brought up to date, until none can improve.

use super::cache::RowCache;
use super::kernel::Panels;
use super::working_set::{Extremes, WorkingSet};
use crate::error::{Error, Result};

/// Variables solved at a time: more than are in doubt in most tables, and few enough for quick steps.
const WORKING_SET: usize = 2048;

/// A problem of more rows than this is first solved on every eighth of them. libsvm, which starts from the
/// first rows, takes nearly as many steps as there are support vectors; from here a few hundred remain.
const COARSEST: usize = 1024;
const COARSENING: usize = 8;

/// What a coarse solution may be off by, as a share of Σ α: it is a start and no answer.
const COARSE_TOLERANCE: f64 = 1e-4;

/// Each round asks for this share of the violation it begins with, and no less than the tolerance: while the
/// variables left out can still move the border, there is no point in more.
const ROUND_PROGRESS: f64 = 0.01;

/// As libsvm: enough for any problem that can be solved at its tolerance.
const MAX_STEPS: u64 = 10_000_000;

/// What is to be solved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Problem<'a> {
    pub points: &'a Panels,
    /// Upper bounds of the variables: the multiplicity of each row.
    pub weights: &'a [f64],
    /// Σ α as a share of Σ w, in (0, 1].
    pub nu: f64,
    /// The largest violation of the optimality conditions that an answer may have.
    pub tolerance: f64,
    /// Bound of the row cache, in bytes.
    pub memory: usize,
}

/// The optimum within the tolerance.
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
    /// Where the tolerance is not reached in [`MAX_STEPS`] steps.
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

    /// What the variables sum up to.
    pub fn total(&self) -> f64 {
        self.nu * self.weights.iter().sum::<f64>()
    }

    /// A feasible point near the optimum: α fills up the rows where the solution of a coarser problem has its
    /// least kernel sums.
    fn start(&self) -> Result<Vec<f64>> {
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        if order.len() > COARSEST {
            let sums = self.coarse_sums()?;
            order.sort_unstable_by(|&a, &b| sums[a].total_cmp(&sums[b]).then(a.cmp(&b)));
        }
        let mut left = self.total();
        let mut alpha = vec![0.0; order.len()];
        for index in order {
            alpha[index] = self.weights[index].min(left);
            left -= alpha[index];
        }
        Ok(alpha)
    }

    fn coarse_sums(&self) -> Result<Vec<f64>> {
        let kept: Vec<usize> = (0..self.points.len()).step_by(COARSENING).collect();
        let points = self.points.select(&kept);
        let weights: Vec<f64> = kept.iter().map(|&index| self.weights[index]).collect();
        let mut coarse = Problem { points: &points, weights: &weights, ..*self };
        coarse.tolerance = self.tolerance.max(COARSE_TOLERANCE * coarse.total());
        let alpha = coarse.solve()?.alpha;
        let sources = points.sources(alpha.into_iter().enumerate(), coarse.total());
        Ok(self.points.sums(&sources))
    }

    /// Solve for the variables most likely to move. Gives the number of steps.
    fn round(&self, solution: &mut Solution, gap: f64, max_steps: u64) -> u64 {
        let chosen = self.most_violating(solution);
        let gather = |values: &[f64]| chosen.iter().map(|&index| values[index]).collect::<Vec<_>>();
        let points = self.points.select(&chosen);
        let (alpha, gradient) = (gather(&solution.alpha), gather(&solution.gradient));
        let mut set = WorkingSet::new(gather(self.weights), alpha, gradient);
        let tolerance = self.tolerance.max(ROUND_PROGRESS * gap);
        let steps = set.optimise(&mut RowCache::new(&points, self.memory), tolerance, max_steps);
        self.take_over(&chosen, set.alpha(), solution);
        steps
    }

    /// Put the new alphas in place, and what they change into every gradient. The sums are exact, and the
    /// gradient is to the last bit what it would be if summed up afresh.
    fn take_over(&self, chosen: &[usize], alpha: &[f64], solution: &mut Solution) {
        let both = chosen.iter().zip(alpha).map(|(&index, &new)| (index, solution.alpha[index], new));
        let changed: Vec<(usize, f64, f64)> = both.filter(|(_, old, new)| old != new).collect();
        let old = self.sums(changed.iter().map(|&(index, old, _)| (index, old)));
        let new = self.sums(changed.iter().map(|&(index, _, new)| (index, new)));
        for (gradient, (old, new)) in solution.gradient.iter_mut().zip(old.into_iter().zip(new)) {
            *gradient = *gradient - old + new;
        }
        for (index, _, new) in changed {
            solution.alpha[index] = new;
        }
    }

    /// In equal parts the variables that can grow with the least gradients and those that can shrink with the
    /// greatest; the free ones are among both.
    fn most_violating(&self, solution: &Solution) -> Vec<usize> {
        let gradient = &solution.gradient;
        let mut raisable: Vec<usize> = self.indices(|i| solution.alpha[i] < self.weights[i]);
        let mut lowerable: Vec<usize> = self.indices(|i| solution.alpha[i] > 0.0);
        keep_least(&mut raisable, WORKING_SET / 2, |i| gradient[i]);
        keep_least(&mut lowerable, WORKING_SET / 2, |i| -gradient[i]);
        raisable.append(&mut lowerable);
        raisable.sort_unstable();
        raisable.dedup();
        raisable
    }

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

    /// The mean gradient of the free variables; without any, the middle between the two bounds it must keep,
    /// or the one there is (nu = 1 leaves no variable at 0).
    fn rho(&self, solution: &Solution) -> f64 {
        let free = self.indices(|i| solution.alpha[i] > 0.0 && solution.alpha[i] < self.weights[i]);
        if !free.is_empty() {
            return free.iter().map(|&i| solution.gradient[i]).sum::<f64>() / free.len() as f64;
        }
        let Extremes { lowest, highest } = self.extremes(solution);
        if lowest.is_finite() { (lowest + highest) / 2.0 } else { highest }
    }

    fn sums(&self, coefficients: impl IntoIterator<Item = (usize, f64)>) -> Vec<f64> {
        self.points.sums(&self.points.sources(coefficients, self.total()))
    }

    fn indices(&self, that: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.points.len()).filter(|&index| that(index)).collect()
    }
}

/// Keep the `count` indices of the least keys, the lower index first among equals.
fn keep_least(indices: &mut Vec<usize>, count: usize, key: impl Fn(usize) -> f64) {
    if indices.len() > count {
        indices.select_nth_unstable_by(count, |&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
        indices.truncate(count);
    }
}

fn not_converged(tolerance: f64, gap: f64) -> Error {
    Error::Request(format!(
        "one-class-svm: a tolerance of {tolerance:e} was not reached in {MAX_STEPS} steps; {gap:.1e} was: \
         set `tolerance` to that"
    ))
}
