//! Parquet, some rows at a time: a few small row groups together, or a part of a large one.

use super::layout::Layout;
use crate::error::{Error, Result};
use crate::table::frame::{brief, first_bytes, is_readable, once_each, without_panic};
use polars::prelude::*;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is being read.
pub(super) struct Reader {
    file: PathBuf,
    metadata: Arc<FileMetadata>,
    /// The same without its row groups.
    head: FileMetadata,
    /// The next row group, and how many of its rows are read.
    group: usize,
    row: usize,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("file", &self.file).finish_non_exhaustive()
    }
}

/// Some row groups that follow one another, and which of their rows are wanted.
struct Window {
    groups: std::ops::Range<usize>,
    first: usize,
    rows: usize,
}

/// The columns of a file.
///
/// # Errors
/// Where it is no Parquet file.
pub(super) fn layout(file: &Path) -> Result<Layout> {
    without_panic(file, || {
        if !file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
            && first_bytes(file) != *b"PAR1"
        {
            return Err(Error::input(file, "neither .parquet nor .csv by its name, and not a Parquet file"));
        }
        let mut reader = opened(file)?;
        let schema = reader.schema().map_err(|e| unreadable(file, &e))?;
        let metadata = reader.get_metadata().map_err(|e| unreadable(file, &e))?;
        let names: Vec<String> =
            metadata.schema_descr.fields().iter().map(|field| field.name().to_owned()).collect();
        once_each(file, &names)?;
        let kind = |name: &String| {
            let field = schema.get(name.as_str())?;
            is_readable(field.dtype()).then(|| DataType::from_arrow_field(field))
        };
        Layout::new(file, names.iter().map(|name| (name.clone(), kind(name))).collect())
    })
}

/// How many rows a file says it has; `None` where it cannot be read.
pub(super) fn rows(file: &Path) -> Option<u64> {
    without_panic(file, || opened(file)?.num_rows().map_err(|e| unreadable(file, &e)))
        .ok()
        .map(|rows| rows as u64)
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

    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub fn next(&mut self, rows: usize, layout: &Layout) -> Result<Option<DataFrame>> {
        let Some(window) = self.window(rows) else { return Ok(None) };
        let file = self.file.clone();
        without_panic(&file, || self.read(&window, layout)).map(Some)
    }

    /// What is read next: whole row groups while they fit, or a part of one that does not.
    fn window(&mut self, most: usize) -> Option<Window> {
        let groups = &self.metadata.row_groups;
        while groups.get(self.group).is_some_and(|group| group.num_rows() <= self.row) {
            self.group += 1;
            self.row = 0;
        }
        let left = groups.get(self.group)?.num_rows() - self.row;
        let (start, first) = (self.group, self.row);
        if left > most {
            self.row += most;
            return Some(Window { groups: start..start + 1, first, rows: most });
        }
        let mut rows = left;
        self.group += 1;
        self.row = 0;
        while let Some(group) = groups.get(self.group).filter(|group| rows + group.num_rows() <= most) {
            rows += group.num_rows();
            self.group += 1;
        }
        Some(Window { groups: start..self.group, first, rows })
    }

    /// The file is mapped anew for each window: the pages of those before do not stay in memory.
    fn read(&self, window: &Window, layout: &Layout) -> Result<DataFrame> {
        let mut metadata = self.head.clone();
        metadata.row_groups = self.metadata.row_groups[window.groups.clone()].to_vec();
        metadata.num_rows = metadata.row_groups.iter().map(|group| group.num_rows()).sum();
        let mut reader = opened(&self.file)?;
        reader.set_metadata(Arc::new(metadata));
        let frame = reader
            .with_columns(Some(layout.names()))
            .with_slice(Some((window.first, window.rows)))
            .read_parallel(ParallelStrategy::Columns)
            .finish()
            .map_err(|e| unreadable(&self.file, &e))?;
        match frame.height() == window.rows {
            true => Ok(frame),
            false => Err(Error::input(&self.file, "the file is damaged: it holds fewer rows than it says")),
        }
    }
}

fn opened(file: &Path) -> Result<ParquetReader<File>> {
    File::open(file).map(ParquetReader::new).map_err(|e| Error::input(file, e))
}

fn unreadable(file: &Path, error: &PolarsError) -> Error {
    Error::input(file, format!("not a readable Parquet file: {}", brief(error)))
}
