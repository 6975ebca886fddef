//! From one file to columns: Parquet and CSV by polars, only the columns that are wanted.

use super::column::Column;
use super::label::LabelRule;
use super::read::{Features, Request};
use super::stream::csv as csv_stream;
use super::{convert, csv};
use crate::error::{Error, LONGEST_NAME, Result, printable};
use polars::prelude::*;
use std::fs::File;
use std::io::Read;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What was read of a file.
pub(super) struct Part {
    pub columns: Vec<Column>,
    /// The label column and its rule, where the file has it.
    pub label: Option<(String, LabelRule)>,
    /// The time column that was asked for, where the file has it.
    pub time: Option<String>,
    /// What was left out, in words.
    pub notes: Vec<String>,
}

/// No table of more values than this is read: eight bytes each, they would fill 8 GiB.
const MOST_VALUES: usize = 1 << 30;

/// What logs write for a number that is not there; among categories it is a level.
pub(super) const MARKS: [&str; 3] = ["-", "?", "\\N"];

impl Part {
    /// The same columns, those of numbers and [`MARKS`] as numbers. The label stays as it is, for its rule may name one.
    fn without_marks(self) -> Self {
        let is_label = |name: &str| self.label.as_ref().is_some_and(|(label, _)| label == name);
        let unmarked = |column: Column| if is_label(&column.name) { column } else { column.without_marks() };
        Part { columns: self.columns.into_iter().map(unmarked).collect(), ..self }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }
}

/// The wanted columns of one file.
///
/// # Errors
/// Where the file is no table, or lacks a column, or holds one of a type that cannot be read.
pub(super) fn read(file: &Path, request: &Request) -> Result<Part> {
    match file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
        true => read_csv(file, request),
        false => without_panic(file, || read_parquet(file, request)),
    }
}

fn read_parquet(file: &Path, request: &Request) -> Result<Part> {
    let handle = File::open(file).map_err(|e| Error::input(file, e))?;
    let unreadable =
        |e: PolarsError| Error::input(file, format!("not a readable Parquet file: {}", brief(&e)));
    if !file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
        && first_bytes(file) != *b"PAR1"
    {
        let lines =
            ["jsonl", "ndjson", "json"].iter().any(|ending| file.extension().is_some_and(|e| e == *ending));
        return Err(Error::input(
            file,
            match lines {
                true => {
                    "JSON lines can be scored, but not learned from; make a .parquet or .csv file of them"
                }
                false => "neither .parquet nor .csv by its name, and not a Parquet file",
            },
        ));
    }
    let mut reader = ParquetReader::new(handle);
    let schema = reader.schema().map_err(unreadable)?;
    let fields = reader.get_metadata().map_err(unreadable)?.schema_descr.fields();
    let names: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    once_each(file, &names)?;
    let type_of = |name: &str| schema.get(name).map(|field| field.dtype().clone());
    let is_time = |name: &str| {
        use ArrowDataType as T;
        matches!(type_of(name), Some(T::Timestamp(_, _) | T::Date32 | T::Date64))
    };
    let mut choice = Choice::new(file, request, &names, is_time)?;
    choice.readable(file, |name| {
        type_of(name).filter(|kind| !is_readable(kind)).map(|kind| format!("{kind:?}"))
    })?;
    let rows = reader.num_rows().map_err(unreadable)?;
    if rows.saturating_mul(choice.columns.len()) > MOST_VALUES {
        let reason = format!(
            "holds {rows} rows of {} columns, more than are read at once; give a part of it, \
                              or fewer --features",
            choice.columns.len()
        );
        return Err(Error::input(file, reason));
    }
    let frame = reader.with_columns(Some(choice.columns.clone())).finish().map_err(unreadable)?;
    choice.part(file, &frame)
}

fn read_csv(file: &Path, request: &Request) -> Result<Part> {
    let layout = csv_stream::layout(file)?;
    let (names, kinds) = (layout.names(), layout.schema());
    let is_time = |name: &str| kinds.get(name).is_some_and(DataType::is_temporal);
    let mut choice = Choice::new(file, request, &names, is_time)?;
    choice.notes.extend(csv::headless(&names));
    let unreadable = |e: PolarsError| Error::input(file, format!("not a readable CSV file: {}", brief(&e)));
    let wanted = |frame: &DataFrame| frame.select(choice.columns.iter().cloned()).map_err(unreadable);
    let mut whole = wanted(&layout.empty())?;
    let mut reader = csv_stream::Reader::open(file, &layout)?;
    while let Some(rows) = reader.next(usize::MAX)? {
        whole.vstack_mut(&wanted(&rows)?).map_err(unreadable)?;
    }
    whole.as_single_chunk_par();
    let part = choice.part(file, &whole)?;
    Ok(if matches!(request.features, Features::Typed(_)) { part } else { part.without_marks() })
}

/// Which columns of a file are to be read.
struct Choice {
    columns: Vec<String>,
    label: Option<(String, LabelRule)>,
    time: Option<String>,
    /// Whether columns that cannot be read are left out; otherwise they are errors.
    lenient: bool,
    notes: Vec<String>,
}

