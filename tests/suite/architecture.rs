//! The rules of the house: modules import only from rows below their own, and some crates live in one room.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rows from the ground up. A module imports only from rows below its own.
const ROWS: [&[&str]; 10] = [
    &["schema", "seed", "error", "files", "progress", "rows", "digest"],
    &["table", "events"],
    &["detector", "metrics", "projection", "explore"],
    &["preprocess", "report", "event_features"],
    &["baseline", "experiment", "plot", "gate", "demo", "estimator"],
    &["model"],
    &["monitor"],
    &["html", "ingest", "review"],
    &["cli"],
    &["main"],
];

/// Modules of the lowest row that everything, their own row included, may use.
const VOCABULARY: [&str; 2] = ["error", "seed"];

/// Crates that only one place names.
const ROOMS: [(&str, &str); 32] = [
    ("polars", "table/io/"),
    ("csv_core", "table/io/format/record.rs"),
    ("evtx", "ingest/"),
    ("quick_xml", "ingest/"),
    ("zip", "ingest/"),
    ("tar", "ingest/"),
    ("hmac", "digest.rs"),
    ("chrono_tz", "event_features/calendar.rs"),
    ("crossterm", "review/"),
    ("flate2", "table/io/files.rs"),
    ("zstd", "table/io/files.rs"),
    ("glob", "table/io/parts.rs"),
    ("clap", "cli/"),
    ("clap_complete", "cli/completions.rs"),
    ("clap_mangen", "cli/completions.rs"),
    ("anstream", "cli/"),
    ("indicatif", "cli/"),
    ("ctrlc", "cli/"),
    ("signal_hook", "cli/"),
    ("comfy_table", "report/"),
    ("linfa_linalg", "detector/"),
    ("linfa_reduction", "projection/"),
    ("linfa_tsne", "projection/"),
    ("plotters", "plot/render/"),
    ("dejavu", "plot/render/"),
    ("png", "plot/"),
    ("postcard", "baseline/state.rs"),
    ("maud", "html/"),
    ("candle_core", "detector/network/"),
    ("candle_nn", "detector/network/"),
    ("same_file", "files/"),
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

/// Folders whose texts may name flags of the command line. The library speaks in [`whis_lab::error::Hint`]s.
const MAY_NAME_FLAGS: [&str; 3] = ["cli/", "demo/", "event_features/"];

#[test]
fn words_about_flags_are_in_the_command_line_only() {
    let mut lines = Vec::new();
    for (file, text) in sources() {
        let name = file.display().to_string();
        if MAY_NAME_FLAGS.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let literals = string_literals(&text).into_iter().filter(|literal| names_a_flag(literal));
        lines.extend(literals.map(|literal| format!("{name}: {literal}")));
    }
    assert!(lines.is_empty(), "texts outside of cli/ name flags:\n{}", lines.join("\n"));
}

/// Whether a text has a flag such as `--label` at its start or after a space or quote.
fn names_a_flag(text: &str) -> bool {
    text.match_indices("--").any(|(at, _)| {
        let before = &text[..at];
        let starts_word = before.is_empty() || before.ends_with([' ', '\n', '`', '\'', '(']);
        starts_word && text[at + 2..].starts_with(|c: char| c.is_ascii_alphabetic())
    })
}

/// The string literals of a source text; comments and character literals are skipped.
fn string_literals(text: &str) -> Vec<&str> {
    let mut literals = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['"', '\'', '/']) {
        at += next;
        let rest = &text[at..];
        at += match rest.as_bytes()[0] {
            b'"' => {
                let end = end_of_string(&text[..at], &rest[1..]);
                literals.push(&rest[1..=end]);
                end + 2
            }
            b'/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            b'\'' => length_of_char(rest),
            _ => 1,
        };
    }
    literals
}

