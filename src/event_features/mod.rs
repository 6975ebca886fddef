//! Features of events: the rows of the three event tables, computed in one pass over time.
//!
//! Every feature uses strictly past events: the hour before `t` is `[t - 1 h, t)`. The event itself does not
//! count. Neither do other events at the same time, because a log does not tell their order.
//!
//! [`EventRows`] takes events part by part, in the order of time, and remembers what later windows need.

pub mod baseline;
pub mod calendar;

mod admin;
mod auth;
mod columns;
mod command_line;
mod process;

use std::collections::{HashMap, VecDeque};

use crate::events::{AdminChange, Logon, Names, ProcessStart, Symbol, Timeline};
use crate::table::Column;

pub use calendar::Calendar;
pub use columns::Hide;

/// Turns events into rows, part by part. A part must not begin before the one before it has ended, and events of the
/// same time belong to the same part.
#[derive(Debug)]
pub struct EventRows<'a> {
    names: &'a Names,
    asset_classes: &'a HashMap<Symbol, Symbol>,
    calendar: Calendar,
    hide: Hide,
    failures_of_users: auth::Failures,
    failures_of_actors: auth::Failures,
    pairs: process::Pairs,
}

impl<'a> EventRows<'a> {
    /// Rows with these working hours; `hide` says how users, addresses and command lines are written.
    pub fn new(
        names: &'a Names,
        asset_classes: &'a HashMap<Symbol, Symbol>,
        calendar: Calendar,
        hide: Hide,
    ) -> Self {
        let (failures_of_users, failures_of_actors) = Default::default();
        let pairs = process::Pairs::default();
        EventRows { names, asset_classes, calendar, hide, failures_of_users, failures_of_actors, pairs }
    }

    /// The columns of `auth_events`, one row per logon. The logons are sorted by time.
    pub fn auth(&mut self, logons: &[Logon]) -> Vec<Column> {
        auth::columns(self, logons)
    }

    /// The columns of `process_events`, one row per start. The starts are sorted by time.
    pub fn process(&mut self, starts: &[ProcessStart]) -> Vec<Column> {
        process::columns(self, starts)
    }

    /// The columns of `admin_events`, one row per change. Both lists are sorted by time; failed logons of the actors
    /// come from the logons, which are those of the same part.
    pub fn admin(&mut self, changes: &[AdminChange], logons: &[Logon]) -> Vec<Column> {
        admin::columns(self, changes, logons)
    }

    fn of(timeline: &'a Timeline) -> Self {
        let events = timeline.events();
        EventRows::new(&events.names, &events.asset_classes, Calendar::default(), Hide::Sha256)
    }

    fn asset_class(&self, host: Symbol) -> Symbol {
        self.asset_classes.get(&host).copied().unwrap_or(Symbol::UNKNOWN)
    }
}

/// The columns of `auth_events`, one row per logon, sorted by time.
pub fn auth_events(timeline: &Timeline) -> Vec<Column> {
    EventRows::of(timeline).auth(&timeline.events().logons)
}

/// The columns of `process_events`, one row per process start, sorted by time.
pub fn process_events(timeline: &Timeline) -> Vec<Column> {
    EventRows::of(timeline).process(&timeline.events().process_starts)
}

/// The columns of `admin_events`, one row per change, sorted by time. Failed logons of the actors come from
/// the logons of the timeline.
pub fn admin_events(timeline: &Timeline) -> Vec<Column> {
    let events = timeline.events();
    EventRows::of(timeline).admin(&events.admin_changes, &events.logons)
}

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
