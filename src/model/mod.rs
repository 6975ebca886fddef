//! The production model: one file that holds, for every table, all that turns a row into a score, a severity and a
//! verdict, and what is to be known about it.
//!
//! ```text
//! Table ──fit──▶ TableModel ──▶ Model ──write──▶ one file of data ──read──▶ Model ──table──▶ TableModel
//!                                                                           score, explain, card ◀──┘
//! ```

mod card;
mod data_digest;
mod explain;
mod feature;
mod file;
mod fit;
mod golden;
mod row;
pub mod score;
mod severity;
mod table_model;
mod text;

pub use card::{Card, Measurement, Sample, Training};
pub use explain::{Contribution, Explanation, Method, Without};
pub use feature::{Cell, FeatureKind, FeatureModel};
pub use fit::{Ingredients, Recipe};
pub use table_model::{Assessment, TableModel};
pub use text::{explained, inspected, trained};

use crate::error::{Error, Result};
use crate::files;
use file::{Body, TableBody};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

/// The largest model file that is written or read.
const LARGEST: u64 = 512 << 20;

/// A model as its file holds it; the detector of a table is unpacked when the table is first used.
#[derive(Debug)]
pub struct Model {
    text: String,
    sha256: String,
    whis_lab: String,
    tables: Vec<Packed>,
}

/// A table of a model file, and what it unpacks to.
#[derive(Debug)]
struct Packed {
    body: TableBody,
    unpacked: OnceLock<TableModel>,
}

impl Model {
    /// A model of some fitted tables, packed and unpacked once: what cannot be read again is never written.
    ///
    /// # Errors
    /// Where two tables have the same name, or all of them make too large a file.
    pub fn new(tables: &[TableModel]) -> Result<Self> {
        let body = Body::new(tables.iter().map(TableBody::pack).collect::<Result<_>>()?);
        let model = Model::from_text(body.sealed()?)?;
        model.check()?;
        Ok(model)
    }

    /// Read a model file, and check that it is whole. Its tables are checked when they are first used.
    ///
    /// # Errors
    /// Where the file cannot be read, is no model, is of a newer version, or is damaged.
    pub fn read(path: &Path) -> Result<Self> {
        let text = files::text_up_to(path, LARGEST)?;
        Model::from_text(text).map_err(|e| Error::input(path, e))
    }

    /// Write the model file, whole or not at all.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        files::write_whole(path, |file| file.write_all(self.text.as_bytes()))
    }

    /// The model of a table by its full or short name; without a name, the one there is.
    ///
    /// # Errors
    /// Where there is none of that name, none was named and there are several, or what the file holds of it does not
    /// hold together or does not score as it did when it was written.
    pub fn table(&self, name: Option<&str>) -> Result<&TableModel> {
        let packed = match (name, self.tables.as_slice()) {
            (None, [only]) => only,
            (None, _) => {
                let names = self.table_names().collect::<Vec<_>>().join(", ");
                return Err(Error::Request(format!("this model holds {names}; say which with --table")));
            }
            (Some(name), tables) => tables
                .iter()
                .find(|packed| packed.body.name() == name || packed.body.short_name() == name)
                .ok_or_else(|| {
                    let names = tables.iter().map(|packed| packed.body.short_name().to_owned()).collect();
                    Error::unknown_name("table in this model", name, names)
                })?,
        };
        packed.unpacked()
    }

    /// The full names of its tables.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|packed| packed.body.name())
    }

    /// The card of each table.
    pub fn cards(&self) -> impl Iterator<Item = Result<&Card>> {
        self.tables.iter().map(|packed| packed.unpacked().map(TableModel::card))
    }

    /// Unpack and check every table.
    ///
    /// # Errors
    /// Where one of them does not hold together, or does not score as it did when it was written.
    pub fn check(&self) -> Result<()> {
        self.tables.iter().try_for_each(|packed| packed.unpacked().map(drop))
    }

    /// The SHA-256 that the file names and has, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The version of the program that wrote it.
    pub fn whis_lab(&self) -> &str {
        &self.whis_lab
    }

    /// The size of the file in bytes.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    fn from_text(text: String) -> Result<Self> {
        let (sha256, body) = Body::unsealed(&text)?;
        let Body { whis_lab, tables } = body;
        let tables = tables.into_iter().map(|body| Packed { body, unpacked: OnceLock::new() }).collect();
        Ok(Model { text, sha256, whis_lab, tables })
    }
}

impl Packed {
    fn unpacked(&self) -> Result<&TableModel> {
        match self.unpacked.get() {
            Some(model) => Ok(model),
            None => {
                let model = self.body.unpack()?;
                Ok(self.unpacked.get_or_init(|| model))
            }
        }
    }
}

#[cfg(test)]
mod tests;
