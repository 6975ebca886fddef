//! Tables of any length, some rows at a time: what is in memory does not grow with the table.

pub(super) mod csv;
mod json_text;
mod layout;
mod parquet;
mod sink;

pub use sink::{Format, Sink};

use super::column::Column;
use super::{convert, source, write};
use crate::error::{Error, Result};
use crate::progress::Count;
use layout::Layout;
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of a file, or of all files of a pattern or a folder, in their order.
#[derive(Debug)]
pub struct Batches {
    files: std::vec::IntoIter<PathBuf>,
    layout: Arc<Layout>,
    /// How many rows a batch holds, at most.
    rows: usize,
    open: Option<Reader>,
    failed: bool,
    /// How many rows were read.
    read: Count,
}

/// Some rows that follow one another in a file, with all the columns that can be read.
#[derive(Debug)]
pub struct Batch {
    frame: DataFrame,
    file: Arc<Path>,
    /// How many rows of the file come before the first one.
    before: usize,
}

/// A file that is being read.
#[derive(Debug)]
struct Reader {
    part: Part,
    file: Arc<Path>,
    before: usize,
}

#[derive(Debug)]
enum Part {
    Parquet(parquet::Reader),
    Csv(csv::Reader),
}

impl Batches {
    /// The table at a path, in batches of at most so many rows. Looks at the columns of all its files first.
    ///
    /// # Errors
    /// Where a file is missing or no table; where files of one table have other columns or types that do not go
    /// together.
    pub fn open(path: &Path, rows: usize) -> Result<Self> {
        let files = source::parts(path)?;
        let mut layout = layout_of(&files[0])?;
        for file in &files[1..] {
            layout.merge(layout_of(file)?, file)?;
        }
        let layout = Arc::new(layout);
        Ok(Batches {
            files: files.into_iter(),
            layout,
            rows: rows.max(1),
            open: None,
            failed: false,
            read: Count::default(),
        })
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> Vec<String> {
        self.layout.names()
    }

    /// Where to see how many rows were read.
    pub fn read(&self) -> Count {
        self.read.clone()
    }

    /// How many rows there are in all files, where their heads say it.
    pub fn rows_ahead(&self) -> Option<u64> {
        self.files.as_slice().iter().map(|file| if is_csv(file) { None } else { parquet::rows(file) }).sum()
    }

    /// What cannot be passed on, in words.
    pub fn notes(&self) -> &[String] {
        &self.layout.notes
    }

    /// The table without its rows.
    pub fn empty(&self) -> Batch {
        Batch { frame: self.layout.empty(), file: Path::new("").into(), before: 0 }
    }

    fn advance(&mut self) -> Result<Option<Batch>> {
        loop {
            if let Some(reader) = &mut self.open
                && let Some(batch) = reader.next(self.rows, &self.layout)?
            {
                self.read.add(batch.rows() as u64);
                return Ok(Some(batch));
            }
            match self.files.next() {
                Some(file) => self.open = Some(Reader::open(&file, &self.layout)?),
                None => return Ok(None),
            }
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

impl Reader {
    fn open(file: &Path, layout: &Layout) -> Result<Self> {
        let part = match is_csv(file) {
            true => Part::Csv(csv::Reader::open(file, layout)?),
            false => Part::Parquet(parquet::Reader::open(file)?),
        };
        Ok(Reader { part, file: file.into(), before: 0 })
    }

    fn next(&mut self, rows: usize, layout: &Layout) -> Result<Option<Batch>> {
        let frame = match &mut self.part {
            Part::Parquet(part) => part.next(rows, layout)?,
            Part::Csv(part) => part.next(rows)?,
        };
        let Some(frame) = frame else { return Ok(None) };
        let frame = layout.applied(frame, &self.file)?;
        let before = self.before;
        self.before += frame.height();
        Ok(Some(Batch { frame, file: self.file.clone(), before }))
    }
}

impl Batch {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// Where a row stands, for people: rows count from 1.
    pub fn place(&self, row: usize) -> String {
        format!("{}, row {}", self.file.display(), self.before + row + 1)
    }

    /// A column as plain values; `None` where there is none of that name.
    ///
    /// # Errors
    /// Where its type is no number, flag, category or time.
    pub fn column(&self, name: &str) -> Result<Option<Column>> {
        let Ok(column) = self.frame.column(name) else { return Ok(None) };
        let unreadable = |kind: String| {
            let problem = format!("has the type {kind}, which is no number, flag or category");
            Error::column(&self.file.display().to_string(), name, problem)
        };
        convert::column(column).map(Some).map_err(unreadable)
    }

    /// The file the rows are from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Put columns of as many rows behind those that are there.
    ///
    /// # Errors
    /// Where one has another length, or a name that is there already.
    pub fn append(&mut self, columns: &[Column]) -> Result<()> {
        for column in columns {
            let added = write::column_of(column).and_then(|column| {
                self.frame.hstack_mut(&[column])?;
                Ok(())
            });
            added.map_err(|e| Error::column(&self.file.display().to_string(), &column.name, e))?;
        }
        Ok(())
    }

    /// Leave out the rows that are not to be kept.
    ///
    /// # Errors
    /// Where there are not as many answers as rows.
    pub fn retain(&mut self, keep: &[bool]) -> Result<()> {
        let mask = BooleanChunked::from_slice("keep".into(), keep);
        let kept = self.frame.filter(&mask).map_err(|e| Error::input(&self.file, e))?;
        self.frame = kept;
        Ok(())
    }
}

fn layout_of(file: &Path) -> Result<Layout> {
    if is_csv(file) { csv::layout(file) } else { parquet::layout(file) }
}

fn is_csv(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Values;

    /// A Parquet file whose row groups have so many rows.
    fn file_of(groups: &[usize]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.csv");
        let rows: usize = groups.iter().sum();
        let lines: String = (0..rows).map(|row| format!("{row},w{}\n", row % 3)).collect();
        std::fs::write(&source, format!("n,word\n{lines}")).unwrap();
        let path = folder.path().join("t.parquet");
        let mut sink = Sink::new(Format::Parquet, std::fs::File::create(&path).unwrap());
        let whole = Batches::open(&source, rows).unwrap().next().unwrap().unwrap();
        let mut start = 0;
        for &rows in groups {
            let frame = whole.frame.slice(start, rows);
            start += rows as i64;
            sink.write(&Batch { frame, file: whole.file.clone(), before: 0 }).unwrap();
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
            for batch in Batches::open(&path, most).unwrap() {
                let batch = batch.unwrap();
                assert_eq!(batch.place(0), format!("{}, row {}", path.display(), numbers.len() + 1));
                sizes.push(batch.rows());
                let Values::Integer(n) = batch.column("n").unwrap().unwrap().values else { panic!() };
                numbers.extend(n);
                let Values::Text(word) = batch.column("word").unwrap().unwrap().values else { panic!() };
                words.extend((0..batch.rows()).map(|row| word.level(row).unwrap().to_owned()));
            }
            assert_eq!(sizes, expected);
            assert_eq!(numbers, (0..30).collect::<Vec<i64>>());
            assert!(words.iter().zip(0..).all(|(word, row)| *word == format!("w{}", row % 3)));
        }
    }

    #[test]
    fn what_is_ahead_is_known_of_parquet_and_what_was_read_of_every_table() {
        let (folder, path) = file_of(&[5, 20]);
        let mut batches = Batches::open(&path, 10).unwrap();
        let read = batches.read();
        assert_eq!((batches.rows_ahead(), read.so_far()), (Some(25), 0));
        batches.next().unwrap().unwrap();
        assert_eq!(read.so_far(), 5);
        assert_eq!((batches.by_ref().count(), read.so_far()), (2, 25));
        assert_eq!(Batches::open(&folder.path().join("source.csv"), 10).unwrap().rows_ahead(), None);
    }

    #[test]
    fn nothing_is_read_behind_an_error() {
        let (_folder, path) = file_of(&[5, 5]);
        let whole = std::fs::read(&path).unwrap();
        let mut batches = Batches::open(&path, 5).unwrap();
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
            let frame = DataFrame::new(vec![at]).unwrap();
            let mut out = Vec::new();
            let mut sink = Sink::new(Format::Csv, &mut out);
            sink.write(&Batch { frame, file: Path::new("").into(), before: 0 }).unwrap();
            sink.finish().unwrap();
            let text = String::from_utf8(out).unwrap();
            let expected = match kind {
                DataType::Date => "at\n\n",
                _ => "at\n1970-01-25T20:31:23.647\n\n\n1970-01-01T00:00:00.000\n",
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
            "at,day,n,x,flag,word\n2025-01-06T00:00:01,2025-01-06,1,0.5,true,\"a\"\"b\"\n,,,,,\n",
        )
        .unwrap();
        let mut out = Vec::new();
        let mut sink = Sink::new(Format::JsonLines, &mut out);
        Batches::open(&path, 10).unwrap().for_each(|batch| sink.write(&batch.unwrap()).unwrap());
        sink.finish().unwrap();
        let expected = "{\"at\":\"2025-01-06T00:00:01Z\",\"day\":\"2025-01-06\",\"n\":1,\"x\":0.5,\"flag\":true,\"word\":\"a\\\"b\"}\n\
            {\"at\":null,\"day\":null,\"n\":null,\"x\":null,\"flag\":null,\"word\":null}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
