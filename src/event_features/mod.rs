//! Features of events: the rows of the three event tables, computed in one pass over time.
//!
//! Every feature uses strictly past events: the hour before `t` is `[t - 1 h, t)`. The event itself does not
//! count. Neither do other events at the same time, because a log does not tell their order.

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

/// The times of recent events of one kind, in ascending order.
#[derive(Clone, Debug, Default)]
struct Recent(VecDeque<i64>);

impl Recent {
    /// Add an event. Times must be in ascending order.
    fn push(&mut self, time: i64) {
        self.0.push_back(time);
    }

    /// The number of events at or after `since`. Earlier events are removed.
    fn count(&mut self, since: i64) -> usize {
        while self.0.front().is_some_and(|&time| time < since) {
            self.0.pop_front();
        }
        self.0.len()
    }

    /// Whether the latest event is at or after `since`.
    fn any(&self, since: i64) -> bool {
        self.0.back().is_some_and(|&time| time >= since)
    }
}

#[cfg(test)]
mod oracle;
