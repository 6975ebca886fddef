//! How far a long computation has come, told from deep inside it to whoever looks on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

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

#[cfg(test)]
mod tests {
    use super::*;

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
