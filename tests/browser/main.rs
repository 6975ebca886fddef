//! The page in a browser: headless Chromium, run where it is installed and counted as ignored where it is not.

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    let absent = Command::new("chromium").arg("--version").output().is_err();
    let trials = [400, 1600].map(|width| {
        let name = format!("nothing_overflows_and_every_chart_is_visible_at_{width}_pixels");
        Trial::test(name, move || looks_right(width)).with_ignored_flag(absent)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit();
}

/// Measures the page in a frame of a width, and puts what it finds into the title.
const PROBE: &str = r#"<!DOCTYPE html><title>waiting</title>
<iframe id="page" src="report.html" style="width:WIDTHpx;height:900px;border:0"></iframe>
<script>
document.getElementById("page").addEventListener("load", () => {
  const view = document.getElementById("page").contentDocument;
  const visible = [...view.querySelectorAll("figure svg")].filter(svg => {
    const box = svg.getBoundingClientRect();
    return box.width > 100 && box.height > 60 && svg.querySelectorAll("text").length > 3;
  });
  document.title = JSON.stringify({
    overflow: view.documentElement.scrollWidth - view.documentElement.clientWidth,
    charts: visible.length,
    headings: view.querySelectorAll("h2").length,
    side: view.querySelector(".contents").getBoundingClientRect().right
      <= view.querySelector("main").getBoundingClientRect().left,
    sorted: (() => {
      const table = view.querySelector("table.sortable");
      const first = table.tBodies[0].rows[0];
      table.tHead.rows[0].cells[1].firstChild.click();
      table.tHead.rows[0].cells[1].firstChild.click();
      return first === table.tBodies[0].rows[table.tBodies[0].rows.length - 1];
    })(),
  });
});
</script>"#;

fn looks_right(width: u32) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let made = Command::new(env!("CARGO_BIN_EXE_whis-lab"))
        .args(["report", "-q", "--out", "report.html", "--data"])
        .arg(fixtures)
        .current_dir(folder.path())
        .status()?;
    if !made.success() {
        return Err("the page was not made".into());
    }
    fs::write(folder.path().join("probe.html"), PROBE.replace("WIDTH", &width.to_string()))?;
    let (dom, console) = rendered(folder.path())?;
    let title =
        dom.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
    let found: Value =
        serde_json::from_str(&title.replace("&quot;", "\"")).map_err(|e| format!("{e}: {title}"))?;
    let side = found["side"].as_bool() == Some(width >= 1400);
    let works = side && found["sorted"].as_bool() == Some(true);
    match (found["overflow"].as_i64(), found["charts"].as_u64(), works, console.as_str()) {
        (Some(0), Some(36), true, "") => Ok(()),
        _ => Err(format!("{found}, console: {console}").into()),
    }
}

/// The rendered document, and what the page wrote to the console.
fn rendered(folder: &Path) -> Result<(String, String), Failed> {
    let quiet =
        ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--allow-file-access-from-files",
        ])
        .args(quiet)
        .args([
            "--enable-logging=stderr",
            "--window-size=1700,1000",
            "--virtual-time-budget=8000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", folder.join("probe.html").display()))
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    let console = log.lines().filter(|line| line.contains("CONSOLE")).collect::<Vec<_>>().join("\n");
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), console))
}
