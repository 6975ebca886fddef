//! The flags that choose the tables, and reading these tables.

use super::csv::CsvFlags;
use super::hint::with_hint;
use super::terminal::Terminal;
use crate::baseline::schema_file;
use crate::demo;
use crate::error::{Error, Result};
use crate::event_features::baseline::Span;
use crate::files;
use crate::model::TableModel;
use crate::report::count;
use crate::schema::{self, Roles, Schema};
use crate::table::{self, Features, GroupBy, Paths, Request, Table, Values, Wanted};
use clap::Args;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Names of columns, as in the header of a CSV.
#[derive(Clone, Debug, PartialEq)]
pub struct Names(pub Vec<String>);

impl FromStr for Names {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        table::names(list).map(Names)
    }
}

/// The source of the tables.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct Source {
    /// Tables to read: auth, process, admin, or all [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub table: Vec<String>,
    /// A folder with auth_events.parquet, process_events.parquet, admin_events.parquet (or .csv, or folders
    /// of part files) [default: a demo store, generated in memory]
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    pub data: Option<PathBuf>,
    /// Any table in Parquet, CSV or JSON: files, a pattern in quotes, or a folder of part files. Several make one
    /// table; folders named KEY=VALUE are columns
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "table")]
    pub file: Vec<PathBuf>,
    /// The label column of --file, with 1 or true for suspicious; also 'COLUMN>NUMBER', 'COLUMN=VALUE|VALUE' or
    /// 'COLUMN!=VALUE'
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// The feature columns of --file; a name with a comma is in double quotes [default: all usable columns]
    #[arg(long, value_name = "A,B,…")]
    pub features: Option<Vec<Names>>,
    /// Features of --file that are categories although their values are numbers: event codes, ports
    #[arg(long, value_name = "A,B,…")]
    pub categorical: Option<Vec<Names>>,
    /// The time column of --file: a datetime, or seconds since 1970 [default: the first datetime]
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// Also use the hour of day, the day of the week and off-hours (before 07:00 and from 20:00 on) of the time column of
    /// --file as features; in UTC, unless the times have another zone
    #[arg(long)]
    pub time_features: bool,
    /// A table schema as JSON, instead of the built-in ones; with --data or --file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["table", "label", "features", "categorical", "time", "time_features"])]
    pub schema: Option<PathBuf>,
    /// Which rows belong together, so that intervals and tests count them as one: attack, user, host, day, a column, or
    /// none [default: attack if there is a column attack_id, else suspicious rows of one actor at most 1 h apart]
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
    /// Leave out the rows of the first days of each table, such as 7d or 36h: a baseline knows little about them
    #[arg(long, value_name = "SPAN")]
    pub warm_up: Option<Span>,
    /// Files that are a table each; set by commands that have a flag for them.
    #[arg(skip)]
    pub files: Vec<PathBuf>,
    /// Patterns of names of these tables; those of a pattern count once.
    #[arg(skip)]
    pub related: Vec<String>,
    #[command(flatten)]
    pub csv: CsvFlags,
}

/// The demo store, used if the flags name no data.
const DEMO: demo::Options = demo::Options { days: 30, users: 100, seed: 42 };

impl Source {
    /// Read all requested tables.
    ///
    /// # Errors
    /// If a table is missing or cannot be read.
    pub fn read(&self, terminal: &Terminal) -> Result<Vec<Table>> {
        let tables = self.read_all(terminal)?;
        match self.warm_up {
            Some(span) => tables.into_iter().map(|table| after_warm_up(table, span)).collect(),
            None => Ok(tables),
        }
    }

    fn read_all(&self, terminal: &Terminal) -> Result<Vec<Table>> {
        self.only_with_a_file()?;
        match &self.data {
            _ if !self.files.is_empty() => self.each_file(),
            _ if !self.file.is_empty() => {
                let paths = Paths::from(&self.file);
                if let Some(schema) = self.schema_beside() {
                    terminal.note(&format!("label, time and features are those of {}", schema.display()));
                }
                Ok(vec![table::read(&paths, &self.request(&paths)?)?])
            }
            Some(store) => self.in_store(store),
            None if self.schema.is_some() => {
                Err(Error::Request("--schema needs --data or --file: the demo store has its own".to_owned()))
            }
            None => {
                self.csv.refuse("needs --file or --data: the demo store is not CSV")?;
                terminal.note(&format!(
                    "no --data and no --file: using the built-in demo store ({} days, {} users, seed {})",
                    DEMO.days, DEMO.users, DEMO.seed
                ));
                demo(&self.schemas()?, &self.group_by())
            }
        }
    }

