//! How a tree is grown on the rows drawn for it.

use super::average_path_length;
use super::tree::Outline;
use ndarray::ArrayView2;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A tree on the drawn rows of the points, no deeper than the limit.
pub(super) fn grow<'a>(
    points: ArrayView2<'a, f64>,
    mut drawn: Vec<u32>,
    depth_limit: u32,
    rng: &'a mut ChaCha8Rng,
) -> Outline {
    let mut growing = Growing { points, depth_limit, rng, outline: Outline::default() };
    growing.node(&mut drawn, 0);
    growing.outline
}

struct Growing<'a> {
    points: ArrayView2<'a, f64>,
    depth_limit: u32,
    rng: &'a mut ChaCha8Rng,
    outline: Outline,
}

impl Growing<'_> {
    fn node(&mut self, rows: &mut [u32], depth: u32) {
        let split = if depth < self.depth_limit { self.split(rows) } else { None };
        let Some((feature, threshold)) = split else {
            self.outline.leaf(f64::from(depth) + average_path_length(rows.len() as u64));
            return;
        };
        self.outline.split(feature as u32, threshold);
        let middle = partition(rows, |row| self.points[[row as usize, feature]] <= threshold);
        let (left, right) = rows.split_at_mut(middle);
        self.node(left, depth + 1);
        self.node(right, depth + 1);
    }

    /// A random feature among those that vary in these rows and a random threshold that separates them.
    fn split(&mut self, rows: &[u32]) -> Option<(usize, f64)> {
        if rows.len() < 2 {
            return None;
        }
        let mut untried: Vec<usize> = (0..self.points.ncols()).collect();
        while !untried.is_empty() {
            let feature = untried.swap_remove(self.rng.gen_range(0..untried.len()));
            let (low, high) = self.extremes(rows, feature);
            if low < high {
                let threshold = self.rng.gen_range(low..high);
                return Some((feature, threshold));
            }
        }
        None
    }

    fn extremes(&self, rows: &[u32], feature: usize) -> (f64, f64) {
        rows.iter()
            .map(|&row| self.points[[row as usize, feature]])
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    }
}

/// Move the rows that satisfy a condition to the front; how many those are.
pub(in crate::detector) fn partition(rows: &mut [u32], belongs: impl Fn(u32) -> bool) -> usize {
    let mut middle = 0;
    for at in 0..rows.len() {
        if belongs(rows[at]) {
            rows.swap(at, middle);
            middle += 1;
        }
    }
    middle
}