/// The length of the string that starts with `rest`, without its closing quote. `before` ends with `r#` if it is raw.
fn end_of_string(before: &str, rest: &str) -> usize {
    let hashes = before.len() - before.trim_end_matches('#').len();
    if before[..before.len() - hashes].ends_with('r') {
        let closing = format!("\"{}", "#".repeat(hashes));
        return rest.find(&closing).expect("a raw string that is closed");
    }
    let mut is_escaped = false;
    let closing = rest.char_indices().find(|(_, c)| {
        let is_closing = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_closing
    });
    closing.expect("a string that is closed").0
}

/// The length of the character literal at the start of a text; 1 if it is a lifetime.
fn length_of_char(rest: &str) -> usize {
    let mut chars = rest[1..].chars();
    match chars.next() {
        Some('\\') => 4 + rest[3..].find('\'').expect("a character that is closed"),
        Some(c) if chars.next() == Some('\'') => 2 + c.len_utf8(),
        _ => 1,
    }
}

#[test]
fn string_literals_are_found() {
    let source = r##"let a = "x\"y"; // "no"
        let b = ['"', '\'', '\\']; fn f<'a>(c: &'a str) { g(r#"--z"z"#, "--label") }"##;
    assert_eq!(string_literals(source), ["x\\\"y", "--z\"z", "--label"]);
    assert!(names_a_flag("use --file") && names_a_flag("--file") && names_a_flag("`--file`"));
    assert!(!names_a_flag("a--b") && !names_a_flag("-- b") && !names_a_flag("--"));
}

#[test]
fn no_two_files_import_each_other() {
    let graph = file_graph();
    let circles: Vec<String> = graph
        .iter()
        .filter_map(|(file, imports)| {
            imports.iter().find(|other| reaches(&graph, other, file)).map(|other| (file, other))
        })
        .map(|(file, other)| format!("{file} imports {other}, which leads back to it"))
        .collect();
    assert!(graph.values().map(BTreeSet::len).sum::<usize>() > 300, "imports were not found");
    assert!(circles.is_empty(), "circles of imports:\n{}", circles.join("\n"));
}

/// Whether imports lead from one file to another.
fn reaches(graph: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        if file == to {
            return true;
        }
        if seen.insert(file) {
            next.extend(graph.get(file).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

/// For each module, as a path such as `detector::linear::pca`, the modules whose items it names. An item that a `mod.rs`
/// hands on is one of the file that defines it.
fn file_graph() -> BTreeMap<String, BTreeSet<String>> {
    let sources: BTreeMap<String, String> =
        sources().into_iter().map(|(file, text)| (module_path(&file), text)).collect();
    let handed_on: BTreeMap<String, BTreeMap<String, String>> =
        sources.iter().map(|(module, text)| (module.clone(), handed_on(module, text))).collect();
    let resolve = |path: &[String]| {
        let length =
            (1..=path.len()).rev().find(|&length| sources.contains_key(&path[..length].join("::")))?;
        let module = path[..length].join("::");
        let item = path.get(length).and_then(|name| handed_on.get(&module)?.get(name));
        // A face of a face.
        let deeper = item.and_then(|from| handed_on.get(from)?.get(&path[length]));
        Some(deeper.or(item).cloned().unwrap_or(module))
    };
    let imports = |module: &String, text: &String| -> BTreeSet<String> {
        let lines = statements(text).into_iter().filter(|line| !line.trim_start().starts_with("pub use "));
        let paths = lines.flat_map(|line| paths(&line, module)).filter_map(|path| resolve(&path));
        paths.filter(|other| other != module).collect()
    };
    sources.iter().map(|(module, text)| (module.clone(), imports(module, text))).collect()
}

/// The names that a file hands on with `pub use`, each with the module it is from.
fn handed_on(module: &str, text: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for line in statements(text) {
        let Some(list) =
            line.trim_start().strip_prefix("pub use ").or(line.trim_start().strip_prefix("pub(crate) use "))
        else {
            continue;
        };
        for path in expanded(list.trim_end_matches(';')) {
            let path: Vec<String> = path.split("::").map(|name| name.trim().to_owned()).collect();
            let Some((name, parents)) = path.split_last().filter(|(_, parents)| !parents.is_empty()) else {
                continue;
            };
            let parents = match parents[0].as_str() {
                "crate" => parents[1..].join("::"),
                _ => [module, &parents.join("::")].join("::"),
            };
            names.insert(name.split(" as ").last().unwrap_or(name).to_owned(), parents);
        }
    }
    names
}

/// The paths of ours that a line of a module names, from the crate's root.
fn paths(line: &str, module: &str) -> Vec<Vec<String>> {
    let own: Vec<&str> = module.split("::").collect();
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::").chain(line.match_indices("super::")) {
        if line[..at].ends_with("super::") || line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            continue;
        }
        let end = line[at..]
            .find([';', '(', ' ', ')', ','])
            .filter(|_| !line[at..].contains('{'))
            .map_or(line.len(), |end| at + end);
        for path in expanded(line[at..end].trim_end_matches(';')) {
            let mut parts: Vec<&str> = path.split("::").map(str::trim).collect();
            let mut base: Vec<&str> = if parts[0] == "crate" { Vec::new() } else { own.clone() };
            while matches!(parts.first(), Some(&("super" | "crate"))) {
                if parts.remove(0) == "super" {
                    base.pop();
                }
            }
            base.extend(parts);
            found.push(base.into_iter().map(str::to_owned).collect());
        }
    }
    // In a mod.rs, `use child::Item`.
    if let Some(list) = line.trim_start().strip_prefix("use ")
        && !["crate", "super", "std"].iter().any(|root| list.starts_with(root))
    {
        let own = |path: String| {
            own.iter().copied().chain(path.split("::")).map(|name| name.trim().to_owned()).collect()
        };
        found.extend(expanded(list.trim_end_matches(';')).into_iter().map(own));
    }
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expanded(path: &str) -> Vec<String> {
    let Some((head, rest)) = path.split_once('{') else { return vec![path.trim().to_owned()] };
    let inner = &rest[..rest.rfind('}').unwrap_or(rest.len())];
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    parts.push(&inner[start..]);
    let joined = |part: &str| {
        expanded(part).into_iter().map(|tail| format!("{}{tail}", head.trim())).collect::<Vec<_>>()
    };
    parts.into_iter().filter(|part| !part.trim().is_empty()).flat_map(joined).collect()
}

fn module_path(file: &Path) -> String {
    let mut parts: Vec<String> = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let last = parts.pop().unwrap_or_default();
    if last != "mod.rs" {
        parts.push(last.trim_end_matches(".rs").to_owned());
    }
    parts.join("::")
}

#[test]
fn the_import_reader_resolves_paths() {
    let of = |line: &str| paths(line, "a::b").into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(of("use crate::x::{y, z::{W, V}};"), ["x::y", "x::z::W", "x::z::V"]);
    assert_eq!(of("use super::c::D;"), ["a::c::D"]);
    assert_eq!(of("    let x = crate::x::y(1, 2);"), ["x::y"]);
    assert_eq!(of("use child::Item;"), ["a::b::child::Item"]);
    assert_eq!(handed_on("a", "pub use b::{C, d::E as F};\n")["F"], "a::b::d");
}

#[test]
fn the_import_reader_reads_imports() {
    assert_eq!(imports("use crate::table::{Column, Values};"), ["table"]);
    assert_eq!(imports("use crate::{error, seed::Seed};"), ["error", "seed"]);
    assert_eq!(imports("    crate::event_features::auth(&events)"), ["event_features"]);
    assert!(imports("// use crate::cli;").is_empty());
    let joined = statements("use crate::{\n    cli,\n    seed::Seed,\n};\nfn f() {}");
    assert_eq!(imports(&joined[0]), ["cli", "seed"]);
}
