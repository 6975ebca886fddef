//! An evaluation as text: aligned columns, Markdown or CSV.

use crate::error::{LONGEST_NAME, printable};
use crate::model::{Evaluated, Measured, Paired};
use crate::report::{
    BUDGET_COLUMNS, SIGNIFICANT, aligned, budget_record, bullet, count, counted, fixed, interval,
    probability, significant, suspicious, tiny, tiny_interval,
};
use crate::table::field;

/// The evaluation for a terminal.
pub fn evaluated(evaluated: &Evaluated) -> String {
    let (header, rows) = table(evaluated);
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let right = 1..header.len();
    let findings = findings(evaluated).iter().map(|line| bullet(line) + "\n").collect::<String>();
    format!("{}\n\n{}\n\n{findings}", heading(evaluated), aligned(&header, rows, right))
}

/// The evaluation as GitHub Flavored Markdown.
pub fn evaluated_markdown(evaluated: &Evaluated) -> String {
    let (header, rows) = table(evaluated);
    let line = |cells: &[String]| {
        let cells = cells.iter().map(|cell| cell.replace('|', "\\|"));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = format!("|---|{}\n", "---:|".repeat(header.len() - 1));
    let rows: String = rows.iter().map(|row| line(row)).collect();
    let findings: String = findings(evaluated).iter().map(|finding| format!("- {finding}\n")).collect();
    format!("{}\n\n{}{rule}{rows}\n{findings}", heading(evaluated), line(&header))
}

/// The evaluation as CSV: one record per model, numbers with all digits.
pub fn evaluated_csv(evaluated: &Evaluated) -> String {
    let ks = evaluated.models.first().map(|model| model.precision_at_k.clone()).unwrap_or_default();
    let fixed_names = "table,name,detector,rows,suspicious_rows,auc,auc_low,auc_high,max_fpr,partial_auc,\
                       partial_auc_low,partial_auc_high,average_precision,average_precision_low,average_precision_high,precision,precision_low,\
                       precision_high,recall,recall_low,recall_high,f1,f1_low,f1_high,\
                       prevalence,precision_at_prevalence,precision_at_prevalence_low,\
                       precision_at_prevalence_high,threshold,true_positives,\
                       false_positives,true_negatives,false_negatives,flagged_rows,flagged_per_day,";
    let fixed_names = fixed_names.to_owned() + &BUDGET_COLUMNS.join(",");
    let names = ks.iter().map(|at| format!(",precision_at_{}", at.k)).collect::<String>();
    let records = evaluated.models.iter().map(|model| record(evaluated, model).join(",") + "\n");
    format!("{fixed_names}{names}\n{}", records.collect::<String>())
}

fn record(evaluated: &Evaluated, model: &Measured) -> Vec<String> {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let measures = [
        (model.average_precision, model.average_precision_interval),
        (model.precision, model.precision_interval),
        (model.recall, model.recall_interval),
        (model.f1, model.f1_interval),
    ];
    let with_interval = |(value, interval): (Option<f64>, Option<crate::metrics::Interval>)| {
        [value, interval.map(|interval| interval.low), interval.map(|interval| interval.high)].map(number)
    };
    let mut record = vec![
        field(&evaluated.table),
        field(&model.name),
        field(model.detector.as_deref().unwrap_or_default()),
        evaluated.rows.to_string(),
        evaluated.suspicious_rows.to_string(),
    ];
    record.extend(with_interval((model.auc, model.auc_interval)));
    record.push(evaluated.max_fpr.to_string());
    record.extend(with_interval((model.partial_auc, model.partial_auc_interval)));
    record.extend(measures.into_iter().flat_map(with_interval));
    let restated = model.at_prevalence;
    record.push(number(restated.map(|own| own.prevalence)));
    record.extend(with_interval((
        restated.and_then(|own| own.precision),
        restated.and_then(|own| own.interval),
    )));
    record.push(number(model.threshold));
    let counts = model.confusion.map(|c| {
        [c.true_positives, c.false_positives, c.true_negatives, c.false_negatives, c.flagged()]
            .map(|n| n.to_string())
    });
    record.extend(counts.unwrap_or_default());
    record.push(number(model.flagged_per_day));
    record.extend(budget_record(evaluated.budget.as_ref(), model.budget.as_ref()));
    record.extend(model.precision_at_k.iter().map(|at| number(at.precision)));
    record
}

fn heading(evaluated: &Evaluated) -> String {
    let rate = evaluated.suspicious_rows as f64 / evaluated.rows.max(1) as f64;
    let days = evaluated.days.map(|days| format!(", {} with rows", counted(days as u64, "day", "days")));
    let groups = evaluated.groups.as_ref().and_then(|groups| groups.line(Some(evaluated.suspicious_rows)));
    let groups = groups.map(|line| format!("\n{line}")).unwrap_or_default();
    format!(
        "{}: {} rows, {}{}{groups}",
        evaluated.table,
        count(evaluated.rows as u64),
        suspicious(Some(evaluated.suspicious_rows as u64), Some(rate)),
        days.unwrap_or_default()
    )
}

/// The header and one row per measure, with two columns per model.
fn table(evaluated: &Evaluated) -> (Vec<String>, Vec<Vec<String>>) {
    let mut header = vec!["measure".to_owned()];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (at, model) in evaluated.models.iter().enumerate() {
        header.extend([printable(&model.name, LONGEST_NAME), "95 % interval".to_owned()]);
        for (row, (measure, value, interval)) in measures(evaluated, model).into_iter().enumerate() {
            if at == 0 {
                rows.push(vec![measure]);
            }
            rows[row].extend([value, interval]);
        }
    }
    (header, rows)
}

/// The name, the value and the interval of each measure.
fn measures(evaluated: &Evaluated, model: &Measured) -> Vec<(String, String, String)> {
    let max_fpr = evaluated.max_fpr;
    let without = |name: &str, value: String| (name.to_owned(), value, String::new());
    let with = |name: &str, value, range| (name.to_owned(), fixed(value), interval(range));
    let counts = |pick: fn(&crate::metrics::Confusion) -> u64| {
        model.confusion.as_ref().map_or("–".to_owned(), |confusion| count(pick(confusion)))
    };
    let number = |value: Option<f64>| value.map_or("–".to_owned(), significant);
    let mut rows = vec![
        without(
            "detector",
            model.detector.clone().map_or("–".to_owned(), |name| printable(&name, LONGEST_NAME)),
        ),
        with("AUC", model.auc, model.auc_interval),
        with(&format!("partial AUC up to FPR {max_fpr}"), model.partial_auc, model.partial_auc_interval),
        with("average precision", model.average_precision, model.average_precision_interval),
    ];
    let at_k = model.precision_at_k.iter();
    rows.extend(at_k.map(|at| without(&format!("precision at {}", at.k), fixed(at.precision))));
    rows.extend([
        without("threshold", number(model.threshold)),
        with("precision", model.precision, model.precision_interval),
    ]);
    rows.extend(model.at_prevalence.map(|own| {
        (
            format!("precision at prevalence {}", own.prevalence),
            tiny(own.precision),
            tiny_interval(own.interval),
        )
    }));
    rows.extend([
        with("recall", model.recall, model.recall_interval),
        without("flagged, suspicious", counts(|c| c.true_positives)),
        without("flagged, normal", counts(|c| c.false_positives)),
        without("not flagged, suspicious", counts(|c| c.false_negatives)),
        without("not flagged, normal", counts(|c| c.true_negatives)),
        without("flagged a day", number(model.flagged_per_day)),
    ]);
    if let (Some(table), Some(own)) = (&evaluated.budget, &model.budget) {
        let several = table.unit.nouns()[1];
        rows.extend([
            (
                format!("{several} found with {} a day", counted(table.alerts_per_day, "alert", "alerts")),
                format!("{} of {}", count(own.attacks_found), count(table.attacks)),
                interval(own.found_interval),
            ),
            without("alerts of all days", count(own.alerts)),
            without("alerts for each found", number(own.alerts_per_attack_found)),
            without("rank of the first alert, median", number(own.median_rank)),
            without("hours to the first alert, median", number(own.median_hours)),
        ]);
    }
    rows
}

/// What the evaluation shows, in sentences.
fn findings(evaluated: &Evaluated) -> Vec<String> {
    let mut findings = Vec::new();
    if evaluated.suspicious_rows == 0 || evaluated.suspicious_rows == evaluated.rows {
        let class = if evaluated.suspicious_rows == 0 { "normal" } else { "suspicious" };
        findings.push(format!("every row is {class}: AUC and recall need both classes"));
    }
    if let ([first, second], Some(pair)) = (evaluated.models.as_slice(), &evaluated.comparison) {
        findings.extend(difference(first, second, pair));
        findings.extend(difference_at_the_top(first, second, pair));
        findings.extend(overlap(first, second, pair));
    }
    findings
}

fn difference(first: &Measured, second: &Measured, pair: &Paired) -> Option<String> {
    let (difference, range, p) = (pair.auc_difference?, pair.interval?, pair.p?);
    let (first, second) = (printable(&first.name, LONGEST_NAME), printable(&second.name, LONGEST_NAME));
    let numbers =
        format!("AUC {difference:+.4} (95 % {:+.4} to {:+.4}), {}", range.low, range.high, probability(p));
    Some(match (p < SIGNIFICANT, difference > 0.0) {
        (true, true) => format!("{first} is better than {second}: {numbers}"),
        (true, false) => format!("{first} is worse than {second}: {numbers}"),
        (false, _) => format!("{first} and {second} cannot be told apart: {numbers}"),
    })
}

/// Which of two models ranks the top of its list better.
fn difference_at_the_top(first: &Measured, second: &Measured, pair: &Paired) -> Option<String> {
    let difference = pair.average_precision_difference?;
    let (range, p) = (pair.average_precision_difference_interval?, pair.average_precision_p?);
    let name = |model: &Measured| printable(&model.name, LONGEST_NAME);
    let numbers = format!(
        "average precision {difference:+.4} (95 % {:+.4} to {:+.4}), {}",
        range.low,
        range.high,
        probability(p)
    );
    Some(match (p < SIGNIFICANT, difference > 0.0) {
        (true, true) => format!("{} ranks the top of its list better: {numbers}", name(first)),
        (true, false) => format!("{} ranks the top of its list better: {numbers}", name(second)),
        (false, _) => format!("the tops of their lists cannot be told apart: {numbers}"),
    })
}

fn overlap(first: &Measured, second: &Measured, pair: &Paired) -> Option<String> {
    Some(format!(
        "both flag {}, only {} {}, only {} {}",
        counted(pair.flagged_by_both?, "row", "rows"),
        printable(&first.name, LONGEST_NAME),
        count(pair.flagged_by_first?),
        printable(&second.name, LONGEST_NAME),
        count(pair.flagged_by_second?)
    ))
}
