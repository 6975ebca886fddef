//! Names beside lines: each as far to the right as a place without lines and other names allows.

use crate::plot::canvas::Canvas;
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Point, Rect};

/// A line and its name.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    pub name: &'a str,
    /// In pixels, from left to right.
    pub line: Vec<Point>,
}

/// Draw the names of lines inside a panel. A line without a free place has no name; the legend has all.
pub fn draw(canvas: &mut Canvas, area: Rect, lines: &[Named]) {
    let size = canvas.small_size();
    let mut taken: Vec<Rect> = Vec::new();
    for line in lines {
        let width = font::width(line.name, size, false);
        let free = |place: &Rect| {
            let is_inside = place.left > area.left + size * 0.5 && place.top > area.top;
            is_inside
                && place.bottom < area.bottom
                && taken.iter().all(|other| !overlap(place, other))
                && lines.iter().all(|other| !crosses(&other.line, place))
        };
        let places = places(line, area, (width, size));
        let Some(place) = places.into_iter().find(|place| free(place)) else { continue };
        let at = Point::new(place.right - size * 0.3, place.bottom - size * 0.35);
        canvas.text(line.name, at, Anchor::End, size);
        taken.push(place);
    }
}

/// The boxes above and below a line, those at its right end first.
fn places(line: &Named, area: Rect, (width, size): (f64, f64)) -> Vec<Rect> {
    const STEPS: u32 = 40;
    let (width, height) = (width + size * 0.6, size * 1.4);
    let mut places = Vec::new();
    for step in 0..STEPS {
        let right = area.right - area.width() * f64::from(step) / f64::from(STEPS);
        let left = right - width;
        let heights: Vec<f64> =
            [left, (left + right) / 2.0, right].iter().filter_map(|x| height_at(&line.line, *x)).collect();
        let (Some(highest), Some(lowest)) =
            (heights.iter().copied().reduce(f64::min), heights.iter().copied().reduce(f64::max))
        else {
            continue;
        };
        let gap = size * 0.25;
        places.push(Rect { left, right, top: highest - gap - height, bottom: highest - gap });
        places.push(Rect { left, right, top: lowest + gap, bottom: lowest + gap + height });
    }
    places
}

/// The height of a line at an x position, at the last segment over it.
fn height_at(line: &[Point], x: f64) -> Option<f64> {
    let segment = line.windows(2).rev().find(|pair| pair[0].x <= x && x <= pair[1].x)?;
    let width = segment[1].x - segment[0].x;
    let share = if width > 0.0 { (x - segment[0].x) / width } else { 0.0 };
    Some(segment[0].y + (segment[1].y - segment[0].y) * share)
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

/// Whether a line enters a box: points at most two pixels apart are checked.
fn crosses(line: &[Point], place: &Rect) -> bool {
    line.windows(2).any(|pair| {
        let (x, y) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
        let steps = (x.hypot(y) / 2.0).ceil().max(1.0);
        (0..=steps as u32).map(|step| f64::from(step) / steps).any(|share| {
            let (x, y) = (pair[0].x + x * share, pair[0].y + y * share);
            place.left < x && x < place.right && place.top < y && y < place.bottom
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_height_of_a_line_with_a_jump_is_that_after_the_jump() {
        let line = [(0.0, 9.0), (4.0, 9.0), (4.0, 2.0), (8.0, 0.0)].map(|(x, y)| Point::new(x, y));
        assert_eq!([1.0, 4.0, 6.0].map(|x| height_at(&line, x)), [Some(9.0), Some(2.0), Some(1.0)]);
        assert_eq!(height_at(&line, 9.0), None);
    }

    #[test]
    fn a_line_through_a_box_crosses_it() {
        let place = Rect { left: 10.0, top: 10.0, right: 20.0, bottom: 20.0 };
        let line = |y: f64| [Point::new(0.0, y), Point::new(100.0, y)];
        assert!(crosses(&line(15.0), &place) && !crosses(&line(25.0), &place));
    }
}
