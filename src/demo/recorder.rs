//! Records the simulation as the events that a real source would log.

use crate::events::{AdminChange, Events, LOGON_FAILED, LOGON_SUCCEEDED, Logon, ProcessStart, Symbol};

/// All events so far.
#[derive(Default)]
pub(super) struct Recorder {
    events: Events,
    /// The attack that all further events are part of.
    attack: Option<Symbol>,
}

/// A user at a host, with a source address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub user: Symbol,
    pub source_ip: Symbol,
    pub host: Symbol,
    pub is_admin: bool,
}

/// A process start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    pub parent: &'a str,
    pub child: &'a str,
    pub command_line: &'a str,
    pub parent_signed: bool,
}

impl Recorder {
    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    pub(super) fn into_events(self) -> Events {
        self.events
    }

    /// Label all further events suspicious, as parts of the attack with this name.
    pub(super) fn attack_begins(&mut self, name: &str) {
        self.attack = Some(self.name(name));
    }

    /// The label of the next event.
    fn suspicious(&self) -> Option<bool> {
        Some(self.attack.is_some())
    }

    /// The attack of the next event.
    fn attack(&self) -> Symbol {
        self.attack.unwrap_or(Symbol::UNKNOWN)
    }

    pub(super) fn name(&mut self, name: &str) -> Symbol {
        self.events.names.intern(name)
    }

    /// Add a host with its asset class.
    pub(super) fn host(&mut self, name: &str, asset_class: &str) -> Symbol {
        let host = self.name(name);
        let asset_class = self.name(asset_class);
        self.events.asset_classes.insert(host, asset_class);
        host
    }

    pub(super) fn logon(&mut self, time: i64, visit: Visit) {
        self.attempt(time, visit, true);
    }

    pub(super) fn failed_logon(&mut self, time: i64, visit: Visit) {
        self.attempt(time, visit, false);
    }

    pub(super) fn start(&mut self, time: i64, user: Symbol, host: Symbol, start: Start) {
        let start = ProcessStart {
            time,
            host,
            user,
            parent: self.name(start.parent),
            child: self.name(start.child),
            command_line: self.name(start.command_line),
            parent_signed: Some(start.parent_signed),
            suspicious: self.suspicious(),
            attack: self.attack(),
        };
        self.events.process_starts.push(start);
    }

    /// Record a change of the target's account by the visiting user.
    pub(super) fn change(&mut self, time: i64, visit: Visit, target: Symbol, method: &str) {
        let change = AdminChange {
            time,
            host: visit.host,
            actor: visit.user,
            target,
            method: self.name(method),
            suspicious: self.suspicious(),
            attack: self.attack(),
        };
        self.events.admin_changes.push(change);
    }

    fn attempt(&mut self, time: i64, visit: Visit, success: bool) {
        self.events.logons.push(Logon {
            time,
            user: visit.user,
            source_ip: visit.source_ip,
            host: visit.host,
            event_code: if success { LOGON_SUCCEEDED } else { LOGON_FAILED },
            success: Some(success),
            // Windows grants rights at the logon, so a failed logon has none.
            is_admin: Some(visit.is_admin && success),
            suspicious: self.suspicious(),
            attack: self.attack(),
        });
    }
}
