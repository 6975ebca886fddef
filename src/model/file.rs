//! The form of a model file: one line of JSON, an envelope that names the format, its version and the SHA-256 of the
//! body's bytes, and the body.
//!
//! The envelope has one spelling only, so that every byte of the file counts: no space, no other order. The body is
//! digested before anything in it is looked at; what it says is then checked all the same, for whoever makes a file
//! can digest it, too.

use super::card::Card;
use super::golden::Golden;
use super::severity::Severity;
use super::table_model::TableModel;
use super::{LARGEST, fit};
use crate::digest::sha256;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::preprocess::Preparation;
use crate::schema::is_plain;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const FORMAT: &str = "whis-lab model";
const VERSION: u32 = 1;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    format: &'a str,
    version: u32,
    sha256: &'a str,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// Enough of an envelope to say what a file is that cannot be read.
#[derive(Deserialize)]
struct Head<'a> {
    format: &'a str,
    version: u32,
}

/// All that a model file says.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// The version of the program that wrote it.
    pub whis_lab: String,
    pub tables: Vec<TableBody>,
}

/// All that a model file says about one table.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableBody {
    card: Card,
    preparation: Preparation,
    severity: Severity,
    goldens: Vec<Golden>,
    /// The id of the detector in the registry; of an ensemble, whatever it is made of, `ensemble`.
    entry: String,
    /// The fitted detector in its own form, read when the table is first used.
    state: Box<RawValue>,
}

impl Body {
    pub fn new(tables: Vec<TableBody>) -> Self {
        Body { whis_lab: env!("CARGO_PKG_VERSION").to_owned(), tables }
    }

    /// The text of the file.
    pub fn sealed(&self) -> Result<String> {
        let body = serde_json::value::to_raw_value(self).map_err(refused)?;
        let sha256 = sha256(body.get().as_bytes());
        let envelope = Envelope { format: FORMAT, version: VERSION, sha256: &sha256, body: &body };
        let text = envelope.written()?;
        match text.len() as u64 {
            size if size > LARGEST => Err(Error::Request(format!(
                "a model of {size} bytes is larger than the {LARGEST} that are read again"
            ))),
            _ => Ok(text),
        }
    }

    /// The digest and the body of a text that is whole.
    pub fn unsealed(text: &str) -> Result<(String, Self)> {
        let envelope: Envelope = serde_json::from_str(text).map_err(|e| not_an_envelope(text, e))?;
        if envelope.format != FORMAT || envelope.version != VERSION {
            return Err(another_format(envelope.format, envelope.version));
        }
        let sha256 = sha256(envelope.body.get().as_bytes());
        if envelope.sha256 != sha256 || envelope.written()? != text {
            let problem =
                "the model is damaged: its SHA-256 is not the one it names; take it from where it came";
            return Err(Error::Request(problem.to_owned()));
        }
        let body: Body = serde_json::from_str(envelope.body.get()).map_err(refused)?;
        body.check()?;
        Ok((sha256, body))
    }

    fn check(&self) -> Result<()> {
        let mut names: Vec<&str> = self.tables.iter().map(TableBody::short_name).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            _ if names.is_empty() => Err(Error::Request("a model of no table".to_owned())),
            Some(pair) => {
                Err(Error::Request(format!("a model of two tables `{}`", printable(pair[0], LONGEST_NAME))))
            }
            None => Ok(()),
        }
    }
}

impl Envelope<'_> {
    fn written(&self) -> Result<String> {
        Ok(serde_json::to_string(self).map_err(refused)? + "\n")
    }
}

impl TableBody {
    pub fn pack(model: &TableModel) -> Result<Self> {
        Ok(TableBody {
            card: model.card.clone(),
            preparation: model.preparation.clone(),
            severity: model.severity.clone(),
            goldens: model.goldens.clone(),
            entry: model.entry.clone(),
            state: RawValue::from_string(model.detector.to_json()).map_err(refused)?,
        })
    }

    /// The model of the table, where all of it holds together and it scores as it did when it was written.
    pub fn unpack(&self) -> Result<TableModel> {
        let unsound = |problem: &str| Error::table(self.name(), format!("not a sound model: {problem}"));
        self.check().map_err(unsound)?;
        let detector = fit::loaded(&self.entry, self.state.get())?;
        if detector.columns() != self.preparation.width() {
            return Err(unsound("its detector is of other columns than its encoder"));
        }
        let model = TableModel {
            card: self.card.clone(),
            preparation: self.preparation.clone(),
            severity: self.severity.clone(),
            goldens: self.goldens.clone(),
            entry: self.entry.clone(),
            detector,
        };
        model.check_goldens()?;
        Ok(model)
    }

    pub fn name(&self) -> &str {
        &self.card.table
    }

    pub fn short_name(&self) -> &str {
        self.card.short_name()
    }

    /// What can be checked without the detector.
    fn check(&self) -> Result<(), &'static str> {
        let Card { table, features, contamination, threshold, training, .. } = &self.card;
        let sound = [
            (is_plain(table), "its table has no plain name"),
            (!features.is_empty() && features.iter().all(|f| f.is_valid()), "a feature is not sound"),
            (self.preparation.is_valid(), "its encoder or its scaler is not sound"),
            (self.features_agree(), "its features are not those of its encoder"),
            (
                *contamination > 0.0 && *contamination <= 0.5 && threshold.is_finite(),
                "its threshold is not sound",
            ),
            (is_sha256(&training.data_sha256), "the digest of its data is none"),
            (self.severity.is_valid(), "its quantiles do not rise"),
            (
                training.distinct_rows >= 1 && training.distinct_rows <= training.rows,
                "its rows are not sound",
            ),
            (
                training
                    .sample
                    .as_ref()
                    .is_none_or(|s| (1..=training.distinct_rows).contains(&s.distinct_rows)),
                "the sample it was fitted on is not sound",
            ),
            (
                !self.goldens.is_empty() && self.goldens.iter().all(|g| g.fits(features)),
                "a golden row is not sound",
            ),
        ];
        sound.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, problem)| Err(problem))
    }

    fn features_agree(&self) -> bool {
        let known = self.preparation.encoder().features();
        let own = self.card.features.iter().map(|feature| (feature.name.as_str(), feature.levels()));
        known.eq(own)
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn refused(error: serde_json::Error) -> Error {
    Error::Request(format!("not a sound model: {error}"))
}

fn not_an_envelope(text: &str, error: serde_json::Error) -> Error {
    match serde_json::from_str::<Head>(text) {
        Ok(head) if head.format != FORMAT || head.version != VERSION => {
            another_format(head.format, head.version)
        }
        _ => Error::Request(format!("not a whis-lab model, or a damaged one: {error}")),
    }
}

fn another_format(format: &str, version: u32) -> Error {
    Error::Request(match format {
        FORMAT if version > VERSION => {
            format!(
                "written by a newer whis-lab: format {version}, and this one reads {VERSION}; update whis-lab"
            )
        }
        FORMAT => format!("of a format {version} that never was"),
        other => format!("not a whis-lab model, but {}", printable(other, LONGEST_NAME)),
    })
}
