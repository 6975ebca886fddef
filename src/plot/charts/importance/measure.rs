//! The measures of importance, one panel each, and their values for each detector.

use crate::metrics::Interval;
use crate::plot::canvas::scale::Scale;
use crate::plot::style::Series;
use crate::report::{FeatureImportance, Importance};

/// A detector with its importances.
pub struct Detector<'a> {
    pub name: &'a str,
    pub series: Series,
    pub importance: &'a Importance,
}

/// An estimate and its interval, if it has one.
pub type Value = (f64, Option<Interval>);

/// One measure of importance, shown as a panel.
pub struct Measure {
    pub title: &'static str,
    pub of: fn(&FeatureImportance) -> Option<Value>,
    pub scale: Scale,
}

/// The measures with at least one value.
pub fn measures(detectors: &[Detector]) -> Vec<Measure> {
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

/// The importance of a feature for a detector.
pub fn feature<'a>(detector: &Detector<'a>, name: &str) -> Option<&'a FeatureImportance> {
    detector.importance.features.iter().find(|feature| feature.feature == name)
}

fn ranking_fall(feature: &FeatureImportance) -> Option<Value> {
    feature.ranking_fall.map(|fall| (fall.mean, Some(fall.interval)))
}

fn auc_fall(feature: &FeatureImportance) -> Option<Value> {
    feature.auc_fall.map(|fall| (fall.mean, Some(fall.interval)))
}

fn correlation(feature: &FeatureImportance) -> Option<Value> {
    feature.rank_correlation.or(feature.level_correlation).map(|correlation| (correlation, None))
}

fn values(detectors: &[Detector], of: fn(&FeatureImportance) -> Option<Value>) -> Vec<Value> {
    detectors.iter().flat_map(|detector| detector.importance.features.iter().filter_map(of)).collect()
}

/// A scale that contains all intervals and 0.
fn around_zero(values: &[Value]) -> Scale {
    let ends = values.iter().flat_map(|(mean, interval)| {
        interval.map_or([*mean, *mean], |interval| [interval.low.min(*mean), interval.high.max(*mean)])
    });
    Scale::around(ends.chain([0.0]), 0.05)
}
