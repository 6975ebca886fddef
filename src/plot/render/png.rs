//! A scene as PNG, rasterized by plotters.
//!
//! plotters uses integer coordinates. For smooth edges, a scene is drawn in a multiple of its size and
//! averaged. The font supports Latin, Greek, Cyrillic, Arabic and more, but not Chinese, Japanese or Korean.
//! Those characters are boxes in PNG files, but correct in SVG.

use super::font;
use crate::error::{Error, Result};
use crate::plot::scene::{Anchor, Fill, Mark, Point, Scene, Stroke, Text};
use crate::plot::style::{BACKGROUND, Colour, Shape};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBColor, ShapeStyle, TextStyle};

/// The largest number of pixels drawn for smooth edges: about 100 MB.
const PIXELS: u64 = 36_000_000;

/// The scene as the bytes of a PNG file.
///
/// # Errors
/// If plotters or the PNG encoder fails.
pub fn encode(scene: &Scene) -> Result<Vec<u8>> {
    let (width, height) = (scene.width as usize, scene.height as usize);
    let zoom = zoom(scene);
    let mut pixels = vec![0; width * height * zoom * zoom * 3];
    let size = (scene.width * zoom as u32, scene.height * zoom as u32);
    paint(scene, zoom as f64, BitMapBackend::with_buffer(&mut pixels, size))?;
    let pixels = if zoom == 1 { pixels } else { average(&pixels, width, height, zoom) };
    compress(scene, &pixels)
}

fn zoom(scene: &Scene) -> usize {
    let pixels = u64::from(scene.width) * u64::from(scene.height);
    [4, 3, 2].into_iter().find(|zoom| pixels * zoom * zoom <= PIXELS).unwrap_or(1) as usize
}

fn paint(scene: &Scene, zoom: f64, backend: BitMapBackend) -> Result<()> {
    let (width, height) = backend.get_size();
    let mut bitmap = Bitmap { backend, zoom };
    let background = solid(BACKGROUND, 1.0);
    check(bitmap.backend.draw_rect((0, 0), (width as i32, height as i32), &background, true))?;
    scene.marks.iter().try_for_each(|mark| bitmap.mark(mark))?;
    check(bitmap.backend.present())
}

/// The bitmap of plotters, in the coordinates of a scene.
struct Bitmap<'a> {
    backend: BitMapBackend<'a>,
    zoom: f64,
}

impl Bitmap<'_> {
    fn mark(&mut self, mark: &Mark) -> Result<()> {
        match mark {
            Mark::Line { points, stroke } => {
                super::dash::cut(points, stroke).iter().try_for_each(|piece| self.line(piece, stroke))
            }
            Mark::Box { rect, fill } => {
                let upper_left = self.place(Point::new(rect.left, rect.top));
                let bottom_right = self.place(Point::new(rect.right, rect.bottom));
                let style = solid(fill.colour, fill.opacity);
                check(self.backend.draw_rect(upper_left, bottom_right, &style, true))
            }
            Mark::Area { corners, fill } => self.area(corners, *fill),
            Mark::Dots { points, shape, radius, fill } => {
                points.iter().try_for_each(|centre| self.dot(*centre, *shape, *radius, *fill))
            }
            Mark::Text(text) => self.text(text),
            Mark::Hover { .. } => Ok(()),
        }
    }

    fn place(&self, point: Point) -> (i32, i32) {
        ((point.x * self.zoom).round() as i32, (point.y * self.zoom).round() as i32)
    }

    /// A line with round joints: one rectangle per segment and one circle per corner.
    fn line(&mut self, points: &[Point], stroke: &Stroke) -> Result<()> {
        let fill = Fill::solid(stroke.colour);
        for pair in points.windows(2) {
            self.area(&segment(pair[0], pair[1], stroke.width), fill)?;
        }
        let corners = points.get(1..points.len().saturating_sub(1)).unwrap_or_default();
        corners.iter().try_for_each(|corner| self.dot(*corner, Shape::Circle, stroke.width / 2.0, fill))
    }

    fn area(&mut self, points: &[Point], fill: Fill) -> Result<()> {
        let corners: Vec<_> = points.iter().map(|point| self.place(*point)).collect();
        check(self.backend.fill_polygon(corners, &solid(fill.colour, fill.opacity)))
    }

    fn dot(&mut self, centre: Point, shape: Shape, radius: f64, fill: Fill) -> Result<()> {
        let around = |(x, y): &(f64, f64)| Point::new(centre.x + x * radius, centre.y + y * radius);
        let corners: Vec<Point> = match shape {
            Shape::Circle => CIRCLE.iter().map(around).collect(),
            _ => shape.corners().iter().map(around).collect(),
        };
        self.area(&corners, fill)
    }

    fn text(&mut self, text: &Text) -> Result<()> {
        let size = text.size * self.zoom;
        let font = font::description(size, text.bold);
        // plotters puts the baseline half a font height below the position.
        let drop = font.get_size() / 2.0 / self.zoom;
        let (place, turn) = match text.upright {
            true => (Point::new(text.at.x - drop, text.at.y), FontTransform::Rotate270),
            false => (Point::new(text.at.x, text.at.y - drop), FontTransform::None),
        };
        let colour = rgb(text.colour);
        let pos = Pos::new(side(text), VPos::Top);
        let style = TextStyle::from(font.transform(turn)).color(&colour).pos(pos);
        check(self.backend.draw_text(&text.content, &style, self.place(place)))
    }
}

