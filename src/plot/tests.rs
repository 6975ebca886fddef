//! Every chart of every kind of table: it is drawn, or says why not.

use super::{Format, Kind, Size, draw, samples};
use crate::report::TableReport;
use std::{env, fs, path::Path};

/// Rewritten with `UPDATE_GOLDENS=1 cargo test --release`, and read in the diff.
#[test]
fn charts_are_what_they_were() {
    for kind in Kind::ALL {
        holds(&format!("{}.svg", kind.id()), &svg(kind, &samples::table(), 800, 600));
    }
    holds("histogram-without-labels.svg", &svg(Kind::Histogram, &samples::without_labels(), 800, 600));
    holds("importance-of-40.svg", &svg(Kind::Importance, &samples::many_features(), 400, 300));
}

fn holds(name: &str, drawn: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plot/goldens").join(name);
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, drawn).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    let differs = golden.lines().zip(drawn.lines()).find(|(a, b)| a != b);
    assert!(golden == drawn, "{name} is drawn differently: {differs:?}");
}

fn svg(kind: Kind, table: &TableReport, width: u32, height: u32) -> String {
    let bytes = draw(kind, table, Format::Svg, Size::new(width, height).unwrap()).unwrap();
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

/// The charts that a table cannot have.
fn lacking(table: &str) -> &'static [Kind] {
    match table {
        "without labels" => &[Kind::Roc, Kind::PrecisionRecall],
        "one row a class" | "numbers only" => &[Kind::Hours],
        _ => &[],
    }
}

#[test]
fn every_chart_is_drawn_at_every_size_or_says_what_is_missing() {
    for (name, table) in tables() {
        for (kind, (width, height)) in Kind::ALL.into_iter().flat_map(|kind| SIZES.map(|size| (kind, size))) {
            let drawn = draw(kind, &table, Format::Svg, Size::new(width, height).unwrap());
            let expected = !lacking(name).contains(&kind);
            assert_eq!(drawn.is_ok(), expected, "{name}, {kind:?}, {width}x{height}: {drawn:?}");
        }
    }
}

#[test]
fn a_png_has_the_size_that_was_asked_for() {
    for (kind, (width, height)) in
        Kind::ALL.into_iter().flat_map(|kind| [(300, 300), (800, 600)].map(|s| (kind, s)))
    {
        let bytes = draw(kind, &samples::table(), Format::Png, Size::new(width, height).unwrap()).unwrap();
        let info = png::Decoder::new(bytes.as_slice()).read_info().unwrap().info().size();
        assert_eq!(info, (width, height), "{kind:?}");
    }
}

#[test]
fn the_largest_png_is_drawn_too() {
    let bytes = draw(Kind::Roc, &samples::table(), Format::Png, Size::new(8_000, 8_000).unwrap()).unwrap();
    assert_eq!(png::Decoder::new(bytes.as_slice()).read_info().unwrap().info().size(), (8_000, 8_000));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for (kind, format) in Kind::ALL.into_iter().flat_map(|kind| Format::ALL.map(|format| (kind, format))) {
        let once = || draw(kind, &samples::table(), format, Size::default()).unwrap();
        assert!(once() == once(), "{kind:?} {format:?}");
    }
}

/// The numbers of the words of an SVG: x, y, anchor, size, and the words.
fn words_of(svg: &str) -> Vec<(f64, f64, String, f64, String)> {
    let attribute = |line: &str, name: &str| {
        let after = line.split(&format!(" {name}=\"")).nth(1);
        after.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    };
    let texts = svg.lines().filter(|line| line.starts_with("<text x="));
    texts
        .map(|line| {
            let number = |name: &str| attribute(line, name).parse().unwrap();
            let words = line.split('>').nth(1).unwrap().split('<').next().unwrap();
            let plain = words.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
            (number("x"), number("y"), attribute(line, "text-anchor"), number("font-size"), plain)
        })
        .collect()
}

