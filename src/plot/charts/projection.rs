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
use crate::plot::style::{Colour, NORMAL, SUSPICIOUS, Shape};
use crate::report::{ProjectedRow, Projection, ProjectionMethod, TableReport, count, counted, percent};
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
    let limits = Limits::of(kind, projection);
    let outside = [&normal, &suspicious].map(|rows| limits.outside(rows));
    let overlap = overlap(&normal, &suspicious);
    let area = canvas.frame(&heading(table, kind, projection, (points, !overlap.is_empty())));
    let mut entries = entries(&normal, &suspicious, labelled);
    entries.extend(edge_entries(&outside, labelled));
    let area = legend::draw(canvas, area, &entries);
    let plane = plane(canvas, area, kind, projection, limits);
    let inside = |rows: Vec<ProjectedRow>| rows.into_iter().filter(|row| !limits.is_outside(row)).collect();
    let [normal_outside, suspicious_outside] = outside;
    for (points, shape, radius, fill) in [
        (inside(normal), Shape::Circle, 2.2, Fill::faint(NORMAL, 0.5)),
        (inside(suspicious), Shape::Triangle, 3.8, Fill::faint(SUSPICIOUS, 0.85)),
        (inside(overlap), Shape::Circle, 1.7, Fill::solid(NORMAL)),
        (normal_outside, EDGE[0].0, 4.0, Fill::solid(EDGE[0].1)),
        (suspicious_outside, EDGE[1].0, 4.0, Fill::solid(EDGE[1].1)),
    ] {
        let points: Vec<ProjectedRow> = points;
        if points.is_empty() {
            continue;
        }
        let points = points.iter().map(|row| plane.at(row.x, row.y)).collect();
        let radius = canvas.px(radius);
        canvas.add(Mark::Dots { points, shape, radius, fill });
    }
    Ok(())
}

/// The marks of normal and suspicious rows outside the limits.
const EDGE: [(Shape, Colour); 2] = [(Shape::Diamond, NORMAL), (Shape::Down, SUSPICIOUS)];

/// The ends of both axes.
#[derive(Clone, Copy, Debug)]
struct Limits {
    x: [f64; 2],
    y: [f64; 2],
}

impl Limits {
    /// All rows; or, if a few rows are far from all others, the range of the others.
    fn of(kind: Chart, projection: &Projection) -> Limits {
        let ends = |value: fn(&ProjectedRow) -> f64| {
            let values = projection.points.iter().map(value).filter(|value| value.is_finite());
            ends(values.collect(), kind == Chart::Pca)
        };
        Limits { x: ends(|row| row.x), y: ends(|row| row.y) }
    }

    fn is_outside(&self, row: &ProjectedRow) -> bool {
        let outside = |value: f64, [low, high]: [f64; 2]| value < low || value > high;
        outside(row.x, self.x) || outside(row.y, self.y)
    }

    fn outside(&self, rows: &[ProjectedRow]) -> Vec<ProjectedRow> {
        rows.iter().filter(|row| self.is_outside(row)).copied().collect()
    }
}

/// The smallest and the largest value. A robust end is within a range of the 1st or 99th percentile, if all
/// values together span more than four such ranges.
fn ends(mut values: Vec<f64>, robust: bool) -> [f64; 2] {
    values.sort_unstable_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (values.first(), values.last()) else { return [0.0, 1.0] };
    let percentile = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    let [from, to] = [0.01, 0.99].map(percentile);
    let range = to - from;
    match robust && range > 0.0 && high - low > 4.0 * range {
        true => [low.max(from - range), high.min(to + range)],
        false => [low, high],
    }
}

fn edge_entries(outside: &[Vec<ProjectedRow>; 2], labelled: bool) -> Vec<Entry> {
    let class = |class: usize| match (class, labelled) {
        (_, false) => "",
        (0, true) => "normal ",
        (_, true) => "suspicious ",
    };
    let entry = |at: usize| {
        let (shape, colour) = EDGE[at];
        let rows = counted(outside[at].len() as u64, "row", "rows");
        let name = format!("outlier at the edge, outside the axes ({}{rows})", class(at));
        (!outside[at].is_empty()).then(|| Entry::new(Sample::Dot(shape, colour), name))
    };
    (0..outside.len()).filter_map(entry).collect()
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

fn plane(
    canvas: &mut Canvas,
    area: Rect,
    kind: Chart,
    projection: &Projection,
    limits: Limits,
) -> axes::Plane {
    let [x, y] = titles(kind, projection);
    let axis = |ends: [f64; 2], title: String| {
        let scale = Scale::around(ends.into_iter(), 0.04);
        match kind {
            // Values along an axis of t-SNE have no meaning.
            Chart::Tsne => Axis::at(scale, title, vec![]),
            _ => Axis::new(scale, title, Unit::Number),
        }
    };
    let (x, y) = (axis(limits.x, x), axis(limits.y, y));
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

fn heading(
    table: &TableReport,
    kind: Chart,
    projection: &Projection,
    (points, has_overlap): (usize, bool),
) -> Heading {
    let rows = format!("{} of {} rows", count(points as u64), count(projection.rows));
    let sample = match (points as u64) < projection.rows {
        true if table.suspicious_rows.is_some() => format!("A sample of {rows}, drawn by class."),
        true => format!("A random sample of {rows}."),
        false => format!("All {} rows.", count(projection.rows)),
    };
    let meaning = match kind {
        Chart::Tsne => {
            "Only neighborhoods mean something: neither the distance between groups nor their size does."
        }
        _ if has_overlap => "A dot inside a triangle: normal rows have the same position.",
        _ => "",
    };
    let explained = projection.explained.map_or(String::new(), |[x, y]| {
        format!(" The axes hold {} and {} of the variance.", percent(x), percent(y))
    });
    Heading {
        title: caption::title(table, kind),
        subtitle: caption::all(table),
        caption: format!("{sample} {meaning}").trim_end().to_owned(),
        description: format!("{rows} in the plane.{explained}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_far_values_do_not_rule_an_axis_and_a_uniform_range_is_whole() {
        let mut values: Vec<f64> = (0..=1_000).map(|value| f64::from(value) / 1_000.0).collect();
        assert_eq!(ends(values.clone(), true), [0.0, 1.0]);
        values.extend([500.0, 900.0]);
        let [low, high] = ends(values.clone(), true);
        assert!(low == 0.0 && (1.9..2.1).contains(&high), "{low} {high}");
        assert_eq!(ends(values, false), [0.0, 900.0]);
        assert_eq!(ends(vec![3.0; 4], true), [3.0, 3.0]);
    }
}
