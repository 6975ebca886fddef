//! Judging alerts: `whis-lab review`, with lines in place of keys, and in a pseudo-terminal.

use crate::program::{refusal, run, succeed};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder with `events.csv`, in which 20 of 400 rows have a large x and 20 a small one, and with a model `m.whis`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let x = |row: usize| match row % 20 {
        3 => 60.0 + (row / 20) as f64 / 7.0,
        9 => -60.0 - (row / 20) as f64 / 7.0,
        _ => (row * 13 % 41) as f64 / 4.0,
    };
    let rows: String =
        (0..400).map(|row| format!("{row},host-{},{},{}\n", row % 3, x(row), row * 7 % 31)).collect();
    fs::write(folder.path().join("events.csv"), format!("id,host,x,y\n{rows}")).unwrap();
    let train =
        ["train", "-q", "--file", "events.csv", "--features", "x,y", "--detector", "isolation-forest"];
    succeed(folder.path(), &[&train[..], &["--out", "m.whis"]].concat());
    folder
}

/// Review with these lines.
fn review(folder: &Path, lines: &str, arguments: &[&str]) -> (String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_whis-lab"))
        .args(["review", "--model", "m.whis", "events.csv", "--verdicts", "v.jsonl"])
        .args(arguments)
        .current_dir(folder)
        .env("TERM", "dumb")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{err}");
    (out, err)
}

fn verdicts(folder: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder.join("v.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn verdicts_are_kept_and_can_be_learned() {
    let folder = folder();
    let (out, shown) = review(folder.path(), "s\nn\nt a VPN\nn\nu\nq\n", &["--analyst", "ana"]);
    assert!(
        out.starts_with("4 verdicts now; in all 1 suspicious, 2 normal, 1 unsure, of 400 distinct rows"),
        "{out}"
    );
    assert!(
        shown.contains("Alert 1: row ") && shown.contains("Why") && shown.contains("host  host-"),
        "{shown}"
    );
    let verdicts = verdicts(folder.path());
    let words: Vec<&str> = verdicts.iter().map(|verdict| verdict["verdict"].as_str().unwrap()).collect();
    assert_eq!(words, ["suspicious", "normal", "normal", "unsure"]);
    assert_eq!((&verdicts[2]["note"], &verdicts[0]["analyst"]), (&"a VPN".into(), &"ana".into()));
    let learn =
        ["learn", "--model", "m.whis", "--verdicts", "v.jsonl", "--data", "events.csv", "--out", "m2.whis"];
    let ran = succeed(folder.path(), &learn);
    assert!(ran.stdout.contains("learned from 3 distinct rows: 1 suspicious, 2 normal"), "{}", ran.stdout);
}

#[test]
fn a_session_goes_on_where_it_stopped() {
    let folder = folder();
    review(folder.path(), "s\nn\nq\n", &[]);
    review(folder.path(), "n\n", &[]);
    let rows: Vec<String> =
        verdicts(folder.path()).iter().map(|verdict| verdict["row"].to_string()).collect();
    let distinct: std::collections::BTreeSet<&String> = rows.iter().collect();
    assert_eq!((rows.len(), distinct.len()), (3, 3), "no row is asked again");
}

#[test]
fn back_replaces_the_verdict_before() {
    let folder = folder();
    let (out, _) = review(folder.path(), "s\nb\nn\nq\n", &[]);
    assert!(out.starts_with("1 verdict now; in all 0 suspicious, 1 normal, 0 unsure"), "{out}");
    let verdicts = verdicts(folder.path());
    assert_eq!((verdicts.len(), &verdicts[0]["row"]), (2, &verdicts[1]["row"]), "both are on record");
}

#[test]
fn the_ranking_follows_the_verdicts() {
    let folder = folder();
    // Large values are suspicious, small ones are not.
    let x = |line: &str| -> f64 {
        let after = line.trim_start().strip_prefix("x").unwrap().trim_start();
        after.split(',').next().unwrap().parse().unwrap()
    };
    let (_, first) = review(folder.path(), "q\n", &[]);
    let of = |shown: &str| x(shown.lines().find(|line| line.starts_with("  x ")).unwrap());
    let mut judged = if of(&first) > 0.0 { "s\n" } else { "n\n" }.to_owned();
    for _ in 0..15 {
        fs::remove_file(folder.path().join("v.jsonl")).unwrap();
        let (_, shown) = review(folder.path(), &(judged.clone() + "q\n"), &[]);
        let last = shown.lines().rfind(|line| line.starts_with("  x ")).unwrap();
        judged += if x(last) > 0.0 { "s\n" } else { "n\n" };
    }
    let suspicious = judged.matches('s').count();
    assert!(suspicious > 10, "{suspicious} of 16 alerts are suspicious");
}

#[test]
fn the_verdicts_of_others_count_and_are_not_asked_again() {
    let folder = folder();
    review(folder.path(), "s\nn\nq\n", &[]);
    fs::rename(folder.path().join("v.jsonl"), folder.path().join("ana.jsonl")).unwrap();
    let (out, _) = review(folder.path(), "n\nq\n", &["--others", "ana.jsonl"]);
    assert!(out.starts_with("1 verdict now; in all 1 suspicious, 2 normal"), "{out}");
    assert_eq!(verdicts(folder.path()).len(), 1);
}

#[test]
fn a_limit_ends_the_session() {
    let folder = folder();
    let (out, _) = review(folder.path(), "s\nn\nn\nn\n", &["--limit", "2", "--explore", "0.5"]);
    assert!(out.starts_with("2 verdicts now"), "{out}");
}

#[test]
fn without_a_terminal_the_spreadsheet_is_named() {
    let folder = folder();
    let mut ran = Command::new(env!("CARGO_BIN_EXE_whis-lab"));
    let arguments = ["review", "--model", "m.whis", "events.csv", "--verdicts", "v.jsonl"];
    ran.args(arguments).current_dir(folder.path()).env("TERM", "xterm").stdin(Stdio::null());
    let output = ran.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("a review needs a terminal; in a spreadsheet instead"), "{stderr}");
    let ran = run(folder.path(), &[&arguments[..], &["--limit", "-1"]].concat());
    assert!(refusal(&ran).contains("--limit") || ran.code == 2, "{}", ran.stderr);
}

