//! Raw security events. Every source, real or simulated, is converted to these types before features are
//! computed.

mod names;

use std::collections::HashMap;

pub use names::{Names, Symbol};

/// The Windows event code of a successful logon.
pub const LOGON_SUCCEEDED: u32 = 4624;
/// The Windows event code of a failed logon.
pub const LOGON_FAILED: u32 = 4625;

/// A successful or failed logon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logon {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The account that logs on.
    pub user: Symbol,
    /// The address that the logon comes from; [`Symbol::UNKNOWN`] if the source has none.
    pub source_ip: Symbol,
    /// The host that the account logs on to.
    pub host: Symbol,
    /// The event code of the source, such as [`LOGON_FAILED`].
    pub event_code: u32,
    /// Whether the logon succeeds; `None` if the source does not say.
    pub success: Option<bool>,
    /// Whether the logon has administrator rights; `None` if unknown.
    pub is_admin: Option<bool>,
    /// The label; `None` without one.
    pub suspicious: Option<bool>,
    /// The attack that the event is part of; [`Symbol::UNKNOWN`] for normal events and without this knowledge.
    pub attack: Symbol,
}

/// The start of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessStart {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The host of the process.
    pub host: Symbol,
    /// The account that starts the process.
    pub user: Symbol,
    /// The image of the parent process.
    pub parent: Symbol,
    /// The image of the new process.
    pub child: Symbol,
    /// The command line of the new process; [`Symbol::UNKNOWN`] if the source has none.
    pub command_line: Symbol,
    /// Whether the image of the parent is signed; `None` if unknown.
    pub parent_signed: Option<bool>,
    /// The label; `None` without one.
    pub suspicious: Option<bool>,
    /// The attack that the event is part of; [`Symbol::UNKNOWN`] for normal events and without this knowledge.
    pub attack: Symbol,
}

/// A change of an account or a group, such as a password reset or a new member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminChange {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The host of the change.
    pub host: Symbol,
    /// The account that makes the change.
    pub actor: Symbol,
    /// The changed account or group.
    pub target: Symbol,
    /// The interface of the change, such as `gui`, `cli` or `api`.
    pub method: Symbol,
    /// The label; `None` without one.
    pub suspicious: Option<bool>,
    /// The attack that the event is part of; [`Symbol::UNKNOWN`] for normal events and without this knowledge.
    pub attack: Symbol,
}

/// All events of a source, in any order, and their names.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// The names of all symbols in the events.
    pub names: Names,
    /// Successful and failed logons.
    pub logons: Vec<Logon>,
    /// Starts of processes.
    pub process_starts: Vec<ProcessStart>,
    /// Changes of accounts and groups.
    pub admin_changes: Vec<AdminChange>,
    /// The asset class of each host, such as `server`. Hosts without an entry are of unknown class.
    pub asset_classes: HashMap<Symbol, Symbol>,
}

impl Events {
    /// Sort the events by time. The sort is stable: events at the same time keep their order.
    pub fn into_timeline(mut self) -> Timeline {
        self.logons.sort_by_key(|logon| logon.time);
        self.process_starts.sort_by_key(|start| start.time);
        self.admin_changes.sort_by_key(|change| change.time);
        Timeline(self)
    }

    /// The number of events of all kinds.
    pub fn len(&self) -> usize {
        self.logons.len() + self.process_starts.len() + self.admin_changes.len()
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Events sorted by time. Only [`Events::into_timeline`] creates one, so features can rely on the order.
#[derive(Clone, Debug)]
pub struct Timeline(Events);

impl Timeline {
    /// The events, each list sorted by time.
    pub fn events(&self) -> &Events {
        &self.0
    }

    /// The asset class of a host; [`Symbol::UNKNOWN`] without an entry.
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
            success: Some(true),
            is_admin: Some(false),
            suspicious: None,
            attack: Symbol::UNKNOWN,
        }
    }

    #[test]
    fn a_timeline_is_sorted_and_keeps_the_order_of_simultaneous_events() {
        let events =
            Events { logons: vec![logon(7, 1), logon(3, 2), logon(7, 3), logon(3, 4)], ..Events::default() };
        let timeline = events.into_timeline();
        let order: Vec<u32> = timeline.events().logons.iter().map(|l| l.event_code).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }

    #[test]
    fn a_host_without_an_entry_is_of_unknown_class() {
        let mut events = Events::default();
        let host = events.names.intern("WS-1");
        assert_eq!(events.into_timeline().asset_class(host), Symbol::UNKNOWN);
    }
}
