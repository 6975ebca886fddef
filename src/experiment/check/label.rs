//! Warnings about the labels of the scored rows, and about the limits that they set to precision and recall.

use crate::report::{TableReport, Warning};

/// With fewer suspicious rows than this, single rows decide every metric.
const FEW_POSITIVES: u64 = 20;

/// A contamination above this multiple of the suspicious rate gets a warning, and a rate above this multiple
/// of the contamination.
const FAR: f64 = 2.0;

/// The warnings about the labels.
pub(super) fn warnings(report: &TableReport) -> Vec<Warning> {
    let Some(suspicious) = report.scored_suspicious_rows else {
        return vec![Warning::NoLabels { candidate: label_candidate(&report.features) }];
    };
    if suspicious == 0 || suspicious == report.scored_rows {
        return vec![Warning::OneClass { suspicious: suspicious > 0 }];
    }
    let mut warnings = Vec::new();
    let (positives, rate) = (suspicious as u64, suspicious as f64 / report.scored_rows as f64);
    if positives < FEW_POSITIVES {
        warnings.push(Warning::FewPositives { positives });
    }
    if rate > 0.5 {
        warnings.push(Warning::SuspiciousMajority { rate });
    }
    warnings.extend(limit_of_threshold(report, rate));
    warnings
}

/// If far more or far fewer rows are flagged than are suspicious: the limit of precision or recall. It holds
/// for every detector of the report that flags a row.
fn limit_of_threshold(report: &TableReport, rate: f64) -> Option<Warning> {
    let shares = report.runs.iter().map(|run| run.flagged_rows as f64 / report.scored_rows as f64);
    let shares: Vec<f64> = shares.filter(|&share| share > 0.0).collect();
    let low = shares.iter().copied().reduce(f64::min)?;
    let high = shares.iter().copied().reduce(f64::max)?;
    let flagged = [low, high];
    let contamination = report.contamination?;
    if contamination > FAR * rate && low > rate {
        return Some(Warning::ContaminationFarAbove { flagged, rate });
    }
    (contamination * FAR < rate && high < rate).then_some(Warning::ContaminationFarBelow { flagged, rate })
}

/// A feature with a name that is typical of labels.
fn label_candidate(features: &[String]) -> Option<String> {
    const NAMES: [&str; 10] = [
        "label",
        "is_suspicious",
        "is_attack",
        "is_anomaly",
        "attack",
        "anomaly",
        "outlier",
        "target",
        "class",
        "y",
    ];
    features.iter().find(|name| NAMES.contains(&name.to_ascii_lowercase().as_str())).cloned()
}