#[test]
fn no_words_leave_the_chart_or_overlap() {
    for (name, table) in tables() {
        for (kind, (width, height)) in Kind::ALL.into_iter().flat_map(|kind| SIZES.map(|size| (kind, size))) {
            if !lacking(name).contains(&kind) {
                let svg = svg(kind, &table, width, height);
                check_words(
                    &svg,
                    (width.into(), height.into()),
                    &format!("{name}, {kind:?}, {width}x{height}"),
                );
            }
        }
    }
}

fn check_words(svg: &str, (width, height): (f64, f64), chart: &str) {
    let boxes: Vec<_> = words_of(svg)
        .into_iter()
        .map(|(x, y, anchor, size, words)| {
            let wide = crate::plot::render::font::width(&words, size, false);
            let left = x - wide
                * match anchor.as_str() {
                    "middle" => 0.5,
                    "end" => 1.0,
                    _ => 0.0,
                };
            (left, left + wide, y - size * 0.73, y, words)
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
fn every_document_is_closed_and_has_words_for_those_who_cannot_see_it() {
    for kind in Kind::ALL {
        let svg = svg(kind, &samples::table(), 800, 600);
        assert!(svg.contains("viewBox=\"0 0 800 600\"") && svg.contains("role=\"img\""), "{kind:?}");
        assert!(svg.contains(&format!("<title>auth_events: {}</title>", kind.title())), "{kind:?}");
        assert!(
            svg.trim_end().ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf\""),
            "{kind:?}"
        );
    }
    let described = svg(Kind::Roc, &samples::table(), 800, 600);
    assert!(described.contains("isolation-forest: AUC 0.9259 [0.9139, 0.9369]"), "{described}");
}

#[test]
fn what_has_no_room_is_counted() {
    let levels = svg(Kind::Overview, &samples::many_levels(), 400, 300);
    assert!(levels.contains(">and 5") && levels.contains(" more</text>"), "{levels}");
    let detectors = svg(Kind::PrecisionRecall, &samples::many_detectors(), 300, 300);
    assert!(detectors.contains(" more</text>"), "{detectors}");
}

#[test]
fn a_report_without_charts_in_mind_says_how_to_get_them() {
    let mut table = samples::table();
    table.exploration = None;
    table.projections.clear();
    table.runs.iter_mut().for_each(|run| run.importance = None);
    for kind in [Kind::Pca, Kind::Tsne, Kind::Importance, Kind::Overview, Kind::Hours] {
        let error = draw(kind, &table, Format::Svg, Size::default()).unwrap_err().to_string();
        assert!(error.contains(&format!("run `whis-lab plot {}` without --report", kind.id())), "{error}");
    }
}

#[test]
fn without_a_network_there_is_no_loss_and_nobody_misses_it() {
    let mut table = samples::table();
    assert!(Kind::Loss.concerns(&table));
    table.runs.iter_mut().for_each(|run| run.training = None);
    let error = draw(Kind::Loss, &table, Format::Svg, Size::default()).unwrap_err().to_string();
    assert!(error.contains("`whis-lab plot loss --detectors autoencoder`"), "{error}");
    assert!(!Kind::Loss.concerns(&table) && Kind::Roc.concerns(&table));
}

#[test]
fn curves_of_one_class_say_which_class_it_is() {
    let mut table = samples::table();
    table.scored_suspicious_rows = Some(0);
    let error = draw(Kind::Roc, &table, Format::Svg, Size::default()).unwrap_err().to_string();
    assert!(error.contains("all 9,182 rows scored under holdout are normal"), "{error}");
}

#[test]
fn a_size_outside_the_range_is_refused_with_its_numbers() {
    let error = Size::new(299, 600).unwrap_err().to_string();
    assert_eq!(error, "a chart is 300 to 8000 pixels wide and high, but 299x600 was asked for");
    assert!(Size::new(800, 8_001).is_err());
}
