//! The format of a model file: one line of JSON with the format, its version, the SHA-256 of the body, and
//! the body.
//!
//! The envelope has exactly one valid spelling, without spaces and in a fixed order, so a change of any byte
//! is an error. The digest is checked before the body is parsed. The content is checked as well, because
//! anyone can write a file with a correct digest.

use super::base::Base;
use super::card::Card;
use super::fit;
use super::golden::Golden;
use super::profile::Profile;
use super::table_model::TableModel;
use crate::digest::sha256;
use crate::error::{Error, LONGEST_NAME, Result, json, printable};
use crate::metrics::{Calibration, Severity, ThresholdRule};
use crate::preprocess::Preprocessor;
use crate::schema::is_plain;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

const FORMAT: &str = "whis-lab model";
const VERSION: u32 = 1;

/// The largest model file that is written or read.
pub(super) const LARGEST: u64 = 512 << 20;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    format: &'a str,
    version: u32,
    sha256: &'a str,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// The start of every model file, of any version.
const START: &str = "{\"format\":\"whis-lab model\",\"version\":";

/// The part of an envelope that identifies a file that cannot be read.
#[derive(Deserialize)]
struct Head<'a> {
    format: &'a str,
    version: u32,
}

/// The body of a model file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// The version of whis-lab that wrote the file.
    pub whis_lab: String,
    pub tables: Vec<TableBody>,
}

/// The part of a model file about one table.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableBody {
    card: Card,
    /// Named as 0.1.0 named it.
    #[serde(rename = "preparation")]
    preprocessor: Preprocessor,
    severity: Severity,
    goldens: Vec<Golden>,
    /// The model before it learned from verdicts, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<Base>,
    /// The profile of the training data; `None` in older models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<Profile>,
    /// The id of the detector in the registry; `ensemble` for every ensemble.
    entry: String,
    /// The fitted detector in its own format, parsed at the first use of the table.
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
        let text = envelope.to_json()?;
        match text.len() as u64 {
            size if size > LARGEST => {
                Err(Error::Request(format!("the model has {size} bytes, more than the limit of {LARGEST}")))
            }
            _ => Ok(text),
        }
    }

    /// The digest and the body of a complete file.
    pub fn unsealed(text: &str) -> Result<(String, Self)> {
        let envelope: Envelope = serde_json::from_str(text).map_err(|e| not_an_envelope(text, e))?;
        if envelope.format != FORMAT || envelope.version != VERSION {
            return Err(another_format(envelope.format, envelope.version));
        }
        let sha256 = sha256(envelope.body.get().as_bytes());
        if envelope.sha256 != sha256 || envelope.to_json()? != text {
            let problem = "the model is damaged: its SHA-256 does not match; get a new copy of the file";
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
            _ if names.is_empty() => Err(Error::Request("the model has no table".to_owned())),
            Some(pair) => Err(Error::Request(format!(
                "the model has two tables `{}`",
                printable(pair[0], LONGEST_NAME)
            ))),
            None => Ok(()),
        }
    }
}

impl Envelope<'_> {
    fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string(self).map_err(refused)? + "\n")
    }
}

impl TableBody {
    pub fn pack(model: &TableModel) -> Result<Self> {
        Ok(TableBody {
            card: model.card.clone(),
            preprocessor: model.preprocessor.clone(),
            severity: model.severity.clone(),
            goldens: model.goldens.clone(),
            base: model.base.as_deref().cloned(),
            profile: model.profile.as_deref().cloned(),
            entry: model.entry.clone(),
            state: RawValue::from_string(model.detector.to_json()).map_err(refused)?,
        })
    }

    /// Unpack the model of the table.
    ///
    /// # Errors
    /// If the parts do not match, or a golden row has another score.
    pub fn unpack(&self) -> Result<TableModel> {
        let unsound = |problem: &str| Error::table(self.name(), format!("not a sound model: {problem}"));
        self.check().map_err(unsound)?;
        let detector = fit::loaded(&self.entry, self.state.get())?;
        if detector.columns() != self.preprocessor.width() {
            return Err(unsound("its detector has other columns than its encoder"));
        }
        let model = TableModel {
            card: self.card.clone(),
            preprocessor: self.preprocessor.clone(),
            severity: self.severity.clone(),
            goldens: self.goldens.clone(),
            base: self.base.clone().map(Arc::new),
            profile: self.profile.clone().map(Arc::new),
            entry: self.entry.clone(),
            detector,
        };
        if !model.has_sound_verdicts() {
            return Err(unsound("its verdicts are not sound"));
        }
        model.check_goldens()?;
        Ok(model)
    }

