//! What `Dockerfile` and the workflows in `docs/` need, as far as a machine without Docker can tell.

use std::fs;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The instructions of the Dockerfile, each with its arguments, in order. Continued lines are joined.
fn instructions() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap().replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let instruction = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        (words.next().unwrap(), words.collect())
    };
    lines.map(instruction).collect()
}

/// The arguments of each instruction of this name in the last stage: the image.
fn image(name: &str) -> Vec<Vec<String>> {
    let all = instructions();
    let last = all.iter().rposition(|(name, _)| name == "FROM").unwrap();
    let of_name = all[last..].iter().filter(|(other, _)| other == name);
    of_name.map(|(_, arguments)| arguments.clone()).collect()
}

#[test]
fn what_the_image_is_built_from_exists() {
    let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
    for (name, arguments) in instructions() {
        let is_from_stage = arguments.iter().any(|argument| argument.starts_with("--from="));
        if name != "COPY" || is_from_stage {
            continue;
        }
        let (_, sources) = arguments.split_last().unwrap();
        for source in sources {
            assert!(root().join(source).exists(), "the Dockerfile copies {source}");
            assert!(!ignored.lines().any(|line| line == source), ".dockerignore leaves out {source}");
        }
    }
}

/// Cargo refuses a manifest with a target whose file is missing.
#[test]
fn every_folder_of_a_cargo_target_is_copied() {
    let copied: Vec<String> = instructions()
        .into_iter()
        .filter(|(name, _)| name == "COPY")
        .flat_map(|(_, arguments)| arguments)
        .collect();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let folders =
        [("[[bench]]", "benches"), ("[[example]]", "examples"), ("[[test]]", "tests"), ("[[bin]]", "src")];
    for (target, folder) in folders {
        assert!(
            !manifest.contains(target) || copied.iter().any(|name| name == folder),
            "{folder} is not copied"
        );
    }
}

#[test]
fn the_image_has_the_program_and_no_root() {
    let all = instructions();
    let build = all.iter().find(|(name, arguments)| name == "RUN" && arguments[0] == "cargo").unwrap();
    assert_eq!(build.1, ["cargo", "build", "--release", "--locked", "--bin", "whis-lab"]);
    assert!(image("RUN").is_empty(), "the image has no shell");
    let user = image("USER").last().unwrap()[0].clone();
    let id = user.split(':').next().unwrap().parse::<u32>();
    assert!(id.is_ok_and(|id| id > 0), "{user}: Kubernetes checks runAsNonRoot by number");
    let copies = image("COPY");
    let is_program = |words: &&Vec<String>| words.iter().any(|word| word.ends_with("/release/whis-lab"));
    let installed = copies.iter().find(is_program).unwrap().last().unwrap();
    assert_eq!(image("ENTRYPOINT").last().unwrap()[0], format!("[\"{installed}\"]"));
}

/// The image has glibc and libgcc. A dependency that needs another library breaks it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_program_needs_no_library_that_the_image_lacks() {
    const IMAGE: [&str; 6] = ["linux-vdso", "ld-linux", "libc.so", "libm.so", "libgcc_s.so", "libpthread.so"];
    let output = Command::new("ldd").arg(env!("CARGO_BIN_EXE_whis-lab")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("libc.so"), "{text}");
    for line in text.lines().map(str::trim) {
        let name = line.split_whitespace().next().unwrap().rsplit('/').next().unwrap();
        assert!(IMAGE.iter().any(|library| name.starts_with(library)), "the program needs {line}");
    }
}

/// `/proc` is read-only, even for root.
#[cfg(target_os = "linux")]
#[test]
fn the_program_needs_no_home_no_temporary_folder_and_no_writable_folder() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.whis");
    let flows = root().join("fixtures/flows.csv");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whis-lab"));
        let output = command.args(arguments).env_clear().current_dir("/proc").output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        output.stdout
    };
    let (flows, model) = (flows.to_str().unwrap(), model.to_str().unwrap());
    run(&["train", "--file", flows, "--label", "is_attack", "--detector", "pca", "--out", model]);
    let scored = run(&["score", "--model", model, flows, "--format", "csv"]);
    let rows = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(rows(&scored), rows(&fs::read(flows).unwrap()));
    run(&["explore", "--file", flows]);
    run(&["detectors"]);
}

/// The `yaml` blocks of the documentation.
fn workflows() -> Vec<String> {
    let mut blocks = Vec::new();
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(path).unwrap();
            let found = text.split("```yaml\n").skip(1);
            blocks.extend(found.map(|block| block.split("```").next().unwrap().to_owned()));
        }
    }
    blocks
}

#[test]
fn the_workflows_of_the_documentation_are_yaml() {
    let blocks = workflows();
    assert!(!blocks.is_empty());
    for block in blocks {
        assert_eq!(yaml_problem(&block), None, "{block}");
        for key in ["\non:", "\njobs:", "    runs-on: ", "    steps:"] {
            assert!(block.contains(key), "the workflow has no {key}");
        }
    }
}

/// What is wrong with YAML of block mappings and lists with plain or quoted values; `None` if nothing is.
fn yaml_problem(text: &str) -> Option<String> {
    let mut open = vec![0];
    let mut may_deepen = false;
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let problem = |what: &str| Some(format!("line {}: {what}: {line}", number + 1));
        let indent = line.len() - content.len();
        if indent > open[open.len() - 1] {
            if !may_deepen {
                return problem("deeper, but nothing was opened");
            }
            open.push(indent);
        }
        while indent < open[open.len() - 1] {
            open.pop();
        }
        if indent != open[open.len() - 1] || line.contains('\t') {
            return problem("an indentation of no open block");
        }
        let item = content.strip_prefix("- ");
        if item.is_some() {
            open.push(indent + 2);
        }
        let entry = item.unwrap_or(content);
        let (key, value) = entry.split_once(':').unwrap_or(("", entry));
        let is_key = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let value = value.trim();
        let is_quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
        let is_plain = !value.contains(": ")
            && !value.contains(" #")
            && !value.starts_with(['"', '\'', '&', '*', '!', '|', '>', '%', '@', '`', '{', '[']);
        match (is_key(key), is_quoted || is_plain) {
            (false, _) => return problem("not a key"),
            (_, false) => return problem("a value that needs quotes"),
            _ => (),
        }
        if key.is_empty() && item.is_none() {
            return problem("neither a key nor an item");
        }
        may_deepen = value.is_empty();
    }
    None
}

#[test]
fn yaml_that_is_none_is_found() {
    assert_eq!(
        yaml_problem("on:\n  push:\n  schedule:\n    - cron: \"1 2 * * *\"\n\njobs:\n  a:\n    - run: b c\n"),
        None
    );
    for bad in [
        "a: b\n   c: d\n",
        "a:\n\tb: c\n",
        "a:\n    b: c\n  d: e\n",
        "a: b: c\n",
        "a: \"b\n",
        "plain\n",
        "a b: c\n",
    ] {
        assert!(yaml_problem(bad).is_some(), "{bad}");
    }
}
