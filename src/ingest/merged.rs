//! The logs of all inputs together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::clock::Corrections;
use super::found::{Found, union};
use super::identity;
use super::options::Options;
use super::read::{Counts, InputLog, Reach};
use crate::events::{Names, Symbol};

/// The logs of all inputs under one set of names.
#[derive(Default)]
pub(super) struct Merged {
    pub names: Names,
    pub found: Vec<Found>,
    pub inputs: Vec<Counts>,
    pub corrections: Vec<Corrections>,
    pub hosts: Vec<BTreeMap<String, (i64, i64)>>,
    pub reach: BTreeMap<(Symbol, u8), Reach>,
    pub authorities: Vec<Symbol>,
}

impl Merged {
    pub(super) fn of(logs: Vec<InputLog>, options: &Options) -> Self {
        let mut merged = Merged::default();
        let mut domains = BTreeSet::new();
        for (input, log) in logs.into_iter().enumerate() {
            let new = union(&mut merged.names, &log.names);
            let mut hosts: BTreeMap<String, (i64, i64)> = BTreeMap::new();
            for ((host, family), reach) in &log.reach {
                let host = new[host.index()];
                let whole = merged.reach.entry((host, *family)).or_default();
                *whole = whole.with(*reach);
                if reach.first <= reach.last {
                    let name = merged.names.name(host).to_owned();
                    let span = hosts.entry(name).or_insert((reach.first, reach.last));
                    *span = (span.0.min(reach.first), span.1.max(reach.last));
                }
            }
            merged.authorities.extend(log.authorities.iter().map(|host| new[host.index()]));
            merged.found.extend(log.found.iter().map(|found| found.renamed(input as u32, &new)));
            merged.inputs.push(log.counts);
            merged.corrections.push(log.corrections);
            merged.hosts.push(hosts);
            domains.extend(log.domains);
        }
        let aliases = identity::aliases(&mut merged.names, &domains, &options.identities);
        merged.found.iter_mut().for_each(|found| found.unify(&aliases));
        merged
    }

    pub(super) fn asset_classes(&mut self, options: &Options) -> HashMap<Symbol, Symbol> {
        let mut classes = HashMap::new();
        let controller = self.names.intern("dc");
        for host in &self.authorities {
            classes.insert(*host, controller);
        }
        for (host, class) in &options.asset_classes {
            let (host, class) = (self.names.intern(host), self.names.intern(class));
            classes.insert(host, class);
        }
        classes
    }
}
