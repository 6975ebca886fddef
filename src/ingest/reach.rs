//! How far the logs reach back, which decides whether a window before an event is known.

use std::collections::BTreeMap;

use super::found::Found;
use super::mapping::Mappings;
use super::read::Reach;
use crate::events::Symbol;

/// The reach of all logs.
#[derive(Debug)]
pub(super) struct Coverage<'m> {
    mappings: &'m Mappings,
    of_hosts: BTreeMap<(Symbol, u8), Reach>,
    /// By family, over all hosts.
    of_families: BTreeMap<u8, Reach>,
    /// Windows count what is there, even if the log does not reach back.
    is_assumed: bool,
}

impl<'m> Coverage<'m> {
    pub(super) fn new(
        mappings: &'m Mappings,
        of_hosts: BTreeMap<(Symbol, u8), Reach>,
        is_assumed: bool,
    ) -> Self {
        let mut of_families: BTreeMap<u8, Reach> = BTreeMap::new();
        for ((_, family), reach) in &of_hosts {
            let whole = of_families.entry(*family).or_default();
            *whole = whole.with(*reach);
        }
        Coverage { mappings, of_hosts, of_families, is_assumed }
    }

    /// Whether the log of the host reaches back over a span before a record.
    pub(super) fn of_log(&self, found: &Found, span: i64) -> bool {
        self.is_assumed || self.log(found, found.family).is_some_and(|log| log.first <= found.time - span)
    }

    /// Whether the log of the host reaches back over a span before a record, and logs failures at all.
    pub(super) fn of_failures(&self, found: &Found, span: i64) -> bool {
        // Failures of Windows hosts are in the security log, also for records of another one.
        let family =
            self.mappings.family("security").filter(|_| !self.mappings.mapping(found.family).central);
        let log = self.log(found, family.unwrap_or(found.family));
        self.is_assumed || log.is_some_and(|log| log.has_failure && log.first <= found.time - span)
    }

    fn log(&self, found: &Found, family: u8) -> Option<&Reach> {
        match self.mappings.mapping(family).central {
            true => self.of_families.get(&family),
            false => self.of_hosts.get(&(found.host, family)),
        }
    }
}
