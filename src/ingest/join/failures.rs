//! A failed logon to a domain is logged by the host and by the domain controller, which knows it as a failed request of
//! Kerberos or NTLM.

use hashbrown::HashMap;

use super::super::found::{Found, What};
use super::fate::{Fate, rows_left};
use crate::events::{Names, Symbol};

/// Two records of one failure are at most this far apart.
const APART: u64 = 2_000_000;

/// A failure at the domain controller is merged where the failure of the same account at a host is within two seconds.
/// Accounts are compared without their domain, which some records do not have.
pub(super) fn join(found: &[Found], fates: &mut [Fate], names: &Names) {
    let account = |user: Symbol| names.name(user).split('@').next().unwrap_or_default().to_owned();
    let mut at_hosts: HashMap<String, Vec<i64>> = HashMap::new();
    let mut repeats = Vec::new();
    for (index, record) in rows_left(found, fates) {
        match record.what {
            What::Logon(logon) if logon.repeats => repeats.push((index, logon.user)),
            What::Logon(logon) if logon.success == Some(false) && logon.user != Symbol::UNKNOWN => {
                at_hosts.entry(account(logon.user)).or_default().push(record.time);
            }
            _ => {}
        }
    }
    for (index, user) in repeats {
        let times = at_hosts.get(&account(user));
        let is_near = times.is_some_and(|times| {
            let after = times.partition_point(|&time| time < found[index].time);
            let near =
                [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|at| times.get(at));
            near.into_iter().any(|time| time.abs_diff(found[index].time) <= APART)
        });
        if is_near {
            fates[index] = Fate::Merged;
        }
    }
}
