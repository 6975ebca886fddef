//! Colors, dashes and marker shapes that color-blind readers can distinguish, also in black-and-white print.
//!
//! The palette is that of Okabe & Ito (Color Universal Design, 2008), without the yellow, which is too pale
//! for lines on white. Each series also has its own dash and shape.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

pub const BLUE: Colour = Colour(0x00, 0x72, 0xB2);
pub const VERMILION: Colour = Colour(0xD5, 0x5E, 0x00);
const GREEN: Colour = Colour(0x00, 0x9E, 0x73);
const PURPLE: Colour = Colour(0xCC, 0x79, 0xA7);
const ORANGE: Colour = Colour(0xE6, 0x9F, 0x00);
const SKY: Colour = Colour(0x56, 0xB4, 0xE9);

/// The background of a chart.
pub const BACKGROUND: Colour = Colour(0xFF, 0xFF, 0xFF);
/// Text and frames.
pub const FOREGROUND: Colour = Colour(0x22, 0x22, 0x22);
/// Secondary text.
pub const MUTED: Colour = Colour(0x59, 0x59, 0x59);
/// Grid lines.
pub const GRID: Colour = Colour(0xE2, 0xE2, 0xE2);
/// The lines of detectors that are not highlighted.
pub const FADED: Colour = Colour(0xA3, 0xA3, 0xA3);
/// Reference lines: chance, base rate, zero.
pub const REFERENCE: Colour = Colour(0x76, 0x76, 0x76);

/// The colors of the two classes, in every chart.
pub const NORMAL: Colour = BLUE;
pub const SUSPICIOUS: Colour = VERMILION;

/// The dash pattern of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    Solid,
    Long,
    Dotted,
    LongDot,
    Short,
    LongDotDot,
}

/// The marker of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Circle,
    Triangle,
    Square,
    Diamond,
    Cross,
    /// A triangle that points down.
    Down,
}

/// The style of one detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    pub colour: Colour,
    pub dash: Dash,
    pub shape: Shape,
}

const COLOURS: [Colour; 7] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, FOREGROUND];
const DASHES: [Dash; 6] =
    [Dash::Solid, Dash::Long, Dash::Dotted, Dash::LongDot, Dash::Short, Dash::LongDotDot];
const SHAPES: [Shape; 6] =
    [Shape::Circle, Shape::Triangle, Shape::Square, Shape::Diamond, Shape::Cross, Shape::Down];

impl Series {
    /// The style of the detector at an index. The first 42 differ.
    pub fn at(index: usize) -> Series {
        Series {
            colour: COLOURS[index % COLOURS.len()],
            dash: DASHES[index % DASHES.len()],
            shape: SHAPES[index % SHAPES.len()],
        }
    }
}

impl Dash {
    /// The alternating lengths of strokes and gaps, in line widths; empty for a solid line.
    pub fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Long => &[6.0, 2.5],
            Dash::Dotted => &[1.4, 1.6],
            Dash::LongDot => &[6.0, 2.0, 1.4, 2.0],
            Dash::Short => &[3.0, 2.0],
            Dash::LongDotDot => &[6.0, 2.0, 1.4, 2.0, 1.4, 2.0],
        }
    }
}

impl Shape {
    /// The corners of the shape around (0, 0) for a radius of 1; none for the circle.
    pub fn corners(self) -> &'static [(f64, f64)] {
        match self {
            Shape::Circle => &[],
            Shape::Triangle => &[(0.0, -1.25), (1.1, 0.75), (-1.1, 0.75)],
            Shape::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Shape::Diamond => &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
            Shape::Cross => &CROSS,
            Shape::Down => &[(0.0, 1.25), (1.1, -0.75), (-1.1, -0.75)],
        }
    }
}

const CROSS: [(f64, f64); 12] = [
    (-0.4, -1.2),
    (0.4, -1.2),
    (0.4, -0.4),
    (1.2, -0.4),
    (1.2, 0.4),
    (0.4, 0.4),
    (0.4, 1.2),
    (-0.4, 1.2),
    (-0.4, 0.4),
    (-1.2, 0.4),
    (-1.2, -0.4),
    (-0.4, -0.4),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_six_detectors_differ_in_colour_dash_and_shape() {
        for (a, b) in (0..6).flat_map(|a| (0..a).map(move |b| (Series::at(a), Series::at(b)))) {
            assert!(a.colour != b.colour && a.dash != b.dash && a.shape != b.shape, "{a:?} {b:?}");
        }
    }
}