impl Choice {
    /// `is_time` says which columns are datetimes.
    fn new(file: &Path, request: &Request, names: &[String], is_time: impl Fn(&str) -> bool) -> Result<Self> {
        let columns = match &request.features {
            Features::Typed(features) => features.iter().map(|feature| feature.name.clone()).collect(),
            Features::Named(features) => features.clone(),
            Features::All => names.to_vec(),
        };
        let lenient = matches!(request.features, Features::All);
        let mut choice = Choice { columns, label: None, time: None, lenient, notes: Vec::new() };
        if let Some(wanted) = &request.label {
            let (name, rule) = LabelRule::parse(&wanted.column, names)?;
            choice.label = choice.beside(&name, wanted.required, names).then_some((name, rule));
        }
        if let Some(wanted) = &request.time {
            let taken = choice.beside(&wanted.column, wanted.required, names);
            choice.time = taken.then(|| wanted.column.clone());
        } else if let (Features::Named(_), Some(time)) =
            (&request.features, names.iter().find(|name| is_time(name)))
        {
            choice.beside(time, false, names);
        }
        match choice.columns.iter().find(|name| !names.contains(name)) {
            Some(missing) => Err(Error::missing_column(&file.display().to_string(), missing, names.to_vec())),
            None => Ok(choice),
        }
    }

    /// Read a column beside the features, where it is there or must be; whether it is read.
    fn beside(&mut self, name: &String, required: bool, names: &[String]) -> bool {
        let wanted = required || names.contains(name);
        if wanted && !self.columns.contains(name) {
            self.columns.push(name.clone());
        }
        wanted
    }

    fn is_asked_for(&self, name: &str) -> bool {
        let label = self.label.as_ref().map(|(label, _)| label);
        !self.lenient || label.is_some_and(|label| label == name) || self.time.as_deref() == Some(name)
    }

    /// Leave out the columns of a type that cannot be read; `unreadable` says which type that is.
    fn readable(&mut self, file: &Path, unreadable: impl Fn(&str) -> Option<String>) -> Result<()> {
        for name in std::mem::take(&mut self.columns) {
            match unreadable(&name) {
                None => self.columns.push(name),
                Some(kind) => self.leave_out(file, &name, &kind)?,
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, file: &Path, name: &str, kind: &str) -> Result<()> {
        let kind = printable(kind, LONGEST_NAME);
        if self.is_asked_for(name) {
            let problem =
                format!("has the type {kind}, which cannot be used; name other columns, or cast it");
            return Err(Error::column(&file.display().to_string(), name, problem));
        }
        self.notes.push(format!("`{name}` is left out: its type, {kind}, is no number, flag or category"));
        Ok(())
    }

    /// The columns of a frame as plain values.
    fn part(mut self, file: &Path, frame: &DataFrame) -> Result<Part> {
        let mut columns = Vec::new();
        for column in frame.get_columns() {
            match convert::column(column) {
                Ok(column) => columns.push(column),
                Err(kind) => self.leave_out(file, column.name(), &kind)?,
            }
        }
        Ok(Part { columns, label: self.label, time: self.time, notes: self.notes })
    }
}

pub(super) fn is_readable(kind: &ArrowDataType) -> bool {
    use ArrowDataType as T;
    match kind {
        T::Dictionary(_, values, _) => is_readable(values),
        T::Null
        | T::Boolean
        | T::Float16
        | T::Float32
        | T::Float64
        | T::Timestamp(_, _)
        | T::Date32
        | T::Date64 => true,
        T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64 => true,
        T::Utf8 | T::LargeUtf8 | T::Utf8View => true,
        _ => false,
    }
}

pub(super) fn once_each(file: &Path, names: &[String]) -> Result<()> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            Err(Error::column(&file.display().to_string(), pair[0], "occurs twice; rename one of them"))
        }
        None => Ok(()),
    }
}

/// The first four bytes; zeros where there are fewer, or the file cannot be read.
pub(super) fn first_bytes(file: &Path) -> [u8; 4] {
    let mut bytes = [0; 4];
    match File::open(file).and_then(|mut file| file.read_exact(&mut bytes)) {
        Ok(()) => bytes,
        Err(_) => [0; 4],
    }
}

/// The first line of an error of polars, whose further lines give advice for Python.
pub(super) fn brief(error: &PolarsError) -> String {
    let text = error.to_string();
    if text.contains("invalid utf-8") {
        return "it is not UTF-8 text; convert it with iconv -f latin1 -t utf-8".to_owned();
    }
    text.lines().next().unwrap_or_default().to_owned()
}

/// Run a parser that panics on some damaged files, and make an error of it.
pub(super) fn without_panic<T>(file: &Path, parse: impl FnOnce() -> Result<T>) -> Result<T> {
    static HOOK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(parse));
    panic::set_hook(hook);
    outcome.unwrap_or_else(|_| Err(Error::input(file, "the file is damaged; its parser gave up on it")))
}
