//! From records to rows: copies are dropped, and records that tell of the same thing become one row.

mod copies;
mod failures;
mod fate;
mod method;
mod privileges;
mod signatures;
mod starts;

use super::found::{Found, What};
use super::mapping::Mappings;
use crate::events::{Names, Symbol};

pub(super) use fate::Fate;

/// All kept records in the order of time, and what became of them.
#[derive(Debug)]
pub(super) struct Joined {
    pub found: Vec<Found>,
    pub fates: Vec<Fate>,
    /// For each record that is a logon, whether it has administrator rights.
    pub is_admin: Vec<Option<bool>>,
    /// For each record that is a start, whether the image of the parent is signed.
    pub parent_signed: Vec<Option<bool>>,
    /// For each record that is a change, its interface.
    pub methods: Vec<Symbol>,
}

impl Joined {
    /// Join the records of all inputs.
    ///
    /// What `is_wanted` refuses serves other rows, and becomes no row itself.
    pub(super) fn of(
        mut found: Vec<Found>,
        names: &mut Names,
        mappings: &Mappings,
        is_wanted: impl Fn(&Found, &Names) -> bool,
    ) -> Self {
        let interfaces = method::METHODS.map(|method| names.intern(method));
        // Ties keep the order of the log, and for the rest the order of the inputs, which are sorted by name.
        found.sort_unstable_by_key(|f| (f.time, f.host, f.record_id, f.input, f.place));
        let mut fates = vec![Fate::Row; found.len()];
        copies::drop(&found, &mut fates);
        let is_admin = privileges::join(&found, &mut fates, mappings);
        starts::join(&mut found, &mut fates);
        failures::join(&found, &mut fates, names);
        let parent_signed = signatures::join(&found, &mut fates);
        let methods = method::of_changes(&found, &fates, names, interfaces);
        for (found, fate) in found.iter().zip(&mut fates) {
            if *fate == Fate::Row && !is_wanted(found, names) {
                *fate = Fate::Ignored;
            }
        }
        Joined { found, fates, is_admin, parent_signed, methods }
    }

    /// The indices of rows of one table, in the order of time.
    pub(super) fn rows(&self, of: fn(&What) -> bool) -> Vec<u32> {
        let is_row = |index: &usize| self.fates[*index] == Fate::Row && of(&self.found[*index].what);
        (0..self.found.len()).filter(is_row).map(|index| index as u32).collect()
    }
}
