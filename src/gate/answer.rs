//! The outcome of the gate for programs: JSON, GitHub annotations and JUnit.

use super::check::Check;
use super::finding::{Finding, MetricCheck, Outcome};
use serde_json::{Value, json};
use std::fmt::Write;

/// The version of the JSON format.
const FORMAT: u32 = 2;

/// The outcome as JSON, one line per entry of an indented document.
pub fn json(check: &Check) -> String {
    let entry = |finding: &Finding| {
        let auc = finding.checks.first();
        json!({
            "table": finding.table,
            "detector": finding.detector,
            "outcome": finding.outcome().id(),
            "failed": finding.fails(),
            "auc": auc.and_then(|check| check.value),
            "recorded": auc.and_then(|check| check.recorded),
            "checks": finding.checks.iter().map(check_json).collect::<Vec<_>>(),
        })
    };
    let document = json!({
        "format": FORMAT,
        "passed": check.failed() == 0,
        "failed": check.failed(),
        "skipped": check.skipped,
        "entries": check.findings.iter().map(entry).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// One metric of an entry. `p_fall` is corrected for all checks of the run.
fn check_json(check: &MetricCheck) -> Value {
    json!({
        "metric": check.metric.id(),
        "outcome": check.outcome.id(),
        "value": check.value,
        "recorded": check.recorded,
        "difference": check.change.map(|change| change.difference),
        "interval": check.change.map(|change| change.interval()),
        "p_fall": check.p_fall,
        "p_not_inferior": check.p_not_inferior,
        "margin": check.margin,
        "paired": check.is_paired,
        "data_changed": check.is_data_changed,
    })
}

/// The outcome as GitHub workflow commands: an error for each failure, a warning if neither a fall nor its absence can
/// be shown, a notice for each other change, and the counts.
/// `line` is the text of a finding.
pub fn github(check: &Check, line: impl Fn(&Finding) -> String) -> String {
    let mut text = String::new();
    for finding in check.findings.iter().filter(|finding| finding.outcome() != Outcome::Ok) {
        let command = match finding.outcome() {
            _ if finding.fails() => "error",
            Outcome::CannotTell => "warning",
            _ => "notice",
        };
        // A String takes every write.
        let _ = writeln!(text, "::{command} title=whis-lab gate::{}", github_data(&line(finding)));
    }
    text + &check.summary() + "\n"
}

/// Text as the data of a workflow command, which ends at the line end.
fn github_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The outcome as JUnit XML: one test case per entry. `line` is the text of a finding.
pub fn junit(check: &Check, line: impl Fn(&Finding) -> String) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"whis-lab gate\" tests=\"{}\" failures=\"{}\">\n",
        check.findings.len(),
        check.failed()
    );
    for finding in &check.findings {
        let (table, detector) = (xml(&finding.table), xml(&finding.detector));
        let _ = write!(text, "  <testcase classname=\"{table}\" name=\"{detector}\"");
        let _ = match finding.fails() {
            true => writeln!(text, "><failure message=\"{}\"/></testcase>", xml(&line(finding))),
            false => writeln!(text, "/>"),
        };
    }
    text + "</testsuite>\n"
}

/// Text as an XML attribute. Control characters, which XML forbids, become `?`.
fn xml(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => escaped.push('?'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check() -> Check {
        let finding = |table: &str, outcome, recorded, value| {
            Finding::new(table, "lof", vec![MetricCheck::alone(outcome, recorded, value)])
        };
        let worse = finding("a\n::error::<\"&", Outcome::Worse, Some(0.9), Some(0.5));
        Check { findings: vec![worse, finding("b", Outcome::Ok, None, None)], skipped: 3, without_scores: 0 }
    }

    #[test]
    fn json_has_every_entry_and_null_for_what_is_undefined() {
        let value: Value = serde_json::from_str(&json(&check())).unwrap();
        assert_eq!(
            (&value["passed"], &value["failed"], &value["skipped"]),
            (&json!(false), &json!(1), &json!(3))
        );
        assert_eq!(
            (&value["entries"][0]["outcome"], &value["entries"][0]["auc"]),
            (&json!("worse"), &json!(0.5))
        );
        assert_eq!(value["entries"][1]["recorded"], Value::Null);
        assert_eq!(value["entries"][0]["checks"][0]["metric"], "auc");
    }

    #[test]
    fn a_name_cannot_add_a_workflow_command() {
        let text = github(&check(), ToString::to_string);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.starts_with("::error title=whis-lab gate::WORSE        a%0A::error::"), "{text}");
        assert!(text.ends_with("\n2 entries, 1 failed, 3 skipped\n"), "{text}");
    }

    #[test]
    fn a_name_cannot_end_an_attribute() {
        let text = junit(&check(), ToString::to_string);
        assert!(
            text.contains("classname=\"a?::error::&lt;&quot;&amp;\" name=\"lof\"><failure message="),
            "{text}"
        );
        assert!(text.contains("tests=\"2\" failures=\"1\""), "{text}");
        assert!(text.contains("<testcase classname=\"b\" name=\"lof\"/>"), "{text}");
    }
}
