//! Warnings: what was seen, why it matters, and which flag helps.

use super::number::counted;
use super::{Note, ProjectionMethod, Protocol, count, fixed, percent};
use crate::error::{Error, printable};
use std::fmt;

/// Something about a table or a run that a reader must know before trusting a number.
#[derive(Debug)]
pub enum Warning {
    /// How the table came to be: columns left out.
    Table(String),
    NoLabels {
        candidate: Option<String>,
    },
    ProtocolLeftOut {
        protocol: Protocol,
        error: Error,
    },
    OneClass {
        suspicious: bool,
    },
    FewPositives {
        positives: u64,
    },
    SuspiciousMajority {
        rate: f64,
    },
    Leak {
        column: String,
        how: LeakKind,
    },
    ConstantFeature {
        feature: String,
    },
    Missing {
        feature: String,
        rows: usize,
    },
    UnseenLevels {
        feature: String,
        rows: usize,
    },
    ContaminationFarAbove {
        contamination: f64,
        rate: f64,
    },
    ConstantScore {
        detector: String,
    },
    SaturatedScore {
        detector: String,
        share: f64,
    },
    InvertedScore {
        detector: String,
        auc: f64,
    },
    NothingFlagged {
        detector: String,
    },
    /// The best of several settings of a detector, which the labels chose.
    ChosenOnLabels {
        chosen: String,
        detector: &'static str,
        settings: usize,
    },
    FittedOnSample {
        detector: String,
        rows: usize,
        distinct: usize,
    },
    FewDistinctForK {
        detector: String,
        k: u64,
        distinct: usize,
    },
    DuplicatesBeyondK {
        detector: String,
        k: u64,
        commonest: u32,
        distinct: bool,
    },
    /// Rows that were to be brought into the plane and cannot be.
    NotProjected {
        method: ProjectionMethod,
        reason: String,
    },
}

/// How a column gives the label away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakKind {
    EqualsLabel,
    OppositeOfLabel,
    Separates,
}

impl Warning {
    /// The kinds that a summary names, gravest first.
    pub const BY_GRAVITY: [&'static str; 14] = [
        "leak",
        "one-class",
        "no-labels",
        "chosen-on-labels",
        "inverted-score",
        "constant-score",
        "suspicious-majority",
        "few-positives",
        "saturated-score",
        "nothing-flagged",
        "fitted-on-sample",
        "few-distinct-for-k",
        "contamination-far-above-rate",
        "duplicates-beyond-k",
    ];

    /// A stable name, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Warning::Table(_) => "table",
            Warning::NoLabels { .. } => "no-labels",
            Warning::ProtocolLeftOut { .. } => "protocol-left-out",
            Warning::OneClass { .. } => "one-class",
            Warning::FewPositives { .. } => "few-positives",
            Warning::SuspiciousMajority { .. } => "suspicious-majority",
            Warning::Leak { .. } => "leak",
            Warning::ConstantFeature { .. } => "constant-feature",
            Warning::Missing { .. } => "missing-values",
            Warning::UnseenLevels { .. } => "unseen-levels",
            Warning::ContaminationFarAbove { .. } => "contamination-far-above-rate",
            Warning::ConstantScore { .. } => "constant-score",
            Warning::SaturatedScore { .. } => "saturated-score",
            Warning::InvertedScore { .. } => "inverted-score",
            Warning::NothingFlagged { .. } => "nothing-flagged",
            Warning::ChosenOnLabels { .. } => "chosen-on-labels",
            Warning::FittedOnSample { .. } => "fitted-on-sample",
            Warning::DuplicatesBeyondK { .. } => "duplicates-beyond-k",
            Warning::FewDistinctForK { .. } => "few-distinct-for-k",
            Warning::NotProjected { method: ProjectionMethod::Pca, .. } => "not-projected-pca",
            Warning::NotProjected { method: ProjectionMethod::Tsne, .. } => "not-projected-tsne",
        }
    }
}

