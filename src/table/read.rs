//! Reading tables from Parquet and CSV, only the columns that are needed.

use super::column::{Column, Values};
use super::label::LabelRule;
use super::{Table, natural_kind, source};
use crate::error::{Error, Result};
use crate::schema::{Feature, Schema};
use polars::prelude::*;
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What is wanted of a table.
#[derive(Clone, Debug)]
pub struct Request {
    /// What reports call it.
    pub table: String,
    pub features: Features,
    /// The label column and its rule; `required` says whether a table without it is an error.
    pub label: Option<(String, LabelRule)>,
    pub label_required: bool,
    /// The time column; without one, the first datetime of a table without schema.
    pub time: Option<String>,
    pub time_required: bool,
}

/// Which columns are features.
#[derive(Clone, Debug)]
pub enum Features {
    /// Those of a schema, with their kinds.
    Typed(Vec<Feature>),
    /// Columns by name, with the kind they have by themselves.
    Named(Vec<String>),
    /// Every column that can be one: all but the label, times, and text with too many levels.
    All,
}

/// Text with more levels than this is an identifier rather than a category, unless it is asked for by name.
const CATEGORY_LEVELS: usize = 64;

impl Request {
    /// What a schema says of its table.
    pub fn of_schema(schema: &Schema) -> Self {
        Request {
            table: schema.table.clone(),
            features: Features::Typed(schema.features.clone()),
            label: schema.label.clone().map(|label| (label, LabelRule::Itself)),
            label_required: false,
            time: schema.time.clone(),
            time_required: false,
        }
    }
}

/// Read a table from a file, a pattern, or a folder of part files.
///
/// # Errors
/// Where a file is missing, truncated or not a table; where a column is missing or of the wrong type; where
/// there is no row; where the label has gaps.
pub fn read(path: &Path, request: &Request) -> Result<Table> {
    let files = source::parts(path)?;
    let mut columns = read_part(&files[0], request)?;
    for file in &files[1..] {
        append_part(&mut columns, read_part(file, request)?, file, request)?;
    }
    if columns.first().is_none_or(|column| column.values.is_empty()) {
        return Err(Error::input(path, "the table has no rows"));
    }
    assemble(columns, request)
}

fn append_part(columns: &mut [Column], part: Vec<Column>, file: &Path, request: &Request) -> Result<()> {
    let names: Vec<String> = part.iter().map(|column| column.name.clone()).collect();
    for column in columns {
        let same = part.iter().find(|other| other.name == column.name);
        let other = same
            .ok_or_else(|| Error::missing_column(&file.display().to_string(), &column.name, names.clone()))?;
        column.append(&request.table, other.clone())?;
    }
    Ok(())
}

/// Features, label and time out of the columns that were read.
fn assemble(columns: Vec<Column>, request: &Request) -> Result<Table> {
    let mut notes = Vec::new();
    let label = request.label.as_ref().and_then(|(name, rule)| Some((position(&columns, name)?, rule)));
    let time = match &request.time {
        Some(name) => position(&columns, name),
        None => columns.iter().position(|column| matches!(column.values, Values::Time(_))),
    };
    let labels = label.map(|(at, rule)| rule.apply(&request.table, &columns[at])).transpose()?;
    let times = time.map(|at| columns[at].times(&request.table)).transpose()?;
    let taken = [label.map(|(at, _)| at), time];
    let features = match &request.features {
        Features::Typed(features) => typed(&columns, features, &request.table)?,
        Features::Named(names) => named(&columns, names, &request.table)?,
        Features::All => all(columns, &taken, &mut notes),
    };
    if features.is_empty() {
        return Err(Error::table(&request.table, "there is no column that could be a feature"));
    }
    Ok(Table { name: request.table.clone(), features, labels, times, notes })
}

fn position(columns: &[Column], name: &str) -> Option<usize> {
    columns.iter().position(|column| column.name == name)
}

