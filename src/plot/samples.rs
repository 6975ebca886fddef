//! Small deterministic reports for tests.

use crate::detector::TrainingHistory;
use crate::explore::{ClassHistogram, Exploration, FeatureKind, FeatureSummary, Group, Grouping, Histogram};
use crate::metrics::Interval;
use crate::report::{
    AttackUnit, Curves, DetectionStep, Estimate, FeatureImportance, Importance, ProjectedRow, Projection,
    ProjectionMethod, Protocol, Run, RunBudget, TableBudget, TableReport,
};
use crate::schema::Encoding;
use serde_json::Value;
use std::collections::BTreeMap;

pub const DETECTORS: [&str; 6] =
    ["isolation-forest", "one-class-svm", "lof", "autoencoder", "half-space-trees", "mahalanobis"];

/// A table of logons with three detectors and the data of all charts.
pub fn table() -> TableReport {
    with(&["fail_count_1h", "hour_of_day", "is_off_hours", "is_admin", "asset_class"].map(str::to_owned), 3)
}

/// The same table without labels.
pub fn without_labels() -> TableReport {
    let mut table = table();
    (table.suspicious_rows, table.suspicious_rate, table.scored_suspicious_rows) = (None, None, None);
    for run in &mut table.runs {
        (run.auc, run.auc_interval, run.average_precision) = (None, None, None);
        (run.curves.roc, run.curves.precision_recall, run.curves.det) = (vec![], vec![], vec![]);
        run.curves.histogram.suspicious.fill(0);
        for feature in run.importance.iter_mut().flat_map(|importance| &mut importance.features) {
            feature.auc_fall = None;
        }
    }
    for projection in &mut table.projections {
        projection.points.iter_mut().for_each(|row| row.suspicious = false);
    }
    table.budget = None;
    table.exploration.as_mut().into_iter().for_each(forget_labels);
    table
}

fn forget_labels(exploration: &mut Exploration) {
    (exploration.suspicious_rows, exploration.suspicious_rate) = (None, None);
    let groups = exploration.by_category.iter_mut().flat_map(|grouping| &mut grouping.groups);
    groups.chain(&mut exploration.by_hour).for_each(|group| group.suspicious = None);
    exploration.by_class.iter_mut().for_each(|number| number.histogram.suspicious.fill(0));
    exploration.features.iter_mut().for_each(|feature| feature.association = None);
}

