//! Copies: the same record in two files, or twice in one.

use hashbrown::HashSet;

use super::super::found::Found;
use super::fate::Fate;

/// Records whose identity was seen before are duplicates.
pub(super) fn drop(found: &[Found], fates: &mut [Fate]) {
    let mut seen = HashSet::with_capacity(found.len());
    for (found, fate) in found.iter().zip(fates) {
        if !seen.insert(found.identity) {
            *fate = Fate::Duplicate;
        }
    }
}
