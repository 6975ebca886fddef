//! One record of a log, as every format gives it.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// A record of a log.
#[derive(Clone, Debug)]
pub(super) struct Record<'a> {
    /// The event id; 0 for logs without.
    pub event_id: u32,
    /// The channel, such as `Security`.
    pub channel: Cow<'a, str>,
    /// When it happened.
    pub time: Time,
    /// The host that wrote it, not the collector.
    pub host: Cow<'a, str>,
    /// The number that the log gave it.
    pub record_id: Option<u64>,
    /// Its other fields.
    pub fields: Fields<'a>,
}

/// A point in time, in microseconds since 1970-01-01T00:00:00Z or as said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// A time in UTC.
    Utc(i64),
    /// Local time on a clock of twelve hours, written as if it were UTC. Only another field of the same log can correct it.
    Suspect(i64),
    /// Microseconds since the beginning of a log whose date is not known.
    SinceEpoch(i64),
}

impl Time {
    /// The microseconds, whatever they count from.
    pub(super) fn micros(self) -> i64 {
        match self {
            Time::Utc(micros) | Time::Suspect(micros) | Time::SinceEpoch(micros) => micros,
        }
    }
}

/// Named text values. Numbers and flags are text as they stand in the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    /// Add a field.
    pub(super) fn push(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Add the fields of another list.
    pub(super) fn extend(&mut self, other: Fields<'a>) {
        self.0.extend(other.0);
    }

    /// The same fields, independent of where they were read from.
    pub(super) fn into_owned(self) -> Fields<'static> {
        let own = |text: Cow<str>| Cow::Owned(text.into_owned());
        Fields(self.0.into_iter().map(|(name, value)| (own(name), own(value))).collect())
    }

    /// The first value of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| &**value)
    }
}

impl Hash for Fields<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// What a format makes of the next record.
#[derive(Debug)]
pub(super) enum Outcome<'a> {
    /// A record that was asked for.
    Record(Record<'a>),
    /// A record that was not asked for: its fields are empty.
    Ignored(Record<'a>),
    /// A record that cannot be read.
    Reject {
        /// The kind of fault in a few words, the same for all records with this fault, such as `not JSON`.
        kind: &'static str,
        /// Where, such as `security.json line 12` or `chunk 3, record 17`. No content of the record.
        place: String,
    },
}