fn side(text: &Text) -> HPos {
    match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    }
}

/// The rectangle of a line segment.
fn segment(from: Point, to: Point, width: f64) -> [Point; 4] {
    let length = (to.x - from.x).hypot(to.y - from.y).max(f64::MIN_POSITIVE);
    let across = ((to.y - from.y) / length * width / 2.0, (from.x - to.x) / length * width / 2.0);
    let corner = |at: Point, side: f64| Point::new(at.x + side * across.0, at.y + side * across.1);
    [corner(from, 1.0), corner(to, 1.0), corner(to, -1.0), corner(from, -1.0)]
}

/// The mean of each square of `zoom` × `zoom` pixels.
fn average(pixels: &[u8], width: usize, height: usize, zoom: usize) -> Vec<u8> {
    let mut mean = Vec::with_capacity(width * height * 3);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        for channel in 0..3 {
            let at = |dy: usize, dx: usize| ((y * zoom + dy) * width * zoom + x * zoom + dx) * 3 + channel;
            let sum: u32 =
                (0..zoom).flat_map(|dy| (0..zoom).map(move |dx| u32::from(pixels[at(dy, dx)]))).sum();
            mean.push((sum / (zoom * zoom) as u32) as u8);
        }
    }
    mean
}

fn compress(scene: &Scene, pixels: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, scene.width, scene.height);
    encoder.set_color(png::ColorType::Rgb);
    // Whole pixel rows of a chart are often equal. Filters would hide that from the compressor.
    encoder.set_compression(png::Compression::Default);
    encoder.set_filter(png::FilterType::NoFilter);
    check(encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels)))?;
    Ok(bytes)
}

fn check<T, E: std::fmt::Display>(result: std::result::Result<T, E>) -> Result<T> {
    result.map_err(|e| Error::Request(format!("the chart cannot be drawn: {e}")))
}

fn rgb(Colour(red, green, blue): Colour) -> RGBColor {
    RGBColor(red, green, blue)
}

fn solid(colour: Colour, opacity: f64) -> ShapeStyle {
    rgb(colour).mix(opacity).filled()
}

/// A circle of radius 1 as a polygon. At the size of a point, its corners are invisible.
const CIRCLE: [(f64, f64); 16] = [
    (1.0, 0.0),
    (0.924, 0.383),
    (0.707, 0.707),
    (0.383, 0.924),
    (0.0, 1.0),
    (-0.383, 0.924),
    (-0.707, 0.707),
    (-0.924, 0.383),
    (-1.0, 0.0),
    (-0.924, -0.383),
    (-0.707, -0.707),
    (-0.383, -0.924),
    (0.0, -1.0),
    (0.383, -0.924),
    (0.707, -0.707),
    (0.924, -0.383),
];
