//! The progress of a long computation, shared between the worker and an observer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A share of work that the worker sets and an observer reads. Without an observer, setting it does nothing.
#[derive(Clone, Debug, Default)]
pub struct Progress(Option<Arc<AtomicU32>>);

const WHOLE: f64 = 1e6;

impl Progress {
    /// Progress without an observer.
    pub const HIDDEN: Progress = Progress(None);

    /// Progress with an observer, at 0. Clones share one value.
    pub fn watched() -> Self {
        Progress(Some(Arc::default()))
    }

    /// Set the share of the work that is complete; clamped to [0, 1].
    pub fn set(&self, share: f64) {
        if let Some(progress) = &self.0 {
            progress.store((share.clamp(0.0, 1.0) * WHOLE) as u32, Ordering::Relaxed);
        }
    }

    /// The latest share, in [0, 1]; 0 without an observer.
    pub fn share(&self) -> f64 {
        self.0.as_ref().map_or(0.0, |progress| f64::from(progress.load(Ordering::Relaxed)) / WHOLE)
    }
}

/// A counter that the worker increases and an observer reads. Clones share one value.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<AtomicU64>);

impl Count {
    /// Add `more` to the count.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// The current count.
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
    fn clones_are_the_same_progress() {
        let progress = Progress::watched();
        progress.clone().set(0.25);
        assert_eq!(progress.share(), 0.25);
    }

    #[test]
    fn progress_without_an_observer_stays_at_0() {
        Progress::HIDDEN.set(0.5);
        assert_eq!(Progress::HIDDEN.share(), 0.0);
    }
}
