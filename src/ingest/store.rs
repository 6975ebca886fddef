//! Writes the rows of the three tables, day by day.

use std::io::{self, Write};

use super::found::{Found, What};
use super::identity::AccountKind;
use super::join::Joined;
use super::labels::Labels;
use super::reach::Coverage;
use crate::event_features::EventRows;
use crate::event_features::calendar::{DAY, HOUR, MINUTE};
use crate::events::{AdminChange, Logon, Names, ProcessStart, Symbol};
use crate::table::{Categories, Column, PartWriter, Values};

/// What rows are made of.
pub(super) struct Source<'a> {
    pub joined: &'a Joined,
    pub names: &'a Names,
    pub coverage: &'a Coverage<'a>,
    pub labels: &'a Labels,
    /// The names of the inputs, for the column `source_file`.
    pub inputs: &'a [String],
    /// Rows whose hour of the day is not known.
    pub has_hour: &'a dyn Fn(&Found) -> bool,
}

/// The numbers of written rows: logons, starts and changes.
pub(super) type Written = [u64; 3];

/// Write the tables of logons, starts and changes.
pub(super) fn write<W: Write>(source: &Source, mut rows: EventRows, out: [W; 3]) -> io::Result<Written> {
    let joined = source.joined;
    let logons = joined.rows(|what| matches!(what, What::Logon(_)));
    let starts = joined.rows(|what| matches!(what, What::Start(_)));
    let changes = joined.rows(|what| matches!(what, What::Change(_)));
    let mut rest = [&logons[..], &starts[..], &changes[..]];
    let empty = source.tables(&mut rows, [&[], &[], &[]]);
    let [auth, process, admin] = out;
    let mut writers = [
        PartWriter::new(auth, &empty[0])?,
        PartWriter::new(process, &empty[1])?,
        PartWriter::new(admin, &empty[2])?,
    ];
    loop {
        let next =
            rest.iter().filter_map(|left| left.first()).map(|&index| joined.found[index as usize].time);
        let Some(first) = next.min() else { break };
        let end = first.div_euclid(DAY).saturating_add(1).saturating_mul(DAY);
        let mut day: [&[u32]; 3] = [&[], &[], &[]];
        for (left, day) in rest.iter_mut().zip(&mut day) {
            let at = left.partition_point(|&index| joined.found[index as usize].time < end);
            (*day, *left) = left.split_at(at);
        }
        for (writer, columns) in writers.iter_mut().zip(source.tables(&mut rows, day)) {
            if columns.first().is_some_and(|column| !column.values.is_empty()) {
                writer.write(&columns)?;
            }
        }
    }
    writers.into_iter().try_for_each(PartWriter::finish)?;
    Ok([logons.len() as u64, starts.len() as u64, changes.len() as u64])
}

