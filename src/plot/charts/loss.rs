//! How the loss of networks fell, epoch by epoch: on the rows they learned from, and on those kept for validation.

use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::style::{Dash, Series, Shape};
use crate::plot::canvas::legend::{self, Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::scene::{Fill, Mark, Stroke};
use crate::plot::canvas::{Heading, Sheet};
use crate::plot::Kind;
use crate::plot::charts::caption;
use crate::detector::Training;
use crate::error::{Error, Result};
use crate::report::{TableReport, count};

/// One network's losses.
#[derive(Clone, Copy, Debug)]
struct Curve<'a> {
    series: Series,
    name: &'a str,
    training: &'a Training,
}

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let curves = curves(table)?;
    let area = sheet.frame(&heading(table, &curves));
    let entries: Vec<Entry> = curves.iter().flat_map(|curve| entries(sheet, curve)).collect();
    let area = legend::draw(sheet, area, &entries);
    let epochs = curves.iter().map(|curve| curve.training.training_loss.len()).max().unwrap_or(1);
    let most = curves.iter().flat_map(losses).fold(0.0, f64::max);
    let x = Axis::new(Scale::linear(1.0, epochs.max(2) as f64), "epoch", Unit::Count);
    let y = Axis::new(Scale::linear(0.0, most * 1.05), "mean squared error", Unit::Number);
    let plane = axes::draw(sheet, area, &x, &y);
    for curve in curves.iter().rev() {
        lines(sheet, &plane, curve);
    }
    Ok(())
}

/// The detectors that learned in epochs.
fn curves(table: &TableReport) -> Result<Vec<Curve<'_>>> {
    let curves: Vec<Curve> = caption::runs(table)?
        .into_iter()
        .filter_map(|(place, run)| {
            let training = run.training.as_ref().filter(|training| !training.training_loss.is_empty())?;
            Some(Curve { series: Series::at(place), name: &run.detector, training })
        })
        .collect();
    match curves.is_empty() {
        true => Err(Error::Request(format!(
            "{}: no detector of this report learns in epochs; `whis-lab plot {} --detectors autoencoder` runs one \
             that does",
            table.table,
            Kind::Loss.id()
        ))),
        false => Ok(curves),
    }
}

fn losses<'a>(curve: &Curve<'a>) -> impl Iterator<Item = f64> + use<'a> {
    curve.training.training_loss.iter().chain(&curve.training.validation_loss).copied()
}

/// Both lines, and a dot at the weights that were kept.
fn lines(sheet: &mut Sheet, plane: &Plane, curve: &Curve) {
    let Training { training_loss, validation_loss, best_epoch, .. } = curve.training;
    let points = |losses: &[f64]| {
        losses.iter().enumerate().map(|(epoch, &loss)| plane.at((epoch + 1) as f64, loss)).collect()
    };
    let (learned, kept) = (learned(sheet, curve), kept(sheet, curve));
    sheet.line(points(training_loss), learned);
    sheet.line(points(validation_loss), kept);
    let judged = if validation_loss.is_empty() { training_loss } else { validation_loss };
    if let Some(&loss) = judged.get(*best_epoch) {
        sheet.add(Mark::Dots {
            points: vec![plane.at((best_epoch + 1) as f64, loss)],
            shape: Shape::Circle,
            radius: sheet.px(4.0),
            fill: Fill::solid(curve.series.colour),
        });
    }
}

fn learned(sheet: &Sheet, curve: &Curve) -> Stroke {
    Stroke::new(curve.series.colour, sheet.px(1.6)).dashed(Dash::Short)
}

fn kept(sheet: &Sheet, curve: &Curve) -> Stroke {
    Stroke::new(curve.series.colour, sheet.px(2.2))
}

fn entries(sheet: &Sheet, curve: &Curve) -> Vec<Entry> {
    let mut entries = vec![
        Entry::new(Sample::Line(learned(sheet, curve)), curve.name)
            .with(format!(": learned from ({} distinct rows)", count(curve.training.rows as u64))),
    ];
    if !curve.training.validation_loss.is_empty() {
        entries.push(Entry::new(Sample::Line(kept(sheet, curve)), curve.name).with(": validation"));
    }
    entries
}

fn heading(table: &TableReport, curves: &[Curve]) -> Heading {
    let ended = |curve: &Curve| {
        let Training { best_epoch, ended, .. } = curve.training;
        format!("{}: best in epoch {}, {ended}", curve.name, best_epoch + 1)
    };
    let ends: Vec<String> = curves.iter().map(ended).collect();
    Heading {
        title: caption::title(table, Kind::Loss),
        subtitle: caption::scored(table),
        caption: format!("The dot is the epoch whose weights were kept. {}.", ends.join("; ")),
        description: String::new(),
    }
}
