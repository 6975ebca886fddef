//! By which interface an administrative change is made.

use hashbrown::{HashMap, HashSet};

use super::super::found::{Found, What};
use super::super::identity::LOCAL;
use super::fate::{Fate, rows_left};
use crate::events::{Names, Symbol};

/// The interfaces: from another host, by a command line, by a window, or by a program.
pub(super) const METHODS: [&str; 4] = ["remote", "cli", "gui", "api"];

/// A command makes its change at most this long after its start.
const BEFORE: i64 = 10_000_000;

const COMMANDS: [&str; 18] = [
    "net.exe",
    "net1.exe",
    "powershell.exe",
    "pwsh.exe",
    "cmd.exe",
    "wmic.exe",
    "dsadd.exe",
    "dsmod.exe",
    "dsrm.exe",
    "netdom.exe",
    "sc.exe",
    "schtasks.exe",
    "reg.exe",
    "wevtutil.exe",
    "auditpol.exe",
    "cscript.exe",
    "wscript.exe",
    "ntdsutil.exe",
];
const WINDOWS: [&str; 4] = ["mmc.exe", "lusrmgr.exe", "netplwiz.exe", "systemsettings.exe"];

/// When a program was started, and the interface that it is.
type Started = (i64, Option<Interface>);

#[derive(Clone, Copy)]
enum Interface {
    Cli,
    Gui,
}

/// For each record that is a change, its interface: `remote` if the logon of its actor is one over the network from
/// another host; else by the program that the same session started in the ten seconds before; else `api`.
/// Unknown where neither the logon nor a process of the session is in the log.
pub(super) fn of_changes(
    found: &[Found],
    fates: &[Fate],
    names: &Names,
    interfaces: [Symbol; 4],
) -> Vec<Symbol> {
    let [remote, cli, gui, api] = interfaces;
    let sessions: HashSet<(Symbol, u64)> = found
        .iter()
        .filter_map(|record| match record.what {
            What::Change(change) if change.session != 0 => Some((record.host, change.session)),
            _ => None,
        })
        .collect();
    let mut is_remote: HashMap<(Symbol, u64), bool> = HashMap::new();
    let mut programs: HashMap<(Symbol, u64), Vec<Started>> = HashMap::new();
    for (_, record) in rows_left(found, fates) {
        match record.what {
            What::Logon(logon) if sessions.contains(&(record.host, logon.session)) => {
                let by_network = ["Network", "RemoteInteractive"].contains(&names.name(logon.logon_type));
                let from_elsewhere = logon.source != Symbol::UNKNOWN
                    && names.name(logon.source) != LOCAL
                    && logon.source != record.host;
                is_remote.insert((record.host, logon.session), by_network && from_elsewhere);
            }
            What::Start(start) if sessions.contains(&(record.host, start.session)) => {
                let program = names.name(start.child).rsplit('\\').next().unwrap_or_default();
                let interface = if COMMANDS.contains(&program) {
                    Some(Interface::Cli)
                } else if WINDOWS.contains(&program) {
                    Some(Interface::Gui)
                } else {
                    None
                };
                programs.entry((record.host, start.session)).or_default().push((record.time, interface));
            }
            _ => {}
        }
    }
    let method = |record: &Found| {
        let What::Change(change) = record.what else { return Symbol::UNKNOWN };
        let session = (record.host, change.session);
        let started = programs.get(&session);
        let recent = started.into_iter().flatten().rev().filter_map(|&(time, interface)| {
            (record.time - BEFORE..=record.time).contains(&time).then_some(interface).flatten()
        });
        match (is_remote.get(&session), recent.into_iter().next()) {
            (Some(true), _) => remote,
            (_, Some(Interface::Cli)) => cli,
            (_, Some(Interface::Gui)) => gui,
            (Some(false), None) => api,
            (None, None) if started.is_some() => api,
            (None, None) => Symbol::UNKNOWN,
        }
    };
    found.iter().map(method).collect()
}
