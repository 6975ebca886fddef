//! Reads one input: which records it holds, what is kept of them, and what becomes of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::clock::{Clock, Corrections};
use super::found::{ChangeFound, Found, LogonFound, StartFound, What};
use super::mapping::{AccountFields, Becomes, LogonFields, Mappings, Repeats, StartFields, first};
use super::options::Options;
use super::record::{Fields, Outcome, Record, Time};
use super::{event_json, identity};
use crate::events::{Names, Symbol};
use crate::progress::Count;

/// The log of one input.
#[derive(Debug, Default)]
pub(super) struct InputLog {
    pub names: Names,
    pub found: Vec<Found>,
    pub counts: Counts,
    /// From when to when the log of a host and family reaches.
    pub reach: BTreeMap<(Symbol, u8), Reach>,
    /// Hosts that decide about logons to the domain.
    pub authorities: BTreeSet<Symbol>,
    /// Domain names by the identifier of their domain.
    pub domains: BTreeSet<(String, String)>,
    pub corrections: Corrections,
}

/// How the records of an input are counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// All records, rejected ones included.
    pub records: u64,
    /// By channel and event id.
    pub events: BTreeMap<String, BTreeMap<u32, u64>>,
    /// Records that become nothing, by event id.
    pub ignored: BTreeMap<u32, u64>,
    /// By kind; and the first places.
    pub rejected: BTreeMap<String, u64>,
    pub reject_places: Vec<String>,
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub formats: BTreeSet<String>,
    /// Members of archives that were read, and those that were not.
    pub members: u64,
    pub skipped: BTreeMap<String, u64>,
}

/// The part of time that the log of a host covers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub first: i64,
    pub last: i64,
    /// Whether the log holds a failed logon.
    pub has_failure: bool,
    /// The lowest and highest record number and the number of records with one, for holes.
    pub lowest_id: u64,
    pub highest_id: u64,
    pub numbered: u64,
}

impl Reach {
    fn add(&mut self, time: i64, record_id: Option<u64>) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        if let Some(id) = record_id {
            self.lowest_id = self.lowest_id.min(id);
            self.highest_id = self.highest_id.max(id);
            self.numbered += 1;
        }
    }

    /// The reach of two logs together.
    pub(super) fn with(self, other: Reach) -> Reach {
        Reach {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            has_failure: self.has_failure || other.has_failure,
            lowest_id: self.lowest_id.min(other.lowest_id),
            highest_id: self.highest_id.max(other.highest_id),
            numbered: self.numbered + other.numbered,
        }
    }
}

impl Default for Reach {
    fn default() -> Self {
        Reach {
            first: i64::MAX,
            last: i64::MIN,
            has_failure: false,
            lowest_id: u64::MAX,
            highest_id: 0,
            numbered: 0,
        }
    }
}

/// Takes the records of one input.
#[derive(Debug)]
pub(super) struct Reading<'m> {
    mappings: &'m Mappings,
    records: &'m Count,
    log: InputLog,
    clock: Clock,
    place: u32,
    kerberos: bool,
    epoch: i64,
}

/// A start of a process is written at most this long after it.
const LATEST: i64 = 3_600_000_000;
/// The number of rejected records whose place is kept for each input.
const PLACES: usize = 20;

impl<'m> Reading<'m> {
    pub(super) fn new(mappings: &'m Mappings, options: &Options, records: &'m Count) -> Self {
        let (log, clock) = Default::default();
        let (kerberos, epoch) = (options.kerberos, options.epoch.unwrap_or(0));
        Reading { mappings, records, log, clock, place: 0, kerberos, epoch }
    }

    /// A member of an archive, or the input itself, in this format.
    pub(super) fn format(&mut self, format: &str) {
        self.log.counts.formats.insert(format.to_owned());
        self.log.counts.members += 1;
    }

    /// A member that holds no records, and why.
    pub(super) fn skip(&mut self, reason: &str) {
        *self.log.counts.skipped.entry(reason.to_owned()).or_default() += 1;
    }

    /// A record that cannot be read.
    pub(super) fn reject(&mut self, kind: &str, place: &str) {
        let counts = &mut self.log.counts;
        counts.records += 1;
        *counts.rejected.entry(kind.to_owned()).or_default() += 1;
        if counts.reject_places.len() < PLACES {
            counts.reject_places.push(format!("{place}: {kind}"));
        }
        self.place += 1;
    }

