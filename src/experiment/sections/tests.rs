//! The report sections for charts, on tables with known results.

use crate::detector::{self, DetectorSpec};
use crate::experiment::{Plan, Protocols, ReportSections, Silent, compare};
use crate::report::{FeatureImportance, ProjectionMethod, Protocol, Report, TableReport};
use crate::seed::Seed;
use crate::table::{Column, Table, Values};
use rand::Rng;
use rayon::ThreadPoolBuilder;

/// One row in 20 is suspicious. `signal` is extreme in the suspicious rows; `noise`, `kind` and `fixed` are
/// independent of them.
fn table(rows: usize, seed: u64) -> Table {
    let mut rng = Seed::new(seed).rng();
    let labels: Vec<bool> = (0..rows).map(|row| row % 20 == 3).collect();
    let far = |&label: &bool| if label { 8.0 } else { 0.0 };
    let signal = labels.iter().map(|label| far(label) + rng.r#gen::<f64>()).collect();
    let noise = (0..rows).map(|_| rng.r#gen::<f64>()).collect();
    let kind = (0..rows).map(|_| Some(["a", "b", "c"][rng.gen_range(0..3)])).collect();
    let column = |name: &str, values| Column { name: name.into(), values };
    Table {
        name: "t".into(),
        features: vec![
            column("signal", Values::Real(signal)),
            column("noise", Values::Real(noise)),
            column("kind", Values::Text(kind)),
            column("fixed", Values::Real(vec![7.0; rows])),
        ],
        labels: Some(labels),
        times: Some((0..rows as i64).collect()),
        ..Table::default()
    }
}

fn report(table: &Table, plan: Plan) -> Report {
    compare(std::slice::from_ref(table), &plan, &Silent).unwrap()
}

fn illustrated(table: &Table, detectors: Vec<DetectorSpec>, sections: ReportSections) -> TableReport {
    report(table, Plan { sections, ..Plan::new(detectors) }).tables.remove(0)
}

const IMPORTANCE: ReportSections = ReportSections { importance: true, ..ReportSections::NONE };

fn of<'a>(report: &'a TableReport, detector: &str, feature: &str) -> &'a FeatureImportance {
    let run = report.runs.iter().find(|run| run.detector == detector).unwrap();
    let features = &run.importance.as_ref().unwrap().features;
    features.iter().find(|importance| importance.feature == feature).unwrap()
}

#[test]
fn a_plan_that_asks_for_nothing_gets_nothing() {
    let report = report(&table(60, 1), Plan::new(detector::all_detectors()));
    assert!(report.tables[0].projections.is_empty());
    assert!(report.tables[0].runs.iter().all(|run| run.importance.is_none()));
}

#[test]
fn a_feature_that_no_detector_can_use_has_no_importance() {
    for seed in 0..3 {
        let report = illustrated(&table(300, seed), detector::all_detectors(), IMPORTANCE);
        for entry in detector::ALL {
            let fixed = of(&report, entry.id, "fixed");
            assert_eq!((fixed.rank_correlation, fixed.pearson), (None, None));
            for estimate in [fixed.ranking_fall.unwrap(), fixed.auc_fall.unwrap()] {
                assert_eq!((estimate.mean, estimate.interval.low, estimate.interval.high), (0.0, 0.0, 0.0));
            }
        }
    }
}

#[test]
fn the_feature_that_alone_separates_matters_most() {
    let detectors = ["isolation-forest", "one-class-svm", "lof"];
    for seed in 0..3 {
        let specs = detectors.map(|id| DetectorSpec::parse(id).unwrap()).to_vec();
        let report = illustrated(&table(300, seed), specs, IMPORTANCE);
        for id in detectors {
            let fall = |feature| of(&report, id, feature).auc_fall.unwrap();
            let signal = fall("signal");
            assert!(signal.mean > 0.2 && signal.interval.low > 0.1, "{id}: {signal:?}");
            for other in ["noise", "kind", "fixed"] {
                assert!(fall(other).mean < signal.mean / 2.0, "{id}, {other}: {:?}", fall(other));
            }
        }
    }
}

#[test]
fn a_category_is_one_feature_without_a_rank() {
    let report = illustrated(&table(300, 1), detector::all_detectors(), IMPORTANCE);
    for run in &report.runs {
        let importance = run.importance.as_ref().unwrap();
        let names: Vec<&str> = importance.features.iter().map(|feature| feature.feature.as_str()).collect();
        assert_eq!(names, ["signal", "noise", "kind", "fixed"]);
        assert_eq!((importance.rows, importance.repeats), (300, 10));
        let kind = of(&report, &run.detector, "kind");
        assert!(kind.rank_correlation.is_none() && kind.pearson.is_some());
        assert!(kind.level_correlation.is_some_and(|rho| (0.0..=1.0).contains(&rho)));
        assert_eq!(of(&report, &run.detector, "signal").level_correlation, None);
        assert!(kind.ranking_fall.unwrap().mean > 0.0);
    }
}

