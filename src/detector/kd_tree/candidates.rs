//! The nearest points seen so far from one place.

use super::TIE;
use super::ranking::{self, FEW};
use super::tree::LANES;

/// A point and the square of its distance, which is finite and at least 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Candidate {
    pub squared: f64,
    pub index: u32,
}

/// The `count` nearest of the points seen, all that are as near as the last of them, and some that will be dropped.
#[derive(Debug)]
pub(super) struct Candidates {
    count: usize,
    /// The candidates, and behind them room for those of one more leaf.
    held: Vec<Candidate>,
    /// As much room again, to order them in.
    spare: Vec<Candidate>,
    len: usize,
    /// How many to hold before those too far away are dropped.
    limit: usize,
    reach: f64,
}

impl Candidates {
    /// To find `count` points, at least 1.
    pub fn new(count: usize) -> Self {
        let (held, spare) = (Vec::new(), Vec::new());
        Candidates { count, held, spare, len: 0, limit: count, reach: f64::INFINITY }
    }

    /// Forget every point.
    pub fn clear(&mut self) {
        (self.len, self.limit, self.reach) = (0, self.count, f64::INFINITY);
    }

    /// Squared, how far a point may be away that is one of the nearest; or a little more.
    #[inline(always)]
    pub fn reach(&self) -> f64 {
        self.reach
    }

    /// See the points of one leaf, each at its squared distance.
    #[inline(always)]
    pub fn see(&mut self, squared: &[f64; LANES], indices: &[u32]) {
        if self.held.len() < self.len + LANES {
            self.held.resize(2 * self.len + LANES, Candidate::default());
            self.spare.resize(self.held.len(), Candidate::default());
        }
        let mut near = [false; LANES];
        for lane in 0..LANES {
            near[lane] = squared[lane] <= self.reach;
        }
        if !near.contains(&true) {
            return;
        }
        let room = &mut self.held[self.len..self.len + LANES];
        let mut taken = 0;
        // Whether a point is near enough is a matter of luck: it is written anyhow, and counted if it is.
        for ((&squared, &index), near) in squared.iter().zip(indices).zip(near) {
            room[taken] = Candidate { squared, index };
            taken += usize::from(near);
        }
        self.len += taken;
        if self.len >= self.limit {
            self.drop_the_furthest();
        }
    }

    /// The nearest points, ordered by distance and then by index.
    pub fn ordered(&mut self) -> &[Candidate] {
        self.drop_the_furthest();
        let held = &mut self.held[..self.len];
        ranking::sort(held);
        if let Some(last) = held.get(self.count - 1) {
            let reach = reach(last);
            self.len = held.partition_point(|candidate| candidate.squared <= reach);
        }
        &self.held[..self.len]
    }

    fn drop_the_furthest(&mut self) {
        if self.len < self.count {
            return;
        }
        let held = &mut self.held[..self.len];
        if self.len <= FEW {
            self.reach = ranking::write_in_order(held, self.count, &mut self.spare);
            std::mem::swap(&mut self.held, &mut self.spare);
        } else {
            let by_distance = |candidate: &Candidate| candidate.squared.to_bits();
            self.reach = reach(held.select_nth_unstable_by_key(self.count - 1, by_distance).1);
        }
        let held = &mut self.held[..self.len];
        self.len = self.count;
        for at in self.count..held.len() {
            if held[at].squared <= self.reach {
                held.swap(at, self.len);
                self.len += 1;
            }
        }
        self.limit = self.len + (self.count / 4).max(LEAST_SURPLUS);
    }
}

/// Squared, how far away the points are that are as near as this one.
fn reach(candidate: &Candidate) -> f64 {
    candidate.squared * (1.0 + TIE)
}

/// So many candidates too many, at least, make it worth dropping them; measured, and flat around it.
const LEAST_SURPLUS: usize = 8;
