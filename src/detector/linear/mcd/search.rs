//! FAST-MCD: the search for the h rows with the smallest ellipsoid, by random starts, concentration steps
//! (C-steps), and nested samples of a large table (Rousseeuw & Van Driessen 1999, sections 3 and 4).

use super::column_range::ColumnRange;
use super::location_scatter::LocationScatter;
use crate::detector::linalg::mean_and_covariance;
use crate::rows::{WeightedRows, WeightedSampler};
use crate::seed::Seed;
use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// Larger tables are searched through nested samples.
const SMALL: u64 = 600;
/// Rows per first sample.
const SAMPLE: usize = 300;
/// Rows of all first samples together, the merged sample.
const MERGED: u64 = 1500;
/// Candidates that go from one stage to the next.
const KEPT: usize = 10;
/// Candidates of a small table that run to convergence. The paper's 10 do not always include the best.
const KEPT_OF_SMALL: usize = 50;
/// C-steps before candidates are compared.
const FIRST_STEPS: usize = 2;
/// The largest number of C-steps.
const STEPS: usize = 100;
/// If a table has more values than this, only the best candidate runs to convergence.
const LARGE: usize = 100_000;

/// The best ellipsoid of `support` rows, copies included: the smallest determinant of the covariance.
pub(super) fn smallest(rows: &WeightedRows, support: u64, starts: usize, seed: Seed) -> LocationScatter {
    let all = Sample::new(rows.clone(), support);
    if rows.total() <= SMALL {
        return all.converged(from_random_starts(&all, starts, KEPT_OF_SMALL, seed));
    }
    let mut expanded =
        WeightedSampler::new(rows).draw(rows.total().min(MERGED) as usize, &mut seed.derive("merged").rng());
    expanded.shuffle(&mut seed.derive("order").rng());
    let share = support as f64 / rows.total() as f64;
    let parts = expanded.len() / SAMPLE;
    let candidates = (0..parts).flat_map(|part| {
        let indices = &expanded[part * expanded.len() / parts..(part + 1) * expanded.len() / parts];
        let sample = Sample::of(rows, indices, share);
        from_random_starts(&sample, starts.div_ceil(parts), KEPT, seed.derive("start").nth(part as u64))
    });
    let merged = Sample::of(rows, &expanded, share);
    let candidates = best(merged.concentrated(candidates.collect(), STEPS), KEPT);
    all.converged(candidates)
}

/// Rows to search for the best subset of `support` rows (h in the paper).
struct Sample {
    rows: WeightedRows,
    support: u64,
    /// The covariance of all rows of the sample.
    overall: Array2<f64>,
}

impl Sample {
    fn new(rows: WeightedRows, support: u64) -> Self {
        let (_, overall) = mean_and_covariance(&rows, &rows.weights);
        Sample { rows, support, overall }
    }

    /// Rows of a table by their indices, deduplicated. An index counts as often as it occurs.
    fn of(table: &WeightedRows, indices: &[u32], share: f64) -> Self {
        let mut sorted = indices.to_vec();
        sorted.sort_unstable();
        let runs = || sorted.chunk_by(|a, b| a == b);
        let distinct: Vec<usize> = runs().map(|run| run[0] as usize).collect();
        let rows = WeightedRows {
            points: table.points.select(Axis(0), &distinct),
            weights: runs().map(|run| run.len() as u32).collect(),
        };
        Sample::new(rows, (share * indices.len() as f64).ceil() as u64)
    }

    /// C-steps from each candidate.
    fn concentrated(&self, candidates: Vec<LocationScatter>, steps: usize) -> Vec<LocationScatter> {
        candidates.into_par_iter().map(|candidate| self.concentrate(candidate, steps)).collect()
    }

    /// The smallest ellipsoid that the candidates converge to.
    fn converged(&self, mut candidates: Vec<LocationScatter>) -> LocationScatter {
        if self.rows.points.len() > LARGE {
            candidates = best(self.concentrated(candidates, FIRST_STEPS), 1);
        }
        best(self.concentrated(candidates, STEPS), 1).remove(0)
    }

