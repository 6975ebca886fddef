//! Shares as horizontal bars, with a name on the left and a count on the right.

use crate::explore::Group;
use crate::plot::canvas::Canvas;
use crate::plot::charts::caption;
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect};
use crate::plot::style::{NORMAL, SUSPICIOUS};
use crate::report::{count, percent};

/// Draw the share of suspicious rows in each group; without labels, the share of all rows. The bars of groups
/// with fewer than `enough` rows are faint.
pub fn draw(canvas: &mut Canvas, panel: Rect, groups: &[Group], rows: u64, enough: u64) {
    let size = canvas.small_size();
    let height = (panel.height() / groups.len().max(1) as f64).clamp(size * 1.3, size * 7.0);
    let lines = ((panel.height() / height + 1e-6) as usize).max(1);
    let visible = if groups.len() > lines { lines.saturating_sub(1).max(1) } else { groups.len() };
    let bars: Vec<Bar> = groups[..visible].iter().map(|group| Bar::new(group, rows, enough)).collect();
    let columns = Columns::new(&bars, panel, size);
    for (at, bar) in bars.iter().enumerate() {
        let top = panel.top + at as f64 * height;
        draw_bar(canvas, &columns, bar, Rect { top, bottom: top + height, ..panel });
    }
    if groups.len() > visible && lines > visible {
        let rest = format!("and {} more", count((groups.len() - visible) as u64));
        let y = panel.top + visible as f64 * height + height / 2.0 + size * 0.36;
        canvas.text(rest, Point::new(panel.left, y), Anchor::Start, size);
    }
}

struct Bar {
    name: String,
    share: f64,
    fill: Fill,
    /// The label with counts, and a shorter one without.
    labels: [String; 2],
}

impl Bar {
    fn new(group: &Group, rows: u64, enough: u64) -> Bar {
        let (part, whole) = group.suspicious.map_or((group.rows, rows), |some| (some, group.rows));
        let share = part as f64 / whole.max(1) as f64;
        let colour = if group.suspicious.is_some() { SUSPICIOUS } else { NORMAL };
        let is_small = group.suspicious.is_some() && group.rows < enough;
        let fill = if is_small { Fill::faint(colour, 0.35) } else { Fill::solid(colour) };
        Bar { name: group.name.clone(), share, fill, labels: [caption::part(part, whole), percent(share)] }
    }
}

/// The right end of the names, and the left and right end of the bars.
struct Columns {
    name: f64,
    from: f64,
    to: f64,
    /// The largest share, which has the longest bar.
    highest: f64,
    size: f64,
    /// The index of the labels that fit.
    label: usize,
}

impl Columns {
    fn new(bars: &[Bar], panel: Rect, size: f64) -> Columns {
        let widest = |text: &dyn Fn(&Bar) -> String| {
            bars.iter().map(|bar| font::width(&text(bar), size, false)).fold(0.0, f64::max)
        };
        let name = panel.left + widest(&|bar| bar.name.clone()).min(panel.width() * 0.36);
        let from = name + size * 0.6;
        let end = |label: usize| panel.right - size * 0.6 - widest(&|bar| bar.labels[label].clone());
        let label = if end(0) - from >= panel.width() * 0.25 { 0 } else { 1 };
        let to = end(label).max(from + size);
        let highest = bars.iter().map(|bar| bar.share).fold(0.0, f64::max);
        Columns { name, from, to, highest, size, label }
    }
}

fn draw_bar(canvas: &mut Canvas, columns: &Columns, bar: &Bar, row: Rect) {
    let size = columns.size;
    let middle = (row.top + row.bottom) / 2.0;
    let name = font::shorten(&bar.name, size, false, columns.name - row.left);
    canvas.text(name, Point::new(columns.name, middle + size * 0.36), Anchor::End, size);
    let thickness = ((row.bottom - row.top) * 0.7).max(size * 1.2);
    let (top, bottom) = (middle - thickness / 2.0, middle + thickness / 2.0);
    let whole = Rect { left: columns.from, right: columns.to, top, bottom };
    let share = if columns.highest > 0.0 { bar.share / columns.highest } else { 0.0 };
    canvas.area(Rect { right: columns.from + whole.width() * share, ..whole }, bar.fill);
    let text = format!("{}: {}", bar.name, bar.labels[0]);
    canvas.add(Mark::Hover { rect: row, text });
    let room = row.right - columns.to - size * 0.5;
    let label = font::shorten(&bar.labels[columns.label], size, false, room);
    canvas.text(label, Point::new(columns.to + size * 0.5, middle + size * 0.36), Anchor::Start, size);
}
