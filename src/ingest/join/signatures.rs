//! Whether the parent of a process is signed: Sysmon says so when a process loads its own image.

use hashbrown::{HashMap, HashSet};

use super::super::found::{Found, What};
use super::fate::{Fate, rows_left};

/// For each record that is a start, whether the image of its parent is signed; `None` if no record says so.
pub(super) fn join(found: &[Found], fates: &mut [Fate]) -> Vec<Option<bool>> {
    let mut signed_of: HashMap<u64, bool> = HashMap::new();
    let mut parents = HashSet::new();
    for (_, record) in rows_left(found, fates) {
        match record.what {
            What::Signature { guid, signed } => *signed_of.entry(guid).or_insert(true) &= signed,
            What::Start(start) => {
                parents.insert(start.parent_guid);
            }
            _ => {}
        }
    }
    for (record, fate) in found.iter().zip(fates.iter_mut()) {
        if let What::Signature { guid, .. } = record.what
            && *fate == Fate::Row
        {
            *fate = if parents.contains(&guid) { Fate::Merged } else { Fate::Ignored };
        }
    }
    let signed = |record: &Found| match record.what {
        What::Start(start) => signed_of.get(&start.parent_guid).copied(),
        _ => None,
    };
    found.iter().map(signed).collect()
}
