//! Tests of the whole detector: against scikit-learn, linfa-svm and the optimality conditions.

use super::*;
use crate::seed::Seed;
use linfa::DatasetBase;
use linfa::dataset::Pr;
use linfa::traits::Fit;
use linfa_svm::Svm;
use ndarray::{Array2, Axis, array, concatenate};
use rand::Rng;

const SETTINGS: Settings = Settings::new(64 << 20);

fn detector(parameters: Value) -> Box<dyn Detector> {
    build(&SETTINGS, &parameters).unwrap()
}

fn fitted(rows: &WeightedRows, parameters: Value) -> Fitted {
    detector(parameters).fit(rows, Seed::new(1)).unwrap()
}

/// Rows of two clusters with noise around them.
fn random_rows(name: &str, rows: usize, features: usize) -> Array2<f64> {
    let mut rng = Seed::new(7).derive(name).rng();
    Array2::from_shape_fn((rows, features), |(row, _)| {
        let noise: f64 = (0..4).map(|_| rng.gen_range(-1.0..1.0)).sum();
        noise * if row % 10 == 0 { 2.0 } else { 0.7 } + if row % 3 == 0 { 1.5 } else { 0.0 }
    })
}

fn random_weights(name: &str, rows: usize) -> Vec<u32> {
    let mut rng = Seed::new(7).derive(name).nth(1).rng();
    (0..rows).map(|_| if rng.gen_bool(0.1) { rng.gen_range(1..50) } else { 1 }).collect()
}

fn expanded(rows: &WeightedRows) -> Array2<f64> {
    let copies = rows.weights.iter().enumerate().flat_map(|(row, &w)| vec![row; w as usize]);
    rows.points.select(Axis(0), &copies.collect::<Vec<_>>())
}

#[track_caller]
fn assert_close(scores: &[f64], expected: &[f64], share_of_range: f64) {
    let (low, high) = expected.iter().fold((f64::MAX, f64::MIN), |(l, h), &x| (l.min(x), h.max(x)));
    for (row, (a, b)) in scores.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= share_of_range * (high - low), "row {row}: {a} instead of {b}");
    }
}

#[test]
fn scores_are_those_of_scikit_learn_on_the_expanded_rows() {
    let points =
        array![[0.0, 0.0], [1.0, 0.5], [0.5, 1.0], [1.5, 1.25], [-1.0, 0.25], [4.0, -3.0], [0.25, -0.75]];
    let rows = WeightedRows { points, weights: vec![5, 3, 2, 1, 4, 1, 2] };
    let unseen = array![[2.0, 2.0], [100.0, 0.0]];
    // scikit-learn 1.9.1: -OneClassSVM(nu=0.3, gamma="scale", tol=1e-9).fit(U).decision_function(·), where U
    // is np.repeat(points, weights, axis=0).
    let expected = [
        -0.4064146092224916,
        -4.518028440259059e-8,
        1.3651750396803664e-8,
        0.3893794806751376,
        -2.554685707423232e-8,
        0.9924234887598653,
        -2.2109764019617728e-8,
        1.1276385037906367,
        1.9926420575427322,
    ];
    let fitted = fitted(&rows, serde_json::json!({"nu": 0.3, "tolerance": 1e-7}));
    let scores = concatenate![Axis(0), fitted.train_scores, fitted.model.score(unseen.view())];
    assert_close(scores.as_slice().unwrap(), &expected, 1e-6);
}

#[test]
fn scores_are_those_of_linfa_svm() {
    for (nu, gamma, features) in [(0.15, 0.3, 3), (0.5, 1.0, 2), (0.05, 0.05, 8)] {
        let points = random_rows("linfa", 240, features);
        let oracle = Svm::<f64, Pr>::params().nu_weight(nu).gaussian_kernel(1.0 / gamma).eps(1e-7);
        let oracle = oracle.fit(&DatasetBase::from(points.clone())).unwrap();
        let expected: Vec<f64> =
            points.rows().into_iter().map(|row| oracle.rho - oracle.weighted_sum(&row)).collect();
        let parameters = serde_json::json!({"nu": nu, "gamma": gamma, "tolerance": 1e-6});
        let fitted = fitted(&WeightedRows::unweighted(points), parameters);
        assert_close(fitted.train_scores.as_slice().unwrap(), &expected, 1e-5);
    }
}

#[test]
fn distinct_rows_score_as_the_expanded_ones() {
    let points = random_rows("folded", 300, 4);
    let rows = WeightedRows { points, weights: random_weights("folded", 300) };
    let parameters = serde_json::json!({"tolerance": 1e-6});
    let from_distinct = fitted(&rows, parameters.clone());
    let from_expanded = fitted(&WeightedRows::unweighted(expanded(&rows)), parameters);
    let expected = from_expanded.model.score(rows.points.view());
    assert_close(from_distinct.train_scores.as_slice().unwrap(), expected.as_slice().unwrap(), 1e-6);
}

