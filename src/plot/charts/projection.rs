//! Rows in the plane, by principal components or t-SNE: do the suspicious ones lie apart?

use crate::plot::canvas::axes::{self, Axis};
use crate::plot::style::{NORMAL, SUSPICIOUS, Shape};
use crate::plot::canvas::legend::{self, Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::scene::{Fill, Mark, Rect};
use crate::plot::canvas::{Heading, Sheet};
use crate::plot::Kind;
use crate::plot::charts::caption;
use crate::error::Result;
use crate::report::{ProjectedRow, Projection, ProjectionMethod, TableReport, count, percent};
use std::collections::BTreeSet;

/// More points than this hide one another, and make a file slow to open.
const DRAWN_AT_MOST: usize = 4_000;

pub fn draw(sheet: &mut Sheet, table: &TableReport, method: ProjectionMethod) -> Result<()> {
    let kind = if method == ProjectionMethod::Pca { Kind::Pca } else { Kind::Tsne };
    let projection = table.projections.iter().find(|projection| projection.method == method);
    let Some(projection) = projection.filter(|projection| !projection.points.is_empty()) else {
        return Err(caption::not_in_report(
            table,
            kind,
            if kind == Kind::Pca { "principal components" } else { "t-SNE projection" },
        ));
    };
    let labelled = table.suspicious_rows.is_some();
    let [normal, suspicious] = [false, true].map(|suspicious| of_class(projection, suspicious));
    let drawn = normal.len() + suspicious.len();
    let area = sheet.frame(&heading(table, kind, projection, drawn));
    let area = legend::draw(sheet, area, &entries(&normal, &suspicious, labelled));
    let plane = plane(sheet, area, kind, projection);
    let covered = covered(&normal, &suspicious);
    for (points, shape, radius, fill) in [
        (normal, Shape::Circle, 2.2, Fill::faint(NORMAL, 0.5)),
        (suspicious, Shape::Triangle, 3.8, Fill::faint(SUSPICIOUS, 0.85)),
        (covered, Shape::Circle, 1.7, Fill::solid(NORMAL)),
    ] {
        let points = points.iter().map(|row| plane.at(row.x, row.y)).collect();
        let radius = sheet.px(radius);
        sheet.add(Mark::Dots { points, shape, radius, fill });
    }
    Ok(())
}

/// The normal rows that stand where a suspicious one does, and would be hidden by it.
fn covered(normal: &[ProjectedRow], suspicious: &[ProjectedRow]) -> Vec<ProjectedRow> {
    let place = |row: &ProjectedRow| (row.x.to_bits(), row.y.to_bits());
    let places: BTreeSet<(u64, u64)> = suspicious.iter().map(place).collect();
    let mut covered: Vec<ProjectedRow> =
        normal.iter().filter(|row| places.contains(&place(row))).copied().collect();
    covered.sort_by_key(place);
    covered.dedup_by_key(|row| place(row));
    covered
}

/// The rows of a class that are drawn: every one, or every nth.
fn of_class(projection: &Projection, suspicious: bool) -> Vec<ProjectedRow> {
    let each = projection.points.len().div_ceil(DRAWN_AT_MOST).max(1);
    let of_class =
        |row: &&ProjectedRow| row.suspicious == suspicious && row.x.is_finite() && row.y.is_finite();
    projection.points.iter().filter(of_class).step_by(each).copied().collect()
}

fn entries(normal: &[ProjectedRow], suspicious: &[ProjectedRow], labelled: bool) -> Vec<Entry> {
    let words = |class: &str, rows: &[ProjectedRow]| format!("{class} ({} drawn)", count(rows.len() as u64));
    let first = if labelled { "normal" } else { "rows" };
    let mut entries = vec![Entry::new(Sample::Dot(Shape::Circle, NORMAL), words(first, normal))];
    if labelled {
        entries.push(Entry::new(Sample::Dot(Shape::Triangle, SUSPICIOUS), words("suspicious", suspicious)));
    }
    entries
}

fn plane(sheet: &mut Sheet, area: Rect, kind: Kind, projection: &Projection) -> axes::Plane {
    let (xs, ys) = (projection.points.iter().map(|row| row.x), projection.points.iter().map(|row| row.y));
    let [x, y] = titles(kind, projection);
    let axis = |values: Vec<f64>, title: String| {
        let scale = Scale::around(values.into_iter().filter(|value| value.is_finite()), 0.04);
        match kind {
            // Values along an axis of t-SNE mean nothing.
            Kind::Tsne => Axis::at(scale, title, vec![]),
            _ => Axis::new(scale, title, Unit::Number),
        }
    };
    let (x, y) = (axis(xs.collect(), x), axis(ys.collect(), y));
    axes::draw(sheet, area, &x, &y)
}

fn titles(kind: Kind, projection: &Projection) -> [String; 2] {
    match (kind, projection.explained) {
        (Kind::Tsne, _) => ["t-SNE 1", "t-SNE 2"].map(str::to_owned),
        (_, None) => ["component 1", "component 2"].map(str::to_owned),
        (_, Some(shares)) => {
            [0, 1].map(|axis| format!("component {} ({} of the variance)", axis + 1, percent(shares[axis])))
        }
    }
}

fn heading(table: &TableReport, kind: Kind, projection: &Projection, drawn: usize) -> Heading {
    let rows = format!("{} of {} rows", count(drawn as u64), count(projection.rows));
    let sample = match (drawn as u64) < projection.rows {
        true => format!("A sample of {rows}, drawn by class."),
        false => format!("All {} rows.", count(projection.rows)),
    };
    let meaning = match kind {
        Kind::Tsne => {
            "Only neighbourhoods mean something: neither the distance between groups nor their size does."
        }
        _ => "A dot inside a triangle: normal rows stand there, too.",
    };
    let explained = projection.explained.map_or(String::new(), |[x, y]| {
        format!(" The axes hold {} and {} of the variance.", percent(x), percent(y))
    });
    Heading {
        title: caption::title(table, kind),
        subtitle: caption::all(table),
        caption: format!("{sample} {meaning}"),
        description: format!("{rows} in the plane.{explained}"),
    }
}
