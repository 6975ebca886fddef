//! The features of process starts: the rows of `process_events`.

use std::collections::HashMap;

use super::Recent;
use super::calendar::{DAY, hour_of_day};
use super::columns::{attack, column, hashes, label, maybe_flags, schema_version, text};
use super::command_line::{CommandLines, Traits};
use crate::events::{ProcessStart, Symbol, Timeline};
use crate::table::{Column, Values};

/// A pair of parent and child is rare if it occurred at most this often in the week before.
const RARE: usize = 2;

/// The columns of `process_events`, one row per process start, sorted by time.
pub fn process_events(timeline: &Timeline) -> Vec<Column> {
    let starts = &timeline.events().process_starts;
    let names = &timeline.events().names;
    let mut command_lines = CommandLines::new(names);
    let traits: Vec<Traits> = starts.iter().map(|s| command_lines.traits(s.command_line)).collect();
    let labels: Vec<Option<bool>> = starts.iter().map(|s| s.suspicious).collect();
    let signed: Vec<Option<bool>> = starts.iter().map(|s| s.parent_signed).collect();
    let hours = starts.iter().map(|s| hour_of_day(s.time));
    let mut columns = vec![
        column("ts", Values::Time(starts.iter().map(|s| s.time).collect())),
        column("host", text(names, starts.iter().map(|s| s.host))),
        column("user_hash", hashes(names, starts.iter().map(|s| s.user))),
        column("parent_proc", text(names, starts.iter().map(|s| s.parent))),
        column("child_proc", text(names, starts.iter().map(|s| s.child))),
        column("cmd_line_hash", hashes(names, starts.iter().map(|s| s.command_line))),
        column("hour_of_day", Values::Integer(hours.collect())),
        column("cmd_len", Values::Integer(traits.iter().map(|t| t.length).collect())),
        column("cmd_entropy", Values::Real(traits.iter().map(|t| t.entropy).collect())),
        column("has_encoded", Values::Flag(traits.iter().map(|t| t.has_encoded).collect())),
        column("signed_parent", maybe_flags(&signed)),
        column("rare_parent_child_7d", Values::Flag(rare_pairs(starts))),
    ];
    columns.extend(label(&labels));
    columns.extend(attack(names, starts.iter().map(|s| s.attack)));
    columns.push(schema_version(starts.len()));
    columns
}

/// For each process start, whether its pair of parent and child was rare in the week before, over all hosts.
fn rare_pairs(starts: &[ProcessStart]) -> Vec<bool> {
    let pair = |start: &ProcessStart| (start.parent, start.child);
    let mut times: HashMap<(Symbol, Symbol), Recent> = HashMap::new();
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