/// The largest violation of the optimality conditions, with the kernel in f64 and in feature space.
fn violation(rows: &WeightedRows, gamma: f64, alpha: &[f64]) -> f64 {
    let kernel = |a: usize, b: usize| {
        let pairs = rows.points.row(a).into_iter().zip(rows.points.row(b));
        (-gamma * pairs.map(|(x, y)| (x - y).powi(2)).sum::<f64>()).exp()
    };
    let supports: Vec<usize> = (0..rows.len()).filter(|&i| alpha[i] > 0.0).collect();
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    for row in 0..rows.len() {
        let gradient: f64 = supports.iter().map(|&j| alpha[j] * kernel(row, j)).sum();
        lowest = if alpha[row] < f64::from(rows.weights[row]) { gradient.min(lowest) } else { lowest };
        highest = if alpha[row] > 0.0 { gradient.max(highest) } else { highest };
    }
    highest - lowest
}

#[track_caller]
fn assert_optimal(rows: &WeightedRows, nu: f64, gamma: f64, memory: usize) {
    let weights: Vec<f64> = rows.weights.iter().map(|&w| f64::from(w)).collect();
    let points = KernelSpace::new(rows.points.view(), &weights, Some(gamma)).blocks(rows.points.view());
    let problem = Problem { points: &points, weights: &weights, nu, tolerance: 1e-4, memory };
    let alpha = problem.solve().unwrap().alpha;
    assert!(alpha.iter().zip(&weights).all(|(alpha, weight)| (0.0..=*weight).contains(alpha)));
    let total = nu * rows.total() as f64;
    assert!((alpha.iter().sum::<f64>() - total).abs() <= 1e-9 * total);
    // Each f32 kernel value has an error of about 1e-7, with either sign.
    let rounding = 1e-7 * total;
    let violation = violation(rows, gamma, &alpha);
    assert!(violation <= 1e-4 + rounding, "{violation} with nu {nu}, gamma {gamma}, {} rows", rows.len());
}

#[test]
fn the_conditions_of_optimality_hold_on_random_weighted_problems() {
    let mut rng = Seed::new(3).derive("optimality").rng();
    for case in 0..60 {
        let (rows, features) = (rng.gen_range(2..200), rng.gen_range(1..12));
        let name = format!("case {case}");
        let points = random_rows(&name, rows, features);
        let rows = WeightedRows { points, weights: random_weights(&name, rows) };
        let (nu, gamma) = (rng.gen_range(0.001..0.999), 10f64.powf(rng.gen_range(-3.0..2.0)));
        assert_optimal(&rows, nu, gamma, SETTINGS.memory);
    }
}

#[test]
fn the_conditions_of_optimality_hold_if_the_rows_exceed_a_working_set() {
    let rows = WeightedRows { points: random_rows("large", 3000, 3), weights: random_weights("large", 3000) };
    assert_optimal(&rows, 0.15, 0.3, SETTINGS.memory);
    assert_optimal(&rows, 0.05, 20.0, SETTINGS.memory);
}

#[test]
fn a_tiny_cache_gives_the_bits_of_a_large_one() {
    let rows = WeightedRows { points: random_rows("cache", 500, 3), weights: random_weights("cache", 500) };
    let parameters = serde_json::json!({"gamma": 3.0});
    let tiny = build(&Settings::new(0), &parameters).unwrap();
    let tiny = tiny.fit(&rows, Seed::new(1)).unwrap();
    assert_eq!(tiny.train_scores, fitted(&rows, parameters).train_scores);
}

#[test]
fn a_row_has_the_same_bits_in_training_alone_and_in_a_batch() {
    let rows = WeightedRows { points: random_rows("bits", 1501, 3), weights: random_weights("bits", 1501) };
    let fitted = fitted(&rows, Value::Null);
    assert_eq!(fitted.model.score(rows.points.view()), fitted.train_scores);
    for row in (0..rows.len()).step_by(97) {
        let alone = fitted.model.score(rows.points.slice(ndarray::s![row..=row, ..]));
        assert_eq!(alone[0].to_bits(), fitted.train_scores[row].to_bits());
    }
}

#[test]
fn one_thread_and_three_give_the_same_bits() {
    let rows = WeightedRows::unweighted(random_rows("threads", 2500, 3));
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let fit = || fitted(&rows, Value::Null).train_scores;
    assert_eq!(on(1).install(fit), on(3).install(fit));
}

#[test]
fn a_loaded_model_scores_with_the_same_bits() {
    let rows = WeightedRows::unweighted(random_rows("saved", 400, 5));
    let fitted = fitted(&rows, Value::Null);
    let text = fitted.model.to_json();
    let model = load(&text).unwrap();
    assert_eq!(model.score(rows.points.view()), fitted.train_scores);
    assert_eq!(model.to_json(), text);
}

#[test]
fn only_support_vectors_are_stored() {
    let rows = WeightedRows::unweighted(random_rows("stored", 400, 2));
    let state: Value = serde_json::from_str(&fitted(&rows, Value::Null).model.to_json()).unwrap();
    let stored = state["supports"]["coefficients"].as_array().unwrap().len();
    assert!((60..100).contains(&stored), "{stored} of 400 rows at nu = 0.15");
}