fn typed(columns: &[Column], features: &[Feature], table: &str) -> Result<Vec<Column>> {
    let of = |feature: &Feature| find(columns, &feature.name, table)?.clone().into_kind(table, feature.kind);
    features.iter().map(of).collect()
}

fn named(columns: &[Column], names: &[String], table: &str) -> Result<Vec<Column>> {
    let of = |name: &String| {
        let column = find(columns, name, table)?;
        let kind = natural_kind(&column.values)
            .ok_or_else(|| Error::column(table, name, "is a point in time, which cannot be a feature"))?;
        column.clone().into_kind(table, kind)
    };
    names.iter().map(of).collect()
}

fn find<'a>(columns: &'a [Column], name: &str, table: &str) -> Result<&'a Column> {
    let names = || columns.iter().map(|column| column.name.clone()).collect();
    columns
        .iter()
        .find(|column| column.name == name)
        .ok_or_else(|| Error::missing_column(table, name, names()))
}

fn all(columns: Vec<Column>, taken: &[Option<usize>], notes: &mut Vec<String>) -> Vec<Column> {
    let mut features = Vec::new();
    for (at, column) in columns.into_iter().enumerate() {
        if taken.contains(&Some(at)) {
            continue;
        }
        match (natural_kind(&column.values), &column.values) {
            (None, _) => notes.push(format!("`{}` is left out: a point in time is no feature", column.name)),
            (_, Values::Text(text)) if text.levels.len() > CATEGORY_LEVELS => notes.push(format!(
                "`{}` is left out: text with {} different values is an identifier rather than a category; \
                 name it in --features to use it",
                column.name,
                text.levels.len()
            )),
            (Some(kind), _) => features.extend(column.into_kind("", kind)),
        }
    }
    features
}

/// The columns of one file that a request needs.
fn read_part(file: &Path, request: &Request) -> Result<Vec<Column>> {
    let frame = without_panic(file, || {
        let is_csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        if is_csv { read_csv(file, request) } else { read_parquet(file, request) }
    })?;
    frame.get_columns().iter().map(|column| values_of(column, &request.table)).collect()
}

fn read_parquet(file: &Path, request: &Request) -> Result<DataFrame> {
    let handle = File::open(file).map_err(|e| Error::input(file, e))?;
    let unreadable =
        |e: PolarsError| Error::input(file, format!("not a readable Parquet file: {}", brief(&e)));
    let mut reader = ParquetReader::new(handle);
    let schema = reader.schema().map_err(unreadable)?;
    let names: Vec<String> = schema.iter_names().map(|name| name.to_string()).collect();
    let wanted = wanted(&names, request, file)?;
    reader.with_columns(Some(wanted)).finish().map_err(unreadable)
}

fn read_csv(file: &Path, request: &Request) -> Result<DataFrame> {
    let unreadable = |e: PolarsError| Error::input(file, format!("not a readable CSV file: {}", brief(&e)));
    let options = || {
        CsvReadOptions::default()
            .with_infer_schema_length(None)
            .map_parse_options(|parse| parse.with_try_parse_dates(true))
    };
    let read = |options: CsvReadOptions| {
        options.try_into_reader_with_file_path(Some(file.to_owned())).and_then(|reader| reader.finish())
    };
    let head = read(options().with_n_rows(Some(1))).map_err(unreadable)?;
    let names: Vec<String> = head.get_column_names().iter().map(|name| name.to_string()).collect();
    let wanted: Arc<[PlSmallStr]> = wanted(&names, request, file)?.iter().map(PlSmallStr::from).collect();
    read(options().with_columns(Some(wanted))).map_err(unreadable)
}

