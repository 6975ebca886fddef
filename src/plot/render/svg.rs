//! A scene as SVG. Text stays text, all points of a mark are one path, and the output is deterministic.
//!
//! The SVG of plotters is not used: it has integer coordinates, one element per point, no dashes, and no text
//! for screen readers. Background, text and grid have classes, so that a page can change their colors.

use crate::error::is_printable;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Scene, Stroke, Text};
use crate::plot::style::{
    BACKGROUND, BLUE, Colour, FADED, FOREGROUND, GRID, MUTED, REFERENCE, Shape, VERMILION,
};
use std::fmt::Write;

const FAMILIES: &str = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif";

/// The scene as an SVG document. It is also valid inside an HTML page, where it shrinks with its column.
pub fn document(scene: &Scene) -> String {
    let (width, height) = (scene.width, scene.height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" style=\"max-width:100%;height:auto\" role=\"img\" aria-label=\"{}\" \
         font-family=\"{FAMILIES}\">\n<title>{}</title>\n<desc>{}</desc>\n",
        escape(&scene.title),
        escape(&scene.title),
        escape(&scene.description)
    );
    let _ = writeln!(
        svg,
        "<rect width=\"{width}\" height=\"{height}\"{} fill=\"{}\"/>",
        class(BACKGROUND),
        hex(BACKGROUND)
    );
    for mark in &scene.marks {
        write_mark(&mut svg, mark);
    }
    svg + "</svg>\n"
}

fn write_mark(svg: &mut String, mark: &Mark) {
    let result = match mark {
        Mark::Line { points, stroke } => {
            writeln!(svg, "<path d=\"{}\" fill=\"none\"{}/>", path(points), stroke_attributes(stroke))
        }
        Mark::Box { rect, fill } => writeln!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>",
            number(rect.left),
            number(rect.top),
            number(rect.width()),
            number(rect.height()),
            fill_attributes(fill)
        ),
        Mark::Area { corners, fill } => {
            writeln!(svg, "<path d=\"{}z\"{}/>", path(corners), fill_attributes(fill))
        }
        Mark::Dots { points, shape: Shape::Circle, radius, fill } => writeln!(
            svg,
            "<path d=\"{}\" fill=\"none\"{} stroke=\"{}\" stroke-opacity=\"{}\" stroke-width=\"{}\" \
             stroke-linecap=\"round\"/>",
            points.iter().map(|point| format!("{}h0", move_to(*point))).collect::<String>(),
            class(fill.colour),
            hex(fill.colour),
            number(fill.opacity),
            number(radius * 2.0)
        ),
        Mark::Dots { points, shape, radius, fill } => {
            writeln!(svg, "<path d=\"{}\"{}/>", shapes(points, *shape, *radius), fill_attributes(fill))
        }
        Mark::Text(text) => writeln!(svg, "{}", text_element(text)),
        Mark::Hover { rect, text } => writeln!(
            svg,
            "<rect class=\"chart-hover\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill-opacity=\"0\">\
             <title>{}</title></rect>",
            number(rect.left),
            number(rect.top),
            number(rect.width()),
            number(rect.height()),
            escape(text)
        ),
    };
    // Writing to a string cannot fail.
    let _ = result;
}

fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        path += &if at == 0 { move_to(*point) } else { format!("L{} {}", number(point.x), number(point.y)) };
    }
    path
}

fn move_to(to: Point) -> String {
    format!("M{} {}", number(to.x), number(to.y))
}

fn shapes(points: &[Point], shape: Shape, radius: f64) -> String {
    let around = |centre: &Point| -> Vec<Point> {
        let corners = shape.corners().iter();
        corners.map(|(x, y)| Point::new(centre.x + x * radius, centre.y + y * radius)).collect()
    };
    points.iter().map(|centre| path(&around(centre)) + "z").collect()
}

fn stroke_attributes(stroke: &Stroke) -> String {
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

fn fill_attributes(fill: &Fill) -> String {
    let opacity = if fill.opacity < 1.0 {
        format!(" fill-opacity=\"{}\"", number(fill.opacity))
    } else {
        String::new()
    };
    format!("{} fill=\"{}\"{opacity}", class(fill.colour), hex(fill.colour))
}

fn text_element(text: &Text) -> String {
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
        escape(&text.content)
    )
}

fn class(colour: Colour) -> &'static str {
    match colour {
        BACKGROUND => " class=\"chart-ground\"",
        FOREGROUND => " class=\"chart-ink\"",
        MUTED => " class=\"chart-muted\"",
        GRID => " class=\"chart-grid\"",
        FADED => " class=\"chart-faded\"",
        REFERENCE => " class=\"chart-reference\"",
        BLUE => " class=\"chart-blue\"",
        VERMILION => " class=\"chart-vermilion\"",
        _ => "",
    }
}

fn hex(Colour(red, green, blue): Colour) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// A number with at most two decimals; a hundredth of a pixel is invisible.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Escape text for XML. Control characters, which XML does not allow, and marks that change the direction of text become
/// spaces.
fn escape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for letter in raw.chars() {
        match letter {
            '&' => text += "&amp;",
            '<' => text += "&lt;",
            '>' => text += "&gt;",
            '"' => text += "&quot;",
            c if !is_printable(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}') => text.push(' '),
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
        assert_eq!(escape("a<b>&\"c\u{1}\u{202e}"), "a&lt;b&gt;&amp;&quot;c  ");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([1.0, 0.126, -0.001, 10.50].map(number), ["1", "0.13", "0", "10.5"]);
    }
}
