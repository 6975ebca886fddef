//! Tables in batches of rows: memory does not grow with the table.

use super::column_type::ColumnType;
use super::evidence::Evidence;
use super::files::{self, FileFormat};
use super::format::csv::CsvFile;
use super::format::json::JsonTable;
use super::format::parquet::ParquetFile;
use super::layout::Layout;
use super::options::CsvOptions;
use super::parts::{PartFile, Paths};
use super::polars::{brief, from_polars, to_polars, typed_text};
use super::reader::Reader;
use super::repairs::Repairs;
use super::shared_columns::{NamedColumns, lacking};
use crate::error::{Error, Result};
use crate::progress::Count;
use crate::schema::Kind;
use crate::table::column::{Categories, Column, Values};
use crate::table::note::Note;
use crate::table::summary::rfc3339;
use polars::prelude::{BooleanChunked, DataFrame, DataType, IdxCa, IdxSize, NewChunkedArray, PolarsResult};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// The rows of all files of a table, in order.
#[derive(Debug)]
pub struct Batches {
    files: Arc<[PartFile]>,
    /// The position of the next file to open.
    next: usize,
    layout: Arc<Layout>,
    /// The types of text columns for output in another format.
    types: Arc<HashMap<String, ColumnType>>,
    /// The largest number of rows in a batch.
    rows: usize,
    open: Option<Reader>,
    failed: bool,
    /// The number of rows read so far.
    read: Count,
    csv: CsvOptions,
    repairs: Repairs,
}

/// Consecutive rows of a file with all columns. Columns of CSV, of JSON and of folder names are unchanged text.
#[derive(Debug)]
pub struct Batch {
    frame: DataFrame,
    types: Arc<HashMap<String, ColumnType>>,
    file: Arc<Path>,
    /// The number of rows of the file before this batch.
    offset: usize,
}

impl Batches {
    /// Open the table at these paths, in batches of at most `rows` rows. First the columns of all files are read.
    /// With `typed`, all values of CSV files are read as well, to infer their types for output as Parquet or
    /// JSON lines.
    ///
    /// # Errors
    /// If a file is missing or not a table, or the files are different tables or have incompatible types.
    pub fn open(paths: impl Into<Paths>, rows: usize, typed: bool) -> Result<Self> {
        Batches::open_as(paths, rows, typed, CsvOptions::default())
    }

