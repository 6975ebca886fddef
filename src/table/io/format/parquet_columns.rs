//! The columns of a Parquet file: which can be read, and how. Some programs also write the type of each column in
//! Arrow's words, of which polars does not know all. Such a column is read by its Parquet type.

use crate::error::{LONGEST_NAME, printable};
use crate::table::io::polars::halves;
use polars::prelude::*;
use std::fs::File;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The columns of a file.
#[derive(Clone, Debug, Default)]
pub struct ParquetColumns {
    /// Names and types of the columns that can be read, in order.
    pub types: Vec<(String, DataType)>,
    /// Names and reasons of the other columns.
    pub unreadable: Vec<(String, String)>,
    /// Names of columns that are read by their Parquet types.
    plain: Vec<String>,
    /// Names of columns of 16-bit floats, which are read as two bytes.
    halves: Vec<String>,
}

/// The key of Arrow's types in the metadata of a file.
const ARROW_TYPES: &str = "ARROW:schema";

/// The name of the codec that polars does not know.
const UNKNOWN_CODEC: &str = "Lzo";

/// The largest number of digits of a decimal.
const MOST_DIGITS: usize = 38;

impl ParquetColumns {
    /// The columns with these names. Polars panics on some types: the caller silences its messages.
    ///
    /// # Errors
    /// If the types are damaged.
    pub fn of(metadata: &FileMetadata, names: &[String]) -> PolarsResult<Self> {
        let mut head = metadata.clone();
        (head.row_groups, head.num_rows) = (Vec::new(), 0);
        let by_arrow = (infer_schema(&head)?, Arc::new(head.clone()));
        let head = without_arrow_types(head);
        let by_parquet = (infer_schema(&head)?, Arc::new(head));
        let mut columns = ParquetColumns::default();
        for name in names {
            let Some(field) = by_arrow.0.get(name.as_str()) else { continue };
            let readable = match has_unknown_codec(metadata, name) {
                true => Err(format!("its compression, {UNKNOWN_CODEC}, cannot be read")),
                false => type_in(&by_arrow, name)
                    .map(|kind| (kind, false))
                    .or_else(|| Some((type_in(&by_parquet, name)?, true)))
                    .ok_or_else(|| format!("its type, {:?}, cannot be read", field.dtype)),
            };
            match readable {
                Ok((DataType::Binary, true)) if field.dtype == ArrowDataType::Float16 => {
                    columns.plain.push(name.clone());
                    columns.halves.push(name.clone());
                    columns.types.push((name.clone(), DataType::Float32));
                }
                Ok((kind, is_plain)) => {
                    columns.plain.extend(is_plain.then(|| name.clone()));
                    columns.types.push((name.clone(), kind));
                }
                Err(reason) => columns.unreadable.push((name.clone(), reason)),
            }
        }
        Ok(columns)
    }

    /// A note on each column that cannot be read.
    pub fn notes(&self) -> Vec<String> {
        let note = |(name, reason): &(String, String)| {
            let reason = printable(reason, 2 * LONGEST_NAME);
            format!("`{}` is left out: {reason}", printable(name, LONGEST_NAME))
        };
        self.unreadable.iter().map(note).collect()
    }

    /// Columns of the file with this metadata: all rows, or `slice`, the first row and the number of rows.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn read(
        &self,
        file: impl Fn() -> std::io::Result<File>,
        metadata: &Arc<FileMetadata>,
        names: &[String],
        slice: Option<(usize, usize)>,
    ) -> PolarsResult<DataFrame> {
        let read = |names: Vec<String>, metadata: Arc<FileMetadata>| {
            let mut reader = ParquetReader::new(file()?);
            reader.set_metadata(metadata);
            let parallel = if slice.is_some() { ParallelStrategy::Columns } else { ParallelStrategy::Auto };
            reader.with_columns(Some(names)).with_slice(slice).read_parallel(parallel).finish()
        };
        let (plain, typed): (Vec<String>, Vec<String>) =
            names.iter().cloned().partition(|name| self.plain.contains(name));
        if plain.is_empty() {
            return read(typed, metadata.clone());
        }
        let mut columns = match typed.is_empty() {
            true => Vec::new(),
            false => read(typed, metadata.clone())?.into_columns(),
        };
        let others = read(plain, Arc::new(without_arrow_types((**metadata).clone())))?;
        for column in others.into_columns() {
            let is_half = self.halves.iter().any(|name| name == column.name().as_str());
            columns.push(if is_half { halves(&column)? } else { column });
        }
        DataFrame::new_infer_height(columns)?.select(names)
    }
}

/// The type of a column in a schema; `None` if polars does not know it, or cannot make a column of it.
fn type_in((schema, metadata): &(ArrowSchema, Arc<FileMetadata>), name: &str) -> Option<DataType> {
    let field = schema.get(name)?;
    let read = || {
        let kind = DataType::from_arrow_field(field);
        let mut reader = ParquetReader::new(Cursor::new(Vec::new()));
        reader.set_metadata(metadata.clone());
        reader.with_columns(Some(vec![name.to_owned()])).finish().map(|_| kind)
    };
    let kind = catch_unwind(AssertUnwindSafe(read)).ok()?.ok()?;
    let is_too_wide = matches!(kind, DataType::Decimal(digits, _) if digits > MOST_DIGITS);
    (!is_too_wide).then_some(kind)
}

fn without_arrow_types(mut metadata: FileMetadata) -> FileMetadata {
    if let Some(pairs) = &mut metadata.key_value_metadata {
        pairs.retain(|pair| pair.key != ARROW_TYPES);
    }
    metadata
}

fn has_unknown_codec(metadata: &FileMetadata, name: &str) -> bool {
    let mut chunks =
        metadata.row_groups.iter().filter_map(|group| group.columns_under_root_iter(name)).flatten();
    chunks.any(|chunk| format!("{:?}", chunk.compression()) == UNKNOWN_CODEC)
}
