//! Charts and the page, as their users make them.

use crate::program::{fixture, refusal, run, succeed, text};
use serde_json::Value;
use std::fs;

const CHARTS: [&str; 11] =
    ["auc", "roc", "pr", "det", "cost", "histogram", "pca", "tsne", "importance", "overview", "hours"];

#[test]
fn compare_draws_every_chart_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["compare", "--table", "admin", "--data", text(&fixture("")), "--plots"]);
    for chart in CHARTS {
        let svg = fs::read_to_string(folder.path().join(format!("results/admin/{chart}.svg"))).unwrap();
        assert!(svg.contains("<svg") && svg.contains("admin_events"), "{chart}");
    }
}

#[test]
fn a_chart_is_drawn_again_from_its_report_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["compare", "--table", "auth", "--data", text(&fixture("")), "--plots"]);
    let report = "results/auth/report.json";
    succeed(folder.path(), &["plot", "all", "--report", report, "--out", "again"]);
    for chart in CHARTS {
        let read = |out: &str| fs::read(folder.path().join(out).join(format!("auth/{chart}.svg"))).unwrap();
        assert_eq!(read("results"), read("again"), "{chart}");
    }
    // Nothing can have been fitted: there are no tables here, and a changed number is what is drawn.
    let path = folder.path().join(report);
    let mut changed: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    changed["tables"][0]["runs"][0]["auc"] = 0.123_456.into();
    fs::write(&path, changed.to_string()).unwrap();
    succeed(folder.path(), &["plot", "roc", "--report", report, "--out", "changed"]);
    let svg = fs::read_to_string(folder.path().join("changed/auth/roc.svg")).unwrap();
    assert!(svg.contains("0.1235"), "{svg}");
}

#[test]
fn a_report_is_not_drawn_outside_of_the_results() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    succeed(
        folder.path(),
        &["compare", "--table", "admin", "--data", text(&fixtures), "--detectors", "hbos"],
    );
    let path = folder.path().join("results/admin/report.json");
    let mut report: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    report["tables"][0]["table"] = "../../x".into();
    fs::write(&path, report.to_string()).unwrap();
    let ran = run(folder.path(), &["plot", "roc", "--report", text(&path)]);
    assert_eq!(refusal(&ran), format!("{}: `../../x` cannot be the name of a table", text(&path)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is written beside the results");
}

#[test]
fn pixels_are_drawn_in_the_size_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let arguments = ["plot", "roc,hours", "--table", "auth", "--data", text(&fixtures), "--format", "png"];
    succeed(folder.path(), &[&arguments[..], &["--size", "640x480"]].concat());
    for chart in ["roc", "hours"] {
        let png = fs::read(folder.path().join(format!("results/auth/{chart}.png"))).unwrap();
        assert_eq!(&png[1..4], b"PNG");
        assert_eq!((&png[16..20], &png[20..24]), (&640_u32.to_be_bytes()[..], &480_u32.to_be_bytes()[..]));
    }
}

/// The message for a chart that cannot be drawn.
#[track_caller]
fn refused(rows: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), rows).unwrap();
    refusal(&run(folder.path(), &[arguments, &["-q", "--file", "t.csv"]].concat()))
}

#[test]
fn what_cannot_be_drawn_is_said_in_a_line() {
    let said = refused("x,bad\n1,0\n2,1\n3,0\n", &["plot", "tsne", "--label", "bad"]);
    assert!(said.starts_with("t: t-SNE needs at least 2 encoded features, but there are 1"), "{said}");
    let unlabelled: String = (0..50).map(|row| format!("{},{}\n", row % 7, row % 3)).collect();
    let said = refused(&format!("x,y\n{unlabelled}"), &["plot", "roc"]);
    assert!(said.starts_with("t: ROC curves need labels, but the table has none; "), "{said}");
    assert!(said.ends_with("; name the label column with --label"), "{said}");
    assert!(!said.contains("both classes") && !said.contains("report"), "{said}");
}

#[test]
fn a_report_without_projections_says_how_to_get_them() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["compare", "--table", "admin", "--data", text(&fixture(""))]);
    let ran = run(folder.path(), &["plot", "pca", "--report", "results/admin/report.json"]);
    assert_eq!(
        refusal(&ran),
        "admin_events: the report has no principal components; run `whis-lab plot pca` without --report, or \
         make the report with --plots"
    );
}

