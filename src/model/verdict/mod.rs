//! Verdicts of analysts on rows: their files, the keys of rows, and what several analysts say together.
//!
//! A file of verdicts is JSON lines, as [`Journal`] writes them, or a table with a column `verdict`, such as a CSV from
//! a spreadsheet. Both hold a key of the row: a digest of its feature values ([`RowKeys`]), or the values of columns
//! that identify a row, such as an event id.

mod conflict;
mod file;
mod journal;
mod key;
mod record;

pub use conflict::{Conflicts, Contradiction, Settled, current, settle};
pub use file::{ROW_KEY, VERDICT, VerdictFile, key_of, read};
pub use journal::Journal;
pub use key::{RowDigest, RowKeys};
pub use record::{Judged, Verdict, VerdictRecord, now};
