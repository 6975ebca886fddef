//! Every chart of every kind of table is drawn, or the error says why not.

mod ink;

use super::{Chart, ImageFormat, Size, draw, samples};
use crate::error::Hint;
use crate::report::TableReport;
use std::{env, fs, path::Path};

/// `UPDATE_GOLDENS=1 cargo test --release` rewrites the files; review their diff.
#[test]
fn charts_equal_their_goldens() {
    for kind in Chart::ALL {
        check_golden(&format!("{}.svg", kind.id()), &svg(kind, &samples::table(), 800, 600));
    }
    let histogram = svg(Chart::Histogram, &samples::without_labels(), 800, 600);
    check_golden("histogram-without-labels.svg", &histogram);
    check_golden("importance-of-40.svg", &svg(Chart::Importance, &samples::many_features(), 400, 300));
}

fn check_golden(name: &str, svg: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plot/goldens").join(name);
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, svg).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    let difference = golden.lines().zip(svg.lines()).find(|(a, b)| a != b);
    assert!(golden == svg, "{name} differs from its golden: {difference:?}");
}

fn svg(kind: Chart, table: &TableReport, width: u32, height: u32) -> String {
    let bytes = draw(kind, table, ImageFormat::Svg, Size::new(width, height).unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn tables() -> Vec<(&'static str, TableReport)> {
    let six = samples::with(&samples::many_features().features, 6);
    vec![
        ("normal", samples::table()),
        ("without labels", samples::without_labels()),
        ("one row a class", samples::single_rows()),
        ("40 features", samples::many_features()),
        ("6 detectors", six),
        ("constant scores", samples::constant_scores()),
        ("numbers only", samples::numbers_only()),
        ("60 levels", samples::many_levels()),
        ("36 detectors", samples::many_detectors()),
    ]
}

const SIZES: [(u32, u32); 5] = [(300, 300), (400, 300), (800, 600), (8_000, 300), (8_000, 8_000)];

/// The charts that are impossible for a table.
fn impossible(table: &str) -> &'static [Chart] {
    match table {
        "without labels" => &[
            Chart::Auc,
            Chart::Roc,
            Chart::PrecisionRecall,
            Chart::Det,
            Chart::Cost,
            Chart::Budget,
            Chart::Delay,
        ],
        "one row a class" | "numbers only" => &[Chart::Hours],
        _ => &[],
    }
}

#[test]
fn every_possible_chart_is_drawn_at_every_size() {
    for (name, table) in tables() {
        for (kind, (width, height)) in Chart::ALL.into_iter().flat_map(|kind| SIZES.map(|size| (kind, size)))
        {
            let result = draw(kind, &table, ImageFormat::Svg, Size::new(width, height).unwrap());
            let expected = !impossible(name).contains(&kind);
            assert_eq!(result.is_ok(), expected, "{name}, {kind:?}, {width}x{height}: {result:?}");
        }
    }
}

#[test]
fn a_png_has_the_requested_size() {
    for (kind, (width, height)) in
        Chart::ALL.into_iter().flat_map(|kind| [(300, 300), (800, 600)].map(|s| (kind, s)))
    {
        let bytes =
            draw(kind, &samples::table(), ImageFormat::Png, Size::new(width, height).unwrap()).unwrap();
        let info = png::Decoder::new(bytes.as_slice()).read_info().unwrap().info().size();
        assert_eq!(info, (width, height), "{kind:?}");
    }
}

#[test]
fn the_largest_png_is_drawn_too() {
    let bytes =
        draw(Chart::Roc, &samples::table(), ImageFormat::Png, Size::new(8_000, 8_000).unwrap()).unwrap();
    assert_eq!(png::Decoder::new(bytes.as_slice()).read_info().unwrap().info().size(), (8_000, 8_000));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for (kind, format) in
        Chart::ALL.into_iter().flat_map(|kind| ImageFormat::ALL.map(|format| (kind, format)))
    {
        let once = || draw(kind, &samples::table(), format, Size::default()).unwrap();
        assert!(once() == once(), "{kind:?} {format:?}");
    }
}

/// The texts of an SVG, as (x, y, anchor, font size, content).
fn texts(svg: &str) -> Vec<(f64, f64, String, f64, String)> {
    let attribute = |line: &str, name: &str| {
        let rest = line.split(&format!(" {name}=\"")).nth(1);
        rest.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    };
    let elements = svg.lines().filter(|line| line.starts_with("<text x="));
    elements
        .map(|line| {
            let number = |name: &str| attribute(line, name).parse().unwrap();
            let content = line.split('>').nth(1).unwrap().split('<').next().unwrap();
            let plain = content.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
            (number("x"), number("y"), attribute(line, "text-anchor"), number("font-size"), plain)
        })
        .collect()
}

#[test]
fn no_text_leaves_the_chart_or_overlaps() {
    for (name, table) in tables() {
        for (kind, (width, height)) in Chart::ALL.into_iter().flat_map(|kind| SIZES.map(|size| (kind, size)))
        {
            if !impossible(name).contains(&kind) {
                let svg = svg(kind, &table, width, height);
                check_texts(
                    &svg,
                    (width.into(), height.into()),
                    &format!("{name}, {kind:?}, {width}x{height}"),
                );
            }
        }
    }
}

fn check_texts(svg: &str, (width, height): (f64, f64), chart: &str) {
    let boxes: Vec<_> = texts(svg)
        .into_iter()
        .map(|(x, y, anchor, size, content)| {
            let text_width = crate::plot::render::font::width(&content, size, false);
            let left = x - text_width
                * match anchor.as_str() {
                    "middle" => 0.5,
                    "end" => 1.0,
                    _ => 0.0,
                };
            (left, left + text_width, y - size * 0.73, y, content)
        })
        .collect();
    for (at, a) in boxes.iter().enumerate() {
        assert!(
            a.0 > -0.1 && a.1 < width + 0.1 && a.2 > 0.0 && a.3 < height,
            "{chart}: {a:?} leaves the chart"
        );
        for b in &boxes[..at] {
            let apart = a.1 <= b.0 || b.1 <= a.0 || a.3 <= b.2 || b.3 <= a.2;
            assert!(apart, "{chart}: {a:?} and {b:?} overlap");
        }
    }
}

#[test]
fn every_document_is_closed_and_has_text_for_screen_readers() {
    for kind in Chart::ALL {
        let svg = svg(kind, &samples::table(), 800, 600);
        assert!(svg.contains("viewBox=\"0 0 800 600\"") && svg.contains("role=\"img\""), "{kind:?}");
        assert!(svg.contains(&format!("<title>auth_events: {}</title>", kind.title())), "{kind:?}");
        assert!(
            svg.trim_end().ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf\""),
            "{kind:?}"
        );
    }
    let roc = svg(Chart::Roc, &samples::table(), 800, 600);
    assert!(roc.contains("isolation-forest: AUC 0.9259 [0.9139, 0.9369]"), "{roc}");
}

