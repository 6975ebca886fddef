//! A PNG has ink where its SVG has marks, and next to none elsewhere.
//!
//! A chart is divided into cells. For each cell, the scene tells which pixels its marks touch, where a text is
//! the box of its letters.

use super::impossible;
use crate::plot::canvas::Canvas;
use crate::plot::charts::{
    auc, budget, cost, delay, det, histogram, hours, importance, loss, overview, precision_recall,
    projection, roc,
};
use crate::plot::render::{font, svg};
use crate::plot::scene::{Anchor, Mark, Point, Rect, Scene, Text};
use crate::plot::style::{BACKGROUND, Colour};
use crate::plot::{Chart, ImageFormat, Size, draw, samples};
use crate::report::{ProjectionMethod, TableReport};

#[test]
fn a_png_has_ink_where_its_svg_has_marks_and_none_elsewhere() {
    let size = Size::new(640, 480).unwrap();
    for (name, table) in [
        ("normal", samples::table()),
        ("without labels", samples::without_labels()),
        ("numbers only", samples::numbers_only()),
    ] {
        for kind in Chart::ALL.into_iter().filter(|kind| !impossible(name).contains(kind)) {
            let (scene, image) = both(kind, &table, size);
            assert!(agrees(&scene, &image), "{name}, {kind:?}");
        }
    }
}

#[test]
fn a_blank_a_full_and_an_upside_down_image_fail_the_check() {
    for kind in Chart::ALL {
        let (scene, image) = both(kind, &samples::table(), Size::default());
        let blank = Raster::blank(&scene);
        let full = Raster { pixels: vec![true; blank.pixels.len()], ..blank };
        let rows = image.pixels.chunks(image.width).rev();
        let upside_down = Raster { pixels: rows.flatten().copied().collect(), ..image };
        assert!(agrees(&scene, &image), "{kind:?}");
        assert!(!agrees(&scene, &Raster::blank(&scene)), "{kind:?}, blank");
        assert!(!agrees(&scene, &full), "{kind:?}, full");
        assert!(!agrees(&scene, &upside_down), "{kind:?}, upside down");
    }
}

#[test]
fn the_image_of_another_chart_fails_the_check() {
    let all = Chart::ALL.map(|kind| (kind, both(kind, &samples::table(), Size::default())));
    for (kind, (scene, _)) in &all {
        for (other, (_, image)) in &all {
            assert_eq!(
                agrees(scene, image),
                kind == other,
                "the scene of {kind:?} and the image of {other:?}"
            );
        }
    }
}

/// The columns and the rows of cells.
const CELLS: (usize, usize) = (24, 16);

/// The smallest share of touched pixels in a cell with marks. Cells with fewer are not checked for ink.
const MARKED: f64 = 0.02;

/// The smallest share of the touched pixels with ink: letters and dashes have gaps.
const INK: f64 = 0.2;

/// The smallest share of the cells with marks that have ink. Rounding moves a thin line into the next cell.
const CELLS_WITH_INK: f64 = 0.9;

/// The distance from a mark, in pixels, of smooth edges and of letters that go below the line.
const NEAR: f64 = 4.0;

/// The largest share of ink in a cell far from all marks.
const STRAY_INK: f64 = 0.005;

/// Whether an image has ink where a scene has marks, and next to none elsewhere.
fn agrees(scene: &Scene, image: &Raster) -> bool {
    let (marks, near) = (Raster::of_marks(scene, 0.0).shares(), Raster::of_marks(scene, NEAR).shares());
    let ink = image.shares();
    let marked: Vec<usize> = (0..ink.len()).filter(|&cell| marks[cell] >= MARKED).collect();
    let with_ink = marked.iter().filter(|&&cell| ink[cell] >= marks[cell] * INK).count();
    let is_clean = |cell: usize| near[cell] > 0.0 || ink[cell] <= STRAY_INK;
    with_ink as f64 >= marked.len() as f64 * CELLS_WITH_INK && (0..ink.len()).all(is_clean)
}

/// The scene of a chart and the pixels of its PNG. The scene is that of its SVG.
fn both(kind: Chart, table: &TableReport, size: Size) -> (Scene, Raster) {
    let bytes = |format| draw(kind, table, format, size).unwrap();
    let scene = scene(kind, table, size);
    assert!(svg::document(&scene).into_bytes() == bytes(ImageFormat::Svg), "{kind:?} has another scene");
    (scene, Raster::of_png(&bytes(ImageFormat::Png)))
}

