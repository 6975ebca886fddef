//! The loss of networks by epoch, on training and validation rows.

use crate::detector::TrainingHistory;
use crate::error::{Error, Hint, Result};
use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::canvas::legend::{self, Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::plot::scene::{Fill, Mark, Stroke};
use crate::plot::style::{Dash, Series, Shape};
use crate::report::{TableReport, count};

/// The losses of one network.
#[derive(Clone, Copy, Debug)]
struct Curve<'a> {
    series: Series,
    name: &'a str,
    training: &'a TrainingHistory,
}

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let curves = curves(table)?;
    let area = canvas.frame(&heading(table, &curves));
    let entries: Vec<Entry> = curves.iter().flat_map(|curve| entries(canvas, curve)).collect();
    let area = legend::draw(canvas, area, &entries);
    let epochs = curves.iter().map(|curve| curve.training.training_loss.len()).max().unwrap_or(1);
    let most = curves.iter().flat_map(losses).fold(0.0, f64::max);
    let x = Axis::new(Scale::linear(1.0, epochs.max(2) as f64), "epoch", Unit::Count);
    let y = Axis::new(Scale::linear(0.0, most * 1.05), "mean squared error", Unit::Number);
    let plane = axes::draw(canvas, area, &x, &y);
    for curve in curves.iter().rev() {
        lines(canvas, &plane, curve);
    }
    Ok(())
}

/// The curves of the detectors that learn in epochs.
fn curves(table: &TableReport) -> Result<Vec<Curve<'_>>> {
    let curves: Vec<Curve> = caption::runs(table)?
        .into_iter()
        .filter_map(|(place, run)| {
            let training = run.training.as_ref().filter(|training| !training.training_loss.is_empty())?;
            Some(Curve { series: Series::at(place), name: &run.detector, training })
        })
        .collect();
    match curves.is_empty() {
        true => {
            let error = Error::table(&table.table, "no detector of this report learns in epochs");
            Err(error.with_hint(Hint::RunDetector("autoencoder".to_owned())))
        }
        false => Ok(curves),
    }
}

fn losses<'a>(curve: &Curve<'a>) -> impl Iterator<Item = f64> + use<'a> {
    curve.training.training_loss.iter().chain(&curve.training.validation_loss).copied()
}

/// Draw both losses, and a dot at the epoch of the final weights.
fn lines(canvas: &mut Canvas, plane: &Plane, curve: &Curve) {
    let TrainingHistory { training_loss, validation_loss, best_epoch, .. } = curve.training;
    let points = |losses: &[f64]| {
        losses.iter().enumerate().map(|(epoch, &loss)| plane.at((epoch + 1) as f64, loss)).collect()
    };
    let (training, validation) = (training_stroke(canvas, curve), validation_stroke(canvas, curve));
    canvas.line(points(training_loss), training);
    canvas.line(points(validation_loss), validation);
    let criterion = if validation_loss.is_empty() { training_loss } else { validation_loss };
    if let Some(&loss) = criterion.get(*best_epoch) {
        canvas.add(Mark::Dots {
            points: vec![plane.at((best_epoch + 1) as f64, loss)],
            shape: Shape::Circle,
            radius: canvas.px(4.0),
            fill: Fill::solid(curve.series.colour),
        });
    }
}

fn training_stroke(canvas: &Canvas, curve: &Curve) -> Stroke {
    Stroke::new(curve.series.colour, canvas.px(1.6)).dashed(Dash::Short)
}

fn validation_stroke(canvas: &Canvas, curve: &Curve) -> Stroke {
    Stroke::new(curve.series.colour, canvas.px(2.2))
}

fn entries(canvas: &Canvas, curve: &Curve) -> Vec<Entry> {
    let mut entries = vec![
        Entry::new(Sample::Line(training_stroke(canvas, curve)), curve.name)
            .with(format!(": learned from ({} distinct rows)", count(curve.training.rows as u64))),
    ];
    if !curve.training.validation_loss.is_empty() {
        let sample = Sample::Line(validation_stroke(canvas, curve));
        entries.push(Entry::new(sample, curve.name).with(": validation"));
    }
    entries
}

/// A loss that still falls in the last epoch.
fn not_converged(training: &TrainingHistory) -> &'static str {
    let is_last = training.best_epoch + 1 == training.training_loss.len() && training.best_epoch > 0;
    if is_last { "; not converged, as the last epoch is the best: more epochs may help" } else { "" }
}

/// Why a validation loss is below the training loss, if one is.
fn below(curves: &[Curve]) -> &'static str {
    let is_below = |curve: &Curve| {
        let best = curve.training.best_epoch;
        let losses = curve.training.validation_loss.get(best).zip(curve.training.training_loss.get(best));
        losses.is_some_and(|(validation, training)| validation < training)
    };
    match curves.iter().any(is_below) {
        true => {
            " Validation can be below training, which is measured while the weights change, and with dropout."
        }
        false => "",
    }
}

/// A text in which numbers from 1,000 have thousands separators.
fn with_separators(text: &str) -> String {
    let word = |word: &str| match word.parse::<u64>() {
        Ok(number) => count(number),
        Err(_) => word.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn heading(table: &TableReport, curves: &[Curve]) -> Heading {
    let end = |curve: &Curve| {
        let TrainingHistory { best_epoch, ended, .. } = curve.training;
        let ended = with_separators(ended);
        format!("{}: best in epoch {}, {ended}{}", curve.name, best_epoch + 1, not_converged(curve.training))
    };
    let ends: Vec<String> = curves.iter().map(end).collect();
    Heading {
        title: caption::title(table, Chart::Loss),
        subtitle: caption::scored(table),
        caption: format!(
            "The dot is the epoch whose weights were kept. {}.{}",
            ends.join("; "),
            below(curves)
        ),
        description: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::samples;

    #[test]
    fn numbers_in_a_text_have_separators() {
        let text = "ended after 40 epochs, the maximum; used 5000 of 30608 rows";
        assert_eq!(with_separators(text), "ended after 40 epochs, the maximum; used 5,000 of 30,608 rows");
    }

    #[test]
    fn a_best_last_epoch_has_not_converged_and_a_low_validation_loss_is_explained() {
        let mut table = samples::table();
        let training = table.runs[0].training.as_mut().unwrap();
        assert_eq!(not_converged(training), "");
        training.best_epoch = training.training_loss.len() - 1;
        assert!(not_converged(training).contains("not converged"));
        assert_eq!(below(&curves(&table).unwrap()), "");
        let training = table.runs[0].training.as_mut().unwrap();
        training.validation_loss.fill(0.0);
        assert!(below(&curves(&table).unwrap()).contains("below training"));
    }
}
