//! From files and streams to columns, and back: what formats there are, and which type a column has by all its values.
//!
//! ```text
//! parts (which files?) ──▶ files (which format?)
//!                            └──▶ format/ (texts, frames) ──evidence──▶ choice ──▶ read: a whole Table
//!                                     └──layout──▶ batches: some rows at a time ──▶ sink
//! ```

mod batches;
mod builder;
mod choice;
mod codes;
mod column_type;
mod encoding;
mod evidence;
mod files;
mod folder_key;
mod format;
mod identifier;
mod layout;
mod local_time;
mod options;
mod part;
mod parts;
mod polars;
mod read;
mod reader;
mod repairs;
mod request;
mod shared_columns;
mod sink;
mod time;
mod time_evidence;
mod write;

pub use batches::{Batch, Batches};
pub use encoding::TextReader;
pub use files::{FileFormat, decompress, format_of, in_store, open, stem, unmarked};
pub use format::header::Header;
pub use format::json::open_lines;
pub use format::json_object::{Cell, Fields};
pub use format::lines::{LineReader, Text};
pub use format::record::{RecordReader, field, field_between, names};
pub use options::CsvOptions;
pub use parts::Paths;
pub use read::read;
pub use repairs::Repairs;
pub use request::{Features, Request, Wanted};
pub use sink::{OutputFormat, Sink};
pub use write::{PartWriter, write_columns, write_parquet};