/// The names of the columns to read, every one of them there.
fn wanted(names: &[String], request: &Request, file: &Path) -> Result<Vec<String>> {
    let mut wanted: Vec<String> = match &request.features {
        Features::Typed(features) => features.iter().map(|feature| feature.name.clone()).collect(),
        Features::Named(features) => features.clone(),
        Features::All => names.to_vec(),
    };
    let label = request.label.as_ref().map(|(name, _)| (name, request.label_required));
    let time = request.time.as_ref().map(|name| (name, request.time_required));
    for (name, required) in [label, time].into_iter().flatten() {
        if (required || names.contains(name)) && !wanted.contains(name) {
            wanted.push(name.clone());
        }
    }
    match wanted.iter().find(|name| !names.contains(name)) {
        Some(missing) => Err(Error::missing_column(&file.display().to_string(), missing, names.to_vec())),
        None => Ok(wanted),
    }
}

/// One polars column as plain values.
fn values_of(column: &polars::prelude::Column, table: &str) -> Result<Column> {
    let name = column.name().to_string();
    let series = column.as_materialized_series();
    let values = convert(series).map_err(|e| Error::column(table, &name, brief(&e)))?;
    let values = values.ok_or_else(|| {
        let problem = format!("has the type {}, which no feature can have", series.dtype());
        Error::column(table, &name, problem)
    })?;
    Ok(Column { name, values })
}

fn convert(series: &Series) -> PolarsResult<Option<Values>> {
    let complete = series.null_count() == 0;
    Ok(Some(match series.dtype() {
        DataType::Boolean if complete => Values::Flag(series.bool()?.into_no_null_iter().collect()),
        DataType::Boolean => {
            let number = |flag: bool| f64::from(u8::from(flag));
            Values::Real(series.bool()?.iter().map(|flag| flag.map_or(f64::NAN, number)).collect())
        }
        DataType::String => Values::Text(series.str()?.iter().collect()),
        DataType::Categorical(_, _) | DataType::Enum(_, _) => {
            Values::Text(series.cast(&DataType::String)?.str()?.iter().collect())
        }
        DataType::Datetime(unit, _) => times(series, per_microsecond(*unit))?,
        DataType::Date => times(series, (86_400_000_000, 1))?,
        DataType::UInt64 => reals(series)?,
        kind if kind.is_integer() && complete => {
            Values::Integer(series.cast(&DataType::Int64)?.i64()?.into_no_null_iter().collect())
        }
        kind if kind.is_primitive_numeric() => reals(series)?,
        DataType::Null => Values::Real(vec![f64::NAN; series.len()]),
        _ => return Ok(None),
    }))
}

fn reals(series: &Series) -> PolarsResult<Values> {
    let numbers = series.cast(&DataType::Float64)?;
    Ok(Values::Real(numbers.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect()))
}

/// Points in time in microseconds; with gaps, seconds as numbers with gaps.
fn times(series: &Series, (times, by): (i64, i64)) -> PolarsResult<Values> {
    const MICROSECONDS: f64 = 1e6;
    let ticks = series.to_physical_repr().cast(&DataType::Int64)?;
    let microseconds = |tick: i64| tick.saturating_mul(times).div_euclid(by);
    Ok(if series.null_count() == 0 {
        Values::Time(ticks.i64()?.into_no_null_iter().map(microseconds).collect())
    } else {
        let seconds = |tick| microseconds(tick) as f64 / MICROSECONDS;
        Values::Real(ticks.i64()?.iter().map(|tick| tick.map_or(f64::NAN, seconds)).collect())
    })
}

fn per_microsecond(unit: TimeUnit) -> (i64, i64) {
    match unit {
        TimeUnit::Nanoseconds => (1, 1_000),
        TimeUnit::Microseconds => (1, 1),
        TimeUnit::Milliseconds => (1_000, 1),
    }
}

/// The first line of an error of polars, whose further lines give advice for Python.
fn brief(error: &PolarsError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Run a parser that panics on some damaged files, and make an error of it.
fn without_panic<T>(file: &Path, parse: impl FnOnce() -> Result<T>) -> Result<T> {
    static HOOK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(parse));
    panic::set_hook(hook);
    outcome.unwrap_or_else(|_| Err(Error::input(file, "the file is damaged; its parser gave up on it")))
}
