//! The features of logons: the rows of `auth_events`.

use std::collections::HashMap;

use super::calendar::{HOUR, MINUTE};
use super::columns::{attack, column, label, maybe_flags, schema_version, text};
use super::{EventRows, Recent};
use crate::events::{Logon, Symbol};
use crate::table::{Column, Values};

/// The times of recent failed logons of each user.
pub(super) type Failures = HashMap<Symbol, Recent>;

pub(super) fn columns(rows: &mut EventRows, logons: &[Logon]) -> Vec<Column> {
    let past = Past::of(logons, &mut rows.failures_of_users);
    let (names, calendar) = (rows.names, &rows.calendar);
    let labels: Vec<Option<bool>> = logons.iter().map(|l| l.suspicious).collect();
    let succeeded: Vec<Option<bool>> = logons.iter().map(|l| l.success).collect();
    let is_admin: Vec<Option<bool>> = logons.iter().map(|l| l.is_admin).collect();
    let hours = logons.iter().map(|l| calendar.hour_of_day(l.time));
    let flags = |value: &dyn Fn(i64) -> bool| Values::Flag(logons.iter().map(|l| value(l.time)).collect());
    let asset_classes = logons.iter().map(|l| rows.asset_class(l.host));
    let mut columns = vec![
        column("ts", Values::Time(logons.iter().map(|l| l.time).collect())),
        column("user_hash", rows.hide.names(names, logons.iter().map(|l| l.user))),
        column("src_ip_hash", rows.hide.names(names, logons.iter().map(|l| l.source_ip))),
        column("host", text(names, logons.iter().map(|l| l.host))),
        column("event_code", Values::Integer(logons.iter().map(|l| i64::from(l.event_code)).collect())),
        column("is_success", maybe_flags(&succeeded)),
        column("hour_of_day", Values::Integer(hours.collect())),
        column("is_weekend", flags(&|time| calendar.is_weekend(time))),
        column("is_off_hours", flags(&|time| calendar.is_off_hours(time))),
        column("fail_count_1h", Values::Integer(past.fail_count_1h)),
        column("success_after_fail_15m", Values::Flag(past.success_after_fail_15m)),
        column("is_admin", maybe_flags(&is_admin)),
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
    fn of(logons: &[Logon], failures: &mut Failures) -> Self {
        let mut past = Past {
            fail_count_1h: Vec::with_capacity(logons.len()),
            success_after_fail_15m: Vec::with_capacity(logons.len()),
        };
        for simultaneous in logons.chunk_by(|a, b| a.time == b.time) {
            for logon in simultaneous {
                past.push(logon, failures.get_mut(&logon.user));
            }
            for failure in simultaneous.iter().filter(|l| l.success == Some(false)) {
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
        self.success_after_fail_15m.push(logon.success == Some(true) && after_failure);
    }
}
