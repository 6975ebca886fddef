//! The legend of a chart, below the panels.

use crate::plot::canvas::Canvas;
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Stroke};
use crate::plot::style::{Colour, Shape};

/// The symbol of a legend entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sample {
    Line(Stroke),
    /// A line with a marker.
    Marked(Stroke, Shape),
    Area(Fill),
    Dot(Shape, Colour),
    Nothing,
}

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub sample: Sample,
    pub name: String,
    /// The text after the name. It stays complete if the name is shortened.
    pub value: String,
}

impl Entry {
    pub fn new(sample: Sample, name: impl Into<String>) -> Entry {
        Entry { sample, name: name.into(), value: String::new() }
    }

    pub fn with(self, value: impl Into<String>) -> Entry {
        Entry { value: value.into(), ..self }
    }

    fn label(&self) -> String {
        format!("{}{}", self.name, self.value)
    }
}

/// The largest share of the height that a legend takes.
const SHARE: f64 = 0.4;

/// Draw a legend at the lower edge, column by column. Returns the area above it.
pub fn draw(canvas: &mut Canvas, area: Rect, entries: &[Entry]) -> Rect {
    let layout = Layout::new(canvas, area, entries);
    let top = area.bottom - layout.rows as f64 * layout.row_height;
    for (at, entry) in layout.visible(entries).iter().enumerate() {
        let (column, row) = (at / layout.rows, at % layout.rows);
        let left = area.left + column as f64 * layout.column_width;
        let middle = top + (row as f64 + 0.5) * layout.row_height;
        draw_entry(canvas, Point::new(left, middle), layout.column_width, entry);
    }
    area.inset(0.0, 0.0, 0.0, layout.rows as f64 * layout.row_height + canvas.px(6.0))
}

struct Layout {
    row_height: f64,
    column_width: f64,
    columns: usize,
    rows: usize,
}

impl Layout {
    fn new(canvas: &Canvas, area: Rect, entries: &[Entry]) -> Layout {
        let size = canvas.text_size();
        let row_height = size * 1.35;
        let widest = entries.iter().map(|entry| font::width(&entry.label(), size, false)).fold(0.0, f64::max);
        let entry_width = (sample_width(size) + widest + size * 1.5).max(1.0);
        let max_rows = ((area.height() * SHARE / row_height) as usize).max(1);
        // Names would be unreadable in narrower columns.
        let max_columns = ((area.width() / (size * 9.0)) as usize).max(1);
        let columns = ((area.width() / entry_width) as usize).max(entries.len().div_ceil(max_rows));
        let columns = columns.clamp(1, max_columns.min(entries.len().max(1)));
        let rows = entries.len().div_ceil(columns).min(max_rows);
        Layout { row_height, column_width: entry_width.min(area.width() / columns as f64), columns, rows }
    }

    /// The entries that fit. If some do not, the last entry is their number.
    fn visible(&self, entries: &[Entry]) -> Vec<Entry> {
        let room = self.columns * self.rows;
        if entries.len() <= room {
            return entries.to_vec();
        }
        let mut visible = entries[..room.saturating_sub(1)].to_vec();
        visible.push(Entry::new(Sample::Nothing, format!("and {} more", entries.len() - visible.len())));
        visible
    }
}

fn sample_width(size: f64) -> f64 {
    size * 3.0
}

fn draw_entry(canvas: &mut Canvas, at: Point, column: f64, entry: &Entry) {
    let size = canvas.text_size();
    let (width, middle) = (sample_width(size) - size * 0.6, at.y);
    match entry.sample {
        Sample::Line(stroke) => canvas.line(vec![at, Point::new(at.x + width, middle)], stroke),
        Sample::Marked(stroke, shape) => {
            canvas.line(vec![at, Point::new(at.x + width, middle)], stroke);
            let points = vec![Point::new(at.x + width / 2.0, middle)];
            canvas.add(Mark::Dots { points, shape, radius: size * 0.3, fill: Fill::solid(stroke.colour) });
        }
        Sample::Area(fill) => {
            let (top, bottom) = (middle - size * 0.4, middle + size * 0.4);
            canvas.area(Rect { left: at.x, top, right: at.x + width, bottom }, fill);
        }
        Sample::Dot(shape, colour) => canvas.add(Mark::Dots {
            points: vec![Point::new(at.x + width / 2.0, middle)],
            shape,
            radius: size * 0.38,
            fill: Fill::solid(colour),
        }),
        Sample::Nothing => {}
    }
    let room = column - sample_width(size) - size * 0.5;
    let label = font::name_and_value(&entry.name, &entry.value, size, false, room);
    canvas.text(label, Point::new(at.x + sample_width(size), middle + size * 0.36), Anchor::Start, size);
}
