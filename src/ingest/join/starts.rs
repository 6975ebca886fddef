//! Many hosts log one start of a process twice: in the security log, and by Sysmon.

use hashbrown::HashMap;

use super::super::found::{Found, StartFound, What};
use super::fate::{Fate, rows_left};
use crate::events::Symbol;

/// Two records of one start are at most this far apart.
const APART: i64 = 5_000_000;

/// Merge the records of one start: same host, process id and image, within five seconds. The record with the identifier of
/// the process stays and takes what only the other one has.
pub(super) fn join(found: &mut [Found], fates: &mut [Fate]) {
    let mut others: HashMap<(Symbol, u32, Symbol), Vec<usize>> = HashMap::new();
    for (index, record) in rows_left(found, fates) {
        if let What::Start(start) = record.what
            && start.guid == 0
            && start.pid != 0
        {
            others.entry((record.host, start.pid, start.child)).or_default().push(index);
        }
    }
    for index in 0..found.len() {
        let (record, is_row) = (found[index], fates[index] == Fate::Row);
        let What::Start(start) = record.what else { continue };
        if !is_row || start.guid == 0 {
            continue;
        }
        let Some(same) = others.get_mut(&(record.host, start.pid, start.child)) else { continue };
        let distance = |other: &usize| found[*other].time.abs_diff(record.time);
        let nearest = (0..same.len()).min_by_key(|&at| distance(&same[at]));
        let Some(at) = nearest.filter(|&at| distance(&same[at]) <= APART as u64) else { continue };
        let other = same.remove(at);
        if let What::Start(second) = found[other].what {
            found[index].what = What::Start(together(start, second));
        }
        fates[other] = Fate::Merged;
    }
}

fn together(start: StartFound, other: StartFound) -> StartFound {
    let known = |first: Symbol, second: Symbol| if first == Symbol::UNKNOWN { second } else { first };
    StartFound {
        user: known(start.user, other.user),
        parent: known(start.parent, other.parent),
        command_line: known(start.command_line, other.command_line),
        session: if start.session == 0 { other.session } else { start.session },
        ..start
    }
}
