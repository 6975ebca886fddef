//! What became of every record.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::found::What;
use super::join::{Fate, Joined};
use super::labels::Labels;
use super::mapping::Mappings;
use super::merged::Merged;
use super::read::Reach;
use crate::report::{count, counted};
use crate::table::rfc3339;

/// What became of the records of all inputs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IngestReport {
    /// The version of this format.
    pub format: u32,
    /// The inputs, sorted by name.
    pub files: Vec<InputReport>,
    /// Rows of each table.
    pub rows: Rows,
    /// Hosts and their logs.
    pub hosts: Vec<HostReport>,
    /// Labelled events or rules that were read, and the suspicious rows.
    pub labels: Option<LabelReport>,
}

/// What became of the records of an input: `records` is the sum of `rows`, `merged`, `ignored`, `duplicates` and
/// `rejected`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InputReport {
    /// The name of the file.
    pub file: String,
    /// The formats found in it.
    pub formats: BTreeSet<String>,
    /// Hosts in it.
    pub hosts: Vec<String>,
    /// The earliest time, in UTC.
    pub first: Option<String>,
    /// The latest time, in UTC.
    pub last: Option<String>,
    /// All records.
    pub records: u64,
    /// Rows of each table.
    pub rows: Rows,
    /// Records that are a part of a row of another record.
    pub merged: u64,
    /// Records that become nothing, by event id.
    pub ignored: BTreeMap<u32, u64>,
    /// Copies of other records.
    pub duplicates: u64,
    /// Records that cannot be read, by kind.
    pub rejected: BTreeMap<String, u64>,
    /// The first places of rejected records.
    pub reject_places: Vec<String>,
    /// Members of an archive that are not logs, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Records by channel and event id.
    pub events: BTreeMap<String, BTreeMap<u32, u64>>,
    /// Hours that the clock was ahead of UTC, by the number of records that show it. Times are corrected.
    pub clock_hours: BTreeMap<i64, u64>,
    /// Records whose false time could not be corrected.
    pub uncorrected: u64,
}

/// Rows of each table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rows {
    /// Rows of `auth_events`.
    pub auth: u64,
    /// Rows of `process_events`.
    pub process: u64,
    /// Rows of `admin_events`.
    pub admin: u64,
}

/// The log of a host.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HostReport {
    /// The short name of the host.
    pub host: String,
    /// The family of its log, such as `windows-security`.
    pub family: String,
    /// The earliest time, in UTC.
    pub first: Option<String>,
    /// The latest time, in UTC.
    pub last: Option<String>,
    /// Record numbers that are missing between the lowest and the highest; none for logs without numbers.
    pub missing_records: Option<u64>,
    /// The security log holds no failed logon, so counts of failures are missing.
    pub failures_unaudited: bool,
}

/// Labels that were read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LabelReport {
    /// Distinct events or rules.
    pub entries: u64,
    /// Suspicious rows.
    pub suspicious: u64,
}

impl Rows {
    /// Rows of all tables.
    pub fn sum(&self) -> u64 {
        self.auth + self.process + self.admin
    }
}

impl InputReport {
    /// Whether every record is accounted for.
    pub fn is_conserved(&self) -> bool {
        let parts = self.rows.sum()
            + self.merged
            + self.duplicates
            + self.ignored.values().sum::<u64>()
            + self.rejected.values().sum::<u64>();
        parts == self.records
    }
}

pub(super) fn of(
    merged: &Merged,
    inputs: &[String],
    joined: &Joined,
    labels: &Labels,
    mappings: &Mappings,
) -> IngestReport {
    let mut files: Vec<InputReport> =
        inputs.iter().enumerate().map(|(i, name)| input(merged, i, name)).collect();
    for (found, fate) in joined.found.iter().zip(&joined.fates) {
        let file = &mut files[found.input as usize];
        match (fate, &found.what) {
            (Fate::Row, What::Logon(_)) => file.rows.auth += 1,
            (Fate::Row, What::Start(_)) => file.rows.process += 1,
            (Fate::Row, What::Change(_)) => file.rows.admin += 1,
            (Fate::Merged, _) => file.merged += 1,
            (Fate::Duplicate, _) => file.duplicates += 1,
            (Fate::Row | Fate::Ignored, what) => *file.ignored.entry(what.event_code()).or_default() += 1,
        }
    }
    let mut rows = Rows::default();
    for file in &files {
        rows.auth += file.rows.auth;
        rows.process += file.rows.process;
        rows.admin += file.rows.admin;
    }
    let suspicious = || {
        let is_row = |(index, _): &(usize, _)| joined.fates[*index] == Fate::Row;
        let found = joined.found.iter().enumerate().filter(is_row).map(|(_, found)| found);
        found.filter(|found| labels.is_suspicious(found, &merged.names)).count() as u64
    };
    let labels =
        (labels.len() > 0).then(|| LabelReport { entries: labels.len() as u64, suspicious: suspicious() });
    IngestReport { format: 1, files, rows, hosts: hosts(merged, mappings), labels }
}

