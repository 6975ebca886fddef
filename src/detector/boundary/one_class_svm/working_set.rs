//! Sequential minimal optimisation over a few variables, all others held still.
//!
//! Fan, Chen & Lin, "Working set selection using second order information for training support vector
//! machines", JMLR 2005 (algorithm 2, WSS 2); notation of Chang & Lin, "LIBSVM", TIST 2011, section 4.1.

use super::cache::RowCache;
use super::kernel::LANES;
use crate::detector::simd::in_widest_vectors;

/// Stands for a curvature that is 0 or, by rounding, below it (Fan, Chen & Lin, section 2).
const TAU: f32 = 1e-12;

/// Variables 0 ≤ alpha ≤ weight and the gradient Qα of the objective ½ αᵀQα, filled up to whole panels
/// with variables that cannot move.
#[derive(Debug)]
pub(super) struct WorkingSet {
    weights: Vec<f64>,
    alpha: Vec<f64>,
    gradient: Vec<f64>,
    /// 0 where alpha can grow, else ∞: added to the gradient it takes a variable out of a minimum.
    not_raisable: Vec<f64>,
    /// 0 where alpha can shrink, else −∞: added to the gradient it takes a variable out of a maximum.
    not_lowerable: Vec<f64>,
}

/// How far the optimality conditions are from holding: they hold where `lowest` ≥ `highest`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremes {
    /// The least gradient among the variables that can grow.
    pub lowest: f64,
    /// The greatest gradient among those that can shrink.
    pub highest: f64,
}

impl Extremes {
    /// Of no variables.
    pub const NONE: Extremes = Extremes { lowest: f64::INFINITY, highest: f64::NEG_INFINITY };

    /// The largest violation, at most 0 at an optimum; −∞ where no variable can move.
    pub fn gap(self) -> f64 {
        self.highest - self.lowest
    }
}

impl WorkingSet {
    /// Of equally many weights, alphas and gradients.
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
        (0..padded_len).for_each(|index| set.note_bounds(index));
        set
    }

    /// The variables, padding included.
    pub fn alpha(&self) -> &[f64] {
        &self.alpha
    }

    /// Take steps until the largest violation is at most `tolerance`, or `max_steps` are taken. Gives the
    /// number of steps.
    pub fn optimise(&mut self, rows: &mut RowCache, tolerance: f64, max_steps: u64) -> u64 {
        let mut extremes = self.extremes();
        for step in 0..max_steps {
            if extremes.gap() <= tolerance {
                return step;
            }
            extremes = self.step(rows, extremes);
        }
        max_steps
    }

    /// Move weight from one variable to another, as far as the objective falls and the bounds allow.
    fn step(&mut self, rows: &mut RowCache, extremes: Extremes) -> Extremes {
        let raised = self.raisable_at(extremes.lowest);
        rows.fetch(raised);
        let lowered = partner(self, rows.row(raised), extremes);
        rows.fetch(lowered);
        let (raised_row, lowered_row) = (rows.row(raised), rows.row(lowered));
        let curvature = f64::from((2.0 - 2.0 * raised_row[lowered]).max(TAU));
        let wanted = (self.gradient[lowered] - self.gradient[raised]) / curvature;
        let moved = self.shift(raised, lowered, wanted);
        follow(self, moved, raised_row, lowered_row)
    }

    fn extremes(&self) -> Extremes {
        let bars = self.not_raisable.iter().zip(&self.not_lowerable);
        let mut extremes = Extremes::NONE;
        for (gradient, (open, shut)) in self.gradient.iter().zip(bars) {
            extremes.lowest = extremes.lowest.min(gradient + open);
            extremes.highest = extremes.highest.max(gradient + shut);
        }
        extremes
    }

    fn raisable_at(&self, lowest: f64) -> usize {
        let mut open = self.gradient.iter().zip(&self.not_raisable);
        open.position(|(g, bar)| g + bar == lowest).unwrap_or(0)
    }

    /// Change the two alphas by as much as wanted and allowed. Gives how much that was.
    fn shift(&mut self, raised: usize, lowered: usize, wanted: f64) -> f64 {
        let room = self.weights[raised] - self.alpha[raised];
        let stock = self.alpha[lowered];
        let moved = wanted.min(room).min(stock);
        // The bounds are met exactly: `alpha + (weight − alpha)` need not be `weight`.
        self.alpha[raised] = if moved == room { self.weights[raised] } else { self.alpha[raised] + moved };
        self.alpha[lowered] = if moved == stock { 0.0 } else { stock - moved };
        self.note_bounds(raised);
        self.note_bounds(lowered);
        moved
    }

    fn note_bounds(&mut self, index: usize) {
        let alpha = self.alpha[index];
        self.not_raisable[index] = if alpha < self.weights[index] { 0.0 } else { f64::INFINITY };
        self.not_lowerable[index] = if alpha > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
}

in_widest_vectors! {
    /// The variable whose lowering gains most, by the second-order estimate violation² / curvature.
    /// Violations are taken relative to the largest, so that the estimate neither under- nor overflows.
    partner(set: &WorkingSet, raised_row: &[f32], extremes: Extremes) -> usize {
        let (mut best, mut block_of_best) = ([0.0f32; LANES], [0u32; LANES]);
        let per_gap = 1.0 / extremes.gap();
        let gradients = set.gradient.chunks_exact(LANES).zip(set.not_lowerable.chunks_exact(LANES));
        for (block, ((gradient, shut), kernel)) in gradients.zip(raised_row.chunks_exact(LANES)).enumerate() {
            for lane in 0..LANES {
                let violation = ((gradient[lane] + shut[lane] - extremes.lowest) * per_gap) as f32;
                let violation = if violation > 0.0 { violation } else { 0.0 };
                let curvature = 2.0 - 2.0 * kernel[lane];
                let gain = violation * violation / if curvature > TAU { curvature } else { TAU };
                let better = gain > best[lane];
                best[lane] = if better { gain } else { best[lane] };
                block_of_best[lane] = if better { block as u32 } else { block_of_best[lane] };
            }
        }
        let lane = (0..LANES).fold(0, |lane, other| if best[other] > best[lane] { other } else { lane });
        block_of_best[lane] as usize * LANES + lane
    }
}

in_widest_vectors! {
    /// Bring the gradient up to date after a step, and find its extremes on the way.
    follow(set: &mut WorkingSet, moved: f64, raised_row: &[f32], lowered_row: &[f32]) -> Extremes {
        let (mut lowest, mut highest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let bars = set.not_raisable.chunks_exact(LANES).zip(set.not_lowerable.chunks_exact(LANES));
        let rows = raised_row.chunks_exact(LANES).zip(lowered_row.chunks_exact(LANES));
        let gradients = set.gradient.chunks_exact_mut(LANES);
        for ((gradient, (open, shut)), (raised, lowered)) in gradients.zip(bars).zip(rows) {
            for lane in 0..LANES {
                let value = gradient[lane] + moved * f64::from(raised[lane] - lowered[lane]);
                gradient[lane] = value;
                let (low, high) = (value + open[lane], value + shut[lane]);
                lowest[lane] = if low < lowest[lane] { low } else { lowest[lane] };
                highest[lane] = if high > highest[lane] { high } else { highest[lane] };
            }
        }
        Extremes {
            lowest: lowest.into_iter().fold(f64::INFINITY, f64::min),
            highest: highest.into_iter().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}