    /// As [`Batches::open`], with options of CSV.
    ///
    /// # Errors
    /// As [`Batches::open`].
    pub fn open_as(paths: impl Into<Paths>, rows: usize, typed: bool, csv: CsvOptions) -> Result<Self> {
        let paths = paths.into();
        let found = paths.parts()?;
        let layouts = found.files.iter().map(|file| layout_of(file, csv)).collect::<Result<Vec<_>>>()?;
        let names: Vec<NamedColumns> = found
            .files
            .iter()
            .zip(&layouts)
            .map(|(file, layout)| (&*file.path, layout.name_list()))
            .collect();
        let mut notes = found.notes;
        notes.extend(lacking(&paths.label(), &names)?);
        let mut files = found.files.iter().zip(layouts);
        let Some((_, mut layout)) = files.next() else {
            return Err(Error::input(paths.label(), "there is no file"));
        };
        for (file, other) in files {
            layout.merge(other, &file.path)?;
        }
        layout.notes.splice(..0, notes.into_iter().map(Note::from));
        let types = if typed { types_of(&found.files, csv)? } else { HashMap::new() };
        Ok(Batches {
            files: found.files.into(),
            next: 0,
            layout: Arc::new(layout),
            types: Arc::new(types),
            rows: rows.max(1),
            open: None,
            failed: false,
            read: Count::default(),
            csv,
            repairs: Repairs::default(),
        })
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> Vec<String> {
        self.layout.names()
    }

    /// The counter of the rows read so far.
    pub fn read(&self) -> Count {
        self.read.clone()
    }

    /// Count the rows in this counter, which other tables may share.
    #[must_use]
    pub fn counted_by(self, read: &Count) -> Self {
        Batches { read: read.clone(), ..self }
    }

    /// What was skipped or decoded in the rows read so far.
    pub fn repairs(&self) -> Repairs {
        self.repairs.clone()
    }

    /// The same batches from the first row on, without looking for columns and types again. Both count their rows
    /// together.
    #[must_use]
    pub fn again(&self) -> Self {
        let (files, layout, types) = (self.files.clone(), self.layout.clone(), self.types.clone());
        Batches {
            files,
            next: 0,
            layout,
            types,
            rows: self.rows,
            open: None,
            failed: false,
            read: self.read(),
            csv: self.csv,
            repairs: Repairs::default(),
        }
    }

    /// The first column with points in time; `None` if there is none. Of CSV files this is known only if they
    /// were opened as `typed`.
    pub fn first_time(&self) -> Option<String> {
        let is_time = |name: &String, kind: &DataType| match kind {
            DataType::Date | DataType::Datetime(..) => true,
            DataType::String => matches!(self.types.get(name), Some(ColumnType::Time { .. })),
            _ => false,
        };
        let columns = &self.layout.columns;
        let first = columns.iter().find(|(name, kind)| is_time(name, kind));
        // A file with a header alone has no value that could be a time: no row needs one.
        let is_blank =
            || !self.types.is_empty() && self.types.values().all(|kind| *kind == ColumnType::Empty);
        first.or_else(|| columns.first().filter(|_| is_blank())).map(|(name, _)| name.clone())
    }

    /// The number of rows in all files; `None` if their metadata does not say it.
    pub fn rows_ahead(&self) -> Option<u64> {
        self.files[self.next..].iter().map(|file| rows_of(&file.path)).sum()
    }

    /// What a reader should know.
    pub fn notes(&self) -> &[Note] {
        &self.layout.notes
    }

    /// The table without its rows.
    pub fn empty(&self) -> Batch {
        Batch { frame: self.layout.empty(), types: self.types.clone(), file: Path::new("").into(), offset: 0 }
    }

    fn advance(&mut self) -> Result<Option<Batch>> {
        loop {
            if let Some(reader) = &mut self.open
                && let Some((frame, offset)) = reader.next(self.rows, &self.layout)?
            {
                self.read.add(frame.height() as u64);
                let (types, file) = (self.types.clone(), reader.file.clone());
                return Ok(Some(Batch { frame, types, file, offset }));
            }
            let Some(file) = self.files.get(self.next) else { return Ok(None) };
            self.open = Some(Reader::open(file, self.csv, &self.repairs)?);
            self.next += 1;
        }
    }
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let batch = self.advance();
        self.failed = batch.is_err();
        batch.transpose()
    }
}

