//! What a run of `whis-lab score` says when it ends or is stopped: its summary, and warnings about the whole of it.

use crate::program::{forest_of_two_features, run, succeed, warnings};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn summary(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn the_summary_counts_rows_days_and_values_that_training_did_not_hold() {
    let folder = forest_of_two_features();
    let row = |n: usize| format!("2025-01-{:02} 10:00:00,{},{}\n", 6 + n / 4, n, ["a", "z", ""][n % 3]);
    let rows: String = (0..9).map(row).collect();
    fs::write(folder.path().join("new.csv"), format!("at,x,kind\n{rows},3,a\n")).unwrap();
    let arguments = ["score", "--model", "m.whis", "new.csv", "--out", "o.csv", "--summary", "s.json"];
    succeed(folder.path(), &arguments);
    let found = summary(folder.path(), "s.json");
    assert_eq!((&found["format"], &found["complete"]), (&1.into(), &true.into()));
    assert_eq!((&found["rows"]["read"], &found["rows"]["rejected"]), (&10.into(), &0.into()));
    assert_eq!(found["model"]["sha256"].as_str().unwrap().len(), 64);
    let kind =
        found["features"].as_array().unwrap().iter().find(|feature| feature["feature"] == "kind").unwrap();
    assert_eq!((&kind["unseen"], &kind["missing"]), (&3.into(), &3.into()));
    let days: Vec<_> = found["days"].as_array().unwrap().iter().collect();
    let scored: Vec<_> = days.iter().map(|day| (day["day"].as_str().unwrap(), &day["scored"])).collect();
    assert_eq!(scored, [("2025-01-06", &4.into()), ("2025-01-07", &4.into()), ("2025-01-08", &1.into())]);
    // All rows are counted where only some are written.
    succeed(folder.path(), &[&arguments[..], &["--only", "flagged", "--top", "2"]].concat());
    assert_eq!(summary(folder.path(), "s.json"), found);
}

#[test]
fn a_stream_has_a_summary_too_and_prometheus_reads_it() {
    let folder = forest_of_two_features();
    let lines = "{\"x\":3,\"kind\":\"a\"}\nno event\n{\"x\":4,\"kind\":\"z\"}\n";
    fs::write(folder.path().join("new.jsonl"), lines).unwrap();
    succeed(folder.path(), &["score", "--model", "m.whis", "new.jsonl", "--summary", "s.prom"]);
    let text = fs::read_to_string(folder.path().join("s.prom")).unwrap();
    for line in [
        "# TYPE whis_lab_rows_read gauge",
        "whis_lab_rows_read{table=\"train\"} 3",
        "whis_lab_rows_rejected{table=\"train\"} 1",
        "whis_lab_run_complete{table=\"train\"} 1",
        "whis_lab_feature_unseen{table=\"train\",feature=\"kind\"} 1",
    ] {
        assert!(text.lines().any(|own| own == line), "{line} is not in\n{text}");
    }
}

#[test]
fn the_summary_replaces_no_file_of_the_run() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\n3,a\n").unwrap();
    for path in ["new.csv", "m.whis"] {
        let ran = run(folder.path(), &["score", "--model", "m.whis", "new.csv", "--summary", path]);
        assert!(
            ran.code == 2 && ran.stderr.contains("one of the files that this run reads"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_run_in_which_all_rows_are_flagged_or_none_of_many_is_a_warning() {
    let folder = forest_of_two_features();
    let write = |rows: String| fs::write(folder.path().join("new.csv"), format!("x,kind\n{rows}")).unwrap();
    let warned = |flags: &[&str]| {
        let arguments = [&["score", "--model", "m.whis", "new.csv", "--out", "o.csv"], flags].concat();
        let ran = succeed(folder.path(), &arguments);
        let found: Vec<String> = warnings(&ran).into_iter().map(str::to_owned).collect();
        found.into_iter().filter(|text| text.contains("flagged")).collect::<Vec<_>>()
    };
    write((0..50).map(|row| format!("{},z\n", 100 + row)).collect());
    assert!(warned(&[])[0].starts_with("all 50 rows are flagged, but "), "{:?}", warned(&[]));
    write("5,a\n5,b\n".repeat(5_000));
    assert!(warned(&["--threshold", "99.9%"])[0].starts_with("none of 10,000 rows is flagged, but "));
    write("5,a\n5,b\n".repeat(100));
    assert!(warned(&["--threshold", "99.9%"]).is_empty());
    assert!(warned(&["--threshold", "0%"]).is_empty());
}

#[cfg(unix)]
mod signals {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Child, ChildStdin, Command, Stdio};

    /// A running stream.
    struct Running {
        child: Child,
        /// Closed when the stream ends by itself.
        stdin: Option<ChildStdin>,
        stdout: BufReader<std::process::ChildStdout>,
        stderr: BufReader<std::process::ChildStderr>,
    }

    impl Running {
        fn start(folder: &Path, arguments: &[&str]) -> Self {
            let mut command = Command::new(env!("CARGO_BIN_EXE_whis-lab"));
            command.args(["score", "--model", "m.whis", "-"]).args(arguments).current_dir(folder);
            let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = piped.spawn().unwrap();
            let stdin = child.stdin.take();
            let stdout = BufReader::new(child.stdout.take().unwrap());
            let stderr = BufReader::new(child.stderr.take().unwrap());
            Running { child, stdin, stdout, stderr }
        }

        /// The severity of a row.
        fn severity(&mut self, x: u32) -> f64 {
            writeln!(self.stdin.as_ref().unwrap(), "{{\"x\":{x},\"kind\":\"a\"}}").unwrap();
            let mut line = String::new();
            self.stdout.read_line(&mut line).unwrap();
            serde_json::from_str::<Value>(&line).unwrap()["severity"].as_f64().unwrap()
        }

        fn signal(&self, name: &str) {
            let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
            assert!(sent.success());
        }

        fn next_note(&mut self) -> String {
            let mut line = String::new();
            self.stderr.read_line(&mut line).unwrap();
            line
        }

        /// The exit code, and what is left on stderr.
        fn end(mut self) -> (Option<i32>, String) {
            let mut rest = String::new();
            self.stderr.read_to_string(&mut rest).unwrap();
            (self.child.wait().unwrap().code(), rest)
        }
    }

    #[test]
    fn a_stopped_stream_prints_and_writes_its_summary() {
        for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
            let folder = forest_of_two_features();
            let mut running = Running::start(folder.path(), &["--summary", "s.json"]);
            running.severity(3);
            running.severity(4);
            running.signal(signal);
            let (ended, stderr) = running.end();
            assert_eq!(ended, Some(code), "{stderr}");
            assert!(stderr.contains("stopped by a signal\n2 rows read, 2 scored"), "{stderr}");
            let found = summary(folder.path(), "s.json");
            assert_eq!((&found["complete"], &found["rows"]["scored"]), (&false.into(), &2.into()));
        }
    }

    #[test]
    fn a_model_is_read_again_and_kept_if_it_cannot_be_read() {
        let folder = forest_of_two_features();
        let path = folder.path().join("m.whis");
        let mut running = Running::start(folder.path(), &[]);
        let first = running.severity(9);
        fs::write(&path, "not a model").unwrap();
        running.signal("-HUP");
        let note = running.next_note();
        assert!(note.starts_with("warning: m.whis: ") && note.ends_with("; the old model stays\n"), "{note}");
        assert_eq!(running.severity(9), first);
        let rows: String =
            (0..200).map(|row| format!("{},{}\n", 5 + row % 10, ["a", "b"][row % 2])).collect();
        fs::write(folder.path().join("train.csv"), format!("x,kind\n{rows}")).unwrap();
        succeed(
            folder.path(),
            &[
                "train",
                "--file",
                "train.csv",
                "--out",
                "m.whis",
                "--detector",
                "isolation-forest",
                "--contamination",
                "0.15",
            ],
        );
        running.signal("-HUP");
        assert!(running.next_note().starts_with("m.whis: read again (SHA-256 "));
        assert_ne!(running.severity(9), first);
        running.stdin = None;
        let (code, stderr) = running.end();
        assert!(code == Some(0) && stderr.starts_with("3 rows read, 3 scored"), "{stderr}");
    }
}
