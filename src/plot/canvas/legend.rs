//! What the lines and points mean: below the panels, never over the data.

use crate::plot::render::font;
use crate::plot::style::{Colour, Shape};
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Stroke};
use crate::plot::canvas::Sheet;

/// What stands beside the words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sample {
    Line(Stroke),
    Area(Fill),
    Dot(Shape, Colour),
    Nothing,
}

/// One line of a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub sample: Sample,
    pub name: String,
    /// What follows the name, and stays where the name is shortened.
    pub value: String,
}

impl Entry {
    pub fn new(sample: Sample, name: impl Into<String>) -> Entry {
        Entry { sample, name: name.into(), value: String::new() }
    }

    pub fn with(self, value: impl Into<String>) -> Entry {
        Entry { value: value.into(), ..self }
    }

    fn words(&self) -> String {
        format!("{}{}", self.name, self.value)
    }
}

/// The share of a chart's height that a legend takes at most.
const SHARE: f64 = 0.4;

/// Draw a legend at the lower edge; what is left above it. Entries run down the columns.
pub fn draw(sheet: &mut Sheet, area: Rect, entries: &[Entry]) -> Rect {
    let table = Layout::new(sheet, area, entries);
    let top = area.bottom - table.rows as f64 * table.line;
    for (at, entry) in table.shown(entries).iter().enumerate() {
        let (column, row) = (at / table.rows, at % table.rows);
        let left = area.left + column as f64 * table.column;
        let middle = top + (row as f64 + 0.5) * table.line;
        draw_entry(sheet, Point::new(left, middle), table.column, entry);
    }
    area.inset(0.0, 0.0, 0.0, table.rows as f64 * table.line + sheet.px(6.0))
}

struct Layout {
    line: f64,
    column: f64,
    columns: usize,
    rows: usize,
}

impl Layout {
    fn new(sheet: &Sheet, area: Rect, entries: &[Entry]) -> Layout {
        let size = sheet.text_size();
        let line = size * 1.35;
        let widest = entries.iter().map(|entry| font::width(&entry.words(), size, false)).fold(0.0, f64::max);
        let wanted = (sample_width(size) + widest + size * 1.5).max(1.0);
        let allowed = ((area.height() * SHARE / line) as usize).max(1);
        // Narrower columns would hold no name.
        let most = ((area.width() / (size * 9.0)) as usize).max(1);
        let columns = ((area.width() / wanted) as usize).max(entries.len().div_ceil(allowed));
        let columns = columns.clamp(1, most.min(entries.len().max(1)));
        let rows = entries.len().div_ceil(columns).min(allowed);
        Layout { line, column: wanted.min(area.width() / columns as f64), columns, rows }
    }

    /// The entries there is room for; the last place says how many there is none for.
    fn shown(&self, entries: &[Entry]) -> Vec<Entry> {
        let room = self.columns * self.rows;
        if entries.len() <= room {
            return entries.to_vec();
        }
        let mut shown = entries[..room.saturating_sub(1)].to_vec();
        shown.push(Entry::new(Sample::Nothing, format!("and {} more", entries.len() - shown.len())));
        shown
    }
}

fn sample_width(size: f64) -> f64 {
    size * 3.0
}

fn draw_entry(sheet: &mut Sheet, at: Point, column: f64, entry: &Entry) {
    let size = sheet.text_size();
    let (width, middle) = (sample_width(size) - size * 0.6, at.y);
    match entry.sample {
        Sample::Line(stroke) => sheet.line(vec![at, Point::new(at.x + width, middle)], stroke),
        Sample::Area(fill) => {
            let (top, bottom) = (middle - size * 0.4, middle + size * 0.4);
            sheet.area(Rect { left: at.x, top, right: at.x + width, bottom }, fill);
        }
        Sample::Dot(shape, colour) => sheet.add(Mark::Dots {
            points: vec![Point::new(at.x + width / 2.0, middle)],
            shape,
            radius: size * 0.38,
            fill: Fill::solid(colour),
        }),
        Sample::Nothing => {}
    }
    let room = column - sample_width(size) - size * 0.5;
    let words = font::named(&entry.name, &entry.value, size, false, room);
    sheet.words(words, Point::new(at.x + sample_width(size), middle + size * 0.36), Anchor::Start, size);
}