#[test]
fn another_detector_moves_no_number() {
    let whole = table(300, 1);
    let all = illustrated(&whole, detector::all_detectors(), IMPORTANCE);
    let lof = illustrated(&whole, vec![DetectorSpec::parse("lof").unwrap()], IMPORTANCE);
    for feature in ["signal", "noise", "kind"] {
        assert_eq!(of(&all, "lof", feature), of(&lof, "lof", feature));
    }
}

#[test]
fn the_order_of_the_rows_moves_no_number() {
    let table = table(300, 1);
    let json = |order: Vec<usize>| {
        let sections = ReportSections::ALL;
        let plan = Plan { sections, protocols: Protocols::All, ..Plan::new(detector::all_detectors()) };
        report(&table.take(&order), plan).to_json().unwrap()
    };
    let recorded = json((0..300).collect());
    assert_eq!(recorded, json((0..300).rev().collect()));
    assert_eq!(recorded, json((0..300).map(|row| row * 77 % 300).collect()));
}

#[test]
fn one_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let table = table(250, 1);
    let json = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let plan = Plan { sections: ReportSections::ALL, ..Plan::new(detector::all_detectors()) };
        pool.install(|| report(&table, plan).to_json().unwrap())
    };
    assert_eq!(json(1), json(3));
}

#[test]
fn without_labels_there_is_no_fall_of_the_auc() {
    let unlabelled = Table { labels: None, ..table(100, 1) };
    let report = illustrated(&unlabelled, detector::all_detectors(), ReportSections::ALL);
    assert!(report.runs.iter().all(|run| run.importance.as_ref().unwrap().features[0].auc_fall.is_none()));
    assert!(report.projections.iter().flat_map(|plane| &plane.points).all(|point| !point.suspicious));
}

#[test]
fn every_protocol_is_illustrated_by_its_scored_rows() {
    let table = table(200, 1);
    let plan = Plan {
        protocols: Protocols::All,
        sections: ReportSections::ALL,
        ..Plan::new(vec![DetectorSpec::parse("isolation-forest").unwrap()])
    };
    for report in report(&table, plan).tables {
        let scored = if report.protocol == Protocol::InSample { 200 } else { 60 };
        let importance = report.runs[0].importance.as_ref().unwrap();
        assert_eq!(importance.rows, scored, "{:?}", report.protocol);
        for plane in &report.projections {
            assert_eq!((plane.rows, plane.points.len() as u64), (scored, scored), "{:?}", plane.method);
            let suspicious = plane.points.iter().filter(|point| point.suspicious).count();
            assert_eq!(Some(suspicious), report.scored_suspicious_rows);
        }
    }
}

#[test]
fn a_large_table_is_sampled() {
    let report = illustrated(
        &table(6_000, 1),
        vec![DetectorSpec::parse("isolation-forest").unwrap()],
        ReportSections::ALL,
    );
    let [pca, tsne] = &report.projections[..] else { panic!("two projections") };
    assert_eq!((pca.method, pca.rows, pca.points.len()), (ProjectionMethod::Pca, 6_000, 2_000));
    assert!(pca.explained.is_some() && tsne.explained.is_none());
    // All rows are distinct, and t-SNE takes 600.
    assert_eq!((tsne.method, tsne.rows, tsne.points.len()), (ProjectionMethod::Tsne, 6_000, 600));
    assert_eq!(tsne.points.iter().filter(|point| point.suspicious).count(), 50);
    assert_eq!(report.runs[0].importance.as_ref().unwrap().rows, 5_000);
}

#[test]
fn a_table_too_small_for_the_plane_says_so() {
    let report = illustrated(
        &Table { labels: None, ..table(3, 1) },
        vec![DetectorSpec::parse("isolation-forest").unwrap()],
        ReportSections { pca: true, tsne: true, ..ReportSections::NONE },
    );
    assert_eq!(report.projections.len(), 1);
    let note = report.warnings.iter().find(|note| note.kind == "not-projected-tsne").unwrap();
    assert_eq!(note.text, "t-SNE needs at least 10 rows that differ, but there are 3: it is left out");
}
