//! The words of the house: home-made terms that once stood for standard ones do not come back.

use std::fs;
use std::path::{Path, PathBuf};

/// Words that readers stumbled over, and what is said instead.
const BANNED: [(&str, &str); 28] = [
    ("contender", "detector spec"),
    ("contenders", "detector specs"),
    ("line-up", "default detectors"),
    ("folded", "deduplicated"),
    ("unfolded", "expanded"),
    ("unfold", "expand"),
    ("made up", "imputed"),
    ("commonest", "most frequent"),
    ("oddity", "data issue"),
    ("oddities", "data issues"),
    ("tally", "stats"),
    ("urn", "weighted sampler"),
    ("ladder", "thresholds"),
    ("without chance", "deterministic"),
    ("no chance in it", "deterministic"),
    ("as the notebook", "say what it does"),
    ("what is no number", "NaN"),
    ("gauge", "progress"),
    ("trial", "experiment run"),
    ("recipe", "train options"),
    ("ingredients", "fitted parts"),
    ("so many rows", "n rows"),
    ("so many bytes", "n bytes"),
    ("nobody looking on", "hidden"),
    ("looks on", "is shown"),
    ("is none of ours", "unknown"),
    ("stands there", "is"),
    ("comes to an end", "ends"),
];

/// A word here is meant otherwise: what may stand in a file all the same.
const ALLOWED: [(&str, &str); 5] = [
    // The name in model files.
    ("src/preprocess/encode.rs", "commonest"),
    ("src/model/tests.rs", "commonest"),
    // The type of a metric of Prometheus.
    ("src/model/score/run_summary.rs", "gauge"),
    ("src/monitor/text.rs", "gauge"),
    // The seed's name: another one would be another draw.
    ("src/detector/boundary/one_class_svm/tests.rs", "folded"),
];

#[test]
fn home_made_words_do_not_come_back() {
    let mut found = Vec::new();
    for file in files() {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        let text = fs::read_to_string(&file).unwrap().to_lowercase();
        for (number, line) in text.lines().enumerate() {
            for (word, instead) in BANNED {
                if has_word(line, word) && !ALLOWED.contains(&(name.as_str(), word)) {
                    found.push(format!("{name}:{}: `{word}`, say {instead}", number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{} home-made words:\n{}", found.len(), found.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Sources and documentation.
fn files() -> Vec<PathBuf> {
    let mut files = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    let mut folders = ["src", "docs", "examples"].map(|name| root().join(name)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|extension| extension.to_str()) {
                None if path.is_dir() => folders.push(path),
                Some("rs" | "md") => files.push(path),
                _ => (),
            }
        }
    }
    assert!(files.len() > 200, "the sources were not found");
    files
}

/// Whether a line holds a word or phrase, not as a part of another word.
fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_letter) && !line[at + word.len()..].starts_with(is_letter))
}

#[test]
fn a_word_is_found_as_a_word() {
    assert!(has_word("the urn holds", "urn") && !has_word("return", "urn") && !has_word("burn", "urn"));
}
