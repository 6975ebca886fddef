//! Parquet: the columns of a file, selected columns of all rows, and batches of rows: several small row
//! groups or a part of a large one.

use crate::error::{Error, Result};
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
    /// Names and types, in order, without columns of types that polars does not support.
    pub columns: Vec<(String, DataType)>,
    pub rows: usize,
    /// What is left out, as sentences.
    pub notes: Vec<String>,
}

/// An open file.
pub struct Reader {
    file: PathBuf,
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
            let mut reader = opened(path)?;
            let schema = reader.schema().map_err(|e| unreadable(path, &e))?;
            let metadata = reader.get_metadata().map_err(|e| unreadable(path, &e))?;
            let names: Vec<String> =
                metadata.schema_descr.fields().iter().map(|field| field.name().to_owned()).collect();
            once_each(path, &names)?;
            let rows = metadata.num_rows;
            let known = |name: &String| {
                schema.get(name.as_str()).map(|field| (name.clone(), DataType::from_arrow_field(field)))
            };
            let columns = names.iter().filter_map(known).collect();
            Ok(ParquetFile { path: path.to_owned(), columns, rows, notes: Vec::new() })
        })
    }

    /// Selected columns of all rows.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn read(&self, names: &[String]) -> Result<DataFrame> {
        without_panic(&self.path, || {
            let reader = opened(&self.path)?.with_columns(Some(names.to_vec()));
            let frame = reader.finish().map_err(|e| unreadable(&self.path, &e))?;
            complete(&self.path, frame, self.rows)
        })
    }

    pub fn layout(&self) -> Result<Layout> {
        Layout::new(&self.path, self.columns.clone(), self.notes.clone())
    }
}

impl Reader {
    pub fn open(file: &Path) -> Result<Self> {
        without_panic(file, || {
            let mut reader = opened(file)?;
            let metadata = reader.get_metadata().map_err(|e| unreadable(file, &e))?.clone();
            let mut head = (*metadata).clone();
            head.row_groups = Vec::new();
            Ok(Reader { file: file.to_owned(), metadata, head, group: 0, row: 0 })
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
        let mut reader = opened(&self.file)?;
        let has = |name: &String| {
            self.metadata.schema_descr.fields().iter().any(|field| field.name() == name.as_str())
        };
        let names: Vec<String> = layout.names().into_iter().filter(has).collect();
        reader.set_metadata(Arc::new(metadata));
        let frame = reader
            .with_columns(Some(names))
            .with_slice(Some((range.first, range.rows)))
            .read_parallel(ParallelStrategy::Columns)
            .finish()
            .map_err(|e| unreadable(&self.file, &e))?;
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