impl Source<'_> {
    /// The columns of the three tables for these rows.
    fn tables(&self, rows: &mut EventRows, of: [&[u32]; 3]) -> [Vec<Column>; 3] {
        let [of_auth, of_process, of_admin] = of;
        let logons: Vec<Logon> = of_auth.iter().filter_map(|&index| self.logon(index as usize)).collect();
        let starts: Vec<ProcessStart> =
            of_process.iter().filter_map(|&index| self.start(index as usize)).collect();
        let changes: Vec<AdminChange> =
            of_admin.iter().filter_map(|&index| self.change(index as usize)).collect();
        let auth = rows.auth(&logons);
        let process = rows.process(&starts);
        let admin = rows.admin(&changes, &logons);
        [self.auth(auth, of_auth), self.process(process, of_process), self.admin(admin, of_admin)]
    }

    fn logon(&self, index: usize) -> Option<Logon> {
        let found = &self.joined.found[index];
        let What::Logon(logon) = found.what else { return None };
        Some(Logon {
            time: found.time,
            user: logon.user,
            source_ip: logon.source,
            host: found.host,
            event_code: logon.event_code,
            success: logon.success,
            is_admin: self.joined.is_admin[index],
            suspicious: None,
            attack: Symbol::UNKNOWN,
        })
    }

    fn start(&self, index: usize) -> Option<ProcessStart> {
        let found = &self.joined.found[index];
        let What::Start(start) = found.what else { return None };
        Some(ProcessStart {
            time: found.time,
            host: found.host,
            user: start.user,
            parent: start.parent,
            child: start.child,
            command_line: start.command_line,
            parent_signed: self.joined.parent_signed[index],
            suspicious: None,
            attack: Symbol::UNKNOWN,
        })
    }

    fn change(&self, index: usize) -> Option<AdminChange> {
        let found = &self.joined.found[index];
        let What::Change(change) = found.what else { return None };
        Some(AdminChange {
            time: found.time,
            host: found.host,
            actor: change.actor,
            target: change.target,
            method: self.joined.methods[index],
            suspicious: None,
            attack: Symbol::UNKNOWN,
        })
    }

    fn auth(&self, mut columns: Vec<Column>, of: &[u32]) -> Vec<Column> {
        let found = self.found(of);
        for name in ["hour_of_day", "is_weekend", "is_off_hours"] {
            self.known(&mut columns, name, &found, |found, _| (self.has_hour)(found));
        }
        self.known(&mut columns, "fail_count_1h", &found, |found, _| self.coverage.of_failures(found, HOUR));
        self.known(&mut columns, "success_after_fail_15m", &found, |found, value| {
            value == 1.0 || self.coverage.of_failures(found, 15 * MINUTE)
        });
        for name in ["is_success", "is_admin"] {
            self.known(&mut columns, name, &found, |_, _| true);
        }
        let logon = |found: &&Found| match found.what {
            What::Logon(logon) => Some(logon),
            _ => None,
        };
        let text = |symbols: Vec<Symbol>| self.text(symbols.into_iter());
        let types = text(found.iter().filter_map(logon).map(|logon| logon.logon_type).collect());
        let packages = text(found.iter().filter_map(logon).map(|logon| logon.auth_package).collect());
        let users = found.iter().filter_map(logon).map(|logon| logon.user);
        let kind = |user: Symbol| AccountKind::of(self.names.name(user)).name();
        let kinds = users.map(|user| (user != Symbol::UNKNOWN).then(|| kind(user))).collect::<Categories>();
        let extra =
            [("logon_type", types), ("auth_package", packages), ("account_kind", Values::Text(kinds))];
        self.finished(columns, extra.into_iter().collect(), &found)
    }

    fn process(&self, mut columns: Vec<Column>, of: &[u32]) -> Vec<Column> {
        let found = self.found(of);
        let has_command = |found: &Found| match found.what {
            What::Start(start) => start.command_line != Symbol::UNKNOWN,
            _ => false,
        };
        let has_parent = |found: &Found| match found.what {
            What::Start(start) => start.parent != Symbol::UNKNOWN,
            _ => false,
        };
        self.known(&mut columns, "hour_of_day", &found, |found, _| (self.has_hour)(found));
        for name in ["cmd_len", "cmd_entropy", "has_encoded"] {
            self.known(&mut columns, name, &found, |found, _| has_command(found));
        }
        self.known(&mut columns, "signed_parent", &found, |_, _| true);
        self.known(&mut columns, "rare_parent_child_7d", &found, |found, value| {
            has_parent(found) && (value == 0.0 || self.coverage.of_log(found, 7 * DAY))
        });
        self.finished(columns, Vec::new(), &found)
    }

    fn admin(&self, mut columns: Vec<Column>, of: &[u32]) -> Vec<Column> {
        let found = self.found(of);
        self.known(&mut columns, "off_hours", &found, |found, _| (self.has_hour)(found));
        self.known(&mut columns, "recent_4625s_actor_1h", &found, |found, _| {
            self.coverage.of_failures(found, HOUR)
        });
        let code = |found: &&Found| match found.what {
            What::Change(change) => i64::from(change.event_code),
            _ => 0,
        };
        let codes = Values::Integer(found.iter().map(code).collect());
        self.finished(columns, vec![("event_code", codes)], &found)
    }

    fn found(&self, of: &[u32]) -> Vec<&Found> {
        of.iter().map(|&index| &self.joined.found[index as usize]).collect()
    }

    /// Turn a column into numbers, missing where the value is not known.
    fn known(
        &self,
        columns: &mut [Column],
        name: &str,
        found: &[&Found],
        is_known: impl Fn(&Found, f64) -> bool,
    ) {
        if let Some(column) = columns.iter_mut().find(|column| column.name == name) {
            let value = |(row, found): (usize, &&Found)| {
                let value = column.values.real(row);
                if is_known(found, value) { value } else { f64::NAN }
            };
            column.values = Values::Real(found.iter().enumerate().map(value).collect());
        }
    }

    /// The columns of every table: labels, and where a row comes from.
    fn finished(&self, columns: Vec<Column>, extra: Vec<(&str, Values)>, found: &[&Found]) -> Vec<Column> {
        // Labels are added here, in the same columns for every day.
        let mut columns: Vec<Column> =
            columns.into_iter().filter(|c| c.name != "is_suspicious" && c.name != "attack_id").collect();
        let files: Categories = found.iter().map(|found| Some(&*self.inputs[found.input as usize])).collect();
        let number = |found: &&Found| match found.record_id {
            0 => f64::NAN,
            id => id as f64,
        };
        let mut all = extra;
        all.extend(self.labels.columns(found, self.names));
        all.push(("source_file", Values::Text(files)));
        all.push(("record_id", Values::Real(found.iter().map(number).collect())));
        columns.extend(all.into_iter().map(|(name, values)| Column { name: name.to_owned(), values }));
        columns
    }

    fn text(&self, symbols: impl Iterator<Item = Symbol>) -> Values {
        let name = |symbol: Symbol| (symbol != Symbol::UNKNOWN).then(|| self.names.name(symbol));
        Values::Text(symbols.map(name).collect())
    }
}
