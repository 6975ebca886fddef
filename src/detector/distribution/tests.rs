//! ECOD and COPOD, which score by the same tails.

use super::{copod, ecod};
use crate::detector::entry::{Entry, Settings};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, Array2, Axis, concatenate};
use serde_json::{Value, json};

fn scores(entry: &Entry, points: Array2<f64>) -> Array1<f64> {
    let detector = (entry.build)(&Settings::new(0), &Value::Null).unwrap();
    detector.fit(&WeightedRows::unweighted(points), Seed::new(1)).unwrap().train_scores
}

#[test]
fn a_constant_column_leaves_every_score_as_it_is() {
    let points = Array2::from_shape_fn((40, 2), |(i, j)| ((i * (7 + j)) % 41) as f64);
    let constant = Array2::from_elem((40, 1), 0.1);
    for entry in [&ecod::ENTRY, &copod::ENTRY] {
        let with = concatenate![Axis(1), constant, points, constant];
        assert_eq!(scores(entry, with), scores(entry, points.clone()), "{}", entry.id);
    }
}

#[test]
fn a_flag_adds_the_same_to_all_rows_with_the_same_value() {
    let points = Array2::from_shape_fn((40, 2), |(i, j)| ((i * (7 + j)) % 41) as f64);
    for (entry, every) in [(&ecod::ENTRY, 2), (&ecod::ENTRY, 10), (&copod::ENTRY, 2), (&copod::ENTRY, 10)] {
        let flag = Array2::from_shape_fn((40, 1), |(i, _)| f64::from(u8::from(i % every == 0)));
        let added = scores(entry, concatenate![Axis(1), points, flag]) - scores(entry, points.clone());
        for (i, added_here) in added.iter().enumerate() {
            let like = usize::from(i % every != 0);
            assert!((added_here - added[like]).abs() < 1e-12, "{} row {i}: {added}", entry.id);
        }
        let rarer = added[0] > added[1] - 1e-12;
        assert!(rarer && added.iter().all(|x| x.is_finite()), "{} every {every}: {added}", entry.id);
    }
}

#[test]
fn a_column_that_is_no_distribution_is_refused() {
    let good = json!({"values": [1.0, 2.0], "at_most": [1, 3], "longer": "left"});
    let of = |columns: Value| (ecod::ENTRY.load)(&json!({"formula": "pyod", "tails": columns}).to_string());
    assert!(of(json!([good])).is_ok());
    for (values, at_most) in [
        (json!([2.0, 1.0]), json!([1, 3])),
        (json!([1.0, 2.0]), json!([3, 3])),
        (json!([]), json!([])),
        (json!([1.0]), json!([0])),
        (json!([1.0, 2.0]), json!([1])),
        (json!([1.0]), json!([9])),
    ] {
        let bad = json!({"values": values, "at_most": at_most, "longer": "left"});
        assert!(of(json!([good, bad])).is_err(), "{bad}");
    }
}
