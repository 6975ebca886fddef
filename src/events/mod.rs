//! Raw security events: what every source, real or simulated, becomes before anything is counted.

mod names;

use std::collections::HashMap;

pub use names::{Names, Symbol};

/// A Windows logon that succeeded.
pub const LOGON_SUCCEEDED: u32 = 4624;
/// A Windows logon that failed.
pub const LOGON_FAILED: u32 = 4625;

/// A logon, or an attempt at one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logon {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    pub user: Symbol,
    pub source_ip: Symbol,
    pub host: Symbol,
    /// The code the source gave it, such as [`LOGON_FAILED`].
    pub event_code: u32,
    pub success: bool,
    pub is_admin: bool,
    pub suspicious: Option<bool>,
}

/// A process that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessStart {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    pub host: Symbol,
    pub user: Symbol,
    pub parent: Symbol,
    pub child: Symbol,
    pub command_line: Symbol,
    /// Whether the parent's image is signed, where the source says so.
    pub parent_signed: Option<bool>,
    pub suspicious: Option<bool>,
}

/// A change to an account or a group: a reset password, a new member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminChange {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    pub host: Symbol,
    pub actor: Symbol,
    pub target: Symbol,
    /// By what means the change was made, such as `gui`, `cli` or `api`.
    pub method: Symbol,
    pub suspicious: Option<bool>,
}

/// All events of a source, in any order, and the names they speak of.
#[derive(Clone, Debug, Default)]
pub struct Events {
    pub names: Names,
    pub logons: Vec<Logon>,
    pub process_starts: Vec<ProcessStart>,
    pub admin_changes: Vec<AdminChange>,
    /// What kind of machine a host is, such as `server`; a host not listed is of no known kind.
    pub asset_classes: HashMap<Symbol, Symbol>,
}

impl Events {
    /// These events in the order of time; events of the same instant keep the order they had.
    pub fn into_timeline(mut self) -> Timeline {
        self.logons.sort_by_key(|logon| logon.time);
        self.process_starts.sort_by_key(|start| start.time);
        self.admin_changes.sort_by_key(|change| change.time);
        Timeline(self)
    }

    /// How many events there are of all kinds.
    pub fn len(&self) -> usize {
        self.logons.len() + self.process_starts.len() + self.admin_changes.len()
    }

    /// Whether there is no event at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Events in the order of time. The only way to get one is to sort, so that a window over events that
/// are out of order cannot be written.
#[derive(Clone, Debug)]
pub struct Timeline(Events);

impl Timeline {
    /// The events; each of their lists is in the order of time.
    pub fn events(&self) -> &Events {
        &self.0
    }

    /// The kind of machine a host is; [`Symbol::UNKNOWN`] where nobody said.
    pub fn asset_class(&self, host: Symbol) -> Symbol {
        self.0.asset_classes.get(&host).copied().unwrap_or(Symbol::UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logon(time: i64, event_code: u32) -> Logon {
        Logon {
            time,
            user: Symbol::UNKNOWN,
            source_ip: Symbol::UNKNOWN,
            host: Symbol::UNKNOWN,
            event_code,
            success: true,
            is_admin: false,
            suspicious: None,
        }
    }

    #[test]
    fn a_timeline_is_sorted_and_keeps_the_order_within_an_instant() {
        let events =
            Events { logons: vec![logon(7, 1), logon(3, 2), logon(7, 3), logon(3, 4)], ..Events::default() };
        let timeline = events.into_timeline();
        let order: Vec<u32> = timeline.events().logons.iter().map(|l| l.event_code).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }

    #[test]
    fn a_host_nobody_classified_is_of_unknown_class() {
        let mut events = Events::default();
        let host = events.names.intern("WS-1");
        assert_eq!(events.into_timeline().asset_class(host), Symbol::UNKNOWN);
    }
}
