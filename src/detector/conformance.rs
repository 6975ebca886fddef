//! Tests that every detector of the registry must pass. A new detector is tested through its line in the
//! registry.

use super::base::BASE;
use super::cost::{SMALLEST_SAMPLE, Task};
use super::entry::{Entry, Settings};
use super::registry::{ALL, DEFAULT_DETECTORS, find};
use super::traits::Fitted;
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, Array2, ArrayView2, Axis, array, concatenate, s};
use rand::Rng;
use serde_json::{Value, json};

const SETTINGS: Settings = Settings::new(64 << 20);

fn fit(entry: &Entry, rows: &WeightedRows) -> Fitted {
    let detector = (entry.build)(&SETTINGS, &Value::Null).unwrap();
    detector.fit(rows, Seed::new(7).derive(entry.id)).unwrap()
}

/// 300 rows around the origin, many of them repeated. The last one is an outlier.
fn cloud() -> WeightedRows {
    let mut rng = Seed::new(1).rng();
    let mut points = Array2::from_shape_fn((300, 3), |_| rng.gen_range(-1.0..1.0));
    points.row_mut(299).fill(9.0);
    let weights = (0..300).map(|row| if row < 50 { 30 } else { 1 }).collect();
    WeightedRows { points, weights }
}

fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn bits(scores: &Array1<f64>) -> Vec<u64> {
    scores.iter().map(|score| score.to_bits()).collect()
}

#[test]
fn ids_are_unique_and_kebab_case() {
    for (at, entry) in ALL.iter().enumerate() {
        assert!(entry.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", entry.id);
        assert!(ALL[..at].iter().all(|other| other.id != entry.id), "{} twice", entry.id);
    }
}

#[test]
fn the_registry_lists_the_base_detectors_and_the_ensemble() {
    let ids = |entries: &[&Entry]| entries.iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids(ALL), [ids(BASE), vec!["ensemble"]].concat());
    assert!(DEFAULT_DETECTORS.iter().all(|id| find(id).is_ok()));
}

#[test]
fn the_defaults_are_valid_parameters() {
    for entry in ALL {
        (entry.build)(&SETTINGS, &(entry.defaults)()).unwrap();
    }
}

#[test]
fn every_parameter_is_described() {
    for entry in ALL {
        let defaults = (entry.defaults)();
        let mut described: Vec<&str> = entry.parameters.iter().map(|(name, _)| *name).collect();
        described.sort_unstable();
        let mut named: Vec<&str> = defaults.as_object().unwrap().keys().map(String::as_str).collect();
        named.sort_unstable();
        assert_eq!(described, named, "{}", entry.id);
    }
}

#[test]
fn an_unknown_parameter_is_refused_by_name() {
    for entry in ALL {
        let error = (entry.build)(&SETTINGS, &json!({"colour": "red"})).unwrap_err().to_string();
        assert!(error.contains(entry.id) && error.contains("colour"), "{error}");
    }
}

#[test]
fn sampling_helps_if_the_rows_dominate_the_cost_and_not_if_the_columns_do() {
    let task = Task { fitted: 100_000, scored: 100_000, columns: 5 };
    let worth_sampling = |id: &str, task: Task| {
        let entry = find(id).unwrap();
        let estimate = |task| (entry.estimate)(&(entry.defaults)(), task);
        estimate(task).is_worth_sampling(estimate(Task { fitted: SMALLEST_SAMPLE, ..task }))
    };
    assert!(worth_sampling("one-class-svm", task));
    assert!(worth_sampling("mcd", task));
    assert!(!worth_sampling("pca", Task { fitted: 3_000, scored: 3_000, columns: 2_000 }));
}

#[test]
fn an_outlier_scores_highest() {
    let rows = cloud();
    for entry in ALL {
        let fitted = fit(entry, &rows);
        for (kind, scores) in
            [("train", &fitted.train_scores), ("new", &fitted.model.score(rows.points.view()))]
        {
            let highest = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
            assert_eq!(highest, 299, "{}, {kind} scores", entry.id);
        }
    }
}

#[test]
fn a_single_row_scores_as_it_does_in_a_batch_and_on_any_number_of_threads() {
    let rows = cloud();
    for entry in ALL {
        let fitted = fit(entry, &rows);
        let batch = in_pool(1, || fitted.model.score(rows.points.view()));
        let parallel = in_pool(3, || fitted.model.score(rows.points.view()));
        assert_eq!(bits(&batch), bits(&parallel), "{}", entry.id);
        for row in [0, 57, 299] {
            let alone = fitted.model.score(rows.points.slice(s![row..=row, ..]));
            assert_eq!(alone[0].to_bits(), batch[row].to_bits(), "{} row {row}", entry.id);
        }
    }
}

