//! The search for the half of the rows with the flattest, smallest ellipsoid: random starts, concentration steps,
//! and nested samples of a large table (Rousseeuw & Van Driessen 1999, sections 3 and 4).

use super::shape::{Shape, moments};
use super::span::Span;
use crate::rows::{Urn, WeightedRows};
use crate::seed::Seed;
use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// Tables of more rows than this are searched by samples.
const SMALL: u64 = 600;
/// Rows in a first sample.
const SAMPLE: usize = 300;
/// Rows in all first samples together.
const MERGED: u64 = 1500;
/// Solutions that go from one stage to the next.
const KEPT: usize = 10;
/// Solutions of a small table that are followed to their end. Of the paper's 10 the best is not always one.
const KEPT_OF_SMALL: usize = 50;
/// Concentration steps before solutions are compared.
const FIRST_STEPS: usize = 2;
/// Concentration steps at most.
const STEPS: usize = 100;
/// In a table of more values than this only the best solution is followed to its end.
const LARGE: usize = 100_000;

/// The shape of the `support` rows, copies counted, whose covariance has the smallest determinant that was found.
pub(super) fn smallest(rows: &WeightedRows, support: u64, starts: usize, seed: Seed) -> Shape {
    let all = Sample::new(rows.clone(), support);
    if rows.total() <= SMALL {
        return all.finished(from_random_starts(&all, starts, KEPT_OF_SMALL, seed));
    }
    let mut unfolded =
        Urn::new(rows).draw(rows.total().min(MERGED) as usize, &mut seed.derive("merged").rng());
    unfolded.shuffle(&mut seed.derive("order").rng());
    let share = support as f64 / rows.total() as f64;
    let parts = unfolded.len() / SAMPLE;
    let candidates = (0..parts).flat_map(|part| {
        let drawn = &unfolded[part * unfolded.len() / parts..(part + 1) * unfolded.len() / parts];
        let sample = Sample::drawn(rows, drawn, share);
        from_random_starts(&sample, starts.div_ceil(parts), KEPT, seed.derive("start").nth(part as u64))
    });
    let merged = Sample::drawn(rows, &unfolded, share);
    let candidates = best(merged.concentrated(candidates.collect(), STEPS), KEPT);
    all.finished(candidates)
}

/// Rows among which a set of a certain size is sought.
struct Sample {
    rows: WeightedRows,
    support: u64,
    /// The covariance of all of them.
    overall: Array2<f64>,
}

impl Sample {
    fn new(rows: WeightedRows, support: u64) -> Self {
        let overall = moments(&rows, &rows.weights).1;
        Sample { rows, support, overall }
    }

    /// Some unfolded rows of a table, folded again.
    fn drawn(table: &WeightedRows, unfolded: &[u32], share: f64) -> Self {
        let mut sorted = unfolded.to_vec();
        sorted.sort_unstable();
        let runs = || sorted.chunk_by(|a, b| a == b);
        let distinct: Vec<usize> = runs().map(|run| run[0] as usize).collect();
        let rows = WeightedRows {
            points: table.points.select(Axis(0), &distinct),
            weights: runs().map(|run| run.len() as u32).collect(),
        };
        Sample::new(rows, (share * unfolded.len() as f64).ceil() as u64)
    }

    /// Concentration steps from each shape, until the ellipsoid shrinks no more or there were so many.
    fn concentrated(&self, shapes: Vec<Shape>, steps: usize) -> Vec<Shape> {
        shapes.into_par_iter().map(|shape| self.concentrate(shape, steps)).collect()
    }

    /// The smallest of the ellipsoids that the shapes lead to.
    fn finished(&self, mut shapes: Vec<Shape>) -> Shape {
        if self.rows.points.len() > LARGE {
            shapes = best(self.concentrated(shapes, FIRST_STEPS), 1);
        }
        best(self.concentrated(shapes, STEPS), 1).remove(0)
    }

