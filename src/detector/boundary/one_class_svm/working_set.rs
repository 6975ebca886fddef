//! Sequential minimal optimization (SMO) over a few variables, with all others fixed.
//!
//! Fan, Chen & Lin, "Working set selection using second order information for training support vector
//! machines", JMLR 2005 (algorithm 2, WSS 2). The notation is that of Chang & Lin, "LIBSVM", TIST 2011,
//! section 4.1: a step raises α_i and lowers α_j.

use super::cache::RowCache;
use super::kernel::LANES;
use crate::detector::simd::{in_widest_vectors, larger, smaller};

/// Replaces a curvature that is 0 or, by rounding, negative (Fan, Chen & Lin, section 2).
const TAU: f32 = 1e-12;

/// Variables 0 ≤ alpha ≤ weight and the gradient Qα of the objective ½ αᵀQα, padded to whole blocks with
/// variables that cannot move.
#[derive(Debug)]
pub(super) struct WorkingSet {
    weights: Vec<f64>,
    alpha: Vec<f64>,
    gradient: Vec<f64>,
    /// 0 if alpha can grow, else ∞. Added to the gradient, it excludes a variable from a minimum.
    not_raisable: Vec<f64>,
    /// 0 if alpha can shrink, else −∞. Added to the gradient, it excludes a variable from a maximum.
    not_lowerable: Vec<f64>,
}

/// The extremes of the gradient. The optimality conditions hold if `lowest` ≥ `highest`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremes {
    /// The lowest gradient of the variables that can grow: the gradient of i.
    pub lowest: f64,
    /// The highest gradient of the variables that can shrink.
    pub highest: f64,
}

impl Extremes {
    /// The extremes of no variables.
    pub const NONE: Extremes = Extremes { lowest: f64::INFINITY, highest: f64::NEG_INFINITY };

    /// The largest violation of the optimality conditions: at most 0 at an optimum, −∞ if no variable can
    /// move.
    pub fn gap(self) -> f64 {
        self.highest - self.lowest
    }
}

impl WorkingSet {
    /// A set of variables. There are as many weights as alphas and gradients.
    pub fn new(mut weights: Vec<f64>, mut alpha: Vec<f64>, mut gradient: Vec<f64>) -> Self {
        let padded_len = weights.len().next_multiple_of(LANES);
        for values in [&mut weights, &mut alpha, &mut gradient] {
            values.resize(padded_len, 0.0);
        }
        let mut set = WorkingSet {
            not_raisable: vec![0.0; padded_len],
            not_lowerable: vec![0.0; padded_len],
            weights,
            alpha,
            gradient,
        };
        (0..padded_len).for_each(|index| set.update_bounds(index));
        set
    }

    /// The variables, padding included.
    pub fn alpha(&self) -> &[f64] {
        &self.alpha
    }

    /// Take steps until the largest violation is at most `tolerance`, but at most `max_steps`. Returns the
    /// number of steps.
    pub fn optimize(&mut self, rows: &mut RowCache, tolerance: f64, max_steps: u64) -> u64 {
        let mut extremes = self.extremes();
        for step in 0..max_steps {
            if extremes.gap() <= tolerance {
                return step;
            }
            extremes = self.step(rows, extremes);
        }
        max_steps
    }

    /// One SMO step: move weight from α_j to α_i, as far as the objective falls and the bounds allow.
    fn step(&mut self, rows: &mut RowCache, extremes: Extremes) -> Extremes {
        let i = self.select_i(extremes.lowest);
        rows.fetch(i);
        let j = select_j(self, rows.row(i), extremes);
        rows.fetch(j);
        let (row_i, row_j) = (rows.row(i), rows.row(j));
        let curvature = f64::from((2.0 - 2.0 * row_i[j]).max(TAU));
        let optimum = (self.gradient[j] - self.gradient[i]) / curvature;
        let shift = self.shift(i, j, optimum);
        update_gradient(self, shift, row_i, row_j)
    }

    fn extremes(&self) -> Extremes {
        let exclusions = self.not_raisable.iter().zip(&self.not_lowerable);
        let mut extremes = Extremes::NONE;
        for (gradient, (not_raisable, not_lowerable)) in self.gradient.iter().zip(exclusions) {
            extremes.lowest = extremes.lowest.min(gradient + not_raisable);
            extremes.highest = extremes.highest.max(gradient + not_lowerable);
        }
        extremes
    }

