//! The features of logons: the rows of `auth_events`.

use std::collections::HashMap;

use super::Recent;
use super::calendar::{HOUR, MINUTE, hour_of_day, is_off_hours, is_weekend};
use super::columns::{attack, column, hashes, label, schema_version, text};
use crate::events::{Logon, Symbol, Timeline};
use crate::table::{Column, Values};

/// The columns of `auth_events`, one row per logon, sorted by time.
pub fn auth_events(timeline: &Timeline) -> Vec<Column> {
    let logons = &timeline.events().logons;
    let names = &timeline.events().names;
    let past = Past::of(logons);
    let labels: Vec<Option<bool>> = logons.iter().map(|l| l.suspicious).collect();
    let integers = |value: fn(&Logon) -> i64| Values::Integer(logons.iter().map(value).collect());
    let flags = |value: fn(&Logon) -> bool| Values::Flag(logons.iter().map(value).collect());
    let asset_classes = logons.iter().map(|l| timeline.asset_class(l.host));
    let mut columns = vec![
        column("ts", Values::Time(logons.iter().map(|l| l.time).collect())),
        column("user_hash", hashes(names, logons.iter().map(|l| l.user))),
        column("src_ip_hash", hashes(names, logons.iter().map(|l| l.source_ip))),
        column("host", text(names, logons.iter().map(|l| l.host))),
        column("event_code", integers(|l| i64::from(l.event_code))),
        column("is_success", flags(|l| l.success)),
        column("hour_of_day", integers(|l| hour_of_day(l.time))),
        column("is_weekend", flags(|l| is_weekend(l.time))),
        column("is_off_hours", flags(|l| is_off_hours(l.time))),
        column("fail_count_1h", Values::Integer(past.fail_count_1h)),
        column("success_after_fail_15m", Values::Flag(past.success_after_fail_15m)),
        column("is_admin", flags(|l| l.is_admin)),
        column("asset_class", text(names, asset_classes)),
    ];
    columns.extend(label(&labels));
    columns.extend(attack(names, logons.iter().map(|l| l.attack)));
    columns.push(schema_version(logons.len()));
    columns
}

/// The features of each logon that depend on earlier logons.
struct Past {
    fail_count_1h: Vec<i64>,
    success_after_fail_15m: Vec<bool>,
}

impl Past {
    fn of(logons: &[Logon]) -> Self {
        let mut past = Past {
            fail_count_1h: Vec::with_capacity(logons.len()),
            success_after_fail_15m: Vec::with_capacity(logons.len()),
        };
        let mut failures: HashMap<Symbol, Recent> = HashMap::new();
        for simultaneous in logons.chunk_by(|a, b| a.time == b.time) {
            for logon in simultaneous {
                past.push(logon, failures.get_mut(&logon.user));
            }
            for failure in simultaneous.iter().filter(|l| !l.success) {
                failures.entry(failure.user).or_default().push(failure.time);
            }
        }
        past
    }

    fn push(&mut self, logon: &Logon, failures: Option<&mut Recent>) {
        let (count, after_failure) = failures.map_or((0, false), |failures| {
            let count = failures.count(logon.time - HOUR);
            (count, failures.any(logon.time - 15 * MINUTE))
        });
        self.fail_count_1h.push(count as i64);
        self.success_after_fail_15m.push(logon.success && after_failure);
    }
}
