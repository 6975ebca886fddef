//! A verdict, as a file and as a model holds it.

use crate::model::feature::Cell;
use crate::table::rfc3339;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// The verdict of an analyst on a row. If nothing else tells verdicts apart, the last of this order counts.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String", into = "String")]
pub enum Verdict {
    /// The analyst cannot tell. Nothing is learned from it.
    Unsure,
    /// Not worth an alert.
    Normal,
    /// Worth an alert.
    Suspicious,
}

/// The verdicts as people write them; the first word of each is the one that files hold.
const WORDS: [(Verdict, &[&str]); 3] = [
    (Verdict::Suspicious, &["suspicious", "s", "malicious", "tp", "true positive"]),
    (Verdict::Normal, &["normal", "n", "benign", "fp", "false positive"]),
    (Verdict::Unsure, &["unsure", "u", "?"]),
];

/// A verdict on a row, as a file holds it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct VerdictRecord {
    /// The full or short name of the table; `None` for the only table of a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The key of the row: its digest, or the values of the columns that identify it.
    pub row: String,
    /// What the analyst says.
    pub verdict: Verdict,
    /// When, in microseconds since 1970; RFC 3339 in files.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "instant")]
    pub time: Option<i64>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyst: Option<String>,
    /// Why, in the analyst's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The values of the features by name. With them, the verdict can be learned without the row's data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Cell>,
}

/// A verdict on a row whose values are known.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// The digest of the feature values, as [`RowKeys`](super::RowKeys) spells it.
    pub row: String,
    /// The key of the row in the file, if it is not the digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What the analyst says.
    pub verdict: Verdict,
    /// When, in microseconds since 1970; RFC 3339 in files.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "instant")]
    pub time: Option<i64>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analyst: Option<String>,
    /// Why, in the analyst's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// One value per feature.
    pub values: Vec<Cell>,
}

impl Verdict {
    /// The verdict that a word or a letter stands for, in any case; `None` if it is unknown.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        WORDS.into_iter().find(|(_, words)| words.contains(&text.as_str())).map(|(verdict, _)| verdict)
    }

    /// The verdict in one word.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Suspicious => "suspicious",
            Verdict::Normal => "normal",
            Verdict::Unsure => "unsure",
        }
    }
}

impl TryFrom<String> for Verdict {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let shown = crate::error::printable(&text, crate::error::LONGEST_NAME);
        Verdict::parse(&text)
            .ok_or_else(|| format!("unknown verdict `{shown}`; use suspicious, normal or unsure"))
    }
}

impl From<Verdict> for String {
    fn from(verdict: Verdict) -> Self {
        verdict.word().to_owned()
    }
}

/// The time now, in microseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A time as people and spreadsheets write it, in UTC unless it says otherwise; `None` if it cannot be read.
pub(super) fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros());
    }
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let day = || Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(NaiveTime::MIN));
    Some(time.or_else(day)?.and_utc().timestamp_micros())
}

/// A time as RFC 3339 in UTC.
mod instant {
    use super::{Deserialize, Deserializer, Serialize, Serializer, parse_time, rfc3339};

    pub fn serialize<S: Serializer>(time: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
        time.and_then(rfc3339).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let problem = || serde::de::Error::custom("the time is not RFC 3339, such as 2026-03-02T14:00:00Z");
        parse_time(&text).map(Some).ok_or_else(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_a_word_or_a_letter() {
        assert_eq!(Verdict::parse(" Suspicious "), Some(Verdict::Suspicious));
        assert_eq!(
            ["n", "FP", "?", "maybe", ""].map(Verdict::parse),
            [Some(Verdict::Normal), Some(Verdict::Normal), Some(Verdict::Unsure), None, None]
        );
        for (verdict, words) in WORDS {
            assert_eq!(verdict.word(), words[0]);
        }
    }

    #[test]
    fn a_time_of_a_spreadsheet_is_read() {
        let expected = DateTime::parse_from_rfc3339("2026-03-02T14:00:00Z").unwrap().timestamp_micros();
        for text in ["2026-03-02T15:00:00+01:00", "2026-03-02 14:00:00", "2026-03-02 14:00"] {
            assert_eq!(parse_time(text), Some(expected), "{text}");
        }
        assert_eq!(parse_time("2026-03-02"), Some(expected - 14 * 3_600_000_000));
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn a_record_is_one_line_of_json() {
        let line = r#"{"row":"17","verdict":"suspicious","time":"2026-03-02T14:00:00Z","values":{"x":1.5}}"#;
        let record: VerdictRecord = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&record).unwrap(), line);
        let error = serde_json::from_str::<VerdictRecord>(r#"{"row":"17","verdict":"maybe"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown verdict `maybe`; use suspicious, normal or unsure"));
    }
}