    /// The next record, or what is left of it.
    pub(super) fn take(&mut self, outcome: &Outcome) {
        self.records.add(1);
        match outcome {
            Outcome::Record(record) => self.record(record),
            Outcome::Ignored(record) => self.ignore(record),
            Outcome::Reject { kind, place } => self.reject(kind, place),
        }
    }

    /// A record that becomes nothing.
    fn ignore(&mut self, record: &Record) {
        self.count(record.event_id, &record.channel);
        *self.log.counts.ignored.entry(record.event_id).or_default() += 1;
        self.reaches(&record.channel, &record.host, record.time, record.record_id);
        self.place += 1;
    }

    /// A record that may become a row.
    fn record(&mut self, record: &Record) {
        let time = self.absolute(record.time);
        self.clock.anchor(self.place, &record.host, time, record.fields.get("UtcTime"));
        let found = self.found(record, time);
        self.count(record.event_id, &record.channel);
        self.reaches(&record.channel, &record.host, time, record.record_id);
        match found {
            Some(found) => {
                if let Time::Suspect(_) = record.time {
                    self.clock.suspect(self.place, &record.host, self.log.found.len());
                }
                self.log.found.push(found);
            }
            None => *self.log.counts.ignored.entry(record.event_id).or_default() += 1,
        }
        self.place += 1;
    }

    /// The log, with corrected times.
    pub(super) fn finish(mut self) -> InputLog {
        self.log.corrections = self.clock.correct(&mut self.log.found);
        if self.clock.is_false() {
            self.reach_of_found();
        }
        self.log
    }

    /// The reach by the corrected times, which only the kept records have.
    fn reach_of_found(&mut self) {
        let InputLog { found, counts, reach, .. } = &mut self.log;
        for reach in reach.values_mut() {
            (reach.first, reach.last) = (i64::MAX, i64::MIN);
        }
        for found in found {
            reach.entry((found.host, found.family)).or_default().add(found.time, None);
        }
        counts.first = reach.values().map(|reach| reach.first).filter(|first| *first < i64::MAX).min();
        counts.last = reach.values().map(|reach| reach.last).filter(|last| *last > i64::MIN).max();
    }

    fn absolute(&self, time: Time) -> Time {
        match time {
            Time::SinceEpoch(micros) => Time::Utc(self.epoch + micros),
            time => time,
        }
    }

    fn count(&mut self, event_id: u32, channel: &str) {
        let counts = &mut self.log.counts;
        counts.records += 1;
        let of_channel = match counts.events.get_mut(channel) {
            Some(of_channel) => of_channel,
            None => counts.events.entry(channel.to_owned()).or_default(),
        };
        *of_channel.entry(event_id).or_default() += 1;
    }

    fn reaches(&mut self, channel: &str, host: &str, time: Time, record_id: Option<u64>) {
        let Some(family) = self.mappings.family(channel) else { return };
        let time = self.absolute(time).micros();
        let counts = &mut self.log.counts;
        counts.first = Some(counts.first.map_or(time, |first| first.min(time)));
        counts.last = Some(counts.last.map_or(time, |last| last.max(time)));
        let host = self.log.names.intern(&identity::host(host));
        self.log.reach.entry((host, family)).or_default().add(time, record_id);
    }

    fn found(&mut self, record: &Record, mut time: Time) -> Option<Found> {
        let (family, rule) = self.mappings.rule(record.event_id, &record.channel, &record.fields)?;
        let mut host = self.log.names.intern(&identity::host(&record.host));
        let fields = &record.fields;
        let what = match &rule.becomes {
            Becomes::Logon(of) => {
                if of.authority {
                    self.log.authorities.insert(host);
                }
                if let Some(named) = first(fields, &of.host) {
                    host = self.log.names.intern(&identity::host(named));
                }
                let logon = self.logon(of, record)?;
                if logon.success == Some(false) {
                    self.log.reach.entry((host, family)).or_default().has_failure = true;
                }
                What::Logon(logon)
            }
            Becomes::Privileges(of) => What::Privileges { session: session(fields, &of.session)? },
            Becomes::Start(of) => {
                let started = first(fields, &of.time).and_then(event_json::utc);
                if let (Time::Utc(written), Some(started)) = (time, started)
                    && (written - LATEST..=written).contains(&started)
                {
                    time = Time::Utc(started);
                }
                What::Start(self.start(of, fields)?)
            }
            Becomes::Signature(of) => {
                let (image, loaded) = (first(fields, &of.image)?, first(fields, &of.loaded)?);
                let is_own = image.eq_ignore_ascii_case(loaded);
                let guid = Some(hashed(fields, &of.guid)).filter(|guid| is_own && *guid != 0)?;
                let signed = of.signed.of(fields)? && of.status.of(fields).unwrap_or(true);
                What::Signature { guid, signed }
            }
            Becomes::Change(of) => What::Change(ChangeFound {
                actor: self.account(&of.actor, fields),
                target: self.account(&of.target, fields),
                session: session(fields, &of.session).unwrap_or(0),
                event_code: record.event_id,
            }),
            Becomes::Clock => return None,
        };
        Some(Found {
            time: time.micros(),
            host,
            place: self.place,
            input: 0,
            record_id: record.record_id.unwrap_or(0),
            identity: self.identity(record, family),
            family,
            what,
        })
    }

