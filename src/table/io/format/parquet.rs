//! Parquet: the columns of a file, selected columns of all rows, and batches of rows: several small row
//! groups or a part of a large one.

use super::parquet_columns::ParquetColumns;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::table::io::layout::Layout;
use crate::table::io::polars::brief;
use polars::prelude::*;
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A file and its columns.
#[derive(Debug)]
pub struct ParquetFile {
    path: PathBuf,
    pub columns: ParquetColumns,
    metadata: Arc<FileMetadata>,
    pub rows: usize,
    /// What is left out, as sentences.
    pub notes: Vec<String>,
}

/// An open file.
pub struct Reader {
    file: PathBuf,
    columns: ParquetColumns,
    metadata: Arc<FileMetadata>,
    /// The same without its row groups.
    head: FileMetadata,
    /// The next row group, and the number of its rows that are read.
    group: usize,
    row: usize,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("file", &self.file).finish_non_exhaustive()
    }
}

/// Consecutive row groups, and the range of their rows to read.
struct RowRange {
    groups: std::ops::Range<usize>,
    first: usize,
    rows: usize,
}

impl ParquetFile {
    /// Read the metadata of a file.
    ///
    /// # Errors
    /// If it is not a Parquet file, or has two columns of one name.
    pub fn open(path: &Path) -> Result<Self> {
        without_panic(path, || {
            let (columns, metadata) = described(path)?;
            let (rows, notes) = (metadata.num_rows, columns.notes());
            Ok(ParquetFile { path: path.to_owned(), columns, metadata, rows, notes })
        })
    }

    /// Selected columns of all rows.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn read(&self, names: &[String]) -> Result<DataFrame> {
        without_panic(&self.path, || {
            let frame = self.columns.read(|| File::open(&self.path), &self.metadata, names, None);
            complete(&self.path, frame.map_err(|e| unreadable(&self.path, &e))?, self.rows)
        })
    }

    pub fn layout(&self) -> Result<Layout> {
        let notes = self.notes.iter().map(|text| text.as_str().into()).collect();
        Layout::new(&self.path, self.columns.types.clone(), notes)
    }
}

impl Reader {
    pub fn open(file: &Path) -> Result<Self> {
        without_panic(file, || {
            let (columns, metadata) = described(file)?;
            let mut head = (*metadata).clone();
            head.row_groups = Vec::new();
            Ok(Reader { file: file.to_owned(), columns, metadata, head, group: 0, row: 0 })
        })
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn next(&mut self, rows: usize, layout: &Layout) -> Result<Option<DataFrame>> {
        let Some(range) = self.range(rows) else { return Ok(None) };
        let file = self.file.clone();
        without_panic(&file, || self.read(&range, layout)).map(Some)
    }

    /// The next range to read: complete row groups while they fit, or a part of a larger one.
    fn range(&mut self, most: usize) -> Option<RowRange> {
        let groups = &self.metadata.row_groups;
        while groups.get(self.group).is_some_and(|group| group.num_rows() <= self.row) {
            self.group += 1;
            self.row = 0;
        }
        let left = groups.get(self.group)?.num_rows() - self.row;
        let (start, first) = (self.group, self.row);
        if left > most {
            self.row += most;
            return Some(RowRange { groups: start..start + 1, first, rows: most });
        }
        let mut rows = left;
        self.group += 1;
        self.row = 0;
        while let Some(group) = groups.get(self.group).filter(|group| rows + group.num_rows() <= most) {
            rows += group.num_rows();
            self.group += 1;
        }
        Some(RowRange { groups: start..self.group, first, rows })
    }

    /// The file is mapped again for each range, so that the pages of earlier ranges leave memory.
    fn read(&self, range: &RowRange, layout: &Layout) -> Result<DataFrame> {
        let mut metadata = self.head.clone();
        metadata.row_groups = self.metadata.row_groups[range.groups.clone()].to_vec();
        metadata.num_rows = metadata.row_groups.iter().map(|group| group.num_rows()).sum();
        let has = |name: &String| self.columns.types.iter().any(|(own, _)| own == name);
        let names: Vec<String> = layout.names().into_iter().filter(has).collect();
        let slice = Some((range.first, range.rows));
        let frame = self.columns.read(|| File::open(&self.file), &Arc::new(metadata), &names, slice);
        let frame = frame.map_err(|e| unreadable(&self.file, &e))?;
        complete(&self.file, frame, range.rows)
    }
}

/// The frame, checked to have the number of rows of the metadata in every column.
fn complete(file: &Path, frame: DataFrame, rows: usize) -> Result<DataFrame> {
    match frame.height() == rows && frame.columns().iter().all(|column| column.len() == rows) {
        true => Ok(frame),
        false => Err(Error::input(file, "the file is damaged: a column holds fewer rows than the file says")),
    }
}

/// The columns and the metadata of a file.
fn described(file: &Path) -> Result<(ParquetColumns, Arc<FileMetadata>)> {
    let metadata = opened(file)?.get_metadata().map_err(|e| unreadable(file, &e))?.clone();
    check_counts(file, &metadata)?;
    let fields = metadata.schema_descr.fields();
    let names: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    once_each(file, &names)?;
    let columns = ParquetColumns::of(&metadata, &names).map_err(|e| unreadable(file, &e))?;
    Ok((columns, metadata))
}

/// Check that the row groups hold as many rows as the file says, and each column a value for each row. A list holds
/// several values a row.
fn check_counts(file: &Path, metadata: &FileMetadata) -> Result<()> {
    let damaged = |what: String| Err(Error::input(file, format!("the file is damaged: {what}")));
    let mut rows = 0_usize;
    for group in &metadata.row_groups {
        rows = rows.saturating_add(group.num_rows());
        for chunk in group.parquet_columns() {
            let (column, values) = (chunk.descriptor(), chunk.num_values());
            let has_lists = column.descriptor.max_rep_level > 0;
            if !has_lists && usize::try_from(values) != Ok(group.num_rows()) {
                let name = printable(&column.path_in_schema.join("."), LONGEST_NAME);
                return damaged(format!("column `{name}` has {values} values in {} rows", group.num_rows()));
            }
        }
    }
    match rows == metadata.num_rows {
        true => Ok(()),
        false => damaged(format!("it says {} rows and holds {rows}", metadata.num_rows)),
    }
}

fn opened(file: &Path) -> Result<ParquetReader<File>> {
    crate::files::regular_file(file)?;
    File::open(file).map(ParquetReader::new).map_err(|e| Error::input(file, e))
}

fn unreadable(file: &Path, error: &PolarsError) -> Error {
    Error::input(file, format!("not a readable Parquet file: {}", brief(error)))
}

fn once_each(file: &Path, names: &[String]) -> Result<()> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            Err(Error::column(&file.display().to_string(), pair[0], "occurs twice; rename one of them"))
        }
        None => Ok(()),
    }
}

/// Run a parser that panics on some damaged files, and turn a panic into an error.
fn without_panic<T>(file: &Path, parse: impl FnOnce() -> Result<T>) -> Result<T> {
    static HOOK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(parse));
    panic::set_hook(hook);
    outcome.unwrap_or_else(|_| Err(Error::input(file, "the file is damaged; its parser gave up on it")))
}