#[test]
fn fitting_gives_the_same_bits_twice_and_on_any_number_of_threads() {
    let rows = cloud();
    for entry in ALL {
        let first = bits(&in_pool(1, || fit(entry, &rows)).train_scores);
        assert_eq!(first, bits(&in_pool(1, || fit(entry, &rows)).train_scores), "{}", entry.id);
        assert_eq!(first, bits(&in_pool(2, || fit(entry, &rows)).train_scores), "{}", entry.id);
    }
}

#[test]
fn only_a_seeded_detector_depends_on_its_seed() {
    // Few rows in many columns without structure: a search from random starts ends in different places.
    let mut rng = Seed::new(2).rng();
    let rows = WeightedRows::unweighted(Array2::from_shape_simple_fn((120, 12), || rng.gen_range(-1.0..1.0)));
    for entry in ALL {
        let detector = (entry.build)(&SETTINGS, &Value::Null).unwrap();
        let of = |seed| bits(&detector.fit(&rows, Seed::new(seed)).unwrap().train_scores);
        assert_eq!(of(1) != of(2), entry.seeded, "{}", entry.id);
    }
}

#[test]
fn a_loaded_model_scores_with_the_same_bits() {
    let rows = cloud();
    for entry in ALL {
        let fitted = fit(entry, &rows);
        let loaded = (entry.load)(&fitted.model.to_json()).unwrap();
        let scores =
            |points: ArrayView2<f64>| (bits(&fitted.model.score(points)), bits(&loaded.score(points)));
        let (original, restored) = scores(rows.points.view());
        assert_eq!(original, restored, "{}", entry.id);
    }
}

#[test]
fn a_fitted_detector_knows_its_columns() {
    for entry in ALL {
        assert_eq!(fit(entry, &cloud()).model.columns(), 3, "{}", entry.id);
    }
}

#[test]
fn text_that_is_no_model_is_refused() {
    for entry in ALL {
        for nonsense in ["", "null", "{}", "[1,2]", "{\"points\":\"many\"}"] {
            assert!((entry.load)(nonsense).is_err(), "{} loaded {nonsense}", entry.id);
        }
    }
}

#[test]
fn degenerate_tables_give_finite_scores() {
    let single = WeightedRows::unweighted(array![[1.0, 2.0]]);
    let copies = WeightedRows { points: array![[1.0, 2.0]], weights: vec![1000] };
    let two = WeightedRows { points: array![[0.0, 0.0], [1.0, 0.0]], weights: vec![500, 1] };
    let constant = WeightedRows::unweighted(Array2::from_shape_fn((40, 2), |(i, j)| (i * (1 - j)) as f64));
    let wide_range = WeightedRows::unweighted(array![[-1e6], [0.0], [1e-9], [1e6], [2e6]]);
    for entry in ALL {
        for rows in [&single, &copies, &two, &constant, &wide_range] {
            let fitted = fit(entry, rows);
            let far = Array2::from_elem((1, rows.points.ncols()), 1e12);
            let new = fitted.model.score(concatenate![Axis(0), rows.points.view(), far.view()].view());
            assert_eq!(fitted.train_scores.len(), rows.len());
            let all = fitted.train_scores.iter().chain(&new);
            assert!(all.clone().all(|score| score.is_finite()), "{} on {rows:?}", entry.id);
        }
    }
}

#[test]
fn no_rows_to_score_give_no_scores() {
    for entry in ALL {
        assert!(fit(entry, &cloud()).model.score(Array2::zeros((0, 3)).view()).is_empty(), "{}", entry.id);
    }
}

#[test]
fn the_order_of_the_rows_does_not_matter_to_a_detector_without_seed() {
    let rows = cloud();
    let reversed = WeightedRows {
        points: rows.points.slice(s![..;-1, ..]).to_owned(),
        weights: rows.weights.iter().rev().copied().collect(),
    };
    for entry in ALL.iter().filter(|entry| !entry.seeded) {
        let (forward, backward) = (fit(entry, &rows).train_scores, fit(entry, &reversed).train_scores);
        let range = forward.iter().copied().fold(f64::MIN, f64::max)
            - forward.iter().copied().fold(f64::MAX, f64::min);
        for (a, b) in forward.iter().zip(backward.iter().rev()) {
            // An iterative solver stops within its tolerance of the solution, which depends on its start.
            assert!((a - b).abs() <= 2e-3 * range, "{}: {a} and {b}", entry.id);
        }
    }
}
