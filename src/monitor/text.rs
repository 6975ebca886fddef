//! The comparison with training as text: a table, Markdown, and the Prometheus text format.

use super::monitored::{FeatureDrift, Monitored, Rule};
use crate::report::{count, counted, fixed, percent, significant};
use std::fmt::Write;

/// The text of an undefined value.
const UNDEFINED: &str = "–";

/// The verdict, the features and the days in aligned columns.
pub fn table(own: &Monitored) -> String {
    let mut text = format!("{}\n", own.table);
    own.words.iter().for_each(|line| text += &format!("  {line}\n"));
    text += &format!("  {}\n\n", rule(own));
    text += &aligned(&features(own));
    text += "\n";
    text + &aligned(&days(own))
}

/// As [`table()`], as GitHub Flavored Markdown.
pub fn markdown(own: &Monitored) -> String {
    let mut text = format!("## {}\n\n", own.table);
    own.words.iter().for_each(|line| text += &format!("- {line}\n"));
    text += &format!("- {}\n\n", rule(own));
    for rows in [features(own), days(own)] {
        for (at, row) in rows.iter().enumerate() {
            text +=
                &format!("| {} |\n", row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "));
            if at == 0 {
                text += &format!("|{}\n", "---|".repeat(row.len()));
            }
        }
        text += "\n";
    }
    text
}

/// The Prometheus text format, for a textfile collector.
pub fn prometheus(all: &[Monitored]) -> String {
    let mut text = String::new();
    let mut family = |name: &str, help: &str, lines: Vec<(String, Option<f64>)>| {
        let _ = writeln!(text, "# HELP whis_lab_{name} {help}\n# TYPE whis_lab_{name} gauge");
        for (labels, value) in lines {
            if let Some(value) = value {
                let _ = writeln!(text, "whis_lab_{name}{{{labels}}} {value}");
            }
        }
    };
    let of_tables = |value: fn(&Monitored) -> Option<f64>| {
        all.iter().map(|own| (format!("table=\"{}\"", label(&own.table)), value(own))).collect()
    };
    family(
        "drift",
        "1 if the table drifts from training.",
        of_tables(|own| Some(f64::from(u8::from(own.drift)))),
    );
    family("rows", "New rows.", of_tables(|own| Some(own.rows as f64)));
    family("alerts_per_day", "Alerts a day.", of_tables(|own| own.alerts.per_day));
    family("alert_share", "Share of rows above the threshold.", of_tables(|own| own.alerts.share));
    let of_features = |value: fn(&FeatureDrift) -> Option<f64>| {
        let line = |table: &str, own: &FeatureDrift| {
            (format!("table=\"{}\",feature=\"{}\"", label(table), label(&own.feature)), value(own))
        };
        all.iter().flat_map(|own| own.features.iter().map(|feature| line(&own.table, feature))).collect()
    };
    family(
        "feature_drift",
        "1 if the feature drifts from training.",
        of_features(|own| Some(f64::from(u8::from(own.drift)))),
    );
    family(
        "feature_distance",
        "Jensen-Shannon distance from training.",
        of_features(|own| own.jensen_shannon),
    );
    family("feature_psi", "Population stability index.", of_features(|own| own.psi));
    text
}

fn rule(own: &Monitored) -> String {
    match own.rule {
        Rule::TrainingDays => format!(
            "A day is unusual if it is further out than the {} of training are; drift is two unusual days of three.",
            counted(own.training_days as u64, "day", "days")
        ),
        Rule::Conventional => format!(
            "Training has {}, fewer than 7, or there are no times: the limit is a PSI of 0.25 by convention.",
            counted(own.training_days as u64, "day", "days")
        ),
    }
}

fn features(own: &Monitored) -> Vec<Vec<String>> {
    let header = [
        "feature",
        "drift",
        "since",
        "unusual days",
        "size",
        "PSI",
        "JS",
        "KS",
        "Wasserstein",
        "missing",
        "outside",
    ];
    let number = |value: Option<f64>| value.map_or(UNDEFINED.to_owned(), significant);
    let row = |own: &FeatureDrift| {
        vec![
            own.feature.clone(),
            if own.drift { "yes" } else { "no" }.to_owned(),
            own.since.clone().unwrap_or_else(|| UNDEFINED.to_owned()),
            count(own.unusual_days as u64),
            own.size.map_or(UNDEFINED.to_owned(), |size| format!("{size:.1}")),
            fixed(own.psi),
            fixed(own.jensen_shannon),
            fixed(own.kolmogorov_smirnov),
            number(own.wasserstein),
            own.missing.map_or(UNDEFINED.to_owned(), |[_, now]| percent(now)),
            own.outside.map_or(UNDEFINED.to_owned(), percent),
        ]
    };
    let header = header.map(str::to_owned).to_vec();
    [header].into_iter().chain(own.features.iter().map(row)).collect()
}

fn days(own: &Monitored) -> Vec<Vec<String>> {
    let header = ["day", "rows", "alerts", "unusual"].map(str::to_owned).to_vec();
    let row = |day: &super::Day| {
        let names: Vec<&str> =
            day.features.iter().filter(|own| own.unusual).map(|own| own.feature.as_str()).collect();
        let unusual = match names.len() {
            0 if day.few_rows => "too few rows".to_owned(),
            0 => UNDEFINED.to_owned(),
            _ => names.join(", "),
        };
        vec![day.day.clone(), count(day.rows), count(day.alerts), unusual]
    };
    [header].into_iter().chain(own.days.iter().map(row)).collect()
}

/// Columns padded to the widest cell.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
}

/// A label value of the Prometheus text format.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_prometheus_ends_where_it_should() {
        assert_eq!(label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "b"], ["long", "c"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "  a     b\n  long  c\n");
    }
}