impl Batch {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// Whether there is a column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.frame.column(name).is_ok()
    }

    /// The file and the row number of a row, starting at 1.
    pub fn place(&self, row: usize) -> String {
        format!("{}, row {}", self.file.display(), self.offset + row + 1)
    }

    /// A column as a feature of this kind; `None` if there is no such column.
    ///
    /// # Errors
    /// If its values cannot be read as that kind.
    pub fn feature(&self, name: &str, kind: Kind) -> Result<Option<Column>> {
        let Ok(column) = self.frame.column(name) else { return Ok(None) };
        let file = self.file.display().to_string();
        let unreadable = |dtype: String| {
            let problem = format!("has the type {dtype}, which is not a number, flag or category");
            Error::column(&file, name, problem)
        };
        let column = from_polars(column).map_err(unreadable)?;
        column.into_kind_from(&file, kind, self.offset).map(Some)
    }

    /// The points in time of a column, in microseconds since 1970-01-01T00:00:00Z. [`Values::NO_TIME`] is a
    /// missing value.
    ///
    /// # Errors
    /// If there is no such column, or its values are neither times nor seconds since 1970.
    pub fn times(&self, name: &str) -> Result<Vec<i64>> {
        let column = self.column(name)?;
        let known = self.types.get(name).filter(|_| column.dtype() == &DataType::String);
        let values = match known {
            Some(&known) => {
                let typed = column.str().and_then(|text| typed_text(text, known));
                self.values(&typed.map_err(|e| self.refused(name, brief(&e)))?)?
            }
            None => match self.values(column)? {
                text @ Values::Text(_) => of_evident_type(text),
                values => values,
            },
        };
        Column { name: name.to_owned(), values }.times_from(&self.file.display().to_string(), self.offset)
    }

    /// The values of a column as text. Nulls and empty text are missing values.
    ///
    /// # Errors
    /// If there is no such column, or its values have no text.
    pub fn texts(&self, name: &str) -> Result<Categories> {
        let column = self.column(name)?;
        let kind = column.dtype();
        // As text, numbers of any size keep all their digits.
        let values = if kind.is_primitive_numeric() || kind.is_decimal() || *kind == DataType::Boolean {
            let text = column.cast(&DataType::String).map_err(|e| self.refused(name, brief(&e)))?;
            self.values(&text)?
        } else {
            self.values(column)?
        };
        Ok(match values {
            Values::Time(times) => times.iter().map(|&time| rfc3339(time)).collect(),
            values => values.into_levels(),
        })
    }

    fn column(&self, name: &str) -> Result<&polars::prelude::Column> {
        self.frame.column(name).map_err(|_| {
            let names = self.frame.get_column_names().iter().map(ToString::to_string).collect();
            Error::missing_column(&self.file.display().to_string(), name, names)
        })
    }

    fn values(&self, column: &polars::prelude::Column) -> Result<Values> {
        let unreadable = |dtype: String| {
            self.refused(column.name(), format!("has the type {dtype}, which is not a number, text or time"))
        };
        from_polars(column).map(|column| column.values).map_err(unreadable)
    }

    fn refused(&self, column: &str, problem: String) -> Error {
        Error::column(&self.file.display().to_string(), column, problem)
    }

    /// The rows at these indices, in their order. Their places in the file are lost.
    ///
    /// # Errors
    /// If there is no row at an index.
    pub fn take(&self, rows: &[usize]) -> Result<Batch> {
        let rows: Vec<IdxSize> = rows.iter().map(|&row| row as IdxSize).collect();
        // From one chunk, because only then polars releases the text of the other rows.
        let mut frame = self.frame.clone();
        frame.rechunk_mut();
        self.with_frame(frame.take(&IdxCa::from_vec("rows".into(), rows)))
    }

    /// `rows` consecutive rows from row `from` on.
    #[must_use]
    pub fn slice(&self, from: usize, rows: usize) -> Batch {
        let frame = self.frame.slice(from as i64, rows);
        let (types, file) = (self.types.clone(), self.file.clone());
        Batch { frame, types, file, offset: self.offset + from }
    }

    /// The batch of one row, which keeps its place in the file.
    ///
    /// # Errors
    /// If there is no such row.
    pub fn row(&self, row: usize) -> Result<Batch> {
        Ok(Batch { offset: self.offset + row, ..self.take(&[row])? })
    }

    /// Append the rows of another batch with the same columns. Their places in the file are lost.
    ///
    /// # Errors
    /// If it has other columns.
    pub fn extend(&mut self, other: &Batch) -> Result<()> {
        let appended = self.frame.vstack_mut(&other.frame).map(|_| ());
        appended.map_err(|e| Error::input(&self.file, brief(&e)))
    }

    /// The columns with these names, in their order.
    ///
    /// # Errors
    /// If there is no such column, or a name occurs twice.
    pub fn select(&self, names: &[String]) -> Result<Batch> {
        self.with_frame(self.frame.select(names))
    }

    /// Replace the values of the column with the same name.
    ///
    /// # Errors
    /// If the number of rows differs.
    pub fn replace(&mut self, column: &Column) -> Result<()> {
        let replaced = to_polars(column).and_then(|column| self.frame.with_column(column).map(|_| ()));
        replaced.map_err(|e| Error::column(&self.file.display().to_string(), &column.name, brief(&e)))
    }

    fn with_frame(&self, frame: PolarsResult<DataFrame>) -> Result<Batch> {
        let frame = frame.map_err(|e| Error::input(&self.file, brief(&e)))?;
        Ok(Batch { frame, types: self.types.clone(), file: self.file.clone(), offset: self.offset })
    }

    /// The rows for output in a format other than CSV: text columns get the types of all their values.
    pub(super) fn typed(&self, with_times: bool) -> PolarsResult<DataFrame> {
        let typed = |column: &polars::prelude::Column| match self.types.get(column.name().as_str()) {
            Some(ColumnType::Time { .. }) if !with_times => Ok(column.clone()),
            Some(&column_type) if column.dtype() == &DataType::String => {
                typed_text(column.str()?, column_type)
            }
            _ => Ok(column.clone()),
        };
        let columns = self.frame.columns().iter().map(typed).collect::<PolarsResult<_>>()?;
        DataFrame::new(self.frame.height(), columns)
    }

    /// The unchanged rows.
    pub(super) fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// Append columns with the same number of rows.
    ///
    /// # Errors
    /// If a column has another length, or the name of an existing column.
    pub fn append(&mut self, columns: &[Column]) -> Result<()> {
        for column in columns {
            let added = to_polars(column).and_then(|column| {
                self.frame.hstack_mut(&[column])?;
                Ok(())
            });
            added.map_err(|e| Error::column(&self.file.display().to_string(), &column.name, brief(&e)))?;
        }
        Ok(())
    }

    /// Keep the rows with `true`.
    ///
    /// # Errors
    /// If the lengths differ.
    pub fn retain(&mut self, keep: &[bool]) -> Result<()> {
        let mask = BooleanChunked::from_slice("keep".into(), keep);
        self.frame = self.frame.filter(&mask).map_err(|e| Error::input(&self.file, brief(&e)))?;
        Ok(())
    }
}

