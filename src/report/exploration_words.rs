//! The sentences of an exploration.

use super::exploration_table::Form;
use super::number::{count, counted, duration, percent};
use super::text::suspicious;
use crate::explore::{Exploration, FeatureKind, FeatureSummary, Group};

/// A feature is nearly constant if the share of its most frequent value is above this.
const NEARLY_CONSTANT: f64 = 0.99;
/// The number of findings in a terminal.
const FINDINGS: usize = 8;
/// The longest line of marks for days, in characters.
const MARKS: usize = 60;

/// The number of rows, the classes, the most frequent row, and the times.
pub(super) fn heading(exploration: &Exploration) -> Vec<String> {
    let rows = format!(
        "{}: {}, {} distinct, {}, {}",
        exploration.table,
        counted(exploration.rows, "row", "rows"),
        count(exploration.distinct_rows),
        counted(exploration.features.len() as u64, "feature", "features"),
        suspicious(exploration.suspicious_rows, exploration.suspicious_rate),
    );
    let share = percent(exploration.commonest_row_share);
    let most_frequent = format!("the most frequent row is {share} of all");
    let range = exploration.time_range.as_ref();
    let times = range.map(|[from, to]| format!("from {} to {}", second(from), second(to)));
    let times = times.unwrap_or_else(|| "no times".to_owned());
    let gaps = exploration.gaps.iter().map(|gap| {
        format!("no rows for {}: from {} to {}", duration(gap.seconds), second(&gap.from), second(&gap.to))
    });
    [rows, most_frequent, times].into_iter().chain(gaps).collect()
}

/// An RFC 3339 time without fractions of a second.
fn second(time: &str) -> String {
    time.split_once('.').map_or(time.to_owned(), |(second, _)| format!("{second}Z"))
}

/// Problems of the classes and the features: one class only, constant, nearly constant, or missing values.
pub(super) fn findings(exploration: &Exploration, form: Form) -> Vec<String> {
    let features = exploration.features.iter().flat_map(|feature| of_feature(feature, form));
    let mut findings: Vec<String> = of_classes(exploration).into_iter().chain(features).collect();
    let rest = findings.len().saturating_sub(FINDINGS);
    if form == Form::Terminal && rest > 1 {
        findings.truncate(FINDINGS);
        findings.push(format!("… {rest} more findings: the Markdown form shows all"));
    }
    findings
}

fn of_classes(exploration: &Exploration) -> Option<String> {
    match exploration.suspicious_rows? {
        0 => Some("every row is normal: classes cannot be compared".to_owned()),
        all if all == exploration.rows => {
            Some("every row is suspicious: classes cannot be compared".to_owned())
        }
        _ => None,
    }
}

fn of_feature(feature: &FeatureSummary, form: Form) -> Vec<String> {
    let name = form.feature(&feature.name);
    if feature.count == 0 {
        return vec![format!("`{name}` has no values")];
    }
    let mut findings = Vec::new();
    if feature.distinct == 1 {
        findings.push(format!("`{name}` is constant: it cannot distinguish rows"));
    } else if feature.commonest_share > NEARLY_CONSTANT {
        // With more decimals than other percentages: nearly 100 % must not read 100 %.
        let share = format!("{:.3}", feature.commonest_share * 100.0);
        let share = share.trim_end_matches('0').trim_end_matches('.');
        findings.push(format!("`{name}` is nearly constant: {share} % of its values are the same"));
    }
    if feature.missing > 0 {
        let share = percent(feature.missing as f64 / (feature.count + feature.missing) as f64);
        let rows = counted(feature.missing, "row", "rows");
        let mut text = format!("`{name}` has no value in {rows} ({share})");
        if feature.infinite > 0 {
            text += &format!(", {} of them infinite", count(feature.infinite));
        }
        findings.push(text);
    }
    findings
}

