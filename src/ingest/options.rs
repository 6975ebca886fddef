//! How logs become a store.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::event_features::{Calendar, Hide};

/// How logs become a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Working hours and their zone.
    pub calendar: Calendar,
    /// How users, addresses and command lines are written.
    pub hide: Hide,
    /// The time of second 0 of logs that count seconds, in microseconds since 1970; without it, hours are missing.
    pub epoch: Option<i64>,
    /// Successful Kerberos and NTLM requests are rows, too.
    pub kerberos: bool,
    /// Only accounts of persons.
    pub people_only: bool,
    /// Only rows at or after this time, in microseconds since 1970.
    pub from: Option<i64>,
    /// Only rows before this time.
    pub to: Option<i64>,
    /// Windows that reach back further than the log count what is there, instead of being missing.
    pub assume_history: bool,
    /// A file of labels.
    pub labels: Option<PathBuf>,
    /// The class of hosts, by short name in lower case.
    pub asset_classes: BTreeMap<String, String>,
    /// Other names of accounts.
    pub identities: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            calendar: Calendar::default(),
            hide: Hide::Sha256,
            epoch: None,
            kerberos: false,
            people_only: false,
            from: None,
            to: None,
            assume_history: false,
            labels: None,
            asset_classes: BTreeMap::new(),
            identities: BTreeMap::new(),
        }
    }
}
