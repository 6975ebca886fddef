//! Administrator rights: a record of special privileges comes after the logon with the same session on the same host; where
//! clocks step or a log is written late, a little before.

use hashbrown::{HashMap, HashSet};

use super::super::found::{Found, What};
use super::super::mapping::Mappings;
use super::fate::{Fate, rows_left};

/// A logon without an earlier one of its session may be this much later than its privileges.
const LATE: i64 = 10_000_000;

/// For each record, whether it is a logon with administrator rights. `None` where the log of the host has no record of
/// privileges at all, or does not say whether the logon succeeds.
pub(super) fn join(found: &[Found], fates: &mut [Fate], mappings: &Mappings) -> Vec<Option<bool>> {
    let mut logons: HashMap<(u32, u64), Vec<usize>> = HashMap::new();
    let mut audited = HashSet::new();
    for (index, found) in rows_left(found, fates) {
        match found.what {
            What::Logon(logon) if logon.success == Some(true) && logon.session != 0 => {
                logons.entry((found.host.index() as u32, logon.session)).or_default().push(index);
            }
            What::Privileges { .. } => {
                audited.insert(found.host);
            }
            _ => {}
        }
    }
    let mut has_rights = vec![false; found.len()];
    for (index, record) in found.iter().enumerate() {
        let What::Privileges { session } = record.what else { continue };
        if fates[index] != Fate::Row {
            continue;
        }
        let of_session = logons.get(&(record.host.index() as u32, session));
        let logon = of_session.and_then(|logons| {
            let after = logons.partition_point(|&logon| found[logon].time <= record.time);
            let is_near = |logon: &&usize| found[**logon].time <= record.time + LATE;
            let before = after.checked_sub(1).map(|last| logons[last]);
            before.or_else(|| logons.get(after).filter(is_near).copied())
        });
        fates[index] = match logon {
            Some(logon) => {
                has_rights[logon] = true;
                Fate::Merged
            }
            None => Fate::Ignored,
        };
    }
    let is_admin = |(index, record): (usize, &Found)| match record.what {
        What::Logon(logon) if logon.success == Some(false) && !mappings.mapping(record.family).central => {
            Some(false)
        }
        What::Logon(logon) if logon.success == Some(true) && audited.contains(&record.host) => {
            (logon.session != 0).then_some(has_rights[index])
        }
        _ => None,
    };
    found.iter().enumerate().map(is_admin).collect()
}