/// The scene of a chart, before a format is chosen.
fn scene(kind: Chart, table: &TableReport, size: Size) -> Scene {
    font::register().unwrap();
    let mut canvas = Canvas::new(size);
    let drawn = match kind {
        Chart::Auc => auc::draw(&mut canvas, table),
        Chart::Roc => roc::draw(&mut canvas, table),
        Chart::PrecisionRecall => precision_recall::draw(&mut canvas, table),
        Chart::Det => det::draw(&mut canvas, table),
        Chart::Cost => cost::draw(&mut canvas, table),
        Chart::Budget => budget::draw(&mut canvas, table),
        Chart::Delay => delay::draw(&mut canvas, table),
        Chart::Histogram => histogram::draw(&mut canvas, table),
        Chart::Pca => projection::draw(&mut canvas, table, ProjectionMethod::Pca),
        Chart::Tsne => projection::draw(&mut canvas, table, ProjectionMethod::Tsne),
        Chart::Importance => importance::draw(&mut canvas, table),
        Chart::Overview => overview::draw(&mut canvas, table),
        Chart::Hours => hours::draw(&mut canvas, table),
        Chart::Loss => loss::draw(&mut canvas, table),
    };
    drawn.unwrap();
    canvas.scene
}

/// For each pixel, row by row, whether it has ink.
struct Raster {
    width: usize,
    height: usize,
    pixels: Vec<bool>,
}

impl Raster {
    fn blank(scene: &Scene) -> Raster {
        let (width, height) = (scene.width as usize, scene.height as usize);
        Raster { width, height, pixels: vec![false; width * height] }
    }

    /// The pixels of a PNG that are not background.
    fn of_png(bytes: &[u8]) -> Raster {
        let mut reader = png::Decoder::new(bytes).read_info().unwrap();
        let mut buffer = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut buffer).unwrap();
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        let Colour(red, green, blue) = BACKGROUND;
        let has_ink = |pixel: &[u8]| pixel != [red, green, blue];
        let pixels = buffer[..info.buffer_size()].chunks_exact(3).map(has_ink).collect();
        Raster { width: info.width as usize, height: info.height as usize, pixels }
    }

    /// The pixels that marks touch or that are within `margin` of one.
    fn of_marks(scene: &Scene, margin: f64) -> Raster {
        let mut raster = Raster::blank(scene);
        for mark in &scene.marks {
            match mark {
                Mark::Line { points, stroke } => {
                    points.windows(2).for_each(|pair| raster.line(pair, stroke.width / 2.0 + margin));
                }
                Mark::Box { rect, .. } => raster.fill(*rect, margin),
                Mark::Area { corners, .. } => raster.fill(bounds(corners), margin),
                Mark::Dots { points, radius, .. } => {
                    points.iter().for_each(|centre| raster.fill(point(*centre), radius + margin));
                }
                Mark::Text(text) => raster.fill(letters(text), margin),
                Mark::Hover { .. } => {}
            }
        }
        raster
    }

    /// A segment of a line, by points at most half a pixel apart.
    fn line(&mut self, ends: &[Point], margin: f64) {
        let (x, y) = (ends[1].x - ends[0].x, ends[1].y - ends[0].y);
        let steps = (x.hypot(y) * 2.0).ceil().max(1.0);
        for step in 0..=steps as u32 {
            let share = f64::from(step) / steps;
            self.fill(point(Point::new(ends[0].x + x * share, ends[0].y + y * share)), margin);
        }
    }

    fn fill(&mut self, rect: Rect, margin: f64) {
        let pixels = |from: f64, to: f64, end: usize| {
            let (from, to) = ((from - margin).floor().max(0.0), (to + margin).ceil().max(0.0));
            from as usize..(to as usize).min(end)
        };
        for y in pixels(rect.top, rect.bottom, self.height) {
            for x in pixels(rect.left, rect.right, self.width) {
                self.pixels[y * self.width + x] = true;
            }
        }
    }

    /// The share of pixels with ink in each cell.
    fn shares(&self) -> Vec<f64> {
        let (columns, rows) = CELLS;
        let area = self.pixels.len() as f64 / (columns * rows) as f64;
        let mut shares = vec![0.0; columns * rows];
        for (at, _) in self.pixels.iter().enumerate().filter(|(_, has_ink)| **has_ink) {
            let (x, y) = (at % self.width, at / self.width);
            shares[y * rows / self.height * columns + x * columns / self.width] += 1.0 / area;
        }
        shares
    }
}

fn point(Point { x, y }: Point) -> Rect {
    Rect { left: x, top: y, right: x, bottom: y }
}

/// The box around the corners of an area.
fn bounds(corners: &[Point]) -> Rect {
    let boxes = corners.iter().map(|corner| point(*corner));
    let around = |a: Rect, b: Rect| Rect {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
    };
    boxes.reduce(around).unwrap()
}

/// The box of a text from its baseline to the top of its capital letters.
fn letters(text: &Text) -> Rect {
    let width = font::width(&text.content, text.size, text.bold);
    let before = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    let height = text.size * 0.73;
    let Point { x, y } = text.at;
    match text.upright {
        true => Rect { left: x - height, top: y + before - width, right: x, bottom: y + before },
        false => Rect { left: x - before, top: y - height, right: x - before + width, bottom: y },
    }
}
