//! The importance of each feature for each detector: one row per feature, one point per detector, with the
//! interval of the estimate as a line. With many detectors, a heat map.

mod heat;
mod measure;
mod rows;

use crate::error::Result;
use crate::plot::canvas::legend::{self, Entry, Sample};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::plot::scene::Rect;
use crate::plot::style::Series;
use crate::report::{FeatureImportance, TableReport, count};
use measure::{Detector, feature};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let detectors = detectors(table)?;
    let features = by_importance(&detectors);
    let all = features.len();
    let heading = |visible: usize| heading(table, &detectors, all, visible);
    // The number of rows that fit depends on the text around them, so the text is first drawn on a copy.
    let capacity = |heading: &Heading| {
        let mut copy = canvas.clone();
        let area = copy.frame(heading);
        let area = legend_below(&mut copy, area, &detectors);
        match detectors.len() >= heat::FROM {
            true => heat::capacity(&copy, area, &detectors, all),
            false => rows::capacity(&copy, area, all, detectors.len()),
        }
    };
    let visible = if capacity(&heading(all)) == all { all } else { capacity(&heading(all - 1)) };
    let area = canvas.frame(&heading(visible));
    let area = legend_below(canvas, area, &detectors);
    match detectors.len() >= heat::FROM {
        true => heat::draw(canvas, area, &detectors, &features[..visible]),
        false => rows::draw(canvas, area, &detectors, &features[..visible]),
    }
    Ok(())
}

fn detectors(table: &TableReport) -> Result<Vec<Detector<'_>>> {
    let runs = caption::runs(table)?.into_iter();
    let detectors: Vec<Detector> = runs
        .filter_map(|(place, run)| {
            let importance = run.importance.as_ref().filter(|importance| !importance.features.is_empty())?;
            Some(Detector { name: &run.detector, series: Series::at(place), importance })
        })
        .collect();
    match detectors.is_empty() {
        true => Err(caption::not_in_report(table, Chart::Importance, "feature importance")),
        false => Ok(detectors),
    }
}

/// The names of the features by descending importance, summed over all detectors.
fn by_importance<'a>(detectors: &[Detector<'a>]) -> Vec<&'a str> {
    let total = |name: &str| {
        let features = detectors.iter().filter_map(|detector| feature(detector, name));
        features.map(weight).sum::<f64>()
    };
    let first = detectors[0].importance.features.iter();
    let mut names: Vec<(f64, &str)> =
        first.map(|feature| (total(&feature.feature), feature.feature.as_str())).collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    names.into_iter().map(|(_, name)| name).collect()
}

/// The fall of the ranking; if undefined, the fall of the AUC or the absolute correlation.
fn weight(feature: &FeatureImportance) -> f64 {
    let falls = [feature.ranking_fall, feature.auc_fall].into_iter().flatten();
    falls.map(|fall| fall.mean).chain(feature.rank_correlation.map(f64::abs)).next().unwrap_or(0.0)
}

/// Draw the legend. Returns the area above it.
fn legend_below(canvas: &mut Canvas, area: Rect, detectors: &[Detector]) -> Rect {
    let sample = |detector: &Detector| Sample::Dot(detector.series.shape, detector.series.colour);
    let entries: Vec<Entry> = match detectors.len() >= heat::FROM {
        true => heat::legend(detectors),
        false => detectors.iter().map(|detector| Entry::new(sample(detector), detector.name)).collect(),
    };
    legend::draw(canvas, area, &entries)
}

fn heading(table: &TableReport, detectors: &[Detector], features: usize, visible: usize) -> Heading {
    let importance = detectors[0].importance;
    let top_three = |detector: &Detector| {
        let names = by_importance(&[Detector { ..*detector }]);
        format!("{}: {}", detector.name, names[..names.len().min(3)].join(", "))
    };
    let top: Vec<String> = detectors.iter().map(top_three).collect();
    let by_level = importance.features.iter().any(|feature| feature.level_correlation.is_some());
    // A heat map has no room for intervals.
    let (estimate, range) = match detectors.len() >= heat::FROM {
        true => ("mean", ""),
        false => {
            ("mean and 95 % interval", " The interval covers the chance of the rows and of the shuffles.")
        }
    };
    let most = match visible < features {
        true => format!("The {visible} most important of {features} features; a higher chart shows more. "),
        false => String::new(),
    };
    Heading {
        title: caption::title(table, Chart::Importance),
        subtitle: caption::scored(table),
        caption: format!(
            "{most}Fall when a column is shuffled, of the order of the scores (1 − Spearman) and of the AUC: \
             {estimate}, {} repeats on {} of {} rows.{range} Correlation: Spearman{}.{}",
            count(importance.repeats),
            count(importance.rows),
            count(table.scored_rows as u64),
            if by_level { "; for categories with the mean score of the level, without sign" } else { "" },
            table.few_suspicious().map_or(String::new(), |few| format!(" {few}."))
        ),
        description: format!("{features} features. The most important by detector: {}.", top.join("; ")),
    }
}