    fn logon(&mut self, of: &LogonFields, record: &Record) -> Option<LogonFound> {
        let fields = &record.fields;
        let success = of.success.of(fields);
        let is_kept = match of.repeats {
            None => true,
            Some(Repeats::Kerberos | Repeats::Ntlm) => success == Some(false) || self.kerberos,
            Some(Repeats::Ticket) => self.kerberos,
        };
        is_kept.then(|| LogonFound {
            user: self.account(&of.user, fields),
            source: self.intern(first(fields, &of.source).and_then(identity::source).as_deref()),
            logon_type: self.intern(first(fields, &of.logon_type).map(identity::logon_type)),
            auth_package: self.intern(first(fields, &of.auth_package)),
            session: session(fields, &of.session).unwrap_or(0),
            event_code: match (record.event_id, success) {
                // A log without event ids has those of Windows.
                (0, Some(true)) => crate::events::LOGON_SUCCEEDED,
                (0, _) => crate::events::LOGON_FAILED,
                (id, _) => id,
            },
            success,
            repeats: of.repeats.is_some() && success == Some(false),
        })
    }

    fn start(&mut self, of: &StartFields, fields: &Fields) -> Option<StartFound> {
        let child = identity::image(first(fields, &of.child)?);
        let parent = first(fields, &of.parent).map(identity::image);
        Some(StartFound {
            user: self.account(&of.user, fields),
            parent: self.intern(parent.as_deref()),
            child: self.intern(Some(&child)),
            command_line: self.intern(first(fields, &of.command_line)),
            pid: first(fields, &of.pid)
                .and_then(identity::number)
                .and_then(|n| n.try_into().ok())
                .unwrap_or(0),
            session: session(fields, &of.session).unwrap_or(0),
            guid: hashed(fields, &of.guid),
            parent_guid: hashed(fields, &of.parent_guid),
        })
    }

    fn account(&mut self, of: &AccountFields, fields: &Fields) -> Symbol {
        let domain = first(fields, &of.domain);
        let sid = first(fields, &of.sid);
        let name = first(fields, &of.name).and_then(|name| identity::account(name, domain));
        if let (Some(name), Some(of_domain)) = (&name, sid.and_then(identity::domain_of_sid))
            && let Some((_, domain)) = name.split_once('@')
        {
            let pair = (of_domain.to_owned(), domain.to_owned());
            self.log.domains.insert(pair);
        }
        self.intern(name.as_deref().or(sid))
    }

    fn intern(&mut self, name: Option<&str>) -> Symbol {
        name.map_or(Symbol::UNKNOWN, |name| self.log.names.intern(name))
    }

    /// Two copies of a record have the same host, channel, number and time; without a number, all fields are the same.
    fn identity(&self, record: &Record, family: u8) -> u64 {
        let mut hasher = DefaultHasher::new();
        identity::host(&record.host).hash(&mut hasher);
        (family, record.event_id, self.absolute(record.time).micros()).hash(&mut hasher);
        match record.record_id {
            Some(id) => id.hash(&mut hasher),
            None => record.fields.hash(&mut hasher),
        }
        hasher.finish()
    }
}

fn session(fields: &Fields, names: &[String]) -> Option<u64> {
    first(fields, names).and_then(identity::number).filter(|&session| session != 0)
}

/// A hash of an identifier; 0 without one.
fn hashed(fields: &Fields, names: &[String]) -> u64 {
    let hash = |text: &str| {
        let mut hasher = DefaultHasher::new();
        text.trim_matches(['{', '}']).to_ascii_lowercase().hash(&mut hasher);
        hasher.finish().max(1)
    };
    first(fields, names).map_or(0, hash)
}
