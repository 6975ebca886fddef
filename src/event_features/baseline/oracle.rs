//! A literal reading of the definitions: each row against all earlier rows.

use super::*;
use crate::event_features::calendar::{DAY, HOUR};
use crate::table::Values;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// A logon: time, user, host, source, whether it succeeds.
type Logon = (i64, u8, u8, u8, bool);

fn events(logons: &[Logon]) -> BTreeMap<String, Events> {
    let keys = |name: &str, value: &dyn Fn(&Logon) -> String| {
        (name.to_owned(), logons.iter().map(|logon| key(&value(logon))).collect())
    };
    let keys = [
        keys("user_hash", &|logon| format!("u{}", logon.1)),
        keys("host", &|logon| format!("h{}", logon.2)),
        keys("src_ip_hash", &|logon| format!("s{}", logon.3)),
        keys("is_success", &|logon| logon.4.to_string()),
    ];
    let times = logons.iter().map(|logon| logon.0).collect();
    [("auth_events".to_owned(), Events { times, keys: keys.into_iter().collect() })].into()
}

fn of_auth() -> Vec<BaselineColumn> {
    let has = ["user_hash", "host", "src_ip_hash", "is_success"];
    let usable = |column: &BaselineColumn| {
        column.table == "auth_events"
            && column.events.is_none()
            && column.needs().iter().all(|need| has.contains(need))
    };
    built_in().unwrap().into_iter().filter(usable).collect()
}

fn baseline(settling: i64) -> Baseline {
    Baseline::new(&of_auth(), &Options { settling, ..Options::default() })
}

fn values(found: &BTreeMap<String, Vec<crate::table::Column>>) -> BTreeMap<String, Vec<f64>> {
    let reals = |values: &Values| (0..values.len()).map(|row| values.real(row)).collect();
    found["auth_events"].iter().map(|column| (column.name.clone(), reals(&column.values))).collect()
}

/// The value of a column at a row by its definition; `None` for statistics with a test of their own.
fn by_definition(column: &BaselineColumn, logons: &[Logon], row: usize, settling: i64) -> Option<f64> {
    let value = |name: &str, logon: &Logon| match name {
        "user_hash" => u64::from(logon.1),
        "host" => 100 + u64::from(logon.2),
        _ => 200 + u64::from(logon.3),
    };
    let of = |logon: &Logon| column.of.iter().map(|name| value(name, logon)).collect::<Vec<u64>>();
    let own = logons[row];
    let past: Vec<&Logon> = logons.iter().filter(|logon| logon.0 < own.0).collect();
    let counted = |logon: &&&Logon| column.only.as_ref().is_none_or(|only| only.optional || !logon.4);
    let span = column.span.map_or(i64::MAX / 4, |span| span.0);
    let same_entity = |logon: &&&Logon| value(&column.of[0], logon) == value(&column.of[0], &own);
    let recent = |logon: &&&Logon| logon.0 >= own.0 - span;
    let is_known = own.0 >= logons[0].0 + span;
    let since = match column.of.len() {
        1 if column.statistic == Statistic::First => past.first().map(|logon| logon.0),
        _ => past.iter().find(same_entity).map(|logon| logon.0),
    };
    let is_settled = own.0 - since.unwrap_or(own.0) >= settling;
    let decay = |logon: &Logon, half_life: i64| (-((own.0 - logon.0) as f64) / half_life as f64).exp2();
    Some(match column.statistic {
        Statistic::First if !is_settled => f64::NAN,
        Statistic::First => {
            let seen = past.iter().filter(recent).any(|logon| of(logon) == of(&own));
            f64::from(u8::from(!seen))
        }
        Statistic::Distinct if !is_known => f64::NAN,
        Statistic::Distinct => {
            let pairs = past.iter().filter(recent).filter(same_entity).filter(counted);
            pairs.map(|logon| of(logon)).collect::<HashSet<_>>().len() as f64
        }
        Statistic::Surprise if since.is_none() || !is_settled => f64::NAN,
        Statistic::Surprise => {
            let half_life = column.half_life.unwrap().0;
            let weight = |logon: &&Logon| decay(logon, half_life);
            let all: f64 = past.iter().filter(same_entity).map(weight).sum();
            let n: f64 = past.iter().filter(|logon| of(logon) == of(&own)).map(weight).sum();
            let values = past.iter().filter(same_entity).map(|logon| of(logon)).collect::<HashSet<_>>().len();
            -((n + 0.5) / (all + 0.5 * (values as f64 + 1.0))).log2()
        }
        Statistic::DaysSince => {
            past.iter().rfind(same_entity).map_or(f64::NAN, |logon| (own.0 - logon.0) as f64 / DAY as f64)
        }
        Statistic::Dormant => past
            .iter()
            .rfind(same_entity)
            .map_or(f64::NAN, |logon| f64::from(u8::from(logon.0 < own.0 - span))),
        _ => return None,
    })
}