/// Text as times, if all of it is.
fn of_evident_type(text: Values) -> Values {
    match Evidence::of(&text).column_type() {
        time @ ColumnType::Time { .. } => text.into_type(time),
        _ => text,
    }
}

fn rows_of(file: &Path) -> Option<u64> {
    let is_parquet = files::format_of(file).ok()? == FileFormat::Parquet;
    is_parquet.then(|| ParquetFile::open(file).ok().map(|file| file.rows as u64)).flatten()
}

fn layout_of(file: &PartFile, csv: CsvOptions) -> Result<Layout> {
    let path = &*file.path;
    let texts = |names: Vec<String>| names.into_iter().map(|name| (name, DataType::String)).collect();
    let mut layout = match files::format_of(path)? {
        FileFormat::Parquet => ParquetFile::open(path)?.layout()?,
        FileFormat::Csv => {
            let header = CsvFile::open(path, csv)?.header;
            Layout::new(path, texts(header.names), header.notes)?
        }
        FileFormat::Json => {
            let table = JsonTable::read(path)?;
            let names = table.columns.into_iter().map(|column| column.name).collect();
            Layout::new(path, texts(names), table.notes.into_iter().map(Note::from).collect())?
        }
    };
    file.check_names(&layout.columns.iter().map(|(name, _)| name).collect::<Vec<_>>())?;
    layout.columns.extend(file.keys.iter().map(|key| (key.name.clone(), DataType::String)));
    Ok(layout)
}

/// The types of the text columns of all files together.
fn types_of(files: &[PartFile], csv: CsvOptions) -> Result<HashMap<String, ColumnType>> {
    let mut evidence: HashMap<String, Evidence> = HashMap::new();
    let mut add = |name: &str, part: &Evidence| evidence.entry(name.to_owned()).or_default().merge(part);
    let one = |text: Option<&str>| {
        let mut evidence = Evidence::default();
        text.iter().for_each(|text| evidence.see(text, 0, 1));
        evidence
    };
    for PartFile { path, keys } in files {
        match files::format_of(path)? {
            FileFormat::Csv => {
                let file = CsvFile::open(path, csv)?;
                let evidence = file.evidence(&Repairs::default())?;
                file.header.names.iter().zip(evidence).for_each(|(name, part)| add(name, &part));
            }
            FileFormat::Json => {
                let columns = JsonTable::read(path)?.columns;
                columns.iter().for_each(|column| add(&column.name, &Evidence::of(&column.values)));
            }
            FileFormat::Parquet => {
                let columns = ParquetFile::open(path)?.columns;
                columns.types.iter().for_each(|(name, kind)| add(name, &one(example(kind))));
            }
        }
        keys.iter().for_each(|key| add(&key.name, &one(key.value.as_deref())));
    }
    Ok(evidence.into_iter().map(|(name, evidence)| (name, evidence.column_type())).collect())
}

