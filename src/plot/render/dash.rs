//! Dashed lines for formats that support only solid lines.

use crate::plot::scene::{Point, Stroke};

/// The visible pieces of a dashed line.
pub fn cut(points: &[Point], stroke: &Stroke) -> Vec<Vec<Point>> {
    let pattern = stroke.dash.pattern();
    if pattern.is_empty() {
        return vec![points.to_vec()];
    }
    let mut pen = Pen { pieces: vec![], drawing: true, turn: 0, rest: pattern[0] * stroke.width };
    pen.start(points);
    for pair in points.windows(2) {
        pen.follow(pair[0], pair[1], pattern, stroke.width);
    }
    pen.pieces
}

struct Pen {
    pieces: Vec<Vec<Point>>,
    drawing: bool,
    /// The index in the pattern, and the rest of that length.
    turn: usize,
    rest: f64,
}

impl Pen {
    fn start(&mut self, points: &[Point]) {
        self.pieces.extend(points.first().map(|first| vec![*first]));
    }

    fn follow(&mut self, from: Point, to: Point, pattern: &[f64], width: f64) {
        let length = (to.x - from.x).hypot(to.y - from.y);
        let mut position = 0.0;
        while length - position > self.rest {
            position += self.rest;
            let share = position / length;
            self.turn_at(Point::new(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share));
            self.turn = (self.turn + 1) % pattern.len();
            self.rest = pattern[self.turn] * width;
        }
        self.rest -= length - position;
        self.reach(to);
    }

    fn turn_at(&mut self, point: Point) {
        match self.drawing {
            true => self.reach(point),
            false => self.pieces.push(vec![point]),
        }
        self.drawing = !self.drawing;
    }

    fn reach(&mut self, point: Point) {
        if let (true, Some(piece)) = (self.drawing, self.pieces.last_mut()) {
            piece.push(point);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::style::{Dash, FOREGROUND};

    #[test]
    fn a_dash_goes_around_a_corner() {
        let stroke = Stroke { colour: FOREGROUND, width: 1.0, dash: Dash::Short };
        let corner = [Point::new(0.0, 0.0), Point::new(2.0, 0.0), Point::new(2.0, 4.0)];
        let pieces = cut(&corner, &stroke);
        assert_eq!(pieces[0], [Point::new(0.0, 0.0), Point::new(2.0, 0.0), Point::new(2.0, 1.0)]);
        assert_eq!(pieces[1], [Point::new(2.0, 3.0), Point::new(2.0, 4.0)]);
    }
}
