//! Explorations of whole tables.

use super::*;
use crate::table::{Column, Values};

fn table(columns: Vec<(&str, Values)>, labels: Option<Vec<bool>>, times: Option<Vec<i64>>) -> Table {
    let features =
        columns.into_iter().map(|(name, values)| Column { name: name.to_owned(), values }).collect();
    Table { name: "t".into(), features, labels, times, ..Table::default() }
}

#[test]
fn a_table_without_labels_and_times_has_neither_rates_nor_hours() {
    let result = explore(&table(vec![("x", Values::Real(vec![1.0, 2.0, 2.0]))], None, None));
    assert_eq!((result.suspicious_rows, result.suspicious_rate, result.time_range), (None, None, None));
    assert!(result.by_hour.is_empty() && result.by_day.is_empty() && result.gaps.is_empty());
    assert_eq!((result.rows, result.distinct_rows, result.features[0].association), (3, 2, None));
    assert_eq!(result.by_class[0].histogram.suspicious.iter().sum::<u64>(), 0);
}

#[test]
fn one_row_has_no_standard_deviation() {
    let text: crate::table::Categories = ["a"].iter().map(Some).collect();
    let columns = vec![("x", Values::Real(vec![3.5])), ("c", Values::Text(text))];
    let result = explore(&table(columns, Some(vec![true]), Some(vec![0])));
    let x = &result.features[0];
    assert_eq!((x.mean, x.std, x.median, x.association), (Some(3.5), None, Some(3.5), None));
    assert_eq!((result.commonest_row_share, result.suspicious_rate), (1.0, Some(1.0)));
    assert_eq!(result.time_range.unwrap()[0], "1970-01-01T00:00:00Z");
    assert_eq!(result.features[1].association, None);
}

#[test]
fn a_column_without_values_is_undefined_and_not_zero() {
    let missing: crate::table::Categories = [None::<&str>, None].into_iter().collect();
    let columns = vec![("x", Values::Real(vec![f64::NAN; 2])), ("c", Values::Text(missing))];
    let result = explore(&table(columns, Some(vec![true, false]), None));
    for feature in &result.features {
        assert_eq!((feature.count, feature.missing, feature.distinct), (0, 2, 0));
        assert_eq!(
            (feature.mean, feature.min, feature.median, feature.association),
            (None, None, None, None)
        );
    }
    assert_eq!(result.by_category[0].groups[0].name, "(missing)");
    assert!(result.by_class.is_empty());
    assert_eq!((result.distinct_rows, result.commonest_row_share), (1, 1.0));
}

#[test]
fn infinite_numbers_are_counted_and_excluded() {
    let result =
        explore(&table(vec![("x", Values::Real(vec![1.0, f64::INFINITY, 3.0, f64::NAN]))], None, None));
    let x = &result.features[0];
    assert_eq!((x.count, x.missing, x.infinite, x.mean, x.max), (2, 2, 1, Some(2.0), Some(3.0)));
}

#[test]
fn a_table_without_rows_does_not_panic() {
    let result = explore(&table(vec![("x", Values::Real(vec![]))], Some(vec![]), Some(vec![])));
    assert_eq!((result.rows, result.suspicious_rate, result.commonest_row_share), (0, None, 0.0));
}

#[test]
fn booleans_have_a_mean_and_a_signed_correlation() {
    let columns = vec![("b", Values::Flag(vec![true, false, true, false]))];
    let result = explore(&table(columns, Some(vec![false, true, false, true]), None));
    let b = &result.features[0];
    assert_eq!((b.kind, b.mean, b.distinct), (FeatureKind::Boolean, Some(0.5), 2));
    assert!((b.association.unwrap() + 1.0).abs() < 1e-15);
}
