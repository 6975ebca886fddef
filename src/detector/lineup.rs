//! The detectors of a comparison, from ids, ensembles, parameters and grids.

use super::ensemble::{self, Ensemble};
use super::entry::Settings;
use super::registry::find;
use super::spec::{DetectorSpec, Grid, ParameterOverrides};
use crate::error::{Error, Result};

impl DetectorSpec {
    /// Parse an id, or a combination with its members in parentheses: `mean(isolation-forest,lof)`.
    ///
    /// # Errors
    /// If a name is unknown or a parenthesis is missing.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.replace(char::is_whitespace, "");
        match text.contains('(') {
            true => ensemble::parse(&text),
            false => Ok(DetectorSpec::of(find(&text)?)),
        }
    }

    /// The same detector with its overrides. An ensemble's members take theirs.
    pub fn with_overrides(self, overrides: &ParameterOverrides) -> Self {
        let own = overrides.get(self.entry.id).cloned().unwrap_or_default();
        let mut spec = self.with(&own);
        ensemble::override_members(&mut spec.parameters, overrides);
        spec
    }

    /// The ensemble, or `None` for a base detector.
    ///
    /// # Errors
    /// If a parameter of the ensemble is wrong.
    pub fn ensemble(&self, settings: &Settings) -> Result<Option<Ensemble>> {
        let is_ensemble = self.entry.id == ensemble::ID;
        is_ensemble.then(|| Ensemble::new(settings, &self.parameters)).transpose()
    }

    /// Whether the scores depend on the seed. For an ensemble, its members decide.
    pub fn is_seeded(&self) -> bool {
        match self.ensemble(&Settings::new(0)) {
            Ok(Some(ensemble)) => ensemble.is_seeded(),
            _ => self.entry.seeded,
        }
    }
}

/// A grid with more settings than this is taken for a mistake.
const MAX_SETTINGS: f64 = 1000.0;

/// The specs of a comparison: each name once, with its overrides, and one spec per setting of a grid.
///
/// # Errors
/// If a name is unknown, if overrides or a grid are for a detector outside the comparison, or if a grid is
/// too large.
pub fn specs(
    lineup: Vec<DetectorSpec>,
    overrides: &ParameterOverrides,
    grid: &Grid,
) -> Result<Vec<DetectorSpec>> {
    check_size(grid)?;
    let mut specs: Vec<DetectorSpec> = Vec::new();
    for spec in lineup {
        let spec = spec.with_overrides(overrides);
        let settings = match grid.get(spec.entry.id) {
            Some(values) => spec.expand(values),
            None => vec![spec],
        };
        for spec in settings {
            if !specs.iter().any(|known| known.name == spec.name) {
                specs.push(spec);
            }
        }
    }
    let ids = detector_ids(&specs);
    match overrides.keys().chain(grid.keys()).find(|id| !ids.contains(id)) {
        Some(id) => Err(Error::unknown_name("detector in this run", id, ids)),
        None => Ok(specs),
    }
}

fn check_size(grid: &Grid) -> Result<()> {
    let settings: f64 =
        grid.values().map(|values| values.values().map(|v| v.len() as f64).product::<f64>()).sum();
    match settings > MAX_SETTINGS {
        true => Err(Error::Request(format!(
            "the grid has {settings} settings, but at most {MAX_SETTINGS} are allowed; try fewer values"
        ))),
        false => Ok(()),
    }
}

/// The ids of the detectors, including members of ensembles. Each id occurs once.
pub fn detector_ids(specs: &[DetectorSpec]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for spec in specs {
        for id in ensemble::member_ids(&spec.parameters).into_iter().chain([spec.entry.id.to_owned()]) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value, json};
    use std::collections::BTreeMap;

    fn names(specs: &[DetectorSpec]) -> Vec<&str> {
        specs.iter().map(|spec| spec.name.as_str()).collect()
    }

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn an_ensemble_is_written_as_a_combination_of_ids() {
        let ensemble = DetectorSpec::parse("max-standard( isolation-forest, lof )").unwrap();
        assert_eq!(ensemble.name, "max-standard(isolation-forest,lof)");
        assert_eq!(ensemble.parameters["combine"], "max-standard");
        assert_eq!(ensemble.parameters["members"], json!(["isolation-forest", "lof"]));
    }

    #[test]
    fn a_spec_that_cannot_be_parsed_is_explained() {
        let error = |text: &str| DetectorSpec::parse(text).unwrap_err().to_string();
        assert!(error("mean(lof").contains("not of the form"));
        assert!(error("mean(lof,max(lof,lof))").contains("not of the form"));
        assert!(error("meen(lof,lof)").contains("did you mean `mean`?"));
        assert!(error("mean(lof,loff)").contains("did you mean `lof`?"));
        assert!(error("mean()").contains("the name of a detector is empty"));
    }

    #[test]
    fn overrides_reach_a_member_of_an_ensemble() {
        let overrides = ParameterOverrides::from([("lof".to_owned(), fields(json!({"k": 7})))]);
        let spec = DetectorSpec::parse("mean(isolation-forest,lof)").unwrap().with_overrides(&overrides);
        let ensemble = spec.ensemble(&Settings::new(0)).unwrap().unwrap();
        assert_eq!(ensemble.members()[1].parameters["k"], 7);
    }

    #[test]
    fn a_grid_makes_a_spec_of_every_setting() {
        let values = BTreeMap::from([
            ("duplicates".to_owned(), vec![json!("distinct"), json!("copies")]),
            ("k".to_owned(), vec![json!(5), json!(10)]),
        ]);
        let grid = Grid::from([("lof".to_owned(), values)]);
        let lineup = vec![DetectorSpec::parse("lof").unwrap()];
        let specs = specs(lineup, &ParameterOverrides::new(), &grid).unwrap();
        assert_eq!(
            names(&specs),
            [
                "lof(duplicates=distinct,k=5)",
                "lof(duplicates=distinct,k=10)",
                "lof(duplicates=copies,k=5)",
                "lof(duplicates=copies,k=10)"
            ]
        );
        assert!(specs.iter().all(|spec| spec.of_grid));
    }

    #[test]
    fn parameters_of_a_detector_outside_the_comparison_are_an_error() {
        let overrides = ParameterOverrides::from([("lof".to_owned(), fields(json!({"k": 7})))]);
        let lineup = vec![DetectorSpec::parse("isolation-forest").unwrap()];
        let error = specs(lineup, &overrides, &Grid::new()).unwrap_err().to_string();
        assert_eq!(error, "there is no detector `lof` in this run; there is only isolation-forest");
    }

    #[test]
    fn a_detector_named_twice_takes_part_once() {
        let lineup = ["lof", "lof"].map(|id| DetectorSpec::parse(id).unwrap()).to_vec();
        assert_eq!(names(&specs(lineup, &ParameterOverrides::new(), &Grid::new()).unwrap()), ["lof"]);
    }
}
