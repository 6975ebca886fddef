//! A detector with its parameters under the name by which it is asked for and reported: an id, a setting of a grid,
//! or an ensemble written out.

use super::ensemble::{self, Combination, Ensemble};
use super::{Entry, Fitted, Forecast, Settings, Task, find};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What takes part in a comparison.
#[derive(Clone, Debug)]
pub struct Contender {
    /// `lof`, `lof(k=10)`, or `mean-rank(isolation-forest,knn)`.
    pub name: String,
    pub entry: &'static Entry,
    /// Every parameter, defaults filled in.
    pub parameters: Value,
    /// Whether it is one of several settings that were tried.
    pub of_grid: bool,
}

/// Parameters by detector, as they were given.
pub type Given = BTreeMap<String, Map<String, Value>>;

/// Values to try, by detector and parameter.
pub type Grid = BTreeMap<String, BTreeMap<String, Vec<Value>>>;

impl Contender {
    /// A detector with its defaults.
    pub fn of(entry: &'static Entry) -> Self {
        Contender { name: entry.id.to_owned(), entry, parameters: (entry.defaults)(), of_grid: false }
    }

    /// From an id, or from a combination and its members in parentheses.
    ///
    /// # Errors
    /// Where a name is unknown or a parenthesis is missing.
    pub fn parse(text: &str) -> Result<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let Some((combination, members)) = text.split_once('(') else {
            return Ok(Contender::of(find(&text)?));
        };
        let Some(members) = members.strip_suffix(')').filter(|members| !members.contains(['(', ')'])) else {
            let problem = format!("`{text}` is not of the form mean(isolation-forest,lof)");
            return Err(Error::Request(problem));
        };
        let known = Combination::NAMES.iter().find(|(name, _)| *name == combination);
        let (_, combine) = known.ok_or_else(|| {
            let names = Combination::NAMES.iter().map(|(name, _)| (*name).to_owned());
            Error::unknown_name("combination", combination, names.collect())
        })?;
        let members: Vec<&str> = members.split(',').collect();
        members.iter().try_for_each(|id| find(id).map(drop))?;
        let parameters = Map::from_iter([
            ("combine".to_owned(), json!(combine)),
            ("members".to_owned(), json!(members)),
            ("buckets".to_owned(), json!(members.len().div_ceil(2))),
        ]);
        let ensemble = Contender::of(find(ensemble::ID)?).with(&parameters);
        Ok(Contender { name: text, ..ensemble })
    }

    /// The same with some parameters in place of its own.
    pub fn with(mut self, given: &Map<String, Value>) -> Self {
        if let Some(parameters) = self.parameters.as_object_mut() {
            parameters.extend(given.clone());
        }
        self
    }

    /// The same with what was given for it, and an ensemble's members with what was given for them.
    pub fn given(self, given: &Given) -> Self {
        let own = given.get(self.entry.id).cloned().unwrap_or_default();
        let mut contender = self.with(&own);
        if let Some(Value::Array(members)) = contender.parameters.get_mut("members") {
            for member in members {
                if let Some((id, parameters)) = member.as_str().and_then(|id| given.get_key_value(id)) {
                    *member = json!({"detector": id, "parameters": parameters});
                }
            }
        }
        contender
    }

    /// One contender for each combination of the values to try.
    fn settings(self, grid: &BTreeMap<String, Vec<Value>>) -> Vec<Contender> {
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
        let named = |setting: Map<String, Value>| {
            let name = format!("{}({})", self.name, written(&setting));
            Contender { name, of_grid: true, ..self.clone().with(&setting) }
        };
        settings.into_iter().map(named).collect()
    }

    /// The ensemble that this is, if it is one.
    ///
    /// # Errors
    /// Where its parameters are wrong.
    pub fn ensemble(&self, settings: &Settings) -> Result<Option<Ensemble>> {
        let is_ensemble = self.entry.id == ensemble::ID;
        is_ensemble.then(|| Ensemble::new(settings, &self.parameters)).transpose()
    }

    /// Whether two seeds give two answers; an ensemble's members decide for it.
    pub fn is_seeded(&self) -> bool {
        match self.ensemble(&Settings::new(0)) {
            Ok(Some(ensemble)) => ensemble.is_seeded(),
            _ => self.entry.seeded,
        }
    }

    /// What fitting and scoring will cost.
    pub fn forecast(&self, task: Task) -> Forecast {
        (self.entry.forecast)(&self.parameters, task)
    }

    /// Fit on rows; the seed is that of their table, from which each detector derives its own by its id.
    ///
    /// # Errors
    /// Where a parameter is wrong, or the rows are too few for the parameters.
    pub fn fit(&self, settings: &Settings, train: &WeightedRows, table: Seed) -> Result<Fitted> {
        // An ensemble hands the table's seed on to its members.
        let seed = if self.entry.id == ensemble::ID { table } else { table.derive(self.entry.id) };
        (self.entry.build)(settings, &self.parameters)?.fit(train, seed)
    }
}

