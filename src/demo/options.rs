//! How large a simulation is.

/// The size and the seed of the simulation. Time begins on Monday, 2025-01-06, at 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// At least 1.
    pub days: u32,
    /// At least 5.
    pub users: u32,
    /// The root seed.
    pub seed: u64,
}
