//! The production model: one file with everything that turns the rows of each table into scores, severities
//! and verdicts, and with a card that describes each table.
//!
//! ```text
//! Table ──fit──▶ TableModel ──▶ Model ──write──▶ one file of data ──read──▶ Model ──table──▶ TableModel
//!                                                                           score, explain, card ◀──┘
//! ```

mod base;
mod calibrate;
mod card;
mod data_digest;
mod default_rule;
mod evaluate;
mod explain;
mod feature;
mod file;
mod fit;
mod golden;
mod golden_check;
mod learn;
mod options;
mod profile;
mod request;
pub mod score;
mod table_model;
mod taught_card;
mod text;
mod train;
mod untaught;
pub mod verdict;

pub use card::{Card, FittedTail, Measurement, Sample, ScoredAgain, Training};
pub(crate) use data_digest::of as data_digest;
pub use default_rule::default_rule;
pub use evaluate::{EvaluateOptions, Evaluated, Measured, Paired, Scores, evaluate};
pub use explain::{Contribution, Explanation, FromVerdicts, Method, Without};
pub use feature::{Cell, FeatureKind, FeatureModel};
pub use learn::{LearnData, LearnOptions, Learned, Question, ReviewRanking, ReviewRows, learn};
pub use options::TrainOptions;
pub use profile::{DailyCounts, DayCounts, Profile, Sketch};
pub use table_model::{Assessment, TableModel};
pub use taught_card::{Changes, Gain, TaughtCard, TaughtData};
pub use text::{evaluated, evaluated_csv, evaluated_markdown, explained, inspected, trained};
pub use train::{Trained, train, train_observed};

use crate::error::{Error, Hint, Result};
use crate::files;
use file::{Body, LARGEST, TableBody};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

/// A model file. The detector of a table is unpacked at its first use.
#[derive(Debug)]
pub struct Model {
    text: String,
    sha256: String,
    whis_lab: String,
    tables: Vec<Packed>,
}

/// A table of a model file, packed and unpacked.
#[derive(Debug)]
struct Packed {
    body: TableBody,
    unpacked: OnceLock<TableModel>,
}

impl Model {
    /// A model of fitted tables. It is packed and unpacked once, so that every written model can be read.
    ///
    /// # Errors
    /// If two tables have the same name, or the file is too large.
    pub fn new(tables: &[TableModel]) -> Result<Self> {
        let body = Body::new(tables.iter().map(TableBody::pack).collect::<Result<_>>()?);
        let model = Model::from_text(body.sealed()?)?;
        model.check()?;
        Ok(model)
    }

    /// Read a model file and check that it is complete. Each table is checked at its first use.
    ///
    /// # Errors
    /// If the file cannot be read, is not a model, has a newer version, or is damaged.
    pub fn read(path: &Path) -> Result<Self> {
        let binary = |_| Error::input(path, "not a whis-lab model, but binary data");
        let text = String::from_utf8(files::bytes_up_to(path, LARGEST)?).map_err(binary)?;
        Model::from_text(text).map_err(|e| Error::input(path, e))
    }

    /// Write the model file atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        files::write_whole(path, |file| file.write_all(self.text.as_bytes()))
    }

    /// The model of a table by its full or short name; without a name, the only table.
    ///
    /// # Errors
    /// If there is no such table, if there are several and `name` is `None`, or if the table is invalid or
    /// scores its golden rows differently.
    pub fn table(&self, name: Option<&str>) -> Result<&TableModel> {
        let packed = match (name, self.tables.as_slice()) {
            (None, [only]) => only,
            (None, _) => {
                let names = self.table_names().collect::<Vec<_>>().join(", ");
                let error = Error::Request(format!("this model has several tables: {names}"));
                return Err(error.with_hint(Hint::ChooseTable));
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

    /// This model with another model of one of its tables.
    ///
    /// # Errors
    /// If a table is invalid, or the file is too large.
    pub fn with_table(&self, table: &TableModel) -> Result<Self> {
        let tables = self.tables.iter().map(|packed| {
            if packed.body.name() == table.name() { Ok(table.clone()) } else { packed.unpacked().cloned() }
        });
        Model::new(&tables.collect::<Result<Vec<_>>>()?)
    }

    /// The full names of the tables.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|packed| packed.body.name())
    }

    /// The table that is named like a file, by its full or short name; `None` if the model has one table only.
    pub fn table_with_name_of(&self, stem: &str) -> Option<String> {
        let is_named = |body: &&TableBody| body.name() == stem || body.short_name() == stem;
        let mut bodies = self.tables.iter().map(|packed| &packed.body).filter(|_| self.tables.len() > 1);
        bodies.find(is_named).map(|body| body.name().to_owned())
    }

    /// The card of each table.
    pub fn cards(&self) -> impl Iterator<Item = Result<&Card>> {
        self.tables.iter().map(|packed| packed.unpacked().map(TableModel::card))
    }

    /// Unpack and check every table.
    ///
    /// # Errors
    /// If a table is invalid or scores its golden rows differently.
    pub fn check(&self) -> Result<()> {
        self.tables.iter().try_for_each(|packed| packed.unpacked().map(drop))
    }

    /// The SHA-256 of the body, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The version of whis-lab that wrote the file.
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
