//! One candidate for the nearest points, and when two distances are tied.

/// Distances that differ by at most this share are tied: scaling changes the last bits of equal distances.
pub(in crate::detector) const TIE: f64 = 1e-9;

/// A point and its squared distance, which is finite and at least 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Candidate {
    pub squared: f64,
    pub index: u32,
}

impl Candidate {
    /// The largest squared distance that is tied with this one.
    pub fn squared_radius(&self) -> f64 {
        self.squared * (1.0 + TIE)
    }
}
