//! A detector with its parameters, under the name that reports show.

use super::cost::{CostEstimate, Task};
use super::entry::{Entry, Family, Settings};
use super::traits::Fitted;
use crate::error::Result;
use crate::rows::WeightedRows;
use crate::seed::Seed;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A detector with its parameters.
#[derive(Clone, Debug)]
pub struct DetectorSpec {
    /// `lof`, `lof(k=10)`, or `mean-rank(isolation-forest,knn)`.
    pub name: String,
    /// The detector's entry in the registry.
    pub entry: &'static Entry,
    /// Every parameter, defaults included.
    pub parameters: Value,
    /// Whether it is one of the settings of a grid.
    pub of_grid: bool,
}

/// Parameters that replace the defaults, by detector.
pub type ParameterOverrides = BTreeMap<String, Map<String, Value>>;

/// The values to try, by detector and parameter.
pub type Grid = BTreeMap<String, BTreeMap<String, Vec<Value>>>;

impl DetectorSpec {
    /// A detector with its defaults.
    pub fn of(entry: &'static Entry) -> Self {
        DetectorSpec { name: entry.id.to_owned(), entry, parameters: (entry.defaults)(), of_grid: false }
    }

    /// The same detector with some parameters replaced.
    pub fn with(mut self, overrides: &Map<String, Value>) -> Self {
        if let Some(parameters) = self.parameters.as_object_mut() {
            parameters.extend(overrides.clone());
        }
        self
    }

    /// One spec per combination of the values of each parameter.
    pub(super) fn expand(self, grid: &BTreeMap<String, Vec<Value>>) -> Vec<DetectorSpec> {
        let mut settings: Vec<Map<String, Value>> = vec![Map::new()];
        for (parameter, values) in grid {
            let with = |setting: &Map<String, Value>, value: &Value| {
                let mut setting = setting.clone();
                setting.insert(parameter.clone(), value.clone());
                setting
            };
            settings = settings
                .iter()
                .flat_map(|setting| values.iter().map(move |value| with(setting, value)))
                .collect();
        }
        let spec = |setting: Map<String, Value>| {
            let name = format!("{}({})", self.name, key_value_list(&setting));
            DetectorSpec { name, of_grid: true, ..self.clone().with(&setting) }
        };
        settings.into_iter().map(spec).collect()
    }

    /// The expected cost of fitting and scoring.
    pub fn estimate(&self, task: Task) -> CostEstimate {
        (self.entry.estimate)(&self.parameters, task)
    }

    /// Fit on rows. `table` is the seed of their table; each detector derives its own seed from it by its id.
    ///
    /// # Errors
    /// If a parameter is wrong, or if there are too few rows for the parameters.
    pub fn fit(&self, settings: &Settings, train: &WeightedRows, table: Seed) -> Result<Fitted> {
        let seed = match self.entry.kind {
            // Members of an ensemble derive their own seeds, so each is the same as outside of the ensemble.
            Family::Ensemble => table,
            _ => table.derive(self.entry.id),
        };
        (self.entry.build)(settings, &self.parameters)?.fit(train, seed)
    }
}

/// `k=10,duplicates=copies`.
fn key_value_list(setting: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    setting.iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(",")
}