fn input(merged: &Merged, index: usize, name: &str) -> InputReport {
    let counts = &merged.inputs[index];
    let corrections = &merged.corrections[index];
    InputReport {
        file: name.to_owned(),
        formats: counts.formats.clone(),
        hosts: merged.hosts[index].keys().cloned().collect(),
        first: counts.first.and_then(rfc3339),
        last: counts.last.and_then(rfc3339),
        records: counts.records,
        rows: Rows::default(),
        merged: 0,
        ignored: counts.ignored.clone(),
        duplicates: 0,
        rejected: counts.rejected.clone(),
        reject_places: counts.reject_places.clone(),
        skipped: counts.skipped.clone(),
        events: counts.events.clone(),
        clock_hours: corrections.hours.clone(),
        uncorrected: corrections.uncorrected,
    }
}

/// Logs of hosts; those of a whole domain have too many hosts to list.
fn hosts(merged: &Merged, mappings: &Mappings) -> Vec<HostReport> {
    let listed = merged
        .reach
        .iter()
        .filter(|((_, family), reach)| !mappings.mapping(*family).central && reach.first <= reach.last);
    let host = |((host, family), reach): (&(_, u8), &Reach)| HostReport {
        host: merged.names.name(*host).to_owned(),
        family: mappings.mapping(*family).family.clone(),
        first: rfc3339(reach.first),
        last: rfc3339(reach.last),
        missing_records: (reach.numbered > 0)
            .then(|| (reach.highest_id - reach.lowest_id + 1).saturating_sub(reach.numbered)),
        failures_unaudited: mappings.family("security") == Some(*family) && !reach.has_failure,
    };
    let mut hosts: Vec<HostReport> = listed.map(host).collect();
    hosts.sort_by(|a, b| (&a.host, &a.family).cmp(&(&b.host, &b.family)));
    hosts
}

impl IngestReport {
    /// The share of records that cannot be read, 0 to 1.
    pub fn rejected_share(&self) -> f64 {
        let rejected: u64 = self.files.iter().flat_map(|file| file.rejected.values()).sum();
        let records: u64 = self.files.iter().map(|file| file.records).sum();
        rejected as f64 / records.max(1) as f64
    }

    /// Whether no file holds a record of a known format.
    pub fn is_empty(&self) -> bool {
        self.files.iter().all(|file| file.records == 0)
    }

    /// What a reader must know before trusting the tables.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.rows.sum() == 0 {
            warnings.push(
                "no record becomes a row: there are no logons, starts of processes or changes".to_owned(),
            );
        }
        for file in &self.files {
            if file.uncorrected > 0 {
                warnings.push(format!(
                    "{}: the clock of {} is local time with a false Z, and nothing in the file corrects it",
                    file.file,
                    counted(file.uncorrected, "record", "records")
                ));
            }
            for (reason, members) in &file.skipped {
                warnings.push(format!(
                    "{}: {} not read: {reason}",
                    file.file,
                    counted(*members, "file", "files")
                ));
            }
        }
        let rejected: u64 = self.files.iter().flat_map(|file| file.rejected.values()).sum();
        if rejected > 0 {
            warnings.push(format!(
                "{} cannot be read, {:.2} % of all; the places are in the answer",
                counted(rejected, "record", "records"),
                100.0 * self.rejected_share()
            ));
        }
        warnings
    }

    /// The report as JSON, the same bytes for the same logs.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The report as text for people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            let formats: Vec<&str> = file.formats.iter().map(String::as_str).collect();
            text += &format!("{}: {}", file.file, formats.join(", "));
            if let (Some(first), Some(last)) = (&file.first, &file.last) {
                text += &format!(", {first} to {last}");
            }
            text += &format!("\n  {}: ", counted(file.records, "record", "records"));
            text += &format!(
                "{} auth, {} process and {} admin rows, {} merged, {} ignored, {} duplicates, {} rejected\n",
                count(file.rows.auth),
                count(file.rows.process),
                count(file.rows.admin),
                count(file.merged),
                count(file.ignored.values().sum()),
                count(file.duplicates),
                count(file.rejected.values().sum()),
            );
            for place in file.reject_places.iter().take(3) {
                text += &format!("  rejected: {place}\n");
            }
            for (reason, members) in &file.skipped {
                text += &format!("  not read: {} ({reason})\n", counted(*members, "file", "files"));
            }
            if file.clock_hours.keys().any(|hours| *hours != 0) {
                let hours: Vec<String> = file.clock_hours.keys().map(|hours| format!("{hours:+}")).collect();
                text += &format!("  clock corrected: it was {} h from UTC\n", hours.join(" and "));
            }
        }
        let Rows { auth, process, admin } = self.rows;
        text += &format!("rows: {} auth, {} process, {} admin\n", count(auth), count(process), count(admin));
        if let Some(labels) = &self.labels {
            text += &format!(
                "labels: {} read, {} suspicious\n",
                count(labels.entries),
                counted(labels.suspicious, "row", "rows")
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_schema_describes_the_report() {
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(IngestReport)).unwrap() + "\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ingest/ingest.schema.json");
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap() == schema,
            "src/ingest/ingest.schema.json is out of date"
        );
    }
}