    fn concentrate(&self, from: Shape, steps: usize) -> Shape {
        let mut shape = self.nearest(&from);
        for _ in 1..steps {
            let next = self.nearest(&shape);
            if !next.is_smaller_than(&shape) {
                break;
            }
            shape = next;
        }
        shape
    }

    /// A concentration step: the shape of the rows that are nearest by another's distances (section 2, theorem 1).
    fn nearest(&self, shape: &Shape) -> Shape {
        let copies = nearest(&shape.distances(&self.rows), &self.rows.weights, self.support);
        Shape::of(&self.rows, &copies, &self.overall)
    }

    /// The shape of one row more than there are columns, drawn at random, and of as many further ones as it takes for
    /// them to vary in every direction (section 3.1).
    fn random_shape(&self, seed: Seed) -> Shape {
        let mut unfolded: Vec<u32> = Vec::with_capacity(self.rows.total() as usize);
        for (row, &weight) in (0..).zip(&self.rows.weights) {
            unfolded.extend(std::iter::repeat_n(row, weight as usize));
        }
        unfolded.shuffle(&mut seed.rng());
        let mut copies = vec![0; self.rows.len()];
        let origin = self.rows.points.row(unfolded[0] as usize);
        let mut span = Span::new();
        for (drawn, &row) in (0..self.support).zip(&unfolded) {
            if span.rank() == origin.len() && drawn > origin.len() as u64 {
                break;
            }
            copies[row as usize] += 1;
            span.add((&self.rows.points.row(row as usize) - &origin).to_vec());
        }
        Shape::of(&self.rows, &copies, &self.overall)
    }
}

/// The best of many starts, two concentration steps on.
fn from_random_starts(sample: &Sample, starts: usize, kept: usize, seed: Seed) -> Vec<Shape> {
    let start = |start: usize| {
        let shape = sample.random_shape(seed.nth(start as u64));
        sample.concentrate(shape, FIRST_STEPS)
    };
    best((0..starts).into_par_iter().map(start).collect(), kept)
}

/// The smallest ellipsoids, each once.
fn best(mut shapes: Vec<Shape>, kept: usize) -> Vec<Shape> {
    const SAME: f64 = 1e-10;
    shapes.sort_by(|a, b| (a.rank.cmp(&b.rank)).then(a.log_determinant.total_cmp(&b.log_determinant)));
    shapes.dedup_by(|a, b| a.rank == b.rank && (a.log_determinant - b.log_determinant).abs() < SAME);
    shapes.truncate(kept);
    shapes
}

/// How many copies of each row are among the `amount` nearest, of equally near ones those of the first.
fn nearest(distances: &[f64], weights: &[u32], amount: u64) -> Vec<u32> {
    let mut copies = vec![0; weights.len()];
    let mut order: Vec<u32> = (0..weights.len() as u32).collect();
    let (mut span, mut left) = (order.as_mut_slice(), amount);
    let weight = |row: &u32| u64::from(weights[*row as usize]);
    let by_distance =
        |a: &u32, b: &u32| distances[*a as usize].total_cmp(&distances[*b as usize]).then(a.cmp(b));
    while span.len() > 1 {
        let middle = span.len() / 2;
        span.select_nth_unstable_by(middle, by_distance);
        let (near, far) = span.split_at_mut(middle);
        let held: u64 = near.iter().map(weight).sum();
        if held >= left {
            span = near;
        } else {
            near.iter().for_each(|row| copies[*row as usize] = weights[*row as usize]);
            (span, left) = (far, left - held);
        }
    }
    span.iter().for_each(|row| copies[*row as usize] = left.min(weight(row)) as u32);
    copies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_may_be_taken_in_part() {
        assert_eq!(nearest(&[3.0, 1.0, 2.0, 9.0], &[4, 2, 1, 5], 5), [2, 2, 1, 0]);
        assert_eq!(nearest(&[3.0, 1.0], &[4, 2], 6), [4, 2]);
    }

    #[test]
    fn of_equally_near_rows_the_first_are_taken() {
        assert_eq!(nearest(&[1.0; 4], &[1; 4], 2), [1, 1, 0, 0]);
    }
}
