//! Outputs through links, over protected files, and under a limit of memory.
#![cfg(unix)]

use crate::program::{fixture, refusal, run, succeed, text};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

fn train(folder: &Path, out: &str) -> Vec<String> {
    let fixtures = text(&fixture("")).to_owned();
    succeed(folder, &["-q", "train", "--data", &fixtures, "--table", "admin", "--out", out]);
    names(folder)
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_model_is_written_through_a_link_and_keeps_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("model-1.whis");
    fs::write(&real, "old").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("model-1.whis", folder.path().join("current.whis")).unwrap();
    assert_eq!(train(folder.path(), "current.whis"), ["current.whis", "model-1.whis"]);
    assert!(folder.path().join("current.whis").is_symlink());
    assert!(fs::read_to_string(&real).unwrap().len() > 1000);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_read_only_file_is_refused_before_anything_is_computed() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.whis");
    fs::write(&model, "old").unwrap();
    fs::set_permissions(&model, fs::Permissions::from_mode(0o444)).unwrap();
    let ran = run(folder.path(), &["train", "--data", "store", "--out", "model.whis"]);
    let message = "model.whis: cannot be written: the file is read-only; nothing was changed there";
    assert_eq!(refusal(&ran), message);
    assert_eq!(names(folder.path()), ["model.whis"]);
}

/// What needs more memory than there is ends with one line and no unfinished file. What fits in a limit fits in
/// each higher one.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn a_limit_of_memory_gives_the_result_or_a_plain_error() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), "model.whis");
    let mut least = None;
    for mebibytes in [64, 80, 96, 128, 192, 256, 384, 512, 1024] {
        let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", mebibytes << 10);
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_whis-lab"), "-q", "score", "--model", "model.whis"])
            .args([text(&fixture("admin_events.parquet")), "--out", "scored.parquet"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let place = format!("{mebibytes} MiB: {:?}, {stderr}", output.status);
        match output.status.code() {
            Some(0) => {
                least.get_or_insert(mebibytes);
                assert_eq!(names(folder.path()), ["model.whis", "scored.parquet"], "{place}");
                fs::remove_file(folder.path().join("scored.parquet")).unwrap();
            }
            Some(2) => {
                assert_eq!(least, None, "{place}");
                assert!(stderr.starts_with("error: ") && stderr.lines().count() == 1, "{place}");
                assert!(stderr.contains("out of memory"), "{place}");
                assert_eq!(names(folder.path()), ["model.whis"], "{place}");
            }
            _ => panic!("{place}"),
        }
    }
    assert!(least.is_some_and(|least| least <= 256), "scoring needs {least:?} MiB");
}