    pub fn name(&self) -> &str {
        &self.card.table
    }

    pub fn short_name(&self) -> &str {
        self.card.short_name()
    }

    /// Check everything except the detector.
    fn check(&self) -> Result<(), &'static str> {
        let Card { table, features, contamination, threshold, training, .. } = &self.card;
        let sound = [
            (is_plain(table), "its table has no plain name"),
            (!features.is_empty() && features.iter().all(|f| f.is_valid()), "a feature is not sound"),
            (self.card.has_its_time_features(), "its features of the time are not sound"),
            (self.preprocessor.is_valid(), "its encoder or its scaler is not sound"),
            (self.features_agree(), "its features are not those of its encoder"),
            (
                contamination.map_or(self.card.rule.is_some(), |share| share > 0.0 && share <= 0.5)
                    && self.card.rule.is_none_or(|rule| rule.check().is_ok())
                    && threshold.is_finite(),
                "its threshold is not sound",
            ),
            (self.rule_is_sound(), "the rule of its threshold is not sound"),
            (is_sha256(&training.data_sha256), "the digest of its data is not a SHA-256"),
            (self.severity.is_valid(), "its quantiles do not increase"),
            (
                training.distinct_rows >= 1 && training.distinct_rows <= training.rows,
                "its rows are not sound",
            ),
            (
                training.flagged_rows.is_none_or(|flagged| flagged <= training.rows as u64)
                    && training.days.is_none_or(|days| (1..=training.rows as u64).contains(&days)),
                "its flagged rows are not sound",
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
            (
                self.profile.as_ref().is_none_or(|profile| profile.is_valid(features)),
                "the profile of its data is not sound",
            ),
        ];
        sound.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, problem)| Err(problem))
    }

    /// Whether the card has what the rule of its threshold needs.
    fn rule_is_sound(&self) -> bool {
        let Card { rule, tail, calibration, scored_again, training, .. } = &self.card;
        tail.is_some() == matches!(rule, Some(ThresholdRule::Tail(_)))
            && calibration.is_some() == matches!(rule, Some(ThresholdRule::Fdr(_)))
            && tail.is_none_or(|fitted| fitted.tail.is_valid())
            && calibration.as_ref().is_none_or(Calibration::is_valid)
            && scored_again.is_none_or(|again| again.flagged_rows <= training.rows as u64)
    }

    fn features_agree(&self) -> bool {
        let known = self.preprocessor.encoder().features();
        let own = self.card.features.iter().map(|feature| (feature.name.as_str(), feature.levels()));
        known.eq(own)
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn refused(error: serde_json::Error) -> Error {
    Error::Request(format!("not a sound model: {}", json::reason(&error)))
}

fn not_an_envelope(text: &str, error: serde_json::Error) -> Error {
    if let Ok(Head { format, version }) = serde_json::from_str(text)
        && (format != FORMAT || version != VERSION)
    {
        return another_format(format, version);
    }
    let starts_as_model = text.starts_with(START);
    Error::Request(match () {
        () if text.trim().is_empty() => "not a whis-lab model: the file is empty".to_owned(),
        // A number that is cut off is an invalid one.
        () if starts_as_model && (error.is_eof() || error.column() >= text.trim_end().len()) => {
            "the model is damaged: the file is cut off; get a new copy of the file".to_owned()
        }
        () if starts_as_model => {
            format!("the model is damaged: {}; get a new copy of the file", json::reason(&error))
        }
        () if json::is_json(text) => "not a whis-lab model, but other JSON".to_owned(),
        () => "not a whis-lab model".to_owned(),
    })
}

fn another_format(format: &str, version: u32) -> Error {
    Error::Request(match format {
        FORMAT if version > VERSION => {
            format!(
                "written by a newer whis-lab in format {version}, and this one reads {VERSION}: update it"
            )
        }
        FORMAT => format!("the model format {version} does not exist"),
        other => format!("not a whis-lab model, but {}", printable(other, LONGEST_NAME)),
    })
}