/// The same in a pseudo-terminal: keys without lines, and the screen is left as it was.
#[cfg(unix)]
#[test]
fn keys_work_in_a_pseudo_terminal() {
    let is_there =
        |tool: &str| Command::new(tool).arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !["script", "pgrep", "pkill"].into_iter().all(is_there) {
        eprintln!("left out: without `script`, `pgrep` and `pkill` there is no pseudo-terminal to end");
        return;
    }
    let folder = folder();
    for (keys, exit, judged) in [("stVPN\rnq", "0", 2), ("n\u{3}", "0", 3), ("?x", "143", 3)] {
        let program = env!("CARGO_BIN_EXE_whis-lab");
        let line = format!("{program} review --model m.whis events.csv --verdicts v.jsonl; echo exit $?");
        let mut child = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(folder.path())
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // Keys before the first screen would be a line of the shell.
        std::thread::sleep(std::time::Duration::from_secs(2));
        input.write_all(keys.as_bytes()).unwrap();
        if exit == "143" {
            // A signal from outside, while the help is open.
            std::thread::sleep(std::time::Duration::from_secs(2));
            // `script` starts a shell, and the shell the program; only the program is ended.
            let end = format!("for shell in $(pgrep -P {}); do pkill -TERM -P $shell; done", child.id());
            assert!(Command::new("sh").args(["-c", &end]).status().unwrap().success());
        }
        drop(input);
        let output = child.wait_with_output().unwrap();
        let screen = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(screen.contains(&format!("exit {exit}")), "{screen}");
        assert!(screen.contains("Alert 1: row"), "{screen}");
        let (entered, left) = ("\u{1b}[?1049h", "\u{1b}[?1049l");
        assert!(screen.contains(entered) && screen.contains(left), "the screen is not restored");
        assert_eq!(verdicts(folder.path()).len(), judged, "{screen}");
    }
    assert_eq!(verdicts(folder.path())[1]["note"], "VPN");
}
