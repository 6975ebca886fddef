//! The features of process starts: the rows of `process_events`.

use std::collections::HashMap;

use super::calendar::DAY;
use super::columns::{attack, column, label, maybe_flags, schema_version, text};
use super::command_line::{CommandLines, Traits};
use super::{EventRows, Recent};
use crate::events::{ProcessStart, Symbol};
use crate::table::{Column, Values};

/// A pair of parent and child is rare if it occurred at most this often in the week before.
const RARE: usize = 2;

/// The recent starts of each pair of parent and child.
pub(super) type Pairs = HashMap<(Symbol, Symbol), Recent>;

pub(super) fn columns(rows: &mut EventRows, starts: &[ProcessStart]) -> Vec<Column> {
    let rare = rare_pairs(starts, &mut rows.pairs);
    let names = rows.names;
    let mut command_lines = CommandLines::new(names);
    let traits: Vec<Traits> = starts.iter().map(|s| command_lines.traits(s.command_line)).collect();
    let labels: Vec<Option<bool>> = starts.iter().map(|s| s.suspicious).collect();
    let signed: Vec<Option<bool>> = starts.iter().map(|s| s.parent_signed).collect();
    let hours = starts.iter().map(|s| rows.calendar.hour_of_day(s.time));
    let mut columns = vec![
        column("ts", Values::Time(starts.iter().map(|s| s.time).collect())),
        column("host", text(names, starts.iter().map(|s| s.host))),
        column("user_hash", rows.hide.names(names, starts.iter().map(|s| s.user))),
        column("parent_proc", text(names, starts.iter().map(|s| s.parent))),
        column("child_proc", text(names, starts.iter().map(|s| s.child))),
        column("cmd_line_hash", rows.hide.names(names, starts.iter().map(|s| s.command_line))),
        column("hour_of_day", Values::Integer(hours.collect())),
        column("cmd_len", Values::Integer(traits.iter().map(|t| t.length).collect())),
        column("cmd_entropy", Values::Real(traits.iter().map(|t| t.entropy).collect())),
        column("has_encoded", Values::Flag(traits.iter().map(|t| t.has_encoded).collect())),
        column("signed_parent", maybe_flags(&signed)),
        column("rare_parent_child_7d", Values::Flag(rare)),
    ];
    columns.extend(label(&labels));
    columns.extend(attack(names, starts.iter().map(|s| s.attack)));
    columns.push(schema_version(starts.len()));
    columns
}

/// For each process start, whether its pair of parent and child was rare in the week before, over all hosts.
fn rare_pairs(starts: &[ProcessStart], times: &mut Pairs) -> Vec<bool> {
    let pair = |start: &ProcessStart| (start.parent, start.child);
    let mut is_rare = Vec::with_capacity(starts.len());
    for simultaneous in starts.chunk_by(|a, b| a.time == b.time) {
        for start in simultaneous {
            let count = times.get_mut(&pair(start)).map_or(0, |times| times.count(start.time - 7 * DAY));
            is_rare.push(count <= RARE);
        }
        for start in simultaneous {
            times.entry(pair(start)).or_default().push(start.time);
        }
    }
    is_rare
}
