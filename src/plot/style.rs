//! Colours, dashes and marker shapes: told apart by colour-blind readers, and in print without any colour.
//!
//! The palette is that of Okabe & Ito (Color Universal Design, 2008) without its yellow, which is too pale for
//! lines on white. A series has its own dash and its own shape besides its colour.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

pub const BLUE: Colour = Colour(0x00, 0x72, 0xB2);
pub const VERMILION: Colour = Colour(0xD5, 0x5E, 0x00);
const GREEN: Colour = Colour(0x00, 0x9E, 0x73);
const PURPLE: Colour = Colour(0xCC, 0x79, 0xA7);
const ORANGE: Colour = Colour(0xE6, 0x9F, 0x00);
const SKY: Colour = Colour(0x56, 0xB4, 0xE9);

/// The paper.
pub const GROUND: Colour = Colour(0xFF, 0xFF, 0xFF);
/// Words and frames.
pub const INK: Colour = Colour(0x22, 0x22, 0x22);
/// Words of less weight.
pub const MUTED: Colour = Colour(0x59, 0x59, 0x59);
/// Lines behind the data.
pub const GRID: Colour = Colour(0xE2, 0xE2, 0xE2);
/// Lines for comparison: chance, base rate, zero.
pub const REFERENCE: Colour = Colour(0x76, 0x76, 0x76);

/// Rows of the two classes, in every chart.
pub const NORMAL: Colour = BLUE;
pub const SUSPICIOUS: Colour = VERMILION;

/// How a line is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    Solid,
    Long,
    Dotted,
    LongDot,
    Short,
    LongDotDot,
}

/// What stands at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Circle,
    Triangle,
    Square,
    Diamond,
    Cross,
    Bar,
}

/// What tells one detector from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    pub colour: Colour,
    pub dash: Dash,
    pub shape: Shape,
}

const COLOURS: [Colour; 7] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK];
const DASHES: [Dash; 6] =
    [Dash::Solid, Dash::Long, Dash::Dotted, Dash::LongDot, Dash::Short, Dash::LongDotDot];
const SHAPES: [Shape; 6] =
    [Shape::Circle, Shape::Triangle, Shape::Square, Shape::Diamond, Shape::Cross, Shape::Bar];

impl Series {
    /// The look of the detector at a place; 42 of them look different.
    pub fn at(place: usize) -> Series {
        Series {
            colour: COLOURS[place % COLOURS.len()],
            dash: DASHES[place % DASHES.len()],
            shape: SHAPES[place % SHAPES.len()],
        }
    }
}

impl Dash {
    /// Lengths of strokes and gaps by turns, in line widths; empty for a line without gaps.
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
    /// The corners around a centre, for a radius of 1; none for the circle.
    pub fn corners(self) -> &'static [(f64, f64)] {
        match self {
            Shape::Circle => &[],
            Shape::Triangle => &[(0.0, -1.25), (1.1, 0.75), (-1.1, 0.75)],
            Shape::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Shape::Diamond => &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
            Shape::Cross => &CROSS,
            Shape::Bar => &[(-1.3, -0.5), (1.3, -0.5), (1.3, 0.5), (-1.3, 0.5)],
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
