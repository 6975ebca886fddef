//! Two-dimensional projections of rows, by principal components or t-SNE. They show whether suspicious rows
//! form separate groups.

use crate::error::Result;
use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::legend::{self, Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::plot::scene::{Fill, Mark, Rect};
use crate::plot::style::{NORMAL, SUSPICIOUS, Shape};
use crate::report::{ProjectedRow, Projection, ProjectionMethod, TableReport, count, percent};
use std::collections::BTreeSet;

/// The largest number of points. More would hide each other and make large files.
const MOST_POINTS: usize = 4_000;

pub fn draw(canvas: &mut Canvas, table: &TableReport, method: ProjectionMethod) -> Result<()> {
    let kind = if method == ProjectionMethod::Pca { Chart::Pca } else { Chart::Tsne };
    let projection = table.projections.iter().find(|projection| projection.method == method);
    let Some(projection) = projection.filter(|projection| !projection.points.is_empty()) else {
        return Err(caption::not_in_report(
            table,
            kind,
            if kind == Chart::Pca { "principal components" } else { "t-SNE projection" },
        ));
    };
    let labelled = table.suspicious_rows.is_some();
    let [normal, suspicious] = [false, true].map(|suspicious| of_class(projection, suspicious));
    let points = normal.len() + suspicious.len();
    let area = canvas.frame(&heading(table, kind, projection, points));
    let area = legend::draw(canvas, area, &entries(&normal, &suspicious, labelled));
    let plane = plane(canvas, area, kind, projection);
    let overlap = overlap(&normal, &suspicious);
    for (points, shape, radius, fill) in [
        (normal, Shape::Circle, 2.2, Fill::faint(NORMAL, 0.5)),
        (suspicious, Shape::Triangle, 3.8, Fill::faint(SUSPICIOUS, 0.85)),
        (overlap, Shape::Circle, 1.7, Fill::solid(NORMAL)),
    ] {
        let points = points.iter().map(|row| plane.at(row.x, row.y)).collect();
        let radius = canvas.px(radius);
        canvas.add(Mark::Dots { points, shape, radius, fill });
    }
    Ok(())
}

/// The normal rows at the position of a suspicious row, which would hide them.
fn overlap(normal: &[ProjectedRow], suspicious: &[ProjectedRow]) -> Vec<ProjectedRow> {
    let position = |row: &ProjectedRow| (row.x.to_bits(), row.y.to_bits());
    let positions: BTreeSet<(u64, u64)> = suspicious.iter().map(position).collect();
    let mut overlap: Vec<ProjectedRow> =
        normal.iter().filter(|row| positions.contains(&position(row))).copied().collect();
    overlap.sort_by_key(position);
    overlap.dedup_by_key(|row| position(row));
    overlap
}

/// The points of a class: all rows, or every nth.
fn of_class(projection: &Projection, suspicious: bool) -> Vec<ProjectedRow> {
    let step = projection.points.len().div_ceil(MOST_POINTS).max(1);
    let of_class =
        |row: &&ProjectedRow| row.suspicious == suspicious && row.x.is_finite() && row.y.is_finite();
    projection.points.iter().filter(of_class).step_by(step).copied().collect()
}

fn entries(normal: &[ProjectedRow], suspicious: &[ProjectedRow], labelled: bool) -> Vec<Entry> {
    let label = |class: &str, rows: &[ProjectedRow]| format!("{class} ({} drawn)", count(rows.len() as u64));
    let first = if labelled { "normal" } else { "rows" };
    let mut entries = vec![Entry::new(Sample::Dot(Shape::Circle, NORMAL), label(first, normal))];
    if labelled {
        entries.push(Entry::new(Sample::Dot(Shape::Triangle, SUSPICIOUS), label("suspicious", suspicious)));
    }
    entries
}

fn plane(canvas: &mut Canvas, area: Rect, kind: Chart, projection: &Projection) -> axes::Plane {
    let (xs, ys) = (projection.points.iter().map(|row| row.x), projection.points.iter().map(|row| row.y));
    let [x, y] = titles(kind, projection);
    let axis = |values: Vec<f64>, title: String| {
        let scale = Scale::around(values.into_iter().filter(|value| value.is_finite()), 0.04);
        match kind {
            // Values along an axis of t-SNE have no meaning.
            Chart::Tsne => Axis::at(scale, title, vec![]),
            _ => Axis::new(scale, title, Unit::Number),
        }
    };
    let (x, y) = (axis(xs.collect(), x), axis(ys.collect(), y));
    axes::draw(canvas, area, &x, &y)
}

fn titles(kind: Chart, projection: &Projection) -> [String; 2] {
    match (kind, projection.explained) {
        (Chart::Tsne, _) => ["t-SNE 1", "t-SNE 2"].map(str::to_owned),
        (_, None) => ["component 1", "component 2"].map(str::to_owned),
        (_, Some(shares)) => {
            [0, 1].map(|axis| format!("component {} ({} of the variance)", axis + 1, percent(shares[axis])))
        }
    }
}

fn heading(table: &TableReport, kind: Chart, projection: &Projection, points: usize) -> Heading {
    let rows = format!("{} of {} rows", count(points as u64), count(projection.rows));
    let sample = match (points as u64) < projection.rows {
        true => format!("A sample of {rows}, drawn by class."),
        false => format!("All {} rows.", count(projection.rows)),
    };
    let meaning = match kind {
        Chart::Tsne => {
            "Only neighborhoods mean something: neither the distance between groups nor their size does."
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
