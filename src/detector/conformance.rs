//! What every detector in the registry must do, whatever its algorithm. A new detector is held to all of this by
//! its line in the registry.

use super::{ALL, Entry, Fitted, Settings};
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

/// A cloud of 300 rows around the origin, many of them repeated, and one far away, the last.
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
        let named: Vec<&str> = defaults.as_object().unwrap().keys().map(String::as_str).collect();
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
fn a_row_far_away_scores_highest() {
    let rows = cloud();
    for entry in ALL {
        let fitted = fit(entry, &rows);
        for (what, scores) in
            [("train", &fitted.train_scores), ("new", &fitted.model.score(rows.points.view()))]
        {
            let highest = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
            assert_eq!(highest, 299, "{}, {what} scores", entry.id);
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
    // Few rows in many columns, without any shape: a search from random starts ends here and there.
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
        let (before, after) = scores(rows.points.view());
        assert_eq!(before, after, "{}", entry.id);
    }
}

#[test]
fn a_fitted_detector_knows_its_columns() {
    for entry in ALL {
        assert_eq!(fit(entry, &cloud()).model.columns(), 3, "{}", entry.id);
    }
}

#[test]
fn what_is_no_model_is_refused() {
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
            // An iterative solver stops within its tolerance of the answer, from wherever it started.
            assert!((a - b).abs() <= 2e-3 * range, "{}: {a} and {b}", entry.id);
        }
    }
}
