//! Drift: `whis-lab monitor`.

use crate::program::{refusal, run, succeed};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Write 60 rows a day from a day of January 2026 on; `x` gives the text of the column x.
fn write(path: &Path, days: std::ops::Range<u32>, x: impl Fn(f64) -> String) {
    let mut text = "ts,x,y,kind\n".to_owned();
    for day in days {
        for row in 0..60_u32 {
            // A small generator of numbers: the days differ a little.
            let noise = |salt: u32| f64::from((day * 7919 + row * 104_729 + salt * 1_299_709) % 997) / 997.0;
            let kind = ["a", "b", "c"][(noise(3) * 3.0) as usize];
            text += &format!(
                "2026-01-{:02} {:02}:{:02}:00,{},{:.3},{kind}\n",
                day + 1,
                row % 24,
                row % 60,
                x(10.0 * noise(1)),
                5.0 * noise(2)
            );
        }
    }
    fs::write(path, text).unwrap();
}

/// A folder with a model `m.whis` of 14 days.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("old.csv"), 0..14, |x| format!("{x:.3}"));
    let train = ["train", "-q", "--file", "old.csv", "--features", "x,y,kind", "--time", "ts"];
    succeed(folder.path(), &[&train[..], &["--detector", "isolation-forest", "--out", "m.whis"]].concat());
    folder
}

const MONITOR: [&str; 6] = ["monitor", "--model", "m.whis", "new.csv", "--time", "ts"];

#[test]
fn the_same_world_does_not_drift() {
    let folder = folder();
    write(&folder.path().join("new.csv"), 14..21, |x| format!("{x:.3}"));
    let ran = run(folder.path(), &[&MONITOR[..], &["--fail-on", "drift"]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_shift_is_drift_of_that_feature() {
    let folder = folder();
    write(&folder.path().join("new.csv"), 14..21, |x| format!("{:.3}", x + 8.0));
    let ran = run(folder.path(), &[&MONITOR[..], &["--fail-on", "drift", "--out", "drift.html"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    let json = run(folder.path(), &[&MONITOR[..], &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&report["drift"], &report["features"][0]["drift"]), (&true.into(), &true.into()));
    let first = report["features"][0]["feature"].as_str().unwrap();
    assert!(["x", "(score)"].contains(&first), "{first}");
    let page = fs::read_to_string(folder.path().join("drift.html")).unwrap();
    assert!(page.contains("<html") && page.len() < 2 << 20);
}

#[test]
fn a_column_that_is_missing_is_a_broken_feed() {
    let folder = folder();
    write(&folder.path().join("new.csv"), 14..21, |_| String::new());
    // One value keeps the column a number.
    let text = fs::read_to_string(folder.path().join("new.csv")).unwrap().replacen(":00,,", ":00,5.0,", 1);
    fs::write(folder.path().join("new.csv"), text).unwrap();
    let ran = run(folder.path(), &[&MONITOR[..], &["--fail-on", "drift"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains('x'), "{}", ran.stdout);
}

#[test]
fn every_format_is_written_and_the_same_twice() {
    let folder = folder();
    write(&folder.path().join("new.csv"), 14..17, |x| format!("{x:.3}"));
    for format in ["table", "json", "markdown", "prometheus"] {
        let of = || succeed(folder.path(), &[&MONITOR[..], &["--format", format]].concat()).stdout;
        assert!(!of().is_empty());
        assert_eq!(of(), of());
    }
}

#[test]
fn data_that_cannot_be_compared_are_refused() {
    let folder = folder();
    fs::write(folder.path().join("new.csv"), "ts,y\n2026-01-20 00:00:00,1\n").unwrap();
    assert!(refusal(&run(folder.path(), &MONITOR)).contains('x'));
    fs::write(folder.path().join("new.csv"), "ts,x,y,kind\n").unwrap();
    assert_eq!(run(folder.path(), &MONITOR).code, 2);
}
