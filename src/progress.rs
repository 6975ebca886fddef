//! How far a long computation has come, told from deep inside it to whoever looks on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A gauge that the worker sets and the onlooker reads; without an onlooker setting it does nothing.
#[derive(Clone, Debug, Default)]
pub struct Progress(Option<Arc<AtomicU32>>);

const WHOLE: f64 = 1e6;

impl Progress {
    /// Nobody looks on.
    pub const UNWATCHED: Progress = Progress(None);

    /// A gauge at 0; its clones are the same gauge.
    pub fn watched() -> Self {
        Progress(Some(Arc::default()))
    }

    /// How far the work has come, in [0, 1].
    pub fn set(&self, share: f64) {
        if let Some(gauge) = &self.0 {
            gauge.store((share.clamp(0.0, 1.0) * WHOLE) as u32, Ordering::Relaxed);
        }
    }

    /// The share that was set last, in [0, 1]; 0 where nobody looks on.
    pub fn share(&self) -> f64 {
        self.0.as_ref().map_or(0.0, |gauge| f64::from(gauge.load(Ordering::Relaxed)) / WHOLE)
    }
}

/// A count that the worker raises and the onlooker reads; its clones are the same count.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<AtomicU64>);

impl Count {
    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many there are so far.
    pub fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_the_same_count() {
        let count = Count::default();
        count.clone().add(3);
        count.add(2);
        assert_eq!(count.so_far(), 5);
    }

    #[test]
    fn clones_are_the_same_gauge() {
        let gauge = Progress::watched();
        gauge.clone().set(0.25);
        assert_eq!(gauge.share(), 0.25);
    }

    #[test]
    fn an_unwatched_gauge_stays_at_nothing() {
        Progress::UNWATCHED.set(0.5);
        assert_eq!(Progress::UNWATCHED.share(), 0.0);
    }
}
