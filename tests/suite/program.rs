//! Running the program in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// What a run of the program gave back.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Run the program with arguments, in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_whis-lab")).args(arguments).current_dir(folder).output();
    let Output { status, stdout, stderr } = output.expect("the program is built with its tests");
    Ran {
        code: status.code().expect("the program ends by itself"),
        stdout: String::from_utf8(stdout).expect("stdout is text"),
        stderr: String::from_utf8(stderr).expect("stderr is text"),
    }
}

/// The same, for a run that must succeed.
pub fn succeed(folder: &Path, arguments: &[&str]) -> Ran {
    let ran = run(folder, arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
    ran
}

/// The message of a run that could not be done: exit code 2, no answer, and one line on stderr.
#[track_caller]
pub fn refusal(ran: &Ran) -> String {
    match message(ran) {
        Ok(message) => message.to_owned(),
        Err(problem) => panic!("{problem}: {ran:?}"),
    }
}

/// Traces of a crash, and how Rust and its libraries show values. Users see none of them.
const INTERNAL: [&str; 7] = ["panicked", "RUST_BACKTRACE", "unwrap", "Some(", "None", "Error {", "polars"];

/// The message without `error: `.
fn message(ran: &Ran) -> Result<&str, &'static str> {
    let line = ran.stderr.strip_suffix('\n').ok_or("stderr does not end with a line")?;
    let message = line.strip_prefix("error: ").ok_or("stderr does not start with an error")?;
    if (ran.code, ran.stdout.as_str()) != (2, "") {
        return Err("the exit code is not 2, or there is an answer");
    }
    if message.contains('\n') || message.starts_with("error: ") {
        return Err("there is more than one line or error");
    }
    if message.is_empty() || INTERNAL.iter().any(|word| message.contains(word)) {
        return Err("the message is empty or shows internals");
    }
    Ok(message)
}

/// The warnings of a run, in order, without `warning: `.
pub fn warnings(ran: &Ran) -> Vec<&str> {
    ran.stderr.lines().filter_map(|line| line.strip_prefix("warning: ")).collect()
}

/// A file of the repository's `fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("paths of tests are text")
}

#[test]
fn only_one_plain_error_line_with_exit_code_2_is_a_refusal() {
    let ran = |code, stdout: &str, stderr: &str| Ran { code, stdout: stdout.into(), stderr: stderr.into() };
    assert_eq!(message(&ran(2, "", "error: x: no such folder\n")), Ok("x: no such folder"));
    for bad in [
        ran(0, "", "error: x: no such folder\n"),
        ran(101, "", "error: x: no such folder\n"),
        ran(2, "an answer\n", "error: x: no such folder\n"),
        ran(2, "", "error: x: no such folder\nerror: y: no such folder\n"),
        ran(2, "", "a note\nerror: x: no such folder\n"),
        ran(2, "", "error: error: x\n"),
        ran(2, "", "error: \n"),
        ran(2, "", "error: the nearest is Some(\"x\")\n"),
        ran(2, "", "thread 'main' panicked at src/main.rs\n"),
        ran(2, "", ""),
    ] {
        assert!(message(&bad).is_err(), "{bad:?}");
    }
}

/// A folder with an isolation forest, `m.whis`, of a number `x` from 0 to 9 and a category `kind` of a and b, in which a
/// goes with even numbers.
pub fn forest_of_two_features() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..200).map(|row| format!("{},{}\n", row % 10, ["a", "b"][row % 2])).collect();
    fs::write(folder.path().join("train.csv"), format!("x,kind\n{rows}")).unwrap();
    let forest = ["--detector", "isolation-forest", "--contamination", "0.15"];
    succeed(folder.path(), &[&["train", "--file", "train.csv", "--out", "m.whis"], &forest[..]].concat());
    folder
}
