//! The features of administrative changes: the rows of `admin_events`.

use super::EventRows;
use super::auth::Failures;
use super::calendar::HOUR;
use super::columns::{attack, column, label, schema_version, text};
use crate::events::{AdminChange, Logon};
use crate::table::{Column, Values};

pub(super) fn columns(rows: &mut EventRows, changes: &[AdminChange], logons: &[Logon]) -> Vec<Column> {
    let failures = failures_of_actors(changes, logons, &mut rows.failures_of_actors);
    let names = rows.names;
    let labels: Vec<Option<bool>> = changes.iter().map(|c| c.suspicious).collect();
    let off_hours = changes.iter().map(|c| rows.calendar.is_off_hours(c.time));
    let asset_classes = changes.iter().map(|c| rows.asset_class(c.host));
    let mut columns = vec![
        column("ts", Values::Time(changes.iter().map(|c| c.time).collect())),
        column("host", text(names, changes.iter().map(|c| c.host))),
        column("actor_user_hash", rows.hide.names(names, changes.iter().map(|c| c.actor))),
        column("target_user_hash", rows.hide.names(names, changes.iter().map(|c| c.target))),
        column("method", text(names, changes.iter().map(|c| c.method))),
        column("off_hours", Values::Flag(off_hours.collect())),
        column("recent_4625s_actor_1h", Values::Integer(failures)),
        column("asset_class", text(names, asset_classes)),
    ];
    columns.extend(label(&labels));
    columns.extend(attack(names, changes.iter().map(|c| c.attack)));
    columns.push(schema_version(changes.len()));
    columns
}

/// For each change, the number of failed logons of its actor in the hour before. Both sorted lists are
/// merged.
fn failures_of_actors(changes: &[AdminChange], logons: &[Logon], failures: &mut Failures) -> Vec<i64> {
    let mut failed = logons.iter().filter(|logon| logon.success == Some(false)).peekable();
    let mut counts = Vec::with_capacity(changes.len());
    for change in changes {
        while let Some(logon) = failed.next_if(|logon| logon.time < change.time) {
            failures.entry(logon.user).or_default().push(logon.time);
        }
        let recent = failures.get_mut(&change.actor);
        counts.push(recent.map_or(0, |recent| recent.count(change.time - HOUR) as i64));
    }
    for logon in failed {
        failures.entry(logon.user).or_default().push(logon.time);
    }
    counts
}
