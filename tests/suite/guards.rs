//! Every guard has a table on which it warns, and one on which it does not.

use whis_lab::detector::DetectorSpec;
use whis_lab::experiment::{self, Plan, Protocols, Silent};
use whis_lab::metrics::ThresholdRule;
use whis_lab::report::{Protocol, TableReport};
use whis_lab::table::{Column, GroupKind, Groups, Table, Values};

const ROWS: usize = 400;

/// A number in [0, 1) for each row, in no order.
fn noise(row: usize) -> f64 {
    (row as f64 * 0.618_033_988_749_895 + (row as f64 * row as f64) * 0.271_828_182_845).fract()
}

/// A table with one or more features, and labels.
fn table(features: &[&dyn Fn(usize) -> f64], is_suspicious: impl Fn(usize) -> bool) -> Table {
    let column = |(at, feature): (usize, &&dyn Fn(usize) -> f64)| Column {
        name: format!("x{at}"),
        values: Values::Real((0..ROWS).map(feature).collect()),
    };
    Table {
        name: "t".into(),
        features: features.iter().enumerate().map(column).collect(),
        labels: Some((0..ROWS).map(is_suspicious).collect()),
        times: Some((0..ROWS as i64).collect()),
        ..Table::default()
    }
}

fn one_in_ten(row: usize) -> bool {
    row % 10 == 3
}

fn report(table: &Table, detectors: &[&str], change: impl Fn(Plan) -> Plan) -> TableReport {
    let specs = detectors.iter().map(|name| DetectorSpec::parse(name).unwrap()).collect();
    let plan = change(Plan::new(specs));
    experiment::compare(std::slice::from_ref(table), &plan, &Silent).unwrap().tables.remove(0)
}

/// The text of the warning of a kind; `None` without one.
fn warning(report: &TableReport, kind: &str) -> Option<String> {
    report.warnings.iter().find(|note| note.kind == kind).map(|note| note.text.clone())
}

/// Assert that a guard warns of the first table and not of the second.
fn assert_guard(kind: &str, detectors: &[&str], change: impl Fn(Plan) -> Plan, fires: &Table, quiet: &Table) {
    let warned = report(fires, detectors, &change);
    assert!(warning(&warned, kind).is_some(), "{kind}: {:?}", warned.warnings);
    let silent = report(quiet, detectors, &change);
    assert_eq!(warning(&silent, kind), None);
}

fn protocol(protocol: Protocol) -> impl Fn(Plan) -> Plan {
    move |plan| Plan { protocols: Protocols::One(protocol), ..plan }
}

fn plain() -> Table {
    table(&[&noise], one_in_ten)
}

#[test]
fn features_that_say_nothing() {
    let constant = table(&[&noise, &|_| 4.0], one_in_ten);
    assert_guard("constant-feature", &["ecod"], |plan| plan, &constant, &plain());
    let invalid = table(&[&|row| if row == 7 { f64::INFINITY } else { noise(row) }], one_in_ten);
    assert_guard("missing-values", &["ecod"], |plan| plan, &invalid, &plain());
    let later = table(&[&noise, &|row| if row < 300 { 0.0 } else { noise(row) }], one_in_ten);
    assert_guard("constant-in-training", &["ecod"], protocol(Protocol::Time), &later, &plain());
}

#[test]
fn features_that_reveal_the_label() {
    let all_but_one = |row: usize| noise(row) + if one_in_ten(row) && row != 3 { 2.0 } else { 0.0 };
    assert_guard("leak", &["ecod"], |plan| plan, &table(&[&all_but_one], one_in_ten), &plain());
    let (first, second) =
        (|row: usize| f64::from(row as u32 / 7 % 2), |row: usize| f64::from(row as u32 / 3 % 2));
    let pair = table(&[&first, &second], |row| first(row) == 1.0 && second(row) == 1.0);
    let no_pair = table(&[&first, &second], one_in_ten);
    assert_guard("leak-of-pair", &["ecod"], |plan| plan, &pair, &no_pair);
}

#[test]
fn scores_that_rank_nothing_or_the_wrong_way() {
    let single = table(&[&|_| 4.0], one_in_ten);
    assert_guard("constant-score", &["hbos"], |plan| plan, &single, &plain());
    let many_highest = table(&[&|row| if row % 10 == 0 { 9.0 } else { noise(row) }], one_in_ten);
    assert_guard("saturated-score", &["knn"], |plan| plan, &many_highest, &plain());
    let central =
        table(&[&|row| if one_in_ten(row) { 0.5 + noise(row) / 100.0 } else { noise(row) }], one_in_ten);
    assert_guard("inverted-score", &["ecod"], |plan| plan, &central, &plain());
}

