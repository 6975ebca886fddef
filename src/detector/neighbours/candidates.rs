//! The nearest points seen so far from one place.

use super::TIE;
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
    len: usize,
    /// How many to hold before those too far away are dropped.
    limit: usize,
    reach: f64,
}

impl Candidates {
    /// To find `count` points, at least 1.
    pub fn new(count: usize) -> Self {
        Candidates { count, held: Vec::new(), len: 0, limit: count, reach: f64::INFINITY }
    }

    /// Forget every point.
    pub fn clear(&mut self) {
        (self.len, self.limit, self.reach) = (0, self.count, f64::INFINITY);
    }

    /// Squared, how far a point may be away that is one of the nearest.
    #[inline(always)]
    pub fn reach(&self) -> f64 {
        self.reach
    }

    /// See the points of one leaf, each at its squared distance.
    #[inline(always)]
    pub fn see(&mut self, squared: &[f64; LANES], indices: &[u32]) {
        if self.held.len() < self.len + LANES {
            self.held.resize(2 * self.len + LANES, Candidate::default());
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
        let nearest = &mut self.held[..self.len];
        nearest.sort_unstable_by_key(|candidate| (candidate.squared.to_bits(), candidate.index));
        nearest
    }

    fn drop_the_furthest(&mut self) {
        if self.len < self.count {
            return;
        }
        // The bits of numbers that are not negative are ordered as they are.
        let by_distance = |candidate: &Candidate| candidate.squared.to_bits();
        let held = &mut self.held[..self.len];
        let (nearer, last, further) = held.select_nth_unstable_by_key(self.count - 1, by_distance);
        self.reach = last.squared * (1.0 + TIE);
        let mut tied = 0;
        for at in 0..further.len() {
            if further[at].squared <= self.reach {
                further.swap(at, tied);
                tied += 1;
            }
        }
        self.len = nearer.len() + 1 + tied;
        self.limit = self.len + (self.count / 4).max(LEAST_SURPLUS);
    }
}

/// So many candidates too many, at least, make it worth dropping them; measured, and flat around it.
const LEAST_SURPLUS: usize = 8;
