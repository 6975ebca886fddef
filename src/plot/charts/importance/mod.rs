//! What the scores of each detector owe to each feature: one row a feature, one point a detector, with the
//! interval of its estimate as a bar.

mod rows;

use crate::plot::style::Series;
use crate::plot::canvas::legend::{self, Entry, Sample};
use crate::plot::canvas::scale::Scale;
use crate::plot::scene::Rect;
use crate::plot::canvas::{Heading, Sheet};
use crate::plot::Kind;
use crate::plot::charts::caption;
use crate::error::Result;
use crate::metrics::Interval;
use crate::report::{FeatureImportance, Importance, TableReport, count};

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let detectors = detectors(table)?;
    let features = ranked(&detectors);
    let whole = heading(table, &detectors, features.len(), features.len());
    let part = |shown: usize| heading(table, &detectors, features.len(), shown);
    // How many rows there is room for is known only once the words around them stand, so they are set on a copy.
    let fits = |heading: &Heading| {
        let mut copy = sheet.clone();
        let area = copy.frame(heading);
        let area = legend_below(&mut copy, area, &detectors);
        rows::fitting(&copy, area, features.len(), detectors.len())
    };
    let all = fits(&whole) == features.len();
    let shown = if all { features.len() } else { fits(&part(features.len() - 1)) };
    let area = sheet.frame(&part(shown));
    let area = legend_below(sheet, area, &detectors);
    rows::draw(sheet, area, &detectors, &features[..shown]);
    Ok(())
}

/// A detector with its importances.
pub struct Detector<'a> {
    name: &'a str,
    series: Series,
    importance: &'a Importance,
}

/// An estimate with its interval, where it has one.
type Value = (f64, Option<Interval>);

/// One way to measure importance, as a panel.
pub struct Measure {
    title: &'static str,
    of: fn(&FeatureImportance) -> Option<Value>,
    scale: Scale,
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
        true => Err(caption::not_in_report(table, Kind::Importance, "feature importance")),
        false => Ok(detectors),
    }
}

/// The names of the features, the most important first: by the mean fall of the ranking over all detectors.
fn ranked<'a>(detectors: &[Detector<'a>]) -> Vec<&'a str> {
    let mean = |name: &str| {
        let found = detectors.iter().filter_map(|detector| feature(detector, name));
        found.map(weight).sum::<f64>()
    };
    let first = detectors[0].importance.features.iter();
    let mut names: Vec<(f64, &str)> =
        first.map(|feature| (mean(&feature.feature), feature.feature.as_str())).collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    names.into_iter().map(|(_, name)| name).collect()
}

fn feature<'a>(detector: &Detector<'a>, name: &str) -> Option<&'a FeatureImportance> {
    detector.importance.features.iter().find(|feature| feature.feature == name)
}

fn weight(feature: &FeatureImportance) -> f64 {
    let falls = [feature.ranking_fall, feature.auc_fall].into_iter().flatten();
    falls.map(|fall| fall.mean).chain(feature.rank_correlation.map(f64::abs)).next().unwrap_or(0.0)
}

fn measures(detectors: &[Detector]) -> Vec<Measure> {
    let mut measures = vec![
        Measure { title: "fall of the ranking", of: ranking_fall, scale: Scale::linear(0.0, 1.0) },
        Measure { title: "fall of the AUC", of: auc_fall, scale: Scale::linear(0.0, 1.0) },
        Measure { title: "rank correlation", of: correlation, scale: Scale::linear(-1.05, 1.05) },
    ];
    for measure in &mut measures[..2] {
        measure.scale = around_zero(&values(detectors, measure.of));
    }
    measures.retain(|measure| !values(detectors, measure.of).is_empty());
    measures
}

fn ranking_fall(feature: &FeatureImportance) -> Option<Value> {
    feature.ranking_fall.map(|fall| (fall.mean, Some(fall.interval)))
}

fn auc_fall(feature: &FeatureImportance) -> Option<Value> {
    feature.auc_fall.map(|fall| (fall.mean, Some(fall.interval)))
}

fn correlation(feature: &FeatureImportance) -> Option<Value> {
    feature.rank_correlation.map(|correlation| (correlation, None))
}

fn values(detectors: &[Detector], of: fn(&FeatureImportance) -> Option<Value>) -> Vec<Value> {
    detectors.iter().flat_map(|detector| detector.importance.features.iter().filter_map(of)).collect()
}

fn around_zero(values: &[Value]) -> Scale {
    let ends = values.iter().flat_map(|(mean, interval)| {
        interval.map_or([*mean, *mean], |interval| [interval.low.min(*mean), interval.high.max(*mean)])
    });
    Scale::around(ends.chain([0.0]), 0.05)
}

fn legend_below(sheet: &mut Sheet, area: Rect, detectors: &[Detector]) -> Rect {
    let sample = |detector: &Detector| Sample::Dot(detector.series.shape, detector.series.colour);
    let entries: Vec<Entry> =
        detectors.iter().map(|detector| Entry::new(sample(detector), detector.name)).collect();
    legend::draw(sheet, area, &entries)
}

fn heading(table: &TableReport, detectors: &[Detector], features: usize, shown: usize) -> Heading {
    let importance = detectors[0].importance;
    let first = |detector: &Detector| {
        let own = ranked(&[Detector { ..*detector }]);
        format!("{}: {}", detector.name, own[..own.len().min(3)].join(", "))
    };
    let listed: Vec<String> = detectors.iter().map(first).collect();
    let most = match shown < features {
        true => format!("The {shown} most important of {features} features; a higher chart shows more. "),
        false => String::new(),
    };
    Heading {
        title: caption::title(table, Kind::Importance),
        subtitle: caption::scored(table),
        caption: format!(
            "{most}Fall when a column is shuffled, of the order of the scores (1 − Spearman) and of the AUC: mean and \
             95 % interval, {} repeats on {} of {} rows. Correlation: Spearman.",
            count(importance.repeats),
            count(importance.rows),
            count(table.scored_rows as u64)
        ),
        description: format!("{features} features. The most important by detector: {}.", listed.join("; ")),
    }
}
