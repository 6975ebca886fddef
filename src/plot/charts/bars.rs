//! Shares as lying bars with a name before and a count behind each.

use crate::plot::render::font;
use crate::plot::style::{Colour, NORMAL, SUSPICIOUS};
use crate::plot::scene::{Anchor, Fill, Point, Rect};
use crate::plot::canvas::Sheet;
use crate::plot::charts::caption;
use crate::explore::Group;
use crate::report::{count, percent};

/// Draw the share of suspicious rows in each group; without labels, the share of all rows.
pub fn draw(sheet: &mut Sheet, panel: Rect, groups: &[Group], rows: u64) {
    let size = sheet.small_size();
    let line = (panel.height() / groups.len().max(1) as f64).clamp(size * 1.3, size * 3.2);
    let fit = ((panel.height() / line + 1e-6) as usize).max(1);
    let shown = if groups.len() > fit { fit.saturating_sub(1).max(1) } else { groups.len() };
    let bars: Vec<Bar> = groups[..shown].iter().map(|group| Bar::new(group, rows)).collect();
    let table = Columns::new(&bars, panel, size);
    for (at, bar) in bars.iter().enumerate() {
        let top = panel.top + at as f64 * line;
        draw_bar(sheet, &table, bar, Rect { top, bottom: top + line, ..panel });
    }
    if groups.len() > shown && fit > shown {
        let words = format!("and {} more", count((groups.len() - shown) as u64));
        let y = panel.top + shown as f64 * line + line / 2.0 + size * 0.36;
        sheet.words(words, Point::new(panel.left, y), Anchor::Start, size);
    }
}

struct Bar {
    name: String,
    share: f64,
    colour: Colour,
    /// With its counts, and where there is no room for them without.
    words: [String; 2],
}

impl Bar {
    fn new(group: &Group, rows: u64) -> Bar {
        let (part, whole) = group.suspicious.map_or((group.rows, rows), |some| (some, group.rows));
        let share = part as f64 / whole.max(1) as f64;
        let colour = if group.suspicious.is_some() { SUSPICIOUS } else { NORMAL };
        Bar { name: group.name.clone(), share, colour, words: [caption::part(part, whole), percent(share)] }
    }
}

/// Where names end, bars begin and end, and counts begin.
struct Columns {
    name: f64,
    from: f64,
    to: f64,
    /// The largest share: as long as a bar may be.
    highest: f64,
    size: f64,
    /// Which of the words behind the bars have room.
    words: usize,
}

impl Columns {
    fn new(bars: &[Bar], panel: Rect, size: f64) -> Columns {
        let widest = |words: &dyn Fn(&Bar) -> String| {
            bars.iter().map(|bar| font::width(&words(bar), size, false)).fold(0.0, f64::max)
        };
        let name = panel.left + widest(&|bar| bar.name.clone()).min(panel.width() * 0.36);
        let from = name + size * 0.6;
        let behind = |words: usize| panel.right - size * 0.6 - widest(&|bar| bar.words[words].clone());
        let words = if behind(0) - from >= panel.width() * 0.25 { 0 } else { 1 };
        let to = behind(words).max(from + size);
        let highest = bars.iter().map(|bar| bar.share).fold(0.0, f64::max);
        Columns { name, from, to, highest, size, words }
    }
}

fn draw_bar(sheet: &mut Sheet, columns: &Columns, bar: &Bar, row: Rect) {
    let size = columns.size;
    let middle = (row.top + row.bottom) / 2.0;
    let name = font::shortened(&bar.name, size, false, columns.name - row.left);
    sheet.words(name, Point::new(columns.name, middle + size * 0.36), Anchor::End, size);
    let (top, bottom) = (middle - size * 0.6, middle + size * 0.6);
    let whole = Rect { left: columns.from, right: columns.to, top, bottom };
    let share = if columns.highest > 0.0 { bar.share / columns.highest } else { 0.0 };
    sheet.area(Rect { right: columns.from + whole.width() * share, ..whole }, Fill::solid(bar.colour));
    let room = row.right - columns.to - size * 0.5;
    let words = font::shortened(&bar.words[columns.words], size, false, room);
    sheet.words(words, Point::new(columns.to + size * 0.5, middle + size * 0.36), Anchor::Start, size);
}
