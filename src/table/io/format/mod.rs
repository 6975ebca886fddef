//! The formats of tables in files and streams.

pub(super) mod chunk;
pub(super) mod csv;
pub(super) mod csv_text;
mod first_line;
pub(super) mod header;
pub(super) mod json;
pub(super) mod json_object;
pub(super) mod json_text;
pub(super) mod lines;
pub(super) mod parquet;
mod parquet_columns;
pub(super) mod record;
