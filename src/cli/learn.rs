//! `whis-lab learn`: teach a model the verdicts of analysts.

use super::ExitStatus;
use super::csv::CsvFlags;
use super::data::Names;
use super::hint::with_hint;
use super::method::positive;
use super::terminal::Terminal;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::files;
use crate::model::verdict::{self, Conflicts, VerdictRecord};
use crate::model::{self, LearnData, LearnOptions, Learned, Model, TableModel};
use crate::report::{count, counted};
use crate::table::{self, Paths};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Teach a model the verdicts of analysts: rows like those called suspicious rise, rows like those called normal fall
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The model file. Its earlier verdicts stay
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Files of verdicts: JSON lines, or tables such as CSV with a column `verdict`
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', num_args = 1.., required_unless_present = "without")]
    verdicts: Vec<PathBuf>,
    /// The rows that were reviewed, or newer ones with them; they set the threshold and the severities. Files, a
    /// pattern in quotes, a folder of part files, or a store
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    data: Vec<PathBuf>,
    /// Model file to write; it may be the file of --model
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Table of the model [default: the only table, or the one with the name of the data]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The columns that identify a row, in the data and in tables of verdicts, such as an event id [default: the
    /// column row_key, a digest of the feature values]
    #[arg(long, value_name = "A,B,…")]
    key: Option<Names>,
    /// Forget the verdicts on this row: its row_key, at least 8 characters of it, or its key. The model is as if it had
    /// never had them; repeatable
    #[arg(long, value_name = "ID")]
    without: Vec<String>,
    /// What counts if analysts contradict each other
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Settle::Latest)]
    conflicts: Settle,
    /// A verdict counts half if it is this many days older than the latest one [default: all count the same]
    #[arg(long, value_name = "DAYS", value_parser = positive)]
    half_life: Option<f64>,
    /// The analyst of verdicts that name none
    #[arg(long, value_name = "NAME")]
    analyst: Option<String>,
    /// The time column of the data, for a threshold of rows a day [default: the first datetime]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    #[command(flatten)]
    csv: CsvFlags,
}

/// What counts if analysts contradict each other.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Settle {
    /// The latest verdict; without times, suspicious
    Latest,
    /// Suspicious
    Suspicious,
    /// Neither
    Drop,
    /// End with an error
    Error,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab score --model m.whis events.parquet --top 20 --by day --out review.csv
                                                            fill in the column `verdict`, then
  whis-lab learn --model m.whis --verdicts review.csv --data events.parquet --out m2.whis --analyst ana
  whis-lab learn --model m.whis --verdicts ana.jsonl,bo.csv --data events.parquet --out m2.whis --conflicts error
  whis-lab learn --model m.whis --verdicts tickets.csv --key event_id --data events.parquet --out m2.whis
  whis-lab learn --model m2.whis --without row-3fa9c1 --data events.parquet --out m3.whis
  whis-lab evaluate --model m2.whis --against m.whis --file labelled.parquet

A verdict is suspicious, normal or unsure (also s, n, u). Nothing is learned from unsure. A table of verdicts may also have \
the columns verdict_time, analyst and note. JSON lines have the fields row, verdict, time, analyst, note, table and values.

The answer says what the verdicts changed, and a cross-validated AUC on the judged rows with its interval. The order of \
verdicts does not matter. One verdict moves any score of the detector by at most 0.7, on a scale from 0 to 1.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    files::check(&arguments.out)?;
    let paths = Paths::from(&arguments.data);
    files::apart(&arguments.out, &[paths.files()?, arguments.verdicts.clone()].concat())?;
    let file = Model::read(&arguments.model)?;
    let name = arguments.table.clone().or_else(|| file.table_with_name_of(&paths.name()));
    let table = file.table(name.as_deref())?;
    let records = arguments.records(terminal)?;
    let key: Vec<String> = arguments.key.iter().flat_map(|names| names.0.clone()).collect();
    let paths = arguments.rows_of(table, paths)?;
    let data = LearnData::read(table, &paths, arguments.time.as_deref(), &key, arguments.csv.options())?;
    for note in data.notes() {
        terminal.warning(&format!("{}: {}", table.name(), with_hint(&note.text, note.hint.as_ref())));
    }
    let learned = model::learn(table, &records, &data, &arguments.options())?;
    tell(&learned, terminal);
    let model = file.with_table(&learned.model)?;
    model.write(&arguments.out)?;
    let answer = format!(
        "{}\nwrote {}: {} bytes\nSHA-256 {}\n",
        model::trained(learned.model.card()),
        arguments.out.display(),
        count(model.size() as u64),
        model.sha256()
    );
    terminal.answer(&answer)?;
    Ok(ExitStatus::Success)
}

