//! The nearest points to one query so far.

use super::candidate::Candidate;
use super::node::LANES;
use super::ranking::{self, FEW};

/// The `count` nearest of the points seen so far, all that are tied with the last of them, and a surplus that
/// the next pruning removes.
#[derive(Debug)]
pub(super) struct Candidates {
    count: usize,
    /// The first `len` elements are candidates. After them is room for the points of one more leaf.
    buffer: Vec<Candidate>,
    /// A buffer of the same length, to sort candidates into.
    spare: Vec<Candidate>,
    len: usize,
    /// The number of candidates at which the next pruning is due.
    limit: usize,
    squared_radius: f64,
}

impl Candidates {
    /// To find `count` points, at least 1.
    pub fn new(count: usize) -> Self {
        let (buffer, spare) = (Vec::new(), Vec::new());
        Candidates { count, buffer, spare, len: 0, limit: count, squared_radius: f64::INFINITY }
    }

    /// Forget all points.
    pub fn clear(&mut self) {
        (self.len, self.limit, self.squared_radius) = (0, self.count, f64::INFINITY);
    }

    /// An upper bound of the squared distance of the nearest points and their ties.
    #[inline(always)]
    pub fn squared_radius(&self) -> f64 {
        self.squared_radius
    }

    /// Add those points of one leaf that are within the radius.
    #[inline(always)]
    pub fn add(&mut self, squared: &[f64; LANES], indices: &[u32]) {
        if self.buffer.len() < self.len + LANES {
            self.buffer.resize(2 * self.len + LANES, Candidate::default());
            self.spare.resize(self.buffer.len(), Candidate::default());
        }
        let mut is_near = [false; LANES];
        for lane in 0..LANES {
            is_near[lane] = squared[lane] <= self.squared_radius;
        }
        if !is_near.contains(&true) {
            return;
        }
        let free = &mut self.buffer[self.len..self.len + LANES];
        let mut added = 0;
        // Branchless: write every point, and advance only past those within the radius.
        for ((&squared, &index), is_near) in squared.iter().zip(indices).zip(is_near) {
            free[added] = Candidate { squared, index };
            added += usize::from(is_near);
        }
        self.len += added;
        if self.len >= self.limit {
            self.prune();
        }
    }

    /// The nearest points and their ties, sorted by distance and then by index.
    pub fn sorted(&mut self) -> &[Candidate] {
        self.prune();
        let candidates = &mut self.buffer[..self.len];
        ranking::sort(candidates);
        if let Some(last) = candidates.get(self.count - 1) {
            let squared_radius = last.squared_radius();
            self.len = candidates.partition_point(|candidate| candidate.squared <= squared_radius);
        }
        &self.buffer[..self.len]
    }

    /// Shrink the radius to the `count` nearest, and remove all candidates beyond it.
    fn prune(&mut self) {
        if self.len < self.count {
            return;
        }
        self.squared_radius = self.select_nearest();
        self.remove_beyond_radius();
        self.limit = self.len + (self.count / 4).max(LEAST_SURPLUS);
    }

    /// Move the `count` nearest candidates to the front. Returns the squared radius that holds them and their
    /// ties.
    fn select_nearest(&mut self) -> f64 {
        let candidates = &mut self.buffer[..self.len];
        if self.len > FEW {
            let by_distance = |candidate: &Candidate| candidate.squared.to_bits();
            return candidates.select_nth_unstable_by_key(self.count - 1, by_distance).1.squared_radius();
        }
        let squared_radius = ranking::write_in_order(candidates, self.count, &mut self.spare);
        std::mem::swap(&mut self.buffer, &mut self.spare);
        squared_radius
    }

    /// Keep the first `count` candidates and, of the others, those within the radius.
    fn remove_beyond_radius(&mut self) {
        let candidates = &mut self.buffer[..self.len];
        self.len = self.count;
        for at in self.count..candidates.len() {
            if candidates[at].squared <= self.squared_radius {
                candidates.swap(at, self.len);
                self.len += 1;
            }
        }
    }
}

/// The smallest surplus at which pruning pays off; measured, and not sensitive.
const LEAST_SURPLUS: usize = 8;
