use super::*;
use crate::detector::entry::Settings;
use crate::detector::registry;
use crate::detector::spec::DetectorSpec;
use crate::detector::traits::FittedDetector;
use ndarray::{ArrayView2, s};
use rand::Rng;
use std::collections::BTreeSet;

/// A cloud with two small clusters at its edge: one is suspicious, the other is normal. To the untaught detector
/// both are equally anomalous.
fn table() -> (WeightedRows, Vec<bool>) {
    let mut rng = Seed::new(3).rng();
    let points = Array2::from_shape_fn((600, 3), |(row, column)| {
        let center = match (row / 20, column) {
            (0, 0) => 4.0,
            (1, 0) => -4.0,
            _ => 0.0,
        };
        center + rng.gen_range(-1.0..1.0)
    });
    (WeightedRows::unweighted(points), (0..600).map(|row| row < 20).collect())
}

fn untaught(rows: &WeightedRows, id: &str) -> Untaught {
    let spec = DetectorSpec::of(registry::find(id).unwrap());
    let model = spec.fit(&Settings::new(64 << 20), rows, Seed::new(1)).unwrap().model;
    Untaught { entry: spec.entry, model }
}

fn verdicts(rows: &WeightedRows, judged: &[(usize, bool)]) -> Vec<Verdict> {
    judged.iter().map(|&(row, suspicious)| Verdict::new(rows.points.row(row).to_vec(), suspicious)).collect()
}

fn some_verdicts(rows: &WeightedRows) -> Vec<Verdict> {
    verdicts(
        rows,
        &[(0, true), (1, true), (2, true), (3, true), (20, false), (21, false), (22, false), (23, false)],
    )
}

fn bits(scores: &Array1<f64>) -> Vec<u64> {
    scores.iter().map(|score| score.to_bits()).collect()
}

fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// The share of pairs of a suspicious and a normal row in which the suspicious row scores higher.
fn auc_of(scores: &Array1<f64>, labels: &[bool]) -> f64 {
    let of =
        |label| scores.iter().zip(labels).filter(move |(_, other)| **other == label).map(|(score, _)| *score);
    let wins =
        of(true).flat_map(|high| of(false).map(move |low| f64::from(u8::from(high > low)))).sum::<f64>();
    wins / (of(true).count() * of(false).count()) as f64
}

#[test]
fn eight_verdicts_tell_two_clusters_apart_with_every_detector() {
    let (rows, labels) = table();
    for entry in registry::ALL {
        let learner = Learner::new(untaught(&rows, entry.id), &rows, Seed::new(5));
        let taught = learner.learn(&some_verdicts(&rows)).unwrap();
        let (before, after) = (learner.untaught_scores(), learner.scores(&taught));
        assert!(entry.id != "isolation-forest" || auc_of(before, &labels) < 0.99, "no gain is possible");
        assert!(auc_of(&after, &labels) > 0.99, "{}: {}", entry.id, auc_of(&after, &labels));
        assert!(after.iter().all(|score| (0.0..=1.0).contains(score)));
    }
}

#[test]
fn the_same_bits_alone_in_a_batch_loaded_and_on_any_number_of_threads() {
    let (rows, _) = table();
    let learner = Learner::new(untaught(&rows, "isolation-forest"), &rows, Seed::new(5));
    let taught = in_pool(1, || learner.learn(&some_verdicts(&rows)).unwrap());
    assert_eq!(taught.to_json(), in_pool(3, || learner.learn(&some_verdicts(&rows)).unwrap()).to_json());
    let loaded = load(TAUGHT, &taught.to_json()).unwrap();
    assert_eq!(loaded.to_json(), taught.to_json());
    assert_eq!(loaded.columns(), 3);
    let scores = |model: &dyn FittedDetector, rows: ArrayView2<f64>| bits(&model.score(rows));
    let batch = in_pool(1, || scores(&taught, rows.points.view()));
    assert_eq!(batch, in_pool(3, || scores(&taught, rows.points.view())));
    assert_eq!(batch, scores(&*loaded, rows.points.view()));
    assert_eq!(batch, bits(&learner.scores(&taught)));
    for row in [0, 57, 599] {
        assert_eq!(scores(&taught, rows.points.slice(s![row..=row, ..])), batch[row..=row]);
    }
}

#[test]
fn the_order_of_verdicts_does_not_matter() {
    let (rows, _) = table();
    let learner = Learner::new(untaught(&rows, "isolation-forest"), &rows, Seed::new(5));
    let mut reversed = some_verdicts(&rows);
    reversed.reverse();
    let json = |verdicts: &[Verdict]| learner.learn(verdicts).unwrap().to_json();
    assert_eq!(json(&some_verdicts(&rows)), json(&reversed));
}