#[test]
fn the_page_is_one_file_with_everything_in_it() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["report", "--data", text(&fixture("")), "--out", "report.html"]);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert_eq!(
        page.matches("<svg").count(),
        3 * (CHARTS.len() + 1),
        "the loss of the autoencoder among them"
    );
    for needs_network in ["src=", "<link", "url(", "@import", "<script "] {
        assert!(!page.contains(needs_network), "{needs_network} is in the page");
    }
    assert_eq!(page.matches("<script>").count(), 1);
    for part in [
        "how sure",
        "alerts a day",
        "false alarms",
        "<rect class=\"chart-hover\"",
        "What was found",
        "Be careful",
        "isolation-forest",
        "|Pearson|",
        "whis-lab report",
        "seed",
        "whis-lab 0.",
    ] {
        assert!(page.contains(part), "{part} is not in the page");
    }
}

#[test]
fn the_page_is_made_from_reports_without_fitting() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["compare", "--table", "admin", "--data", text(&fixture("")), "--plots"]);
    let report = "results/admin/report.json";
    let page = || {
        succeed(folder.path(), &["report", "--report", report]);
        fs::read_to_string(folder.path().join("report.html")).unwrap()
    };
    let first = page();
    assert_eq!(first.matches("<svg").count(), CHARTS.len() + 1);
    // The charts of the page are those that `plot` draws at the size of the page.
    let arguments = ["plot", "all", "--report", report, "--size", "900x600", "--out", "again"];
    succeed(folder.path(), &arguments);
    for chart in CHARTS.iter().chain(&["loss"]) {
        let svg = fs::read_to_string(folder.path().join(format!("again/admin/{chart}.svg"))).unwrap();
        assert!(svg.starts_with("<svg") && first.contains(svg.trim_end()), "{chart}");
    }
    // A changed number is what the page shows: in the table, in a legend and in the text for screen readers.
    let path = folder.path().join(report);
    let mut changed: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    changed["tables"][0]["runs"][0]["auc"] = 0.123_456.into();
    fs::write(&path, changed.to_string()).unwrap();
    assert_eq!((first.matches("0.1235").count(), page().matches("0.1235").count()), (0, 7));
}

#[test]
fn the_same_seed_draws_the_same_page_on_one_and_two_threads() {
    let folder = tempfile::tempdir().unwrap();
    let page = |threads: &str, out: &str| {
        let fixtures = fixture("");
        let source = ["report", "--table", "admin", "--data", text(&fixtures)];
        succeed(folder.path(), &[&source[..], &["--threads", threads, "--out", out]].concat());
        let page = fs::read_to_string(folder.path().join(out)).unwrap();
        page.replace(&format!("--threads {threads}"), "").replace(out, "")
    };
    assert_eq!(page("1", "one.html"), page("2", "two.html"));
}

#[test]
fn several_protocols_are_side_by_side_and_the_data_is_drawn_once() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let source = ["report", "--table", "admin", "--data", text(&fixtures), "--protocol", "all"];
    succeed(folder.path(), &[&source[..], &["--detectors", "isolation-forest,hbos"]].concat());
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("AUC by protocol; * is the highest of its protocol"));
    let of = |title: &str| page.matches(&format!("<title>admin_events: {title}</title>")).count();
    for once in ["Principal components", "t-SNE", "Overview", "Rows by hour of the day"] {
        assert_eq!(of(once), 1, "{once}");
    }
    assert!(of("ROC curves") > 1, "each protocol has its own curves");
    let answers = page.matches("class=\"answer\"").count();
    assert_eq!(answers, 1, "one answer for the table, from its most realistic protocol");
}

#[test]
fn a_page_without_labels_has_no_ranking_and_no_class() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..200).map(|row| format!("{},{}\n", row % 7, row * row % 31)).collect();
    fs::write(folder.path().join("t.csv"), format!("x,y\n{rows}")).unwrap();
    succeed(folder.path(), &["report", "--file", "t.csv", "--detectors", "isolation-forest,hbos"]);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    for class in
        ["Best AUC first", "best AUC first", "Scores by class", "drawn by class", "goes with the label"]
    {
        assert!(!page.contains(class), "{class}");
    }
    assert!(page.contains("no detector can be called the best without labels"));
}
