//! Growth of one tree on verdicts and unlabeled rows.
//!
//! Geurts, Ernst & Wehenkel, "Extremely randomized trees", Machine Learning 2006. A node draws some of the
//! columns that vary in it and a uniform threshold for each. It keeps the split that explains most of the
//! variance of the targets.

use crate::detector::isolation::isolation_forest::tree::Outline;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The fewest examples in a leaf. With 1, a single wrong verdict has leaves of its own.
const SMALLEST_LEAF: usize = 2;

/// Rows with targets, to grow a tree on.
#[derive(Debug)]
pub(super) struct Examples<'a> {
    columns: usize,
    rows: Vec<&'a [f64]>,
    targets: Vec<f64>,
    weights: Vec<f64>,
    kinds: Vec<Kind>,
}

/// What an example is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A row without a verdict. Its target is the untaught detector's.
    Unlabeled,
    /// A row that an analyst called normal.
    Normal,
    /// A row that an analyst called suspicious.
    Suspicious,
}

/// The shares of the verdicts in the weight of a leaf.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shares {
    /// In [0, 1].
    pub suspicious: f64,
    /// In [0, 1].
    pub normal: f64,
}

/// A grown tree.
#[derive(Debug, Default)]
pub(super) struct Grown {
    /// The splits, and the mean target of each leaf.
    pub outline: Outline,
    /// For each leaf in preorder, the shares of the verdicts in its weight.
    pub shares: Vec<Shares>,
}

/// The examples of a node that is not grown yet.
struct Part {
    start: usize,
    end: usize,
}

impl<'a> Examples<'a> {
    /// No examples yet, of rows with this many columns.
    pub fn new(columns: usize) -> Self {
        Examples { columns, rows: Vec::new(), targets: Vec::new(), weights: Vec::new(), kinds: Vec::new() }
    }

    /// Append a row with its target in [0, 1] and its positive weight.
    pub fn push(&mut self, row: &'a [f64], target: f64, weight: f64, kind: Kind) {
        self.rows.push(row);
        self.targets.push(target);
        self.weights.push(weight);
        self.kinds.push(kind);
    }

    /// Grow a tree until the examples of each leaf have one target, or none of the drawn splits is allowed.
    /// There is at least one example.
    pub fn grow(&self, rng: &mut ChaCha8Rng) -> Grown {
        let mut rows: Vec<usize> = (0..self.rows.len()).collect();
        let mut grown = Grown::default();
        let mut pending = vec![Part { start: 0, end: rows.len() }];
        while let Some(Part { start, end }) = pending.pop() {
            let part = &mut rows[start..end];
            let Some((column, threshold)) = self.best_split(part, rng) else {
                grown.outline.push_leaf(self.mean(part, |row| self.targets[row]));
                grown.shares.push(self.shares(part));
                continue;
            };
            grown.outline.push_split(column as u32, threshold);
            let middle = start + partition(part, |row| self.rows[row][column] <= threshold);
            pending.extend([Part { start: middle, end }, Part { start, end: middle }]);
        }
        grown
    }

    /// The weighted mean of values in [0, 1] over some examples.
    fn mean(&self, rows: &[usize], value: impl Fn(usize) -> f64) -> f64 {
        let weight: f64 = rows.iter().map(|&row| self.weights[row]).sum();
        let sum: f64 = rows.iter().map(|&row| self.weights[row] * value(row)).sum();
        // Rounding may exceed 1 by one unit in the last place.
        (sum / weight).clamp(0.0, 1.0)
    }

    fn shares(&self, rows: &[usize]) -> Shares {
        let of = |kind| self.mean(rows, |row| f64::from(u8::from(self.kinds[row] == kind)));
        Shares { suspicious: of(Kind::Suspicious), normal: of(Kind::Normal) }
    }

    /// The best of one random split in each of √columns random columns. `None` if these examples are a leaf.
    fn best_split(&self, rows: &[usize], rng: &mut ChaCha8Rng) -> Option<(usize, f64)> {
        let is_pure = rows.iter().all(|&row| self.targets[row] == self.targets[rows[0]]);
        if is_pure || rows.len() < 2 * SMALLEST_LEAF {
            return None;
        }
        let mut untried: Vec<usize> = (0..self.columns).collect();
        let mut to_draw = (self.columns as f64).sqrt().round() as usize;
        let mut best: Option<(f64, usize, f64)> = None;
        while to_draw > 0 && !untried.is_empty() {
            let column = untried.swap_remove(rng.gen_range(0..untried.len()));
            let Some(threshold) = self.random_threshold(rows, column, rng) else { continue };
            to_draw -= 1;
            let Some(gain) = self.gain(rows, column, threshold) else { continue };
            if best.is_none_or(|(most, ..)| gain > most) {
                best = Some((gain, column, threshold));
            }
        }
        best.map(|(_, column, threshold)| (column, threshold))
    }

    /// A uniform threshold between the extremes of a column; `None` if the column is constant.
    fn random_threshold(&self, rows: &[usize], column: usize, rng: &mut ChaCha8Rng) -> Option<f64> {
        let values = rows.iter().map(|&row| self.rows[row][column]);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let share: f64 = rng.r#gen();
        (low < high).then_some(low * (1.0 - share) + high * share)
    }

    /// The variance of the targets that a split explains, up to terms that all splits of these rows share.
    /// `None` if a side has too few examples.
    fn gain(&self, rows: &[usize], column: usize, threshold: f64) -> Option<f64> {
        let mut sides = [(0, 0.0, 0.0); 2];
        for &row in rows {
            let (count, weight, sum) = &mut sides[usize::from(self.rows[row][column] > threshold)];
            *count += 1;
            *weight += self.weights[row];
            *sum += self.weights[row] * self.targets[row];
        }
        let is_allowed = sides.iter().all(|(count, ..)| *count >= SMALLEST_LEAF);
        is_allowed.then(|| sides.iter().map(|(_, weight, sum)| sum * sum / weight).sum())
    }
}

/// Move the rows of the left side to the front; both sides keep their order. Returns the length of the left side.
fn partition(rows: &mut [usize], is_left: impl Fn(usize) -> bool) -> usize {
    let (left, right): (Vec<usize>, Vec<usize>) = rows.iter().partition(|&&row| is_left(row));
    rows[..left.len()].copy_from_slice(&left);
    rows[left.len()..].copy_from_slice(&right);
    left.len()
}
