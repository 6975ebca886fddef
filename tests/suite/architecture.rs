//! The rules of the house: modules import only from rows below their own, and some crates live in one room.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rows from the ground up. A module imports only from rows below its own.
const ROWS: [&[&str]; 8] = [
    &["schema", "seed", "error", "input", "output", "progress", "rows", "digest"],
    &["table", "events"],
    &["features", "detector", "metrics", "projection", "explore"],
    &["pipeline", "report", "windows"],
    &["experiment", "plot", "gate", "synth", "model"],
    &["page", "scoring"],
    &["cli"],
    &["main"],
];

/// Modules of the lowest row that everything, their own row included, may use.
const VOCABULARY: [&str; 2] = ["error", "seed"];

/// Crates that only one place names.
const ROOMS: [(&str, &str); 19] = [
    ("polars", "table/"),
    ("clap", "cli/"),
    ("anstream", "cli/"),
    ("indicatif", "cli/"),
    ("ctrlc", "cli/"),
    ("comfy_table", "report/"),
    ("linfa_linalg", "detector/"),
    ("linfa_preprocessing", "features/scale.rs"),
    ("linfa_reduction", "projection/"),
    ("linfa_tsne", "projection/"),
    ("plotters", "plot/"),
    ("dejavu", "plot/"),
    ("png", "plot/"),
    ("maud", "page/"),
    ("candle_core", "detector/network/"),
    ("candle_nn", "detector/network/"),
    ("same_file", "output.rs"),
    ("toml", "cli/"),
    ("sha2", "digest.rs"),
];

#[test]
fn no_import_runs_up_or_sideways() {
    for (file, text) in sources() {
        let own = module_of(&file);
        let Some(own_row) = row(&own) else { panic!("{} is in no row of the house", file.display()) };
        for line in statements(&text) {
            for import in imports(&line) {
                let vocabulary = VOCABULARY.contains(&import.as_str());
                let below = row(&import).is_some_and(|row| row < own_row);
                assert!(
                    import == own || vocabulary || below,
                    "{}: {own} (row {}) imports {import}: {line}",
                    file.display(),
                    own_row + 1
                );
            }
        }
    }
}

#[test]
fn some_crates_are_named_in_one_room_only() {
    for (file, text) in sources() {
        let name = file.display().to_string();
        for (package, room) in ROOMS {
            let named = text
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(&format!("{package}::")));
            assert!(!named || name.starts_with(room), "{name} names {package}, which lives in {room}");
        }
    }
}

/// The lines of a file without comments, `use` lists that run over several lines joined into one.
fn statements(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        match found.last_mut() {
            Some(last) if last.trim_start().contains("use ") && !last.contains(';') => *last += line.trim(),
            _ => found.push(line.to_owned()),
        }
    }
    found
}

/// Every source file by its path below `src`, without its tests.
fn sources() -> BTreeMap<PathBuf, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
                found.insert(path.strip_prefix(&src).unwrap().to_owned(), code);
            }
        }
    }
    found.retain(|file, _| !file.ends_with("lib.rs") && !is_test(file));
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn is_test(file: &Path) -> bool {
    ["conformance.rs", "oracle.rs", "tests.rs"].iter().any(|name| file.ends_with(name))
}

fn module_of(file: &Path) -> String {
    let first = file.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// The modules of ours that a line names: `use crate::a::…`, `crate::a::b()`, `use crate::{a, b::c}`.
fn imports(line: &str) -> Vec<String> {
    if line.trim_start().starts_with("//") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for after in line.split("crate::").skip(1).chain(line.split("whis_lab::").skip(1)) {
        let list = after.strip_prefix('{').map(|list| list.split('}').next().unwrap_or(list));
        let names = list.map_or(vec![after], |list| list.split(',').collect());
        let first = |name: &str| {
            name.trim()
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        found.extend(names.into_iter().map(first).filter(|name| !name.is_empty()));
    }
    found
}

#[test]
fn the_import_reader_reads_imports() {
    assert_eq!(imports("use crate::table::{Column, Values};"), ["table"]);
    assert_eq!(imports("use crate::{error, seed::Seed};"), ["error", "seed"]);
    assert_eq!(imports("    crate::event_features::auth(&events)"), ["windows"]);
    assert!(imports("// use crate::cli;").is_empty());
    let joined = statements("use crate::{\n    cli,\n    seed::Seed,\n};\nfn f() {}");
    assert_eq!(imports(&joined[0]), ["cli", "seed"]);
}