#[test]
fn a_model_that_contradicts_itself_is_refused() {
    let rows = WeightedRows::unweighted(random_rows("damaged", 40, 2));
    let whole: Value = serde_json::from_str(&fitted(&rows, Value::Null).model.to_json()).unwrap();
    for (part, value) in [
        ("/supports/points", serde_json::json!([1.0])),
        ("/supports/coefficients/0", serde_json::json!(1e300)),
        ("/space/centre", serde_json::json!([0.0])),
        ("/space/scale", serde_json::json!(0.0)),
    ] {
        let mut state = whole.clone();
        *state.pointer_mut(part).unwrap() = value;
        let text = load(&state.to_string()).unwrap_err().to_string();
        assert!(text.contains("not a fitted model"), "{part}: {text}");
    }
}

#[test]
fn degenerate_tables_have_finite_scores() {
    let row = |values: &[f64]| values.to_vec();
    let tables = [
        (vec![row(&[3.0, 3.0])], vec![9]),
        (vec![row(&[0.1, 0.1]), row(&[0.1, 0.1])], vec![1, 1]),
        (vec![row(&[0.0, 1.0]), row(&[0.0, 2.0])], vec![1, 1]),
        (vec![row(&[1e308, -1e308]), row(&[-1e308, 1e308]), row(&[0.0, 1e-308])], vec![1, 1, u32::MAX]),
        (vec![row(&[1e-160]), row(&[2e-160]), row(&[1e-320])], vec![1, 2, 3]),
        (vec![row(&[]), row(&[])], vec![1, 1]),
    ];
    for (points, weights) in tables {
        let shape = (points.len(), points[0].len());
        let points = Array2::from_shape_vec(shape, points.concat()).unwrap();
        let rows = WeightedRows { points, weights };
        for nu in [1e-12, 0.15, 1.0] {
            let fitted = fitted(&rows, serde_json::json!({"nu": nu}));
            assert!(fitted.train_scores.iter().all(|score| score.is_finite()), "{rows:?} {nu}");
            let far = fitted.model.score(Array2::from_elem((1, shape.1), f64::MAX).view());
            assert!(far[0].is_finite() && load(&fitted.model.to_json()).is_ok(), "{rows:?} {nu}");
        }
    }
}

#[test]
fn any_finite_gamma_gives_finite_scores() {
    let rows = WeightedRows::unweighted(random_rows("gamma", 100, 2) * 1e200);
    for gamma in [f64::MIN_POSITIVE, 1e-9, 1e9, f64::MAX] {
        let fitted = fitted(&rows, serde_json::json!({"gamma": gamma}));
        assert!(fitted.train_scores.iter().all(|score| score.is_finite()), "{gamma}");
    }
}

#[test]
fn a_nu_of_less_than_a_row_ranks_as_one_of_a_row() {
    let rows = WeightedRows::unweighted(random_rows("tiny nu", 500, 3));
    let [row, tiny] = [0.002, 1e-9].map(|nu| fitted(&rows, serde_json::json!({"nu": nu})).train_scores);
    assert_eq!(row, tiny);
    // Others are tied at the border, within the tolerance.
    let highest = row.fold(f64::MIN, |highest, score| highest.max(*score));
    assert!(row.iter().filter(|&&score| score < highest).count() > 250, "most rows are ranked: {row}");
}

#[test]
fn a_table_without_rows_cannot_be_fitted() {
    let rows = WeightedRows::unweighted(Array2::zeros((0, 2)));
    let error = detector(Value::Null).fit(&rows, Seed::new(1)).unwrap_err();
    assert_eq!(error.to_string(), "one-class-svm: there are no rows to fit on");
}

#[track_caller]
fn assert_refused(parameters: Value, words: &str) {
    let text = build(&SETTINGS, &parameters).unwrap_err().to_string();
    assert!(text.contains(words), "{text}");
}

#[test]
fn nu_must_be_above_0_and_at_most_1() {
    assert_refused(serde_json::json!({"nu": 0.0}), "`nu` must be above 0 and at most 1, but is 0");
    assert_refused(serde_json::json!({"nu": 1.5}), "`nu` must be above 0 and at most 1, but is 1.5");
}

#[test]
fn gamma_must_be_scale_or_a_number_above_0() {
    assert_refused(
        serde_json::json!({"gamma": -1.0}),
        "`gamma` must be \"scale\" or a finite number above 0",
    );
    assert_refused(serde_json::json!({"gamma": "auto"}), "`gamma` must be \"scale\" or a number above 0");
}

#[test]
fn tolerance_must_be_a_finite_number_above_0() {
    assert_refused(
        serde_json::json!({"tolerance": 0.0}),
        "`tolerance` must be a finite number above 0, but is 0",
    );
}

#[test]
fn an_unknown_parameter_is_refused() {
    assert_refused(serde_json::json!({"Nu": 0.1}), "no parameter `Nu`; it has `nu`, `gamma`, `tolerance`");
}

#[test]
fn the_defaults_are_valid() {
    assert!(build(&SETTINGS, &(ENTRY.defaults)()).is_ok());
}
