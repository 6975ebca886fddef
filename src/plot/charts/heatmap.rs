//! The hours of the week of an entity, beside those of all others.

use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::scale::Scale;
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::scene::{Fill, Mark, Rect};
use crate::plot::style::BLUE;
use crate::report::{EntityWeek, significant};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

pub fn draw(canvas: &mut Canvas, own: &EntityWeek) {
    let area = canvas.frame(&heading(own));
    let panels = area.grid(1, 2, canvas.px(12.0));
    let others = format!("all other {}s, the mean", own.kind);
    for (panel, title, cells) in [(panels[0], own.entity.clone(), &own.own), (panels[1], others, &own.others)]
    {
        let highest = cells.iter().copied().fold(0.0, f64::max);
        let title = format!("{title} (darkest: {} an hour)", significant(highest));
        let panel = canvas.panel(panel, &title, 1);
        week(canvas, panel, cells, highest, &own.measure);
    }
}

fn week(canvas: &mut Canvas, panel: Rect, cells: &[f64], highest: f64, measure: &str) {
    let hours = (0..24).map(|hour| (f64::from(hour), hour.to_string())).collect();
    // Monday is on top.
    let days = DAYS.iter().enumerate().map(|(day, name)| (6.0 - day as f64, (*name).to_owned())).collect();
    let x = Axis::at(Scale::linear(-0.5, 23.5), "hour of the day (UTC)", hours);
    let y = Axis::at(Scale::linear(-0.5, 6.5), "", days);
    let plane = axes::draw(canvas, panel, &x, &y);
    for (at, value) in cells.iter().enumerate() {
        let (day, hour) = (6.0 - (at / 24) as f64, (at % 24) as f64);
        let rect = plane.rect((hour - 0.48, day - 0.46), (hour + 0.48, day + 0.46));
        if *value > 0.0 {
            let opacity = (value / highest).sqrt().max(0.06);
            canvas.area(rect, Fill { colour: BLUE, opacity });
        }
        let text = format!("{} {}:00: {} {measure} an hour", DAYS[at / 24], at % 24, significant(*value));
        canvas.add(Mark::Hover { rect, text });
    }
}

fn heading(own: &EntityWeek) -> Heading {
    let busiest = own.own.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(at, _)| at);
    Heading {
        title: format!("{} {}: {} by hour of the week", own.kind, own.entity, own.measure),
        subtitle: "means over the weeks of the store".to_owned(),
        caption: "The darker, the more; each panel has its own scale (square root).".to_owned(),
        description: format!("Most at {} {}:00.", DAYS[busiest / 24], busiest % 24),
    }
}