/// The meaning of the last column of the tables; `None` without labels.
pub(super) fn association(exploration: &Exploration) -> Option<String> {
    exploration.suspicious_rows?;
    let has = |kind: FeatureKind| exploration.features.iter().any(|feature| feature.kind == kind);
    let point_biserial = has(FeatureKind::Number) || has(FeatureKind::Boolean);
    let r = point_biserial.then_some("r: point-biserial correlation with the label");
    let v = has(FeatureKind::Category).then_some("V: Cramér's V with the label, not corrected for bias");
    Some(r.into_iter().chain(v).collect::<Vec<_>>().join("; "))
}

/// The source of the hours in the table of hours: the times, or the feature `hour_of_day`.
pub(super) fn hours(exploration: &Exploration) -> &'static str {
    if exploration.time_range.is_some() { "by hour of the day (UTC)" } else { "by `hour_of_day`" }
}

/// Rows by day as lines of marks, and the busiest day; `None` without days.
pub(super) fn days(exploration: &Exploration) -> Option<Vec<String>> {
    let days = &exploration.by_day;
    let days_a_mark = days.len().div_ceil(MARKS).max(1);
    let marks = days.chunks(days_a_mark).map(|days| Group::sum("", days)).collect::<Vec<_>>();
    let span = if days_a_mark == 1 { "day".to_owned() } else { format!("{days_a_mark} days") };
    let title = format!("by day (UTC), {} with rows; one mark per {span}", count(days.len() as u64));
    let rows = line("rows", &marks, days, |day| day.rows)?;
    let suspicious = line("suspicious", &marks, days, |day| day.suspicious.unwrap_or_default());
    let labelled = exploration.suspicious_rows.is_some_and(|rows| rows > 0);
    Some([title, rows].into_iter().chain(suspicious.filter(|_| labelled)).collect())
}

/// One quantity by day as marks, and the first day with the highest value.
fn line(name: &str, marks: &[Group], days: &[Group], value: fn(&Group) -> u64) -> Option<String> {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = marks.iter().map(value).max()?.max(1);
    let height = |mark: &Group| HEIGHTS[(value(mark) as f64 / highest as f64 * 7.0).round() as usize];
    let marks: String = marks.iter().map(height).collect();
    let most = days.iter().rev().max_by_key(|day| value(day))?;
    Some(format!("{name:<10} {marks}  most on {} ({})", most.name, count(value(most))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(distinct: u64, commonest_share: f64, missing: u64, infinite: u64) -> FeatureSummary {
        FeatureSummary {
            name: "x".into(),
            kind: FeatureKind::Number,
            count: if distinct == 0 { 0 } else { 1000 },
            missing,
            infinite,
            distinct,
            commonest_share,
            mean: None,
            std: None,
            min: None,
            q25: None,
            median: None,
            q75: None,
            max: None,
            association: None,
        }
    }

    fn text(feature: FeatureSummary) -> String {
        of_feature(&feature, Form::Terminal).join("; ")
    }

    #[test]
    fn constant_and_nearly_constant_columns_are_named() {
        assert_eq!(text(feature(1, 1.0, 0, 0)), "`x` is constant: it cannot distinguish rows");
        assert_eq!(
            text(feature(2, 0.995, 0, 0)),
            "`x` is nearly constant: 99.5 % of its values are the same"
        );
        assert_eq!(text(feature(2, 0.99, 0, 0)), "");
    }

    #[test]
    fn missing_and_infinite_values_are_counted() {
        assert_eq!(text(feature(9, 0.5, 250, 3)), "`x` has no value in 250 rows (20 %), 3 of them infinite");
        assert_eq!(text(feature(0, 0.0, 250, 0)), "`x` has no values");
    }

    #[test]
    fn many_days_share_their_marks() {
        let day = |at: u64| Group { name: format!("day {at}"), rows: at, suspicious: None };
        let days: Vec<Group> = (1..=150).map(day).collect();
        let marks: Vec<Group> = days.chunks(3).map(|days| Group::sum("", days)).collect();
        let line = line("rows", &marks, &days, |day| day.rows).unwrap();
        assert!(line.ends_with("█  most on day 150 (150)"), "{line}");
        assert_eq!(line.chars().filter(|c| ('▁'..='█').contains(c)).count(), 50);
    }
}