/// Two rows, one of each class.
pub fn single_rows() -> TableReport {
    let mut table = with(&["x".to_owned()], 1);
    (table.rows, table.suspicious_rows, table.suspicious_rate) = (2, Some(1), Some(0.5));
    (table.scored_rows, table.scored_suspicious_rows) = (2, Some(1));
    let run = &mut table.runs[0];
    run.curves.roc = vec![[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
    run.curves.det = vec![[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]];
    run.curves.precision_recall = vec![[1.0, 1.0], [1.0, 0.5]];
    run.curves.histogram =
        Histogram { edges: vec![0.0, 0.5, 1.0], normal: vec![1, 0], suspicious: vec![0, 1] };
    (run.threshold, run.flagged_rows, run.auc, run.auc_interval) = (0.5, 1, Some(1.0), None);
    for projection in &mut table.projections {
        projection.points.truncate(1);
        projection.points.push(ProjectedRow { x: 1.0, y: 1.0, suspicious: true });
        projection.rows = 2;
    }
    table
}

/// A table with constant scores.
pub fn constant_scores() -> TableReport {
    let mut table = table();
    for run in &mut table.runs {
        run.threshold = 1.0;
        run.curves.roc = vec![[0.0, 0.0], [1.0, 1.0]];
        run.curves.det = vec![[0.0, 1.0], [1.0, 0.0]];
        run.curves.histogram =
            Histogram { edges: vec![1.0; 4], normal: vec![980, 0, 0], suspicious: vec![20, 0, 0] };
    }
    table
}

/// A table with 40 features with very long names.
pub fn many_features() -> TableReport {
    let name = |at: usize| format!("feature_{at}_number_of_failed_logons_of_this_actor_within_the_hour_{at}");
    with(&(0..40).map(name).collect::<Vec<_>>(), 3)
}

/// A category with 60 levels in several scripts, and a table name that is too long for a line.
pub fn many_levels() -> TableReport {
    let mut table = table();
    table.table = "logons_of_the_whole_organisation_and_all_its_branches_".repeat(4);
    let level = |at: u64| Group {
        name: format!("工作站 <{at}> & the \"other\" hosts of this building, floor {at}"),
        rows: 1_000_000 - at * 13_131,
        suspicious: Some(at * 17),
    };
    let exploration = table.exploration.as_mut().unwrap();
    let grouping = exploration.by_category.iter_mut().find(|grouping| grouping.feature == "asset_class");
    grouping.unwrap().groups = (0..60).map(level).collect();
    table
}

/// More detectors than fit in a legend.
pub fn many_detectors() -> TableReport {
    let mut table = with(&table().features, 6);
    table.runs = vec![table.runs; 6].concat();
    table
}

/// A table with only numbers, as most public tables.
pub fn numbers_only() -> TableReport {
    let mut table = with(&(0..9).map(|at| at.to_string()).collect::<Vec<_>>(), 3);
    table.exploration.as_mut().unwrap().by_hour.clear();
    table
}

/// A table with some features and the given number of detectors.
pub fn with(features: &[String], detectors: usize) -> TableReport {
    TableReport {
        table: "auth_events".to_owned(),
        rows: 30_608,
        distinct_rows: 1_204,
        features: features.to_vec(),
        suspicious_rows: Some(651),
        suspicious_rate: Some(651.0 / 30_608.0),
        groups: None,
        protocol: Protocol::Holdout,
        train_rows: 21_426,
        scored_rows: 9_182,
        scored_suspicious_rows: Some(195),
        seen: None,
        contamination: Some(0.02),
        threshold_rule: None,
        max_fpr: 0.01,
        encoding: Encoding::OneHot,
        missing: BTreeMap::new(),
        unseen_levels: BTreeMap::new(),
        warnings: vec![],
        findings: Vec::new(),
        runs: DETECTORS[..detectors].iter().enumerate().map(|(at, name)| run(name, at, features)).collect(),
        differences: vec![],
        tested_pairs: 0,
        equivalence: 0.01,
        budget: Some(budget()),
        exploration: Some(exploration(features)),
        projections: vec![projection(ProjectionMethod::Pca), projection(ProjectionMethod::Tsne)],
    }
}

fn run(detector: &str, at: usize, features: &[String]) -> Run {
    let bend = 0.08 + 0.1 * at as f64;
    let auc = 1.0 / (1.0 + bend);
    let steps = (0..=200).map(|step| f64::from(step) / 200.0);
    Run {
        detector: detector.to_owned(),
        parameters: Value::Null,
        auc: Some(auc),
        auc_interval: Some(Interval { low: auc - 0.012, high: (auc + 0.011).min(1.0) }),
        folds: None,
        against_chance: None,
        partial_auc: Some(0.6),
        partial_auc_interval: None,
        average_precision: Some(0.7 - 0.09 * at as f64),
        average_precision_interval: Some(Interval {
            low: 0.6 - 0.09 * at as f64,
            high: 0.78 - 0.09 * at as f64,
        }),
        precision_at_k: vec![],
        precision: Some(0.5),
        precision_interval: None,
        recall: Some(0.6),
        recall_interval: None,
        f1: Some(0.55),
        at_prevalence: None,
        budget: Some(found(at)),
        threshold: 0.62 + 0.01 * at as f64,
        flagged_rows: 184,
        curves: Curves {
            roc: steps.clone().map(|x| x * x).map(|x| [x, x.powf(bend)]).collect(),
            det: steps.clone().map(|x| x.powi(4)).map(|x| [x, 1.0 - x.powf(bend)]).collect(),
            precision_recall: steps.map(|x| [x, (1.0 - x.powf(1.5 - bend)).max(0.021)]).collect(),
            histogram: scores(at),
        },
        importance: Some(Importance {
            rows: 2_000,
            repeats: 10,
            features: features.iter().enumerate().map(|(place, name)| importance(name, place, at)).collect(),
        }),
        training: Some(training(at)),
        repeats: None,
        seconds: None,
        sampled_rows: None,
        selection: None,
        over_splits: None,
        alert_rate: None,
    }
}

/// A budget of 50 alerts on each of ten days.
fn budget() -> TableBudget {
    let random = |alerts: f64| 1.0 - (1.0 - alerts / 918.0_f64).max(0.0).powi(3);
    TableBudget {
        alerts_per_day: 50,
        unit: AttackUnit::Attack,
        attacks: 64,
        rows: 9_182,
        rows_without_time: 0,
        days: 10,
        most_rows_of_day: 918,
        found_at_random: Some(random(50.0)),
        random_curve: (0..=27)
            .map(|step| 918_f64.powf(f64::from(step) / 27.0))
            .map(|alerts| [alerts, random(alerts)])
            .collect(),
    }
}

/// The attacks that the detector at this place finds.
fn found(at: usize) -> RunBudget {
    let ranks =
        (1..=64_u32).map(|nth| (f64::from(nth), (f64::from(nth).powf(1.4) * (1.0 + at as f64)).ceil()));
    let by_budget: Vec<[f64; 2]> = ranks.map(|(nth, rank)| [rank, nth / 64.0]).collect();
    let attacks_found = by_budget.iter().filter(|[rank, _]| *rank <= 50.0).count() as u64;
    let step = |nth: u64| DetectionStep {
        hours: (nth * nth) as f64 * 0.05 * (1.0 + at as f64),
        at_risk: 64 - nth,
        found: 1,
        share: (nth + 1) as f64 / 70.0,
        interval: None,
    };
    RunBudget {
        alerts: 500,
        suspicious_alerts: 90,
        tied_alerts: 12,
        attacks_found,
        found: Some(attacks_found as f64 / 64.0),
        found_interval: Interval::of_share(attacks_found, 64),
        found_over_seeds: None,
        alerts_per_attack_found: Some(500.0 / attacks_found as f64),
        median_rank: Some(4.0),
        median_hours: None,
        by_day: vec![],
        attacks: vec![],
        by_budget,
        detection: (0..attacks_found).map(step).collect(),
        longest_hours: 60.0,
    }
}

/// A training history, as if every detector learned in epochs.
fn training(at: usize) -> TrainingHistory {
    let loss = |floor: f64| (0..40 + at).map(move |epoch| floor + 0.8 * (-0.1 * epoch as f64).exp());
    let overfitted = |(epoch, loss)| loss + 0.0002 * (epoch as f64 - 20.0).powi(2);
    TrainingHistory {
        rows: 1_100,
        training_loss: loss(0.05).collect(),
        validation_loss: loss(0.08 + 0.01 * at as f64).enumerate().map(overfitted).collect(),
        best_epoch: 26,
        ended: "ended after 40 epochs, as validation loss had not fallen for 10".to_owned(),
    }
}

fn scores(at: usize) -> Histogram {
    let bell = |middle: f64, rows: f64| {
        move |bin: u64| (rows * (-((bin as f64 / 50.0 - middle) / 0.11).powi(2)).exp()) as u64
    };
    Histogram {
        edges: (0..=50).map(|edge| 0.3 + 0.01 * f64::from(edge)).collect(),
        normal: (0..50).map(bell(0.25 + 0.05 * at as f64, 1_100.0)).collect(),
        suspicious: (0..50).map(bell(0.75, 22.0)).collect(),
    }
}

fn importance(feature: &str, place: usize, at: usize) -> FeatureImportance {
    let estimate = |mean: f64| Estimate { mean, interval: Interval { low: mean - 0.02, high: mean + 0.02 } };
    let fall = 0.5 / (1.0 + place as f64 + 0.4 * at as f64);
    let correlation = (0.8 - 0.11 * (place as f64 + 0.5 * at as f64)).max(-0.9);
    FeatureImportance {
        feature: feature.to_owned(),
        rank_correlation: (feature != "asset_class").then_some(correlation),
        level_correlation: (feature == "asset_class").then_some(correlation.abs()),
        pearson: Some(correlation.abs()),
        ranking_fall: Some(estimate(fall)),
        auc_fall: Some(estimate(fall * 0.4 - 0.01)),
    }
}

/// Deterministic numbers in [0, 1) that look random.
fn noise(at: u64) -> f64 {
    let mixed = (at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn projection(method: ProjectionMethod) -> Projection {
    let row = |at: u64| {
        let suspicious = at.is_multiple_of(25);
        let middle = if suspicious { 2.5 } else { (at % 3) as f64 };
        let (a, b) = (noise(3 * at) + noise(3 * at + 1) - 1.0, noise(3 * at + 2) + noise(7 * at) - 1.0);
        ProjectedRow { x: middle + a, y: b * 1.3 - middle * 0.4, suspicious }
    };
    let explained = (method == ProjectionMethod::Pca).then_some([0.412, 0.187]);
    Projection { method, explained, rows: 30_608, points: (0..500).map(row).collect() }
}

fn exploration(features: &[String]) -> Exploration {
    let group = |name: String, rows: u64, suspicious: u64| Group { name, rows, suspicious: Some(suspicious) };
    let hour = |hour: u64| {
        let busy = (-((hour as f64 - 13.0) / 4.5).powi(2)).exp();
        group(hour.to_string(), 480 + (2_600.0 * busy) as u64, if (2..5).contains(&hour) { 133 } else { 12 })
    };
    let grouping = |feature: &str| {
        let groups = match feature {
            "asset_class" => ["workstation", "server", "domain controller", "jump host"].as_slice(),
            _ => &["false", "true"],
        };
        let rows = [21_000, 7_100, 2_000, 508];
        let groups = groups.iter().zip(rows).enumerate();
        Grouping {
            feature: feature.to_owned(),
            groups: groups
                .map(|(at, (name, rows))| group((*name).to_owned(), rows, 90 + 80 * at as u64))
                .collect(),
        }
    };
    let of_kind = |kind: FeatureKind| features.iter().filter(move |name| kind_of(name) == kind);
    Exploration {
        table: "auth_events".to_owned(),
        rows: 30_608,
        distinct_rows: 1_204,
        commonest_row_share: 0.07,
        suspicious_rows: Some(651),
        suspicious_rate: Some(651.0 / 30_608.0),
        time_range: Some(["2025-01-06T00:00:01Z", "2025-02-05T00:19:11Z"].map(str::to_owned)),
        gaps: vec![],
        features: features.iter().enumerate().map(|(at, name)| summary(name, at)).collect(),
        by_hour: if features.len() > 1 { (0..24).map(hour).collect() } else { vec![] },
        by_day: vec![],
        by_category: of_kind(FeatureKind::Category)
            .chain(of_kind(FeatureKind::Boolean))
            .map(|name| grouping(name))
            .collect(),
        by_class: of_kind(FeatureKind::Number).map(|name| spread(name)).collect(),
    }
}

fn kind_of(feature: &str) -> FeatureKind {
    match feature {
        "asset_class" => FeatureKind::Category,
        name if name.starts_with("is_") => FeatureKind::Boolean,
        _ => FeatureKind::Number,
    }
}

fn summary(name: &str, at: usize) -> FeatureSummary {
    FeatureSummary {
        name: name.to_owned(),
        kind: kind_of(name),
        count: 30_608,
        missing: 0,
        infinite: 0,
        distinct: 24,
        commonest_share: 0.3,
        mean: Some(1.5),
        std: Some(2.0),
        min: Some(0.0),
        q25: Some(0.0),
        median: Some(1.0),
        q75: Some(2.0),
        max: Some(20.0),
        association: Some(0.6 / (1.0 + at as f64)),
    }
}

fn spread(feature: &str) -> ClassHistogram {
    let histogram = Histogram {
        edges: (0..=20).map(f64::from).collect(),
        normal: (0..20).map(|bin| (24_000.0 * 0.4_f64.powi(bin)) as u64).collect(),
        suspicious: (0..20)
            .map(|bin| (60.0 * (-((f64::from(bin) - 9.0) / 4.0).powi(2)).exp()) as u64)
            .collect(),
    };
    ClassHistogram { feature: feature.to_owned(), histogram }
}