fn logons() -> impl Strategy<Value = Vec<Logon>> {
    // Steps of 0 make simultaneous logons; long ones leave the windows.
    let step = prop_oneof![3 => Just(0), 5 => 1..HOUR, 3 => HOUR..2 * DAY, 1 => 20 * DAY..200 * DAY];
    let logon = (step, 0..3u8, 0..4u8, 0..3u8, any::<bool>());
    proptest::collection::vec(logon, 1..80).prop_map(|steps| {
        let mut time = 1_700_000_000_000_000;
        let mut at = |(step, user, host, source, ok)| {
            time += step;
            (time, user, host, source, ok)
        };
        steps.into_iter().map(&mut at).collect()
    })
}

fn is_same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-9
}

proptest! {
    #[test]
    fn columns_are_as_defined(logons in logons(), settling in prop_oneof![Just(0), Just(DAY)]) {
        let found = values(&baseline(settling).next(&events(&logons)));
        for column in of_auth() {
            for (row, &value) in found[&column.name].iter().enumerate() {
                if let Some(expected) = by_definition(&column, &logons, row, settling) {
                    prop_assert!(is_same(value, expected), "{} row {row}: {value} != {expected}", column.name);
                }
            }
        }
    }

    #[test]
    fn the_future_changes_nothing(logons in logons(), cut in 0..80usize, other in logons()) {
        let time = logons[cut.min(logons.len() - 1)].0;
        let past: Vec<Logon> = logons.iter().copied().filter(|logon| logon.0 <= time).collect();
        let start = other[0].0;
        let later = other.into_iter().map(|logon| (logon.0 - start + time + 1, logon.1, logon.2, logon.3, logon.4));
        let changed: Vec<Logon> = past.iter().copied().chain(later).collect();
        let (a, b) = (values(&baseline(DAY).next(&events(&logons))), values(&baseline(DAY).next(&events(&changed))));
        for (name, column) in a {
            for row in 0..past.len() {
                prop_assert!(is_same(column[row], b[&name][row]), "{name} row {row}");
            }
        }
    }

    #[test]
    fn parts_are_the_whole(logons in logons(), cut in 0..80usize) {
        let mut whole = baseline(DAY);
        let expected = values(&whole.next(&events(&logons)));
        // Events of one time stay together.
        let time = logons[cut.min(logons.len() - 1)].0;
        let at = logons.partition_point(|logon| logon.0 < time);
        let mut parts = baseline(DAY);
        let mut found = values(&parts.next(&events(&logons[..at])));
        parts.settle();
        for (name, column) in values(&parts.next(&events(&logons[at..]))) {
            found.entry(name).or_default().extend(column);
        }
        for (name, column) in &expected {
            prop_assert!(column.iter().zip(&found[name]).all(|(a, b)| is_same(*a, *b)), "{name}");
        }
        whole.settle();
        parts.settle();
        let bytes = |baseline: &Baseline| serde_json::to_string(baseline).unwrap();
        prop_assert_eq!(bytes(&whole), bytes(&parts));
    }
}

#[test]
fn new_pairs_are_counted_from_the_flags() {
    let day = |days: i64| 1_700_000_000_000_000 + days * DAY;
    let logons = [(day(0), 1, 1, 1, true), (day(2), 1, 2, 2, true), (day(2) + 1, 1, 1, 1, true)];
    let found = values(&baseline(DAY).next(&events(&logons)));
    let column = &found["new_pairs_user_24h"];
    assert!(column[0].is_nan());
    assert_eq!(column[1..], [0.0, 2.0]);
}

#[test]
fn a_volume_is_far_above_the_usual_when_it_bursts() {
    let hour = |hour: i64| 1_700_000_000_000_000 / HOUR * HOUR + hour * HOUR;
    let mut logons: Vec<Logon> = (0..24 * 40).map(|h| (hour(h), 1, 1, 1, true)).collect();
    logons.extend((1..100).map(|index| (hour(24 * 40) + index, 1, 1, 1, true)));
    let found = values(&baseline(0).next(&events(&logons)));
    let z = &found["logons_user_1h_z"];
    assert!(z[24 * 35].abs() <= 1.0, "{}", z[24 * 35]);
    assert!(*z.last().unwrap() > 50.0, "{}", z.last().unwrap());
}