    /// Read each file as a table.
    fn each_file(&self) -> Result<Vec<Table>> {
        let mut tables: Vec<Table> = Vec::new();
        let files = Paths::from(&self.files).files()?;
        for (at, file) in files.iter().enumerate() {
            let paths = Paths::from(file);
            let request = self.request(&paths)?;
            if let Some(same) = tables.iter().position(|table| table.name == request.table) {
                let (name, other) = (&request.table, files[same].display());
                let problem = format!("is a table `{name}`, as {other} is; rename one of them");
                return Err(Error::input(&files[at], problem));
            }
            tables.push(table::read(&paths, &request)?);
        }
        Ok(tables)
    }

    /// Read the files as rows of a model, with the label and the time of the flags.
    ///
    /// # Errors
    /// If a file cannot be read or lacks a feature of the model.
    pub fn read_for(&self, model: &TableModel) -> Result<Table> {
        let own = model.request();
        let wanted = |column: &String| Wanted { column: column.clone(), required: true };
        let request = Request {
            label: self.label.as_ref().map(wanted).or(own.label),
            time: self.time.as_ref().map(wanted).or(own.time),
            group_by: self.group_by(),
            csv: self.csv.options(),
            ..own
        };
        table::read(Paths::from(&self.file), &request)
    }

    /// This source; without --data and --file, a store.
    pub fn with_default_store(mut self, store: &Path) -> Self {
        if self.data.is_none() && self.file.is_empty() {
            self.data = Some(store.to_owned());
        }
        self
    }

    /// Whether it is all tables of a store.
    pub fn is_whole_store(&self) -> bool {
        self.file.is_empty() && self.schema.is_none() && self.are_all_tables()
    }

    /// The existing input files. No output may replace them.
    pub fn files(&self) -> Vec<PathBuf> {
        let tables = schema::built_in().unwrap_or_default().into_iter().map(|schema| schema.table);
        let in_store =
            |store: &PathBuf| tables.filter_map(|table| table::in_store(store, &table).ok()?).collect();
        let mut places: Vec<PathBuf> = self.data.as_ref().map(in_store).unwrap_or_default();
        places.extend(self.file.iter().chain(&self.files).cloned());
        let parts = places.iter().flat_map(|place| Paths::from(place).files().unwrap_or_default());
        parts.chain(self.schema.clone()).collect()
    }

    fn only_with_a_file(&self) -> Result<()> {
        let flags = [
            ("label", self.label.is_some()),
            ("features", self.features.is_some()),
            ("categorical", self.categorical.is_some()),
            ("time", self.time.is_some()),
            ("time-features", self.time_features),
        ];
        if !self.related.is_empty() && self.files.is_empty() {
            return Err(Error::Request("--related needs --files: it is about several tables".to_owned()));
        }
        match flags.into_iter().find(|(_, is_set)| *is_set && self.file.is_empty() && self.files.is_empty()) {
            Some((flag, _)) => {
                Err(Error::Request(format!("--{flag} needs --file: the tables of a store have schemas")))
            }
            None => Ok(()),
        }
    }

    fn are_all_tables(&self) -> bool {
        self.table.is_empty() || self.table.iter().any(|name| name == "all")
    }

    fn request(&self, paths: &Paths) -> Result<Request> {
        if let Some(schema) = self.schema.clone().or_else(|| self.schema_beside()) {
            return Ok(self.of_schema(&read_schema(&schema)?));
        }
        Ok(Request {
            table: name_of(paths),
            features: match &self.features {
                Some(lists) => Features::Named(names("features", lists)?),
                None => Features::All,
            },
            categorical: names("categorical", self.categorical.as_deref().unwrap_or_default())?,
            label: self.label.clone().map(|column| Wanted { column, required: true }),
            time: self.time.clone().map(|column| Wanted { column, required: true }),
            group_by: self.group_by(),
            roles: Roles::default(),
            csv: self.csv.options(),
            time_features: self.time_features,
        })
    }

    fn of_schema(&self, schema: &Schema) -> Request {
        Request { csv: self.csv.options(), group_by: self.group_by(), ..Request::of_schema(schema) }
    }

    /// The schema beside the only file, as a baseline writes it, unless flags say what the columns are.
    fn schema_beside(&self) -> Option<PathBuf> {
        let [file] = &self.file[..] else { return None };
        let says_nothing = self.label.is_none()
            && self.features.is_none()
            && self.categorical.is_none()
            && self.time.is_none()
            && !self.time_features;
        let beside = file.with_file_name(schema_file(file.file_stem()?.to_str()?));
        Some(beside).filter(|path| says_nothing && path.is_file())
    }

    fn group_by(&self) -> GroupBy {
        self.group.as_deref().map_or(GroupBy::Auto, GroupBy::from)
    }

