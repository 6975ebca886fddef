//! Growth of one tree on its sample: algorithm 2, *iTree*, of the paper.

use super::tree::Outline;
use crate::detector::isolation::partition::partition;
use crate::detector::isolation::path_length::average_path_length;
use ndarray::ArrayView2;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Grow a tree on a sample of the rows of `points`, at most `depth_limit` deep.
pub(super) fn grow<'a>(
    points: ArrayView2<'a, f64>,
    mut sample: Vec<u32>,
    depth_limit: u32,
    rng: &'a mut ChaCha8Rng,
) -> Outline {
    let mut grower = Grower { points, depth_limit, rng, outline: Outline::default() };
    grower.grow_node(&mut sample, 0);
    grower.outline
}

struct Grower<'a> {
    points: ArrayView2<'a, f64>,
    depth_limit: u32,
    rng: &'a mut ChaCha8Rng,
    outline: Outline,
}

impl Grower<'_> {
    /// Append the node of these rows and, recursively, its children.
    fn grow_node(&mut self, rows: &mut [u32], depth: u32) {
        let split = if depth < self.depth_limit { self.random_split(rows) } else { None };
        let Some((feature, threshold)) = split else {
            self.outline.push_leaf(f64::from(depth) + average_path_length(rows.len() as u64));
            return;
        };
        self.outline.push_split(feature as u32, threshold);
        let middle = partition(rows, |row| self.points[[row as usize, feature]] <= threshold);
        let (left, right) = rows.split_at_mut(middle);
        self.grow_node(left, depth + 1);
        self.grow_node(right, depth + 1);
    }

    /// A random feature among those that vary in these rows, and a random threshold between its extremes.
    /// `None` if no feature varies.
    fn random_split(&mut self, rows: &[u32]) -> Option<(usize, f64)> {
        if rows.len() < 2 {
            return None;
        }
        let mut untried: Vec<usize> = (0..self.points.ncols()).collect();
        while !untried.is_empty() {
            let feature = untried.swap_remove(self.rng.gen_range(0..untried.len()));
            let (low, high) = self.extremes(rows, feature);
            if low < high {
                // The range of the largest doubles is infinite.
                let threshold = match (high - low).is_finite() {
                    true => self.rng.gen_range(low..high),
                    false => 2.0 * self.rng.gen_range(low / 2.0..high / 2.0),
                };
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
