//! What is kept of a record that becomes or changes a row.

use crate::events::{Names, Symbol};

/// What is kept of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The host that the row is about.
    pub host: Symbol,
    /// The number of the record in its input, from 0.
    pub place: u32,
    /// The input, an index into the list of inputs.
    pub input: u32,
    /// The number that the log gave to the record; 0 without one.
    pub record_id: u64,
    /// Equal for two copies of one record.
    pub identity: u64,
    pub family: u8,
    pub what: What,
}

/// The values of a record by what it becomes.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Logon(LogonFound),
    Privileges { session: u64 },
    Start(StartFound),
    Signature { guid: u64, signed: bool },
    Change(ChangeFound),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct LogonFound {
    pub user: Symbol,
    pub source: Symbol,
    pub logon_type: Symbol,
    pub auth_package: Symbol,
    pub session: u64,
    pub event_code: u32,
    pub success: Option<bool>,
    /// The record repeats a logon, if another one of the same account is near.
    pub repeats: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct StartFound {
    pub user: Symbol,
    pub parent: Symbol,
    pub child: Symbol,
    pub command_line: Symbol,
    pub pid: u32,
    pub session: u64,
    /// A hash of the identifier of the process; 0 without one.
    pub guid: u64,
    pub parent_guid: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ChangeFound {
    pub actor: Symbol,
    pub target: Symbol,
    pub session: u64,
    pub event_code: u32,
}

impl What {
    /// The account that acts.
    pub(super) fn account(&self) -> Symbol {
        match self {
            What::Logon(logon) => logon.user,
            What::Start(start) => start.user,
            What::Change(change) => change.actor,
            What::Privileges { .. } | What::Signature { .. } => Symbol::UNKNOWN,
        }
    }

    /// The event id of the record.
    pub(super) fn event_code(&self) -> u32 {
        match self {
            What::Logon(logon) => logon.event_code,
            What::Privileges { .. } => 4672,
            What::Start(start) if start.guid == 0 => 4688,
            What::Start(_) => 1,
            What::Signature { .. } => 7,
            What::Change(change) => change.event_code,
        }
    }
}

impl Found {
    /// Give accounts with several names one name.
    pub(super) fn unify(&mut self, aliases: &hashbrown::HashMap<Symbol, Symbol>) {
        let unify = |account: &mut Symbol| *account = aliases.get(account).copied().unwrap_or(*account);
        match &mut self.what {
            What::Logon(logon) => unify(&mut logon.user),
            What::Start(start) => unify(&mut start.user),
            What::Change(change) => [&mut change.actor, &mut change.target].into_iter().for_each(unify),
            What::Privileges { .. } | What::Signature { .. } => {}
        }
    }

    /// The same with the symbols of another [`Names`].
    pub(super) fn renamed(mut self, input: u32, new: &[Symbol]) -> Self {
        let renamed = |symbol: &mut Symbol| *symbol = new[symbol.index()];
        self.input = input;
        renamed(&mut self.host);
        match &mut self.what {
            What::Logon(logon) => {
                [&mut logon.user, &mut logon.source, &mut logon.logon_type, &mut logon.auth_package]
                    .into_iter()
                    .for_each(renamed);
            }
            What::Start(start) => {
                [&mut start.user, &mut start.parent, &mut start.child, &mut start.command_line]
                    .into_iter()
                    .for_each(renamed);
            }
            What::Change(change) => [&mut change.actor, &mut change.target].into_iter().for_each(renamed),
            What::Privileges { .. } | What::Signature { .. } => {}
        }
        self
    }
}

/// For each symbol of `from`, the symbol of the same name in `into`; new names are added.
pub(super) fn union(into: &mut Names, from: &Names) -> Vec<Symbol> {
    from.all().map(|name| into.intern(name)).collect()
}
