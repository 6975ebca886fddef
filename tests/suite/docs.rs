//! What the README and the pages in `docs/` show is what the program does. Each page is a script: its `sh` blocks run in
//! order in one folder, and its outputs are compared. Outputs are rewritten with `UPDATE_GOLDENS=1 cargo test --release`.
//!
//! | in a page | |
//! |---|---|
//! | a `sh` block | is run by `sh -eu`, with `whis-lab` on the path |
//! | `<!-- not run: REASON -->` above it | leaves it out |
//! | `<!-- setup` … `-->` | is run and not shown; `$FIXTURES` is the repository's `fixtures` |
//! | `<!-- output of: COMMAND -->` above a `text` block | the block is the command's stdout |
//! | `<!-- notes of: COMMAND -->` | the block is the command's stderr |
//! | a `yaml` block | its steps `- run: whis-lab …` are run, each by itself |

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A part of a page that is run.
#[derive(Debug, PartialEq)]
enum Step<'a> {
    Shell(&'a str),
    /// The command of a shown output, whether stderr is shown, and the bytes of the block in the page.
    Shown {
        command: &'a str,
        stderr: bool,
        block: std::ops::Range<usize>,
    },
}

macro_rules! page {
    ($name:ident, $path:literal) => {
        #[cfg(unix)]
        #[test]
        fn $name() {
            check($path);
        }
    };
}

page!(the_readme_does_what_it_says, "README.md");
page!(the_guide_does_what_it_says, "docs/guide.md");
page!(the_export_does_what_it_says, "docs/export.md");
page!(numbers_does_what_it_says, "docs/numbers.md");
page!(detectors_does_what_it_says, "docs/detectors.md");
page!(production_does_what_it_says, "docs/production.md");
page!(pipeline_does_what_it_says, "docs/pipeline.md");
page!(jobs_does_what_it_says, "docs/jobs.md");
page!(operation_does_what_it_says, "docs/operation.md");
page!(verdicts_does_what_it_says, "docs/verdicts.md");
page!(ingest_does_what_it_says, "docs/ingest.md");
page!(baselines_does_what_it_says, "docs/baselines.md");
page!(monitor_does_what_it_says, "docs/monitor.md");
page!(speed_does_what_it_says, "docs/speed.md");

#[test]
fn every_page_is_tested_and_linked() {
    let tests = fs::read_to_string(root().join("tests/suite/docs.rs")).unwrap();
    let index = fs::read_to_string(root().join("docs/README.md")).unwrap();
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") && name != "README.md" {
            assert!(tests.contains(&format!("\"docs/{name}\"")), "docs/{name} is not tested");
            assert!(index.contains(&format!("({name})")), "docs/README.md does not link {name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_picture_of_the_readme_is_what_the_program_draws() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), "whis-lab plot roc --table auth");
    let drawn = fs::read(folder.path().join("results/auth/roc.svg")).unwrap();
    let shown = root().join("docs/roc.svg");
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&shown, &drawn).unwrap();
    }
    assert!(fs::read(&shown).unwrap() == drawn, "docs/roc.svg is out of date");
}

#[test]
fn the_readme_can_be_skimmed() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 130, "the README has {} lines", readme.lines().count());
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[cfg(unix)]
fn check(page: &str) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut shown, mut end) = (String::new(), 0);
    for step in steps(&text) {
        match step {
            Step::Shell(script) => drop(succeed(folder.path(), script)),
            Step::Shown { command, stderr, block } => {
                let output = succeed(folder.path(), command);
                shown += &text[end..block.start];
                shown += &String::from_utf8(if stderr { output.stderr } else { output.stdout }).unwrap();
                end = block.end;
            }
        }
    }
    shown += &text[end..];
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, &shown).unwrap();
    } else {
        assert!(text == shown, "{page} is out of date:\n{shown}");
    }
}

/// Run a script that must succeed.
#[cfg(unix)]
fn succeed(folder: &Path, script: &str) -> Output {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_whis-lab"));
    let old = env::var_os("PATH").unwrap_or_default();
    let programs = program.parent().into_iter().map(Path::to_owned).chain(env::split_paths(&old));
    let output = Command::new("sh")
        .args(["-euc", script])
        .current_dir(folder)
        .env("PATH", env::join_paths(programs).unwrap())
        .env("FIXTURES", root().join("fixtures"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The steps of a page, in order.
fn steps(page: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut lines = lines(page).peekable();
    let mut is_run = true;
    let mut shown = None;
    while let Some((start, line)) = lines.next() {
        if line == "<!-- setup" {
            steps.push(Step::Shell(until(page, start + line.len() + 1, &mut lines, "-->").0));
        } else if line.starts_with("<!-- not run: ") {
            is_run = false;
        } else if let Some(command) = marked(line, "<!-- output of: ") {
            shown = Some((command, false));
        } else if let Some(command) = marked(line, "<!-- notes of: ") {
            shown = Some((command, true));
        } else if line.starts_with("```") {
            let (block, range) = until(page, start + line.len() + 1, &mut lines, "```");
            match (line, shown.take()) {
                ("```text", Some((command, stderr))) => {
                    steps.push(Step::Shown { command, stderr, block: range });
                }
                ("```sh", _) if is_run => steps.push(Step::Shell(block)),
                ("```yaml", _) => steps.extend(workflow_commands(block).map(Step::Shell)),
                _ => (),
            }
            is_run = true;
        }
    }
    steps
}

/// The commands of ours in the steps of a workflow.
fn workflow_commands(workflow: &str) -> impl Iterator<Item = &str> {
    let commands = workflow.lines().filter_map(|line| line.trim_start().strip_prefix("- run: "));
    commands.filter(|command| command.starts_with("whis-lab "))
}

/// The lines of a text, each with its place.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let place = start;
        start += line.len();
        (place, line.trim_end_matches('\n'))
    })
}

/// The text from a place until the line that ends it.
fn until<'a>(
    page: &'a str,
    start: usize,
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
    end: &str,
) -> (&'a str, std::ops::Range<usize>) {
    let (last, _) = lines.find(|(_, line)| *line == end).expect("a block ends");
    (&page[start..last], start..last)
}

fn marked<'a>(line: &'a str, marker: &str) -> Option<&'a str> {
    line.strip_prefix(marker)?.strip_suffix(" -->")
}

#[test]
fn a_page_is_read_as_a_script() {
    let page = "a\n<!-- setup\ntrue\n-->\n```sh\nls\n```\n<!-- not run: endless -->\n```sh\nyes\n```\n\
                ```yaml\nsteps:\n  - run: whis-lab gate\n```\n<!-- output of: pwd -->\n```text\n/\n```\n";
    let at = page.find("/\n```").unwrap();
    assert_eq!(
        steps(page),
        [
            Step::Shell("true\n"),
            Step::Shell("ls\n"),
            Step::Shell("whis-lab gate"),
            Step::Shown { command: "pwd", stderr: false, block: at..at + 2 },
        ]
    );
}
