//! The features of administrative changes: the rows of `admin_events`.

use std::collections::HashMap;

use super::Recent;
use super::calendar::{HOUR, is_off_hours};
use super::columns::{attack, column, hashes, label, schema_version, text};
use crate::events::{AdminChange, Logon, Symbol, Timeline};
use crate::table::{Column, Values};

/// The columns of `admin_events`, one row per change, sorted by time. Failed logons of the actors come from
/// the logons of the timeline.
pub fn admin_events(timeline: &Timeline) -> Vec<Column> {
    let changes = &timeline.events().admin_changes;
    let names = &timeline.events().names;
    let labels: Vec<Option<bool>> = changes.iter().map(|c| c.suspicious).collect();
    let off_hours = changes.iter().map(|c| is_off_hours(c.time));
    let failures = failures_of_actors(changes, &timeline.events().logons);
    let asset_classes = changes.iter().map(|c| timeline.asset_class(c.host));
    let mut columns = vec![
        column("ts", Values::Time(changes.iter().map(|c| c.time).collect())),
        column("host", text(names, changes.iter().map(|c| c.host))),
        column("actor_user_hash", hashes(names, changes.iter().map(|c| c.actor))),
        column("target_user_hash", hashes(names, changes.iter().map(|c| c.target))),
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
fn failures_of_actors(changes: &[AdminChange], logons: &[Logon]) -> Vec<i64> {
    let mut failures: HashMap<Symbol, Recent> = HashMap::new();
    let mut logons = logons.iter().peekable();
    let count = |change: &AdminChange| {
        while let Some(logon) = logons.next_if(|logon| logon.time < change.time) {
            if !logon.success {
                failures.entry(logon.user).or_default().push(logon.time);
            }
        }
        let recent = failures.get_mut(&change.actor);
        recent.map_or(0, |recent| recent.count(change.time - HOUR) as i64)
    };
    changes.iter().map(count).collect()
}