#[test]
fn one_verdict_moves_no_score_by_more_than_its_bound() {
    let (rows, _) = table();
    let learner = Learner::new(untaught(&rows, "isolation-forest"), &rows, Seed::new(5));
    let judged = some_verdicts(&rows);
    let all = learner.scores(&learner.learn(&judged).unwrap());
    for without in 0..judged.len() {
        let others: Vec<Verdict> = judged
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != without)
            .map(|(_, verdict)| verdict.clone())
            .collect();
        let (removed, mut turned) = (learner.learn(&others).unwrap(), judged.clone());
        turned[without].suspicious = !turned[without].suspicious;
        for other in [removed, learner.learn(&turned).unwrap()] {
            let moved = (&learner.scores(&other) - &all).mapv(f64::abs);
            assert!(moved.iter().all(|moved| *moved <= LARGEST_INFLUENCE), "{moved}");
            assert!(moved.iter().any(|moved| *moved > 0.0));
        }
    }
}

#[test]
fn an_old_verdict_counts_less() {
    let (rows, _) = table();
    let learner = Learner::new(untaught(&rows, "isolation-forest"), &rows, Seed::new(5));
    let mean = |weight| {
        let judged: Vec<Verdict> =
            some_verdicts(&rows).into_iter().map(|verdict| Verdict { weight, ..verdict }).collect();
        learner.scores(&learner.learn(&judged).unwrap()).slice(s![..20]).mean().unwrap()
    };
    assert!(mean(1.0) > mean(0.2) && mean(0.2) > mean(0.01), "{} {} {}", mean(1.0), mean(0.2), mean(0.01));
}

#[test]
fn the_parts_of_a_score_sum_to_it_and_name_similar_verdicts() {
    let (rows, _) = table();
    let learner = Learner::new(untaught(&rows, "isolation-forest"), &rows, Seed::new(5));
    let taught = learner.learn(&some_verdicts(&rows)).unwrap();
    let scores = learner.scores(&taught);
    for row in [7, 27, 300] {
        let influence = taught.influence(rows.points.row(row));
        assert!((influence.from_verdicts + influence.from_untaught - scores[row]).abs() < 1e-12);
        assert!(influence.from_untaught > -1e-12 && influence.from_verdicts >= 0.0);
        assert!(influence.from_verdicts + influence.normal_share <= 1.0 + 1e-12);
    }
    let (near, far) = (taught.influence(rows.points.row(7)), taught.influence(rows.points.row(300)));
    assert!(near.from_verdicts > 0.5 && far.from_verdicts < 0.2, "{near:?} {far:?}");
    assert!(taught.verdicts()[near.similar[0].0].suspicious, "{near:?}");
    assert!(taught.influence(rows.points.row(27)).normal_share > 0.5);
}

#[test]
fn malformed_states_are_refused() {
    let (rows, _) = table();
    let learner = Learner::new(untaught(&rows, "hbos"), &rows, Seed::new(5));
    let text = learner.learn(&some_verdicts(&rows)).unwrap().to_json();
    let valid: serde_json::Value = serde_json::from_str(&text).unwrap();
    let changes: [(&str, serde_json::Value); 6] = [
        ("/detector", "taught".into()),
        ("/quantiles", serde_json::json!([2.0, 1.0])),
        ("/verdicts/0/row", serde_json::json!([1.0])),
        ("/verdicts/0/weight", 2.0.into()),
        ("/trees", serde_json::json!([])),
        ("/trees/0/suspicious", serde_json::json!([0.5])),
    ];
    for (field, value) in changes {
        let mut broken = valid.clone();
        *broken.pointer_mut(field).unwrap() = value;
        assert!(load(TAUGHT, &broken.to_string()).is_err(), "{field}");
    }
    assert!(load(TAUGHT, "{}").is_err() && load("no-detector", &text).is_err());
}

#[test]
fn questions_are_the_highest_scores_and_those_nearest_to_the_threshold() {
    let rows = WeightedRows::unweighted(Array2::from_shape_fn((6, 1), |(row, _)| 6.0 - row as f64));
    let learner = Learner::new(untaught(&rows, "hbos"), &rows, Seed::new(5));
    let scores = Array1::from(vec![0.9, 0.5, 0.9, 0.1, 0.8, 0.45]);
    let ask = |batch, explore, asked: &[usize]| {
        let asked: BTreeSet<usize> = asked.iter().copied().collect();
        learner.next_questions(&scores, &asked, Questions { batch, explore, threshold: 0.44 })
    };
    // The rows 0 and 2 tie; row 2 has the lower value.
    assert_eq!(ask(3, 0.0, &[]), [2, 0, 4]);
    assert_eq!(ask(2, 0.0, &[2]), [0, 4]);
    assert_eq!(ask(2, 0.5, &[]), [2, 5]);
    assert_eq!(ask(9, 0.0, &[1]).len(), 5);
    assert_eq!(learner.shortlist(&scores, &BTreeSet::from([0]), 2), [2, 4]);
}

#[test]
fn refreshed_scores_are_those_of_all_rows() {
    let (rows, _) = table();
    let learner = Learner::new(untaught(&rows, "isolation-forest"), &rows, Seed::new(5));
    let taught = learner.learn(&some_verdicts(&rows)).unwrap();
    let mut scores = learner.untaught_scores().clone();
    learner.refresh(&taught, &[5, 300], &mut scores);
    let all = learner.scores(&taught);
    assert_eq!((scores[5].to_bits(), scores[300].to_bits()), (all[5].to_bits(), all[300].to_bits()));
    assert_eq!(scores[6], learner.untaught_scores()[6]);
}