impl From<Warning> for Note {
    fn from(warning: Warning) -> Self {
        Note { kind: warning.kind().to_owned(), text: printable(&warning.to_string(), usize::MAX - 1) }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Table(note) => f.write_str(note),
            Warning::NoLabels { candidate } => {
                let name = candidate.as_deref().unwrap_or("COLUMN");
                let looks =
                    candidate.as_ref().map(|c| format!(", as `{c}` looks like one")).unwrap_or_default();
                write!(
                    f,
                    "there is no label column: rows are scored, but nothing says which scores are right; \
                     name it with --label {name}{looks}"
                )
            }
            Warning::ProtocolLeftOut { protocol, error } => {
                write!(f, "protocol {} is left out: {error}", protocol.id())
            }
            Warning::OneClass { suspicious } => {
                let class = if *suspicious { "suspicious" } else { "normal" };
                write!(f, "every scored row is {class}: AUC, precision and recall need both classes")
            }
            Warning::FewPositives { positives } => write!(
                f,
                "only {} scored: each moves recall by {}; read the intervals, \
                 not the digits",
                counted(*positives, "suspicious row was", "suspicious rows were"),
                percent(1.0 / (*positives).max(1) as f64)
            ),
            Warning::SuspiciousMajority { rate } => write!(
                f,
                "{} of the rows are suspicious: anomaly detectors take the majority for normal, so their \
                 scores may point the wrong way; check what the label means",
                percent(*rate)
            ),
            Warning::Leak { column, how: LeakKind::EqualsLabel } => write!(
                f,
                "`{column}` equals the label: every result that uses it is worthless; leave it out of --features"
            ),
            Warning::Leak { column, how: LeakKind::OppositeOfLabel } => write!(
                f,
                "`{column}` is the label turned round: leave it out of --features; is the label the right way?"
            ),
            Warning::Leak { column, how: LeakKind::Separates } => write!(
                f,
                "`{column}` alone separates the classes perfectly: likely made from the label; leave it out \
                 of --features unless it is known before the verdict"
            ),
            Warning::ConstantFeature { feature } => {
                write!(f, "`{feature}` has one value only and tells no rows apart")
            }
            Warning::Missing { feature, rows } => write!(
                f,
                "`{feature}` has no usable value in {}, which got the training mean or commonest level",
                counted(*rows as u64, "row", "rows")
            ),
            Warning::UnseenLevels { feature, rows } => write!(
                f,
                "`{feature}` holds levels in {} that the training part did not have",
                counted(*rows as u64, "row", "rows")
            ),
            Warning::ContaminationFarAbove { contamination, rate } => write!(
                f,
                "up to {} of the rows are flagged while {} are suspicious: if that many are, precision is at most \
                 {}; --contamination {} would flag as many as are suspicious",
                percent(*contamination),
                percent(*rate),
                fixed(Some(rate / contamination)),
                rounded(*rate)
            ),
            Warning::ConstantScore { detector } => {
                write!(f, "{detector}: every row got the same score, so its AUC of 0.5 says nothing")
            }
            Warning::SaturatedScore { detector, share } => write!(
                f,
                "{detector}: {} of the rows share the highest score and cannot be ranked among themselves",
                percent(*share)
            ),
            Warning::InvertedScore { detector, auc } => write!(
                f,
                "{detector}: AUC {} with its interval below 0.5: suspicious rows score as more normal than \
                 the rest, so the detector finds something else than this label",
                fixed(Some(*auc))
            ),
            Warning::NothingFlagged { detector } => write!(
                f,
                "{detector}: no score lies above the threshold, because too many rows are tied at it; \
                 precision does not exist"
            ),
            Warning::ChosenOnLabels { chosen, detector, settings } => write!(
                f,
                "{chosen} is the best of {settings} settings of {detector}, chosen on the labels it is measured by, \
                 so its AUC flatters it; confirm it on rows that took no part in the choice"
            ),
            Warning::FittedOnSample { detector, rows, distinct } => write!(
                f,
                "{detector}: fitted on a random sample of {} of {} distinct rows, as --time-limit or --fit-rows asks; \
                 all rows are scored",
                count(*rows as u64),
                count(*distinct as u64)
            ),
            Warning::FewDistinctForK { detector, k, distinct } => write!(
                f,
                "{detector}: k = {k} of only {distinct} distinct rows: no neighbourhood is local; \
                 try --params {}.duplicates=copies or a smaller k",
                detector.split('(').next().unwrap_or(detector)
            ),
            Warning::DuplicatesBeyondK { detector, k, commonest, distinct } => {
                let commonest = count(u64::from(*commonest));
                let counted = if *distinct {
                    "its k counts distinct rows, since among copies density would be infinite"
                } else {
                    "with duplicates = copies its density is infinite, and so are scores beside it"
                };
                write!(
                    f,
                    "{detector}: the commonest row occurs {commonest} times, more than k = {k}; {counted}"
                )
            }
            Warning::NotProjected { reason, .. } => write!(f, "{reason}: it is left out"),
        }
    }
}

/// A rate as one would type it: one significant digit after the first.
fn rounded(rate: f64) -> String {
    let places = (1.0 - rate.log10().floor()).clamp(2.0, 6.0) as usize;
    format!("{rate:.places$}")
}