#[test]
fn labels_that_limit_the_figures() {
    let majority = table(&[&noise], |row| row % 10 < 6);
    assert_guard("suspicious-majority", &["ecod"], |plan| plan, &majority, &plain());
    let low = |plan: Plan| Plan { threshold: ThresholdRule::Contamination(0.05), ..plan };
    let many = table(&[&noise], |row| row % 10 < 4);
    assert_guard(
        "contamination-far-below-rate",
        &["ecod"],
        low,
        &many,
        &table(&[&noise], |row| row % 14 == 3),
    );
    let rare = table(&[&noise], |row| row % 20 == 3);
    assert_guard("contamination-far-above-rate", &["ecod"], |plan| plan, &rare, &plain());
    let few = |positives: usize| table(&[&noise], move |row| row % 10 == 3 && row < positives * 10);
    assert_guard("few-positives", &["ecod"], |plan| plan, &few(19), &few(20));
}

#[test]
fn one_positive_has_no_interval_and_no_warning_that_points_to_one() {
    let report = report(&table(&[&noise], |row| row == 3), &["ecod"], |plan| plan);
    assert_eq!(report.runs[0].auc_interval, None);
    let text = warning(&report, "few-positives").unwrap();
    assert!(text.contains("no interval") && !text.contains("read the intervals"), "{text}");
    assert!(
        report.findings[0].starts_with("no detector is clearly better than chance"),
        "{:?}",
        report.findings
    );
}

#[test]
fn neighbors_at_distance_0() {
    let copies = table(&[&|row| if row < 30 { 0.25 } else { noise(row) }], one_in_ten);
    assert_guard("duplicates-beyond-k", &["lof"], |plan| plan, &copies, &plain());
    let few = table(&[&|row| f64::from(row as u32 % 30)], one_in_ten);
    assert_guard("few-distinct-for-k", &["lof"], |plan| plan, &few, &plain());
}

#[test]
fn duplicates_across_the_split() {
    let repeated = table(&[&|row| f64::from(row as u32 % 40)], one_in_ten);
    for split in [Protocol::Holdout, Protocol::Time] {
        assert_guard("rows-seen", &["ecod"], protocol(split), &repeated, &plain());
    }
    let whole = report(&repeated, &["ecod"], |plan| plan);
    assert_eq!((whole.seen, warning(&whole, "rows-seen")), (None, None));
    // The first half of the suspicious future is new, the second half is not.
    let half = table(&[&|row| f64::from(if row >= 340 { row as u32 } else { row as u32 % 100 })], one_in_ten);
    let seen = report(&half, &["ecod"], protocol(Protocol::Time)).seen.unwrap();
    assert_eq!((seen.rows, seen.suspicious), (0.5, Some(0.5)));
}

#[test]
fn no_group_is_on_both_sides() {
    let codes = (0..ROWS as u32).map(|row| row / 20).collect();
    let groups = Groups { kind: GroupKind::User, column: "user".into(), codes };
    // The rows of a user are equal, so a random split has all of them on both sides.
    let users = Table { groups: Some(groups), ..table(&[&|row| noise(row / 20)], |row| row / 20 % 4 == 1) };
    let seen = |split| report(&users, &["ecod"], protocol(split)).seen.unwrap().rows;
    assert_eq!((seen(Protocol::Group), seen(Protocol::Holdout)), (0.0, 1.0));
}

#[test]
fn a_rank_that_changes_with_the_seed() {
    let detectors = ["isolation-forest", "extended-isolation-forest"];
    // With few trees, the seed moves the AUC by more than the detectors differ.
    let few_trees = |spec: &DetectorSpec| match spec.is_seeded() {
        true => spec.clone().with(serde_json::json!({"trees": 2}).as_object().unwrap()),
        false => spec.clone(),
    };
    let seeds = |plan: Plan| {
        let specs = plan.specs.iter().map(few_trees).collect();
        Plan { repeats: 10, specs, ..plan }
    };
    let random = table(&[&noise, &|row| noise(row + 1_000)], one_in_ten);
    let warned = report(&random, &detectors, seeds);
    let text = warning(&warned, "best-changes-with-seed").unwrap();
    assert!(text.contains("of 10 seeds"), "{text}");
    let deterministic = report(&random, &["ecod", "knn"], seeds);
    assert_eq!(warning(&deterministic, "best-changes-with-seed"), None);
}