    /// C-steps until the ellipsoid no longer shrinks, at most `steps`.
    fn concentrate(&self, start: LocationScatter, steps: usize) -> LocationScatter {
        let mut candidate = self.c_step(&start);
        for _ in 1..steps {
            let next = self.c_step(&candidate);
            if !next.is_smaller_than(&candidate) {
                break;
            }
            candidate = next;
        }
        candidate
    }

    /// A C-step (section 2, theorem 1): the location and scatter of the h rows with the smallest distances.
    fn c_step(&self, candidate: &LocationScatter) -> LocationScatter {
        let copies = nearest(&candidate.distances(&self.rows), &self.rows.weights, self.support);
        LocationScatter::of(&self.rows, &copies, &self.overall)
    }

    /// An initial subset (section 3.1): d + 1 random rows for d columns, and more rows until they vary in
    /// every direction.
    fn random_start(&self, seed: Seed) -> LocationScatter {
        let mut expanded: Vec<u32> = Vec::with_capacity(self.rows.total() as usize);
        for (row, &weight) in (0..).zip(&self.rows.weights) {
            expanded.extend(std::iter::repeat_n(row, weight as usize));
        }
        expanded.shuffle(&mut seed.rng());
        let mut copies = vec![0; self.rows.len()];
        let origin = self.rows.points.row(expanded[0] as usize);
        let mut range = ColumnRange::new();
        for (size, &row) in (0..self.support).zip(&expanded) {
            if range.rank() == origin.len() && size > origin.len() as u64 {
                break;
            }
            copies[row as usize] += 1;
            range.add((&self.rows.points.row(row as usize) - &origin).to_vec());
        }
        LocationScatter::of(&self.rows, &copies, &self.overall)
    }
}

/// The best candidates of many random starts, after the first two C-steps (section 3.2).
fn from_random_starts(sample: &Sample, starts: usize, kept: usize, seed: Seed) -> Vec<LocationScatter> {
    let candidate = |start: usize| {
        let initial = sample.random_start(seed.nth(start as u64));
        sample.concentrate(initial, FIRST_STEPS)
    };
    best((0..starts).into_par_iter().map(candidate).collect(), kept)
}

/// The `kept` smallest distinct ellipsoids.
fn best(mut candidates: Vec<LocationScatter>, kept: usize) -> Vec<LocationScatter> {
    const SAME: f64 = 1e-10;
    candidates.sort_by(|a, b| (a.rank.cmp(&b.rank)).then(a.log_determinant.total_cmp(&b.log_determinant)));
    candidates.dedup_by(|a, b| a.rank == b.rank && (a.log_determinant - b.log_determinant).abs() < SAME);
    candidates.truncate(kept);
    candidates
}

/// How many copies of each row are among the `support` nearest. Ties go to the row with the lower index.
fn nearest(distances: &[f64], weights: &[u32], support: u64) -> Vec<u32> {
    let mut copies = vec![0; weights.len()];
    let mut order: Vec<u32> = (0..weights.len() as u32).collect();
    let (mut range, mut missing) = (order.as_mut_slice(), support);
    let weight = |row: &u32| u64::from(weights[*row as usize]);
    let by_distance =
        |a: &u32, b: &u32| distances[*a as usize].total_cmp(&distances[*b as usize]).then(a.cmp(b));
    while range.len() > 1 {
        let middle = range.len() / 2;
        range.select_nth_unstable_by(middle, by_distance);
        let (near, far) = range.split_at_mut(middle);
        let near_weight: u64 = near.iter().map(weight).sum();
        if near_weight >= missing {
            range = near;
        } else {
            near.iter().for_each(|row| copies[*row as usize] = weights[*row as usize]);
            (range, missing) = (far, missing - near_weight);
        }
    }
    range.iter().for_each(|row| copies[*row as usize] = missing.min(weight(row)) as u32);
    copies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_copies_of_a_row_may_be_among_the_nearest() {
        assert_eq!(nearest(&[3.0, 1.0, 2.0, 9.0], &[4, 2, 1, 5], 5), [2, 2, 1, 0]);
        assert_eq!(nearest(&[3.0, 1.0], &[4, 2], 6), [4, 2]);
    }

    #[test]
    fn ties_go_to_the_first_rows() {
        assert_eq!(nearest(&[1.0; 4], &[1; 4], 2), [1, 1, 0, 0]);
    }
}