/// `k=10,duplicates=copies`.
fn written(setting: &Map<String, Value>) -> String {
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    setting.iter().map(|(name, v)| format!("{name}={}", value(v))).collect::<Vec<_>>().join(",")
}

/// So many settings of a grid are tried, at most: one that long is a mistake.
const MOST_SETTINGS: f64 = 1000.0;

/// Contenders from what was asked for: each name once, with its parameters, and every setting of a grid.
///
/// # Errors
/// Where a name is unknown, a parameter or a grid is for a detector that does not take part, or a value is wrong.
pub fn contenders(asked: Vec<Contender>, given: &Given, grid: &Grid) -> Result<Vec<Contender>> {
    let mut contenders: Vec<Contender> = Vec::new();
    let settings: f64 =
        grid.values().map(|values| values.values().map(|v| v.len() as f64).product::<f64>()).sum();
    if settings > MOST_SETTINGS {
        return Err(Error::Request(format!(
            "the grid has {settings} settings, but no more than {MOST_SETTINGS} are tried at once"
        )));
    }
    for contender in asked {
        let contender = contender.given(given);
        let found = match grid.get(contender.entry.id) {
            Some(values) => contender.settings(values),
            None => vec![contender],
        };
        for contender in found {
            if !contenders.iter().any(|known| known.name == contender.name) {
                contenders.push(contender);
            }
        }
    }
    let ids = taking_part(&contenders);
    match given.keys().chain(grid.keys()).find(|id| !ids.contains(id)) {
        Some(id) => Err(Error::unknown_name("detector in this comparison", id, ids)),
        None => Ok(contenders),
    }
}

/// The ids of the detectors, members of ensembles among them.
pub fn taking_part(contenders: &[Contender]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let member = |member: &Value| {
        let id = member.get("detector").unwrap_or(member);
        id.as_str().map(str::to_owned)
    };
    for contender in contenders {
        let members = contender.parameters.get("members").and_then(Value::as_array);
        let members = members.into_iter().flatten().filter_map(member);
        for id in members.chain([contender.entry.id.to_owned()]) {
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

    fn names(contenders: &[Contender]) -> Vec<&str> {
        contenders.iter().map(|contender| contender.name.as_str()).collect()
    }

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn an_ensemble_is_written_as_a_combination_of_ids() {
        let ensemble = Contender::parse("max-standard( isolation-forest, lof )").unwrap();
        assert_eq!(ensemble.name, "max-standard(isolation-forest,lof)");
        assert_eq!(ensemble.parameters["combine"], "max-standard");
        assert_eq!(ensemble.parameters["members"], json!(["isolation-forest", "lof"]));
    }

    #[test]
    fn what_cannot_be_read_is_explained() {
        let error = |text: &str| Contender::parse(text).unwrap_err().to_string();
        assert!(error("mean(lof").contains("not of the form"));
        assert!(error("mean(lof,max(lof,lof))").contains("not of the form"));
        assert!(error("meen(lof,lof)").contains("did you mean `mean`?"));
        assert!(error("mean(lof,loff)").contains("did you mean `lof`?"));
        assert!(error("mean()").contains("there is no detector ``"));
    }

    #[test]
    fn parameters_reach_a_member_of_an_ensemble() {
        let given = Given::from([("lof".to_owned(), fields(json!({"k": 7})))]);
        let ensemble = Contender::parse("mean(isolation-forest,lof)").unwrap().given(&given);
        let members = ensemble.ensemble(&Settings::new(0)).unwrap().unwrap();
        assert_eq!(members.members()[1].parameters["k"], 7);
    }

    #[test]
    fn a_grid_makes_a_contender_of_every_setting() {
        let values = BTreeMap::from([
            ("duplicates".to_owned(), vec![json!("distinct"), json!("copies")]),
            ("k".to_owned(), vec![json!(5), json!(10)]),
        ]);
        let grid = Grid::from([("lof".to_owned(), values)]);
        let found = contenders(vec![Contender::parse("lof").unwrap()], &Given::new(), &grid).unwrap();
        assert_eq!(
            names(&found),
            [
                "lof(duplicates=distinct,k=5)",
                "lof(duplicates=distinct,k=10)",
                "lof(duplicates=copies,k=5)",
                "lof(duplicates=copies,k=10)"
            ]
        );
        assert!(found.iter().all(|contender| contender.of_grid));
    }

    #[test]
    fn parameters_of_a_detector_that_does_not_take_part_are_an_error() {
        let given = Given::from([("lof".to_owned(), fields(json!({"k": 7})))]);
        let asked = vec![Contender::parse("isolation-forest").unwrap()];
        let error = contenders(asked, &given, &Grid::new()).unwrap_err().to_string();
        assert!(error.contains("no detector in this comparison `lof`"), "{error}");
    }

    #[test]
    fn a_contender_asked_for_twice_takes_part_once() {
        let asked = ["lof", "lof"].map(|id| Contender::parse(id).unwrap()).to_vec();
        assert_eq!(names(&contenders(asked, &Given::new(), &Grid::new()).unwrap()), ["lof"]);
    }
}
