//! A user and its hosts.

use crate::plot::canvas::legend::{self, Entry, Sample};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Stroke};
use crate::plot::style::{BLUE, FOREGROUND, SUSPICIOUS, Shape};
use crate::report::{EntityLink, EntityLinks, count, counted, rounded};

pub fn draw(canvas: &mut Canvas, own: &EntityLinks) {
    let area = canvas.frame(&heading(own));
    let new = own.hosts.iter().filter(|link| link.is_new).count();
    let line = |colour| Sample::Line(Stroke::new(colour, canvas.px(2.2)));
    let entries = vec![
        Entry::new(line(BLUE), "known host").with(format!(": {}", own.hosts.len() - new)),
        Entry::new(line(SUSPICIOUS), format!("first logon in the last {} days", own.new_days))
            .with(format!(": {new}")),
    ];
    let area = legend::draw(canvas, area, &entries);
    let size = canvas.small_size().min(area.height() / own.hosts.len().max(1) as f64 * 0.8);
    let (left, right) = (area.left + area.width() * 0.28, area.left + area.width() * 0.62);
    let middle = Point::new(left, (area.top + area.bottom) / 2.0);
    let heaviest = own.hosts.iter().map(|link| link.weight).fold(f64::MIN_POSITIVE, f64::max);
    for (at, link) in own.hosts.iter().enumerate() {
        let step = area.height() / own.hosts.len() as f64;
        let end = Point::new(right, area.top + (at as f64 + 0.5) * step);
        edge(canvas, [middle, end], link, heaviest);
        let text = format!("{} · {}", link.host, counted(link.logons, "logon", "logons"));
        let room = area.right - right - size;
        let colour = if link.is_new { SUSPICIOUS } else { FOREGROUND };
        let text_at = Point::new(right + size * 0.8, end.y + size * 0.36);
        canvas.colored_text(font::shorten(&text, size, false, room), text_at, Anchor::Start, size, colour);
    }
    let user = Mark::Dots {
        points: vec![middle],
        shape: Shape::Circle,
        radius: canvas.px(6.0),
        fill: Fill::solid(FOREGROUND),
    };
    canvas.add(user);
    let size = canvas.text_size();
    let name = font::shorten(&own.entity, size, false, left - area.left - size);
    canvas.text(name, Point::new(left - size, middle.y + size * 0.36), Anchor::End, size);
}

fn edge(canvas: &mut Canvas, ends: [Point; 2], link: &EntityLink, heaviest: f64) {
    let colour = if link.is_new { SUSPICIOUS } else { BLUE };
    let width = canvas.px(0.8 + 5.0 * (link.weight / heaviest).sqrt());
    canvas.line(ends.to_vec(), Stroke::new(colour, width));
    let end = ends[1];
    canvas.add(Mark::Dots {
        points: vec![end],
        shape: Shape::Square,
        radius: canvas.px(3.0),
        fill: Fill::solid(colour),
    });
    let around = canvas.px(5.0);
    let rect =
        Rect { left: end.x - around, right: end.x + around, top: end.y - around, bottom: end.y + around };
    let text = format!("{}: {} logons, weight {}", link.host, count(link.logons), rounded(link.weight, 2));
    canvas.add(Mark::Hover { rect, text });
}

fn heading(own: &EntityLinks) -> Heading {
    let left_out = match own.left_out {
        0 => String::new(),
        number => format!(" {number} more hosts are left out."),
    };
    let most = own.hosts.first().map(|link| format!("Most used: {}.", link.host)).unwrap_or_default();
    Heading {
        title: format!("user {}: its hosts", own.entity),
        subtitle: "the wider a line, the more logons".to_owned(),
        caption: format!("A logon counts half after 14 days.{left_out}"),
        description: most,
    }
}
