use super::*;
use crate::detector::traits::FittedDetector;
use ndarray::Array2;
use rand::Rng;

const SETTINGS: Settings = Settings::new(64 << 20);

fn cloud() -> WeightedRows {
    let mut rng = Seed::new(3).rng();
    let mut points = Array2::from_shape_fn((80, 2), |_| rng.gen_range(-1.0..1.0));
    points.row_mut(79).fill(5.0);
    WeightedRows { points, weights: (0..80).map(|row| 1 + row % 3).collect() }
}

fn ensemble(combine: &str) -> Ensemble {
    let members = ["isolation-forest", "one-class-svm", "lof"];
    Ensemble::new(&SETTINGS, &json!({"combine": combine, "members": members, "buckets": 2})).unwrap()
}

#[test]
fn a_member_scores_as_it_does_outside_of_the_ensemble() {
    let (rows, seed) = (cloud(), Seed::new(9));
    let ensemble = ensemble("max-standard");
    let members: Vec<Fitted> =
        ensemble.members().iter().map(|member| member.fit(&SETTINGS, &rows, seed).unwrap()).collect();
    let (_, joined) = ensemble.join(&members.iter().collect::<Vec<_>>(), &rows.weights, seed);
    assert_eq!(ensemble.fit(&rows, seed).unwrap().train_scores, joined);
}

#[test]
fn every_combination_scores_the_outlier_highest_and_can_be_reloaded() {
    let rows = cloud();
    for (name, _) in Combination::NAMES.into_iter().skip(2) {
        let fitted = ensemble(name).fit(&rows, Seed::new(1)).unwrap();
        let highest = fitted.train_scores.iter().copied().fold(f64::MIN, f64::max);
        assert_eq!(fitted.train_scores[79], highest, "{name}");
        let loaded = FittedEnsemble::load(&fitted.model.to_json()).unwrap();
        assert_eq!(loaded.score(rows.points.view()), fitted.model.score(rows.points.view()), "{name}");
    }
}

#[test]
fn mean_standard_is_the_mean_of_standardized_scores() {
    let rows = cloud();
    let ensemble = ensemble("mean-standard");
    let total: f64 = rows.weights.iter().map(|&w| f64::from(w)).sum();
    let mut expected = Array1::<f64>::zeros(80);
    for member in ensemble.members() {
        let scores = member.fit(&SETTINGS, &rows, Seed::new(1)).unwrap().train_scores;
        let mean = scores.iter().zip(&rows.weights).map(|(s, &w)| s * f64::from(w)).sum::<f64>() / total;
        let squares = scores.iter().zip(&rows.weights).map(|(s, &w)| (s - mean).powi(2) * f64::from(w));
        let deviation = (squares.sum::<f64>() / total).sqrt();
        expected += &scores.mapv(|s| (s - mean) / deviation / 3.0);
    }
    let scores = ensemble.fit(&rows, Seed::new(1)).unwrap().train_scores;
    assert!(scores.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{scores} {expected}");
}

#[test]
fn an_ensemble_of_one_or_of_ensembles_is_refused() {
    let refused =
        |members: Value| Ensemble::new(&SETTINGS, &json!({"members": members})).unwrap_err().to_string();
    assert_eq!(refused(json!(["lof"])), "ensemble: `members` must be 2 to 32 detectors, but is 1");
    assert_eq!(refused(json!(["lof", "ensemble"])), "ensemble: an ensemble cannot be a member of another");
    assert!(refused(json!(["lof", "loff"])).contains("did you mean `lof`?"));
}

#[test]
fn the_parameters_of_members_are_checked_at_construction() {
    let member = json!({"detector": "lof", "parameters": {"k": 0}});
    let error = Ensemble::new(&SETTINGS, &json!({"members": ["isolation-forest", member]})).unwrap_err();
    assert_eq!(error.to_string(), "lof: `k` must be between 1 and 10000, but is 0");
}

#[test]
fn an_inconsistent_state_is_refused() {
    let fitted = ensemble("aom").fit(&cloud(), Seed::new(1)).unwrap();
    let good: Value = serde_json::from_str(&fitted.model.to_json()).unwrap();
    for (part, value) in [
        ("/buckets", json!([[0, 1], [1, 2]])),
        ("/buckets", json!([[0, 1, 2], []])),
        ("/members/0/detector", json!("ensemble")),
        ("/members/0/reference/deviation", json!(-1.0)),
        ("/members", json!([])),
        ("/combine", json!("mean-rank")),
    ] {
        let mut state = good.clone();
        *state.pointer_mut(part).unwrap() = value;
        assert!(FittedEnsemble::load(&state.to_string()).is_err(), "{part}");
    }
}