/// A text of the type, as evidence for the type of the column in all files; `None` for a column without values.
fn example(kind: &DataType) -> Option<&'static str> {
    match kind {
        DataType::Null => None,
        DataType::Boolean => Some("true"),
        kind if kind.is_integer() => Some("1"),
        kind if kind.is_primitive_numeric() || kind.is_decimal() => Some("0.5"),
        _ => Some("text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{OutputFormat, Sink};
    use std::path::PathBuf;

    /// A Parquet file with row groups of this size.
    fn file_of(groups: &[usize]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.csv");
        let rows: usize = groups.iter().sum();
        let lines: String = (0..rows).map(|row| format!("{row},w{}\n", row % 3)).collect();
        std::fs::write(&source, format!("n,word\n{lines}")).unwrap();
        let path = folder.path().join("t.parquet");
        let mut sink = Sink::new(OutputFormat::Parquet, std::fs::File::create(&path).unwrap());
        let whole = Batches::open(&source, rows, true).unwrap().next().unwrap().unwrap();
        let mut start = 0;
        for &rows in groups {
            let frame = whole.frame.slice(start, rows);
            start += rows as i64;
            sink.write(&Batch { frame, types: whole.types.clone(), file: whole.file.clone(), offset: 0 })
                .unwrap();
        }
        sink.finish().unwrap();
        (folder, path)
    }

    #[test]
    fn a_batch_is_a_part_of_a_large_row_group_or_several_small_ones() {
        let (_folder, path) = file_of(&[5, 1, 1, 20, 3]);
        for (most, expected) in [(4, vec![4, 3, 4, 4, 4, 4, 4, 3]), (7, vec![7, 7, 7, 6, 3]), (100, vec![30])]
        {
            let (mut sizes, mut numbers, mut words) = (Vec::new(), Vec::new(), Vec::new());
            for batch in Batches::open(&path, most, true).unwrap() {
                let batch = batch.unwrap();
                assert_eq!(batch.place(0), format!("{}, row {}", path.display(), numbers.len() + 1));
                sizes.push(batch.rows());
                let Values::Real(n) = batch.feature("n", Kind::Numeric).unwrap().unwrap().values else {
                    panic!()
                };
                numbers.extend(n);
                let words_of = batch.feature("word", Kind::Categorical).unwrap().unwrap().values;
                let Values::Text(word) = words_of else { panic!() };
                words.extend((0..batch.rows()).map(|row| word.level(row).unwrap().to_owned()));
            }
            assert_eq!(sizes, expected);
            assert_eq!(numbers, (0..30).map(f64::from).collect::<Vec<f64>>());
            assert!(words.iter().zip(0..).all(|(word, row)| *word == format!("w{}", row % 3)));
        }
    }

    #[test]
    fn what_is_ahead_is_known_of_parquet_and_what_was_read_of_every_table() {
        let (folder, path) = file_of(&[5, 20]);
        let mut batches = Batches::open(&path, 10, true).unwrap();
        let read = batches.read();
        assert_eq!((batches.rows_ahead(), read.so_far()), (Some(25), 0));
        batches.next().unwrap().unwrap();
        assert_eq!(read.so_far(), 5);
        assert_eq!((batches.by_ref().count(), read.so_far()), (2, 25));
        assert_eq!(Batches::open(&folder.path().join("source.csv"), 10, true).unwrap().rows_ahead(), None);
    }

    fn batch_of(csv: &str) -> Batch {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, csv).unwrap();
        Batches::open(&path, 100, true).unwrap().next().unwrap().unwrap()
    }

    #[test]
    fn times_are_text_or_seconds_and_may_be_missing() {
        let batch = batch_of("n,at,seconds,word\n5,1970-01-01T00:00:01Z,1,a\n6,,2.5,b\n7,1970-01-02,,\n");
        assert_eq!(batch.times("at").unwrap(), [1_000_000, Values::NO_TIME, 86_400_000_000]);
        assert_eq!(batch.times("seconds").unwrap(), [1_000_000, 2_500_000, Values::NO_TIME]);
        assert!(batch.times("word").unwrap_err().to_string().contains("`word` is not a time"));
        assert!(batch.times("wrd").unwrap_err().to_string().contains("did you mean `word`?"));
        let words = batch.texts("word").unwrap();
        assert_eq!([0, 1, 2].map(|row| words.level(row)), [Some("a"), Some("b"), None]);
    }

    #[test]
    fn the_first_column_with_times_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "n,version,at,until\n1,1.2.3,2025-01-06,2025-01-07\n").unwrap();
        let first = |typed| Batches::open(&path, 100, typed).unwrap().first_time();
        assert_eq!((first(true).as_deref(), first(false)), (Some("at"), None));
        std::fs::write(&path, "n,at\n").unwrap();
        assert_eq!(Batches::open(&path, 100, true).unwrap().first_time().as_deref(), Some("n"));
    }

    #[test]
    fn rows_are_taken_by_index_and_appended() {
        let batch = batch_of("n,word\n0,a\n1,b\n2,c\n");
        let mut taken = batch.take(&[2, 0]).unwrap();
        taken.extend(&batch.take(&[1]).unwrap()).unwrap();
        let words = taken.select(&["word".to_owned()]).unwrap().texts("word").unwrap();
        assert_eq!([0, 1, 2].map(|row| words.level(row)), [Some("c"), Some("a"), Some("b")]);
        taken.replace(&Column { name: "word".into(), values: Values::Integer(vec![7, 8, 9]) }).unwrap();
        assert_eq!(taken.texts("word").unwrap().levels, ["7", "8", "9"]);
        assert!(batch.take(&[3]).is_err());
    }

    #[test]
    fn rows_and_columns_may_be_appended_in_any_order() {
        let mut batch = batch_of("n,word\n0,a\n1,b\n2,c\n");
        batch.extend(&batch_of("n,word\n3,d\n")).unwrap();
        batch.append(&[Column { name: "x".into(), values: Values::Integer(vec![7, 8, 9, 10]) }]).unwrap();
        let mut out = Vec::new();
        let mut sink = Sink::new(OutputFormat::Parquet, std::io::Cursor::new(&mut out));
        sink.write(&batch).unwrap();
        sink.finish().unwrap();
        assert_eq!(batch.slice(2, 2).texts("x").unwrap().levels, ["9", "10"]);
        assert!(!out.is_empty());
    }

    #[test]
    fn nothing_is_read_behind_an_error() {
        let (_folder, path) = file_of(&[5, 5]);
        let whole = std::fs::read(&path).unwrap();
        let mut batches = Batches::open(&path, 5, true).unwrap();
        std::fs::write(&path, &whole[..20]).unwrap();
        assert!(batches.next().unwrap().is_err());
        assert!(batches.next().is_none());
    }

    #[test]
    fn times_that_no_calendar_reaches_are_left_out_of_csv() {
        use polars::prelude::{Column, DataType, TimeUnit};
        for kind in [DataType::Date, DataType::Datetime(TimeUnit::Milliseconds, None)] {
            let integer = if kind == DataType::Date { DataType::Int32 } else { DataType::Int64 };
            let ticks = Column::new("at".into(), [i64::from(i32::MAX), i64::MAX, i64::MIN, 0]);
            let ticks = if kind == DataType::Date { ticks.slice(0, 1) } else { ticks };
            let at = ticks.cast(&integer).unwrap().cast(&kind).unwrap();
            let frame = DataFrame::new_infer_height(vec![at]).unwrap();
            let mut out = Vec::new();
            let mut sink = Sink::new(OutputFormat::Csv, &mut out);
            sink.write(&Batch { frame, types: Arc::default(), file: Path::new("").into(), offset: 0 })
                .unwrap();
            sink.finish().unwrap();
            let text = String::from_utf8(out).unwrap();
            let expected = match kind {
                DataType::Date => "at\n\n",
                _ => "at\n1970-01-25T20:31:23.647\n\n\n1970-01-01T00:00:00\n",
            };
            assert_eq!(text, expected, "{kind}");
        }
    }

    #[test]
    fn rows_are_written_as_json_with_nulls_and_times() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(
            &path,
            "at,day,n,x,flag,word\n,,,,,\n2025-01-06T00:00:01,2025-01-06,1,0.5,true,\"a\"\"b\"\n",
        )
        .unwrap();
        let mut out = Vec::new();
        let mut sink = Sink::new(OutputFormat::JsonLines, &mut out);
        Batches::open(&path, 10, true).unwrap().for_each(|batch| sink.write(&batch.unwrap()).unwrap());
        sink.finish().unwrap();
        let expected = "{\"at\":null,\"day\":null,\"n\":null,\"x\":null,\"flag\":null,\"word\":null}\n\
            {\"at\":\"2025-01-06T00:00:01\",\"day\":\"2025-01-06\",\"n\":1,\"x\":0.5,\"flag\":true,\"word\":\"a\\\"b\"}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
