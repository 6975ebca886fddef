//! The rows of all tables as the hours of entities see them.

use super::slices::Slice;
use crate::error::Result;
use crate::event_features::baseline::{Events, HourEvent, Measure, key};
use crate::table::Column;
use std::collections::{BTreeMap, HashSet};

/// The columns of a table with user, host and source. A table without sources has no such column.
pub(super) fn entities(table: &str) -> [&'static str; 3] {
    let user = if table == "admin_events" { "actor_user_hash" } else { "user_hash" };
    [user, "host", "src_ip_hash"]
}

/// The events of a slice in the order of time.
pub(super) fn hour_events(
    slices: &BTreeMap<String, Slice>,
    events: &BTreeMap<String, Events>,
    added: &BTreeMap<String, Vec<Column>>,
) -> Result<Vec<HourEvent>> {
    let failed: HashSet<u64> = ["false", "0", "0.0"].map(key).into();
    let mut all = Vec::new();
    for (table, slice) in slices {
        let Some(own) = events.get(table) else { continue };
        let measure = match table.as_str() {
            "auth_events" => Measure::Logons,
            "process_events" => Measure::Starts,
            _ => Measure::Changes,
        };
        let keys = entities(table).map(|name| own.keys.get(name));
        let success = own.keys.get("is_success");
        let labels =
            slice.rows.has("is_suspicious").then(|| slice.rows.texts("is_suspicious")).transpose()?;
        let attacks = slice.rows.has("attack_id").then(|| slice.rows.texts("attack_id")).transpose()?;
        let firsts = first_pairs(added.get(table).map_or(&[][..], Vec::as_slice));
        for (row, &time) in own.times.iter().enumerate() {
            let label = labels.as_ref().and_then(|labels| labels.level(row));
            all.push(HourEvent {
                time,
                entities: keys.map(|keys| keys.map_or(0, |keys| keys[row])),
                measure,
                failed: success.is_some_and(|keys| failed.contains(&keys[row])),
                first_pairs: firsts.iter().map(|column| u32::from(column.values.real(row) == 1.0)).sum(),
                suspicious: label.map(|label| matches!(label, "true" | "1" | "1.0")),
                attack: attacks.as_ref().and_then(|attacks| attacks.level(row)).map(str::to_owned),
            });
        }
    }
    all.sort_by_key(|event| event.time);
    Ok(all)
}

/// The flags of first pairs that hours count: those of a user.
fn first_pairs(added: &[Column]) -> Vec<&Column> {
    const PAIRS: [&str; 3] = ["first_user_host", "first_user_src", "first_user_app"];
    added.iter().filter(|column| PAIRS.contains(&column.name.as_str())).collect()
}