#[test]
fn entries_that_do_not_fit_are_counted() {
    let levels = svg(Chart::Overview, &samples::many_levels(), 400, 300);
    assert!(levels.contains(">and 5") && levels.contains(" more</text>"), "{levels}");
    let detectors = svg(Chart::PrecisionRecall, &samples::many_detectors(), 300, 300);
    assert!(detectors.contains(" more</text>"), "{detectors}");
    let intervals = svg(Chart::Auc, &samples::many_detectors(), 300, 300);
    assert!(intervals.contains(" of 36 detectors; a higher chart shows more"), "{intervals}");
}

#[test]
fn an_error_for_missing_data_says_how_to_get_it() {
    let mut table = samples::table();
    table.exploration = None;
    table.projections.clear();
    table.runs.iter_mut().for_each(|run| run.importance = None);
    for kind in [Chart::Pca, Chart::Tsne, Chart::Importance, Chart::Overview, Chart::Hours] {
        let error = draw(kind, &table, ImageFormat::Svg, Size::default()).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("auth_events: the report has no ") && !text.contains("--"), "{text}");
        assert_eq!(error.hint(), Some(&Hint::PlotAgain { chart: kind.id().to_owned() }));
    }
}

#[test]
fn without_a_network_the_loss_is_an_error_and_does_not_apply() {
    let mut table = samples::table();
    assert!(Chart::Loss.concerns(&table));
    table.runs.iter_mut().for_each(|run| run.training = None);
    let error = draw(Chart::Loss, &table, ImageFormat::Svg, Size::default()).unwrap_err();
    assert_eq!(error.to_string(), "auth_events: no detector of this report learns in epochs");
    assert_eq!(error.hint(), Some(&Hint::RunDetector("autoencoder".to_owned())));
    assert!(!Chart::Loss.concerns(&table) && Chart::Roc.concerns(&table));
}

#[test]
fn an_error_for_one_class_names_the_class() {
    let mut table = samples::table();
    table.scored_suspicious_rows = Some(0);
    let error = draw(Chart::Roc, &table, ImageFormat::Svg, Size::default()).unwrap_err().to_string();
    let start = "auth_events: ROC curves need rows of both classes, but all 9,182 rows scored under ";
    assert!(error.starts_with(&format!("{start}holdout are normal")), "{error}");
    assert!(!error.contains("suspicious") && !error.contains("--"), "{error}");
}

#[test]
fn a_size_outside_the_range_is_an_error_with_the_range() {
    let error = Size::new(299, 600).unwrap_err().to_string();
    assert_eq!(error, "width and height of a chart must be 300 to 8000 pixels, but are 299x600");
    assert!(Size::new(800, 8_001).is_err());
}