impl Arguments {
    fn options(&self) -> LearnOptions {
        LearnOptions {
            conflicts: match self.conflicts {
                Settle::Latest => Conflicts::Latest,
                Settle::Suspicious => Conflicts::Suspicious,
                Settle::Drop => Conflicts::Drop,
                Settle::Error => Conflicts::Refuse,
            },
            half_life_days: self.half_life,
            without: self.without.clone(),
        }
    }

    /// The verdicts of all files.
    fn records(&self, terminal: &Terminal) -> Result<Vec<VerdictRecord>> {
        let key: Vec<String> = self.key.iter().flat_map(|names| names.0.clone()).collect();
        let mut records = Vec::new();
        for path in &self.verdicts {
            let found = verdict::read(path, &key)?;
            found.notes.iter().for_each(|note| terminal.warning(note));
            if found.unjudged > 0 {
                let rows = counted(found.unjudged as u64, "row has", "rows have");
                terminal.note(&format!("{}: {rows} no verdict", path.display()));
            }
            records.extend(found.records);
        }
        if records.is_empty() && self.without.is_empty() {
            let names: Vec<String> = self.verdicts.iter().map(|path| path.display().to_string()).collect();
            return Err(Error::Request(format!("{}: there is no verdict", names.join(", "))));
        }
        for record in records.iter_mut().filter(|record| record.analyst.is_none()) {
            record.analyst = self.analyst.clone();
        }
        Ok(records)
    }

    /// The files of a table: in a store, those with its name.
    fn rows_of(&self, model: &TableModel, paths: Paths) -> Result<Paths> {
        match self.data.as_slice() {
            [store] if store.is_dir() => {
                Ok(table::in_store(store, model.name())?.map_or(paths, |path| Paths::from(&path)))
            }
            _ => Ok(paths),
        }
    }
}

/// Say which verdicts were not learned, and why.
fn tell(learned: &Learned, terminal: &Terminal) {
    const SHOWN: usize = 10;
    let name = learned.model.name();
    for contradiction in learned.contradictions.iter().take(SHOWN) {
        terminal.warning(&format!("{name}: {}", contradiction.text()));
    }
    if learned.contradictions.len() > SHOWN {
        let others = learned.contradictions.len() - SHOWN;
        terminal.warning(&format!("{name}: and {others} more contradictions"));
    }
    if let Some(first) = learned.unknown.first() {
        let verdicts = counted(learned.unknown.len() as u64, "verdict is", "verdicts are");
        terminal.warning(&format!(
            "{name}: {verdicts} about rows that are neither in the data nor in the model, such as `{}`, and not \
             learned; use --data with these rows",
            printable(first, LONGEST_NAME)
        ));
    }
    if learned.other_table > 0 {
        let verdicts = counted(learned.other_table as u64, "verdict is", "verdicts are");
        terminal.warning(&format!("{name}: {verdicts} about other tables, and not learned; see --table"));
    }
    if learned.without_time > 0 {
        let verdicts = counted(learned.without_time as u64, "verdict has", "verdicts have");
        terminal.warning(&format!("{name}: {verdicts} no time, so --half-life does not apply"));
    }
    if learned.model.card().taught.as_ref().is_some_and(|taught| taught.normal_rows == 0) {
        terminal.warning(&format!(
            "{name}: every verdict is suspicious, so nothing says which rows are no alert, and normal rows like them \
             rise, too; judge some rows as normal"
        ));
    }
    if learned.model.card().taught.is_none() {
        terminal.warning(&format!("{name}: no verdict is left to learn from: the model is the untaught one"));
    }
}