    /// i of WSS 2: the first variable that can grow and has the lowest gradient.
    fn select_i(&self, lowest: f64) -> usize {
        let mut gradients = self.gradient.iter().zip(&self.not_raisable);
        gradients.position(|(gradient, not_raisable)| gradient + not_raisable == lowest).unwrap_or(0)
    }

    /// Raise α_i and lower α_j by the optimum, or by as much as the bounds allow. Returns the amount.
    fn shift(&mut self, i: usize, j: usize, optimum: f64) -> f64 {
        let most_raised = self.weights[i] - self.alpha[i];
        let most_lowered = self.alpha[j];
        let shift = optimum.min(most_raised).min(most_lowered);
        // Bounds are met exactly: `alpha + (weight − alpha)` may differ from `weight`.
        self.alpha[i] = if shift == most_raised { self.weights[i] } else { self.alpha[i] + shift };
        self.alpha[j] = if shift == most_lowered { 0.0 } else { most_lowered - shift };
        self.update_bounds(i);
        self.update_bounds(j);
        shift
    }

    fn update_bounds(&mut self, index: usize) {
        let alpha = self.alpha[index];
        self.not_raisable[index] = if alpha < self.weights[index] { 0.0 } else { f64::INFINITY };
        self.not_lowerable[index] = if alpha > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
}

in_widest_vectors! {
    /// j of WSS 2: the variable with the largest estimated decrease of the objective. `row_i` is the kernel
    /// row of i. Violations are scaled by the gap, so that their squares neither underflow nor overflow.
    select_j(set: &WorkingSet, row_i: &[f32], extremes: Extremes) -> usize {
        let (mut best, mut block_of_best) = ([0.0f32; LANES], [0u32; LANES]);
        let per_gap = 1.0 / extremes.gap();
        let gradients = set.gradient.chunks_exact(LANES).zip(set.not_lowerable.chunks_exact(LANES));
        let blocks = gradients.zip(row_i.chunks_exact(LANES)).enumerate();
        for (block, ((gradient, not_lowerable), kernel)) in blocks {
            for lane in 0..LANES {
                let violation = gradient[lane] + not_lowerable[lane] - extremes.lowest;
                let decrease = objective_decrease((violation * per_gap) as f32, kernel[lane]);
                let is_better = decrease > best[lane];
                best[lane] = if is_better { decrease } else { best[lane] };
                block_of_best[lane] = if is_better { block as u32 } else { block_of_best[lane] };
            }
        }
        let lane = first_largest(&best);
        block_of_best[lane] as usize * LANES + lane
    }
}

/// The second-order estimate b² / a of the decrease of the objective: b is the violation and a the curvature
/// K_ii + K_jj − 2 K_ij, where K_ii = K_jj = 1. It is 0 without a violation.
#[inline(always)]
fn objective_decrease(violation: f32, kernel: f32) -> f32 {
    let b = larger(violation, 0.0);
    let a = larger(2.0 - 2.0 * kernel, TAU);
    b * b / a
}

/// The first lane with the largest value.
#[inline(always)]
fn first_largest(values: &[f32; LANES]) -> usize {
    (0..LANES).fold(0, |first, lane| if values[lane] > values[first] { lane } else { first })
}

in_widest_vectors! {
    /// Add to the gradient what a step changes, and compute its extremes in the same pass.
    update_gradient(set: &mut WorkingSet, shift: f64, row_i: &[f32], row_j: &[f32]) -> Extremes {
        let (mut lowest, mut highest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let exclusions = set.not_raisable.chunks_exact(LANES).zip(set.not_lowerable.chunks_exact(LANES));
        let rows = row_i.chunks_exact(LANES).zip(row_j.chunks_exact(LANES));
        let blocks = set.gradient.chunks_exact_mut(LANES).zip(exclusions).zip(rows);
        for ((gradient, (not_raisable, not_lowerable)), (row_i, row_j)) in blocks {
            for lane in 0..LANES {
                let value = gradient[lane] + shift * f64::from(row_i[lane] - row_j[lane]);
                gradient[lane] = value;
                lowest[lane] = smaller(value + not_raisable[lane], lowest[lane]);
                highest[lane] = larger(value + not_lowerable[lane], highest[lane]);
            }
        }
        Extremes {
            lowest: lowest.into_iter().fold(f64::INFINITY, f64::min),
            highest: highest.into_iter().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}
