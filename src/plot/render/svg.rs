//! A scene as SVG: text stays text, one path for all points of a kind, the same bytes for the same scene.
//!
//! Written here and not by plotters, whose SVG has whole-pixel coordinates, an element for every point, no dashes,
//! and no words for screen readers. Ground, words and grid carry a class each, so that a page can restyle them.

use crate::plot::style::{Colour, GRID, GROUND, INK, MUTED, Shape};
use crate::plot::scene::{Anchor, Fill, Mark, Point, Scene, Stroke, Text};
use std::fmt::Write;

const FAMILIES: &str = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif";

/// The scene as a standalone document that may also stand inside a page, where it shrinks with its column.
pub fn written(scene: &Scene) -> String {
    let (width, height) = (scene.width, scene.height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" style=\"max-width:100%;height:auto\" role=\"img\" aria-label=\"{}\" \
         font-family=\"{FAMILIES}\">\n<title>{}</title>\n<desc>{}</desc>\n",
        escaped(&scene.title),
        escaped(&scene.title),
        escaped(&scene.description)
    );
    let _ = writeln!(
        svg,
        "<rect width=\"{width}\" height=\"{height}\"{} fill=\"{}\"/>",
        class(GROUND),
        hex(GROUND)
    );
    for mark in &scene.marks {
        write_mark(&mut svg, mark);
    }
    svg + "</svg>\n"
}

fn write_mark(svg: &mut String, mark: &Mark) {
    let written = match mark {
        Mark::Line { points, stroke } => {
            writeln!(svg, "<path d=\"{}\" fill=\"none\"{}/>", path(points), stroked(stroke))
        }
        Mark::Box { rect, fill } => writeln!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>",
            number(rect.left),
            number(rect.top),
            number(rect.width()),
            number(rect.height()),
            filled(fill)
        ),
        Mark::Dots { points, shape: Shape::Circle, radius, fill } => writeln!(
            svg,
            "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-opacity=\"{}\" stroke-width=\"{}\" \
             stroke-linecap=\"round\"/>",
            points.iter().map(|point| format!("{}h0", moved(*point))).collect::<String>(),
            hex(fill.colour),
            number(fill.opacity),
            number(radius * 2.0)
        ),
        Mark::Dots { points, shape, radius, fill } => {
            writeln!(svg, "<path d=\"{}\"{}/>", shapes(points, *shape, *radius), filled(fill))
        }
        Mark::Text(text) => writeln!(svg, "{}", words(text)),
    };
    // Writing to a string cannot fail.
    let _ = written;
}

fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        path += &if at == 0 { moved(*point) } else { format!("L{} {}", number(point.x), number(point.y)) };
    }
    path
}

fn moved(to: Point) -> String {
    format!("M{} {}", number(to.x), number(to.y))
}

fn shapes(points: &[Point], shape: Shape, radius: f64) -> String {
    let around = |centre: &Point| -> Vec<Point> {
        let corners = shape.corners().iter();
        corners.map(|(x, y)| Point::new(centre.x + x * radius, centre.y + y * radius)).collect()
    };
    points.iter().map(|centre| path(&around(centre)) + "z").collect()
}

fn stroked(stroke: &Stroke) -> String {
    let mut text = format!(
        "{} stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"",
        class(stroke.colour),
        hex(stroke.colour),
        number(stroke.width)
    );
    let lengths: Vec<String> =
        stroke.dash.pattern().iter().map(|length| number(length * stroke.width)).collect();
    if !lengths.is_empty() {
        let _ = write!(text, " stroke-dasharray=\"{}\"", lengths.join(" "));
    }
    text
}

fn filled(fill: &Fill) -> String {
    let opacity = if fill.opacity < 1.0 {
        format!(" fill-opacity=\"{}\"", number(fill.opacity))
    } else {
        String::new()
    };
    format!("{} fill=\"{}\"{opacity}", class(fill.colour), hex(fill.colour))
}

fn words(text: &Text) -> String {
    let (x, y) = (number(text.at.x), number(text.at.y));
    let place = match text.upright {
        true => format!("transform=\"translate({x} {y}) rotate(-90)\""),
        false => format!("x=\"{x}\" y=\"{y}\""),
    };
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let weight = if text.bold { " font-weight=\"bold\"" } else { "" };
    format!(
        "<text {place} font-size=\"{}\"{anchor}{weight}{} fill=\"{}\">{}</text>",
        number(text.size),
        class(text.colour),
        hex(text.colour),
        escaped(&text.words)
    )
}

fn class(colour: Colour) -> &'static str {
    match colour {
        GROUND => " class=\"chart-ground\"",
        INK => " class=\"chart-ink\"",
        MUTED => " class=\"chart-muted\"",
        GRID => " class=\"chart-grid\"",
        _ => "",
    }
}

fn hex(Colour(red, green, blue): Colour) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// Two places at most: a hundredth of a pixel is not seen.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Fit for an XML text or attribute. Control characters, which XML cannot hold, become spaces.
fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => text += "&amp;",
            '<' => text += "&lt;",
            '>' => text += "&gt;",
            '"' => text += "&quot;",
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => text.push(' '),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_the_document() {
        assert_eq!(escaped("a<b>&\"c\u{1}"), "a&lt;b&gt;&amp;&quot;c ");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([1.0, 0.126, -0.001, 10.50].map(number), ["1", "0.13", "0", "10.5"]);
    }
}
