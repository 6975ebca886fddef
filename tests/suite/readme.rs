//! What the README shows is what the program says. Rewritten with `UPDATE_GOLDENS=1 cargo test --release`.

use crate::program::{Ran, succeed};
use std::env;
use std::fs;
use std::path::Path;

#[test]
fn the_readme_shows_real_output() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let shown = with_real_output(&readme);
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, &shown).unwrap();
    }
    assert!(readme == shown || env::var_os("UPDATE_GOLDENS").is_some(), "README.md is out of date:\n{shown}");
}

/// The README with every marked block filled by running its command.
fn with_real_output(readme: &str) -> String {
    let (mut shown, mut rest) = (String::new(), readme);
    let mut blocks = 0;
    while let Some(at) = rest.find("<!-- output of: ").into_iter().chain(rest.find("<!-- notes of: ")).min() {
        let begin =
            at + rest[at..].find("```text\n").expect("a marker is followed by a block") + "```text\n".len();
        let end = begin + rest[begin..].find("```").expect("a block ends");
        let marker = rest[at..].lines().next().unwrap_or_default();
        shown += &rest[..begin];
        shown += &block(marker);
        rest = &rest[end..];
        blocks += 1;
    }
    assert_eq!(blocks, 3, "the README shows three outputs");
    shown + rest
}

fn block(marker: &str) -> String {
    let command = marker.split("whis-lab ").nth(1).unwrap().trim_end_matches(" -->");
    let folder = tempfile::tempdir().unwrap();
    let Ran { stdout, stderr, .. } = succeed(folder.path(), &command.split(' ').collect::<Vec<_>>());
    if marker.contains("notes of") { stderr } else { stdout }
}