    fn schemas(&self) -> Result<Vec<Schema>> {
        if let Some(path) = &self.schema {
            return Ok(vec![read_schema(path)?]);
        }
        if self.are_all_tables() {
            return schema::built_in();
        }
        let mut schemas: Vec<Schema> = Vec::new();
        for name in &self.table {
            let schema = schema::find(name)?;
            if !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        Ok(schemas)
    }

    /// All tables in a store that have a built-in schema.
    fn read_store(&self, store: &Path) -> Result<Vec<Table>> {
        let mut tables = Vec::new();
        for schema in schema::built_in()? {
            if let Some(path) = find_in(store, &schema)? {
                tables.push(table::read(&path, &self.of_schema(&self.in_store_as(store, schema)?))?);
            }
        }
        if tables.is_empty() { Err(absent(store, "auth_events")) } else { Ok(tables) }
    }

    /// The schema of a table as the store says it, with the columns of its baseline.
    fn in_store_as(&self, store: &Path, schema: Schema) -> Result<Schema> {
        let own = store.join(schema_file(&schema.table));
        if self.schema.is_some() || !own.is_file() {
            return Ok(schema);
        }
        let read = read_schema(&own)?;
        match read.table == schema.table {
            true => Ok(read),
            false => Err(Error::input(&own, format!("is the schema of {}", read.table))),
        }
    }

    /// Tables requested by name must exist; "all" reads those that exist.
    fn in_store(&self, store: &Path) -> Result<Vec<Table>> {
        if self.schema.is_none() && self.are_all_tables() {
            return self.read_store(store);
        }
        let read = |schema: &Schema| {
            find_in(store, schema)?.ok_or_else(|| absent(store, &schema.table)).and_then(|path| {
                table::read(&path, &self.of_schema(&self.in_store_as(store, schema.clone())?))
            })
        };
        self.schemas()?.iter().map(read).collect()
    }
}

/// Print what a reader should know about how tables were read.
pub fn print_notes(tables: &[Table], terminal: &Terminal) {
    for table in tables {
        for note in &table.notes {
            let text = format!("{}: {}", table.name, note.text);
            terminal.warning(&with_hint(&text, note.hint.as_ref()));
        }
    }
}

/// The names in the lists of a flag.
fn names(flag: &str, lists: &[Names]) -> Result<Vec<String>> {
    let names: Vec<&String> = lists.iter().flat_map(|list| &list.0).collect();
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(Error::Request(format!("--{flag} has an empty name")));
        }
        if names[..at].contains(name) {
            return Err(Error::Request(format!("--{flag} names `{name}` twice")));
        }
    }
    Ok(names.into_iter().cloned().collect())
}

/// The rows after the warm-up.
fn after_warm_up(mut table: Table, span: Span) -> Result<Table> {
    let known = |times: &Vec<i64>| times.iter().copied().filter(|time| *time != Values::NO_TIME).min();
    let Some((times, first)) = table.times.as_ref().and_then(|times| Some((times, known(times)?))) else {
        return Err(Error::table(&table.name, "has no times, so --warm-up cannot leave out its first days"));
    };
    let rows: Vec<usize> =
        (0..times.len()).filter(|&row| times[row] >= first.saturating_add(span.0)).collect();
    if rows.is_empty() {
        return Err(Error::table(&table.name, format!("has no row after --warm-up {span}")));
    }
    let left_out = times.len() - rows.len();
    table.notes.push(format!("the {} rows of the first {span} are left out", count(left_out as u64)).into());
    Ok(table.take(&rows))
}

fn find_in(store: &Path, schema: &Schema) -> Result<Option<PathBuf>> {
    table::in_store(store, &schema.table)
}

/// The tables of the demo store with these schemas.
fn demo(schemas: &[Schema], group_by: &GroupBy) -> Result<Vec<Table>> {
    let mut store = demo::generate(&DEMO)?;
    let mut tables = Vec::new();
    for schema in schemas {
        if let Some(at) = store.tables.iter().position(|table| table.name == schema.table) {
            tables.push(Table::from_columns(schema, store.tables.swap_remove(at).columns, group_by)?);
        }
    }
    Ok(tables)
}

fn absent(store: &Path, table: &str) -> Error {
    Error::input(store, format!("the folder has no {table}.parquet, {table}.csv or folder {table}"))
}

fn read_schema(path: &Path) -> Result<Schema> {
    Schema::from_json(&files::text(path)?).map_err(|e| Error::input(path, e))
}

/// The name of a table without schema, safe as a folder name.
fn name_of(paths: &Paths) -> String {
    let safe = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }
    };
    let name: String = paths.name().chars().map(safe).collect();
    let name: String = name.trim_start_matches('.').chars().take(64).collect();
    if name.trim_matches(['.', '_']).is_empty() { "table".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_pattern_can_be_a_folder() {
        assert_eq!(name_of(&Path::new("logs/part-*.parquet").into()), "part-_");
        assert_eq!(name_of(&Path::new("..").into()), "table");
        assert_eq!(name_of(&Path::new("a/shuttle.parquet").into()), "shuttle");
    }
}
