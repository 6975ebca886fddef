//! Events become the rows of the three tables, in one pass over time.
//!
//! Every window looks strictly into the past: the hour before `t` is `[t - 1 h, t)`. Neither the event
//! itself counts, nor any other of the same instant, whose order a log does not tell.

pub mod calendar;

mod admin;
mod auth;
mod columns;
mod command_line;
mod process;

use std::collections::VecDeque;

pub use admin::admin_events;
pub use auth::auth_events;
pub use process::process_events;

/// The times of some kind of event within a span before now.
#[derive(Clone, Debug, Default)]
struct Recent(VecDeque<i64>);

impl Recent {
    /// Adds an event; times come in ascending order.
    fn push(&mut self, time: i64) {
        self.0.push_back(time);
    }

    /// How many events there were from `since` on. What lies before it is forgotten for good.
    fn count(&mut self, since: i64) -> usize {
        while self.0.front().is_some_and(|&time| time < since) {
            self.0.pop_front();
        }
        self.0.len()
    }

    /// Whether the latest event was at `since` or later.
    fn any(&self, since: i64) -> bool {
        self.0.back().is_some_and(|&time| time >= since)
    }
}

#[cfg(test)]
mod oracle;
