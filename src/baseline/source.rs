//! The tables of the store that is read.

use super::slices::batches;
use crate::error::{Error, Result};
use crate::progress::Count;
use crate::schema::{self, Schema};
use crate::table::{self, Batches};
use std::path::{Path, PathBuf};

/// A table of the store that is read.
pub(super) struct Source {
    pub schema: Schema,
    pub path: PathBuf,
    pub names: Vec<String>,
    pub batches: Batches,
}

/// The tables of the store.
pub(super) fn sources(store: &Path, read: &Count) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for schema in schema::built_in()? {
        if let Some(path) = table::in_store(store, &schema.table)? {
            let batches = batches(&path, read)?;
            let names = batches.names();
            found.push(Source { schema, path, names, batches });
        }
    }
    match found.is_empty() {
        true => {
            Err(Error::input(store, "the folder has no auth_events.parquet, and no other table of events"))
        }
        false => Ok(found),
    }
}
