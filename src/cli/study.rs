//! Data and method of a comparison, from flags and an experiment file. A flag takes precedence over the file.

use super::data::{Names, Source};
use super::method::{EncodingChoice, Method, ProtocolChoice, budget, bytes};
use crate::detector::{Grid, ParameterOverrides};
use crate::error::{Error, Result, json};
use crate::experiment::{FeedbackOptions, Plan};
use crate::files;
use crate::metrics::ThresholdRule;
use crate::table::{self, Table};
use clap::Args;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The data and the method of a comparison.
#[derive(Clone, Debug, Default, Args)]
pub struct Study {
    #[command(flatten)]
    source: Source,
    /// Files that are a table each, with the same --label: detectors are also ranked over the tables. A pattern in quotes
    /// or a folder stands for its files
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["file", "data", "table", "schema"],
          help_heading = "Data")]
    files: Vec<PathBuf>,
    /// Tables of --files that count once in the ranks, such as cuts of one data set: a pattern of their names, 'web_*';
    /// repeatable
    #[arg(long, value_name = "PATTERN", help_heading = "Data")]
    related: Vec<String>,
    #[command(flatten)]
    method: Method,
    /// TOML file with these options under the names of their flags; parameters as [params.lof], values to try as
    /// [grid.lof]. Paths are relative to the file. Flags take precedence
    #[arg(long, value_name = "FILE", help_heading = "Method")]
    experiment: Option<PathBuf>,
}

/// An experiment file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Experiment {
    table: Vec<String>,
    data: Option<PathBuf>,
    file: Option<Files>,
    files: Option<Files>,
    related: Vec<String>,
    label: Option<String>,
    features: Option<Vec<String>>,
    categorical: Option<Vec<String>>,
    time: Option<String>,
    time_features: bool,
    group: Option<String>,
    warm_up: Option<String>,
    schema: Option<PathBuf>,
    detectors: Vec<String>,
    params: ParameterOverrides,
    grid: Grid,
    protocol: Option<ProtocolChoice>,
    threshold: Option<ThresholdRule>,
    contamination: Option<f64>,
    encoding: Option<EncodingChoice>,
    test_share: Option<f64>,
    equivalence: Option<f64>,
    folds: Option<usize>,
    budget: Option<String>,
    splits: Option<u64>,
    runs: Option<u64>,
    seed: Option<u64>,
    memory: Option<String>,
    time_limit: Option<f64>,
    fit_rows: Option<usize>,
}

/// One path, or several paths of one table.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Files {
    One(PathBuf),
    Several(Vec<PathBuf>),
}

impl Study {
    /// The input files.
    ///
    /// # Errors
    /// As [`Study::resolve`].
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let (source, ..) = self.resolve_all()?;
        Ok(source.files().into_iter().chain(self.experiment.clone()).collect())
    }

    /// The input files that these tables were read from, and the experiment file.
    ///
    /// # Errors
    /// As [`Study::resolve`].
    pub fn read_files(&self, tables: &[Table]) -> Result<Vec<PathBuf>> {
        let (source, ..) = self.resolve_all()?;
        let mut files = source.files();
        if source.data.is_some() {
            // A store may have tables that the flags do not request.
            files.retain(|file| source.schema.as_ref() == Some(file) || is_of_a_table(file, tables));
        }
        Ok(files.into_iter().chain(self.experiment.clone()).collect())
    }

    /// The source of the tables and the plan.
    ///
    /// # Errors
    /// If the experiment file cannot be read, or names an unknown detector, parameter or option.
    pub fn resolve(&self) -> Result<(Source, Plan)> {
        let (source, plan, feedback) = self.resolve_all()?;
        match feedback {
            Some(_) => Err(Error::Request(
                "protocol feedback is one of `compare`, of `report`, and of `plot discovery`".to_owned(),
            )),
            None => Ok((source, plan)),
        }
    }

    /// As [`Study::resolve`]; with protocol feedback also how the analyst works.
    ///
    /// # Errors
    /// As [`Study::resolve`].
    pub fn resolve_all(&self) -> Result<(Source, Plan, Option<FeedbackOptions>)> {
        let (files, related) = (self.files.clone(), self.related.clone());
        let flags = Source { files, related, ..self.source.clone() };
        let Some(path) = &self.experiment else {
            let plan = self.method.plan(ParameterOverrides::new(), Grid::new())?;
            return Ok((flags, plan, self.method.feedback()?));
        };
        let experiment: Experiment =
            toml::from_str(&files::text(path)?).map_err(|e| Error::input(path, in_a_line(&e)))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let source = experiment.source(&flags, folder).map_err(|e| Error::input(path, e))?;
        let method = experiment.method(&self.method).map_err(|e| Error::input(path, e))?;
        // If the flags choose other detectors, the file's settings for the rest do not apply.
        let uses_file_detectors = self.method.detectors.is_empty();
        let settings = match uses_file_detectors {
            true => (experiment.params, experiment.grid),
            false => experiment.settings_for(&method)?,
        };
        Ok((source, method.plan(settings.0, settings.1)?, method.feedback()?))
    }
}

/// Whether a file or a folder above it has the name of one of the tables.
fn is_of_a_table(file: &Path, tables: &[Table]) -> bool {
    let is_name = |name: &str| tables.iter().any(|table| table.name == name);
    is_name(&table::stem(file))
        || file
            .ancestors()
            .skip(1)
            .any(|folder| folder.file_name().is_some_and(|name| is_name(&name.to_string_lossy())))
}

/// The message of a TOML error with its line number, on one line.
fn in_a_line(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().and_then(|first| first.split_once("at line ")).map(|(_, place)| place);
    let line = line.map(|place| format!("line {place}: ")).unwrap_or_default();
    format!("{line}{}", json::plain(&error.message().replace('\n', "; ")))
}

impl Files {
    /// The paths, relative to a folder.
    fn below(&self, folder: &Path) -> Vec<PathBuf> {
        match self {
            Files::One(path) => vec![folder.join(path)],
            Files::Several(paths) => paths.iter().map(|path| folder.join(path)).collect(),
        }
    }
}

impl Experiment {
    /// The source of the flags if they name one, else that of the file.
    fn source(&self, flags: &Source, folder: &Path) -> Result<Source, String> {
        let warm_up = self.warm_up.as_deref().map(str::parse).transpose()?;
        let flags = flags.clone();
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| folder.join(path));
        let has_file = !flags.file.is_empty() || !flags.files.is_empty();
        let is_overridden = has_file || flags.data.is_some();
        let own = |setting: Option<PathBuf>| setting.filter(|_| !is_overridden);
        let uses_file_columns = !has_file;
        let features = self.features.clone().filter(|_| uses_file_columns);
        let categorical = self.categorical.clone().filter(|_| uses_file_columns);
        Ok(Source {
            table: if flags.table.is_empty() { self.table.clone() } else { flags.table.clone() },
            file: match &self.file {
                Some(files) if !is_overridden && flags.table.is_empty() => files.below(folder),
                _ => flags.file,
            },
            files: match &self.files {
                Some(files) if !is_overridden && flags.table.is_empty() => files.below(folder),
                _ => flags.files,
            },
            related: if flags.related.is_empty() { self.related.clone() } else { flags.related },
            data: flags.data.or(own(path(&self.data))),
            label: flags.label.or(self.label.clone().filter(|_| uses_file_columns)),
            features: flags.features.or(features.map(|names| vec![Names(names)])),
            categorical: flags.categorical.or(categorical.map(|names| vec![Names(names)])),
            time: flags.time.or(self.time.clone().filter(|_| uses_file_columns)),
            time_features: flags.time_features || self.time_features && uses_file_columns,
            group: flags.group.or(self.group.clone()),
            warm_up: flags.warm_up.or(warm_up),
            schema: flags.schema.or(own(path(&self.schema))),
            csv: flags.csv,
        })
    }

    fn method(&self, flags: &Method) -> Result<Method, String> {
        let flags = flags.clone();
        if self.threshold.is_some() && self.contamination.is_some() {
            return Err("threshold and contamination exclude each other".to_owned());
        }
        let budget = self.budget.as_deref().map(budget).transpose();
        let budget = budget.map_err(|e| format!("budget: {e}"))?;
        let memory = self.memory.as_deref().map(bytes).transpose();
        let memory = memory.map_err(|e| format!("memory: {e}"))?;
        Ok(Method {
            detectors: if flags.detectors.is_empty() { self.detectors.clone() } else { flags.detectors },
            protocol: flags.protocol.or(self.protocol),
            threshold: flags.threshold.or(self.threshold.filter(|_| flags.contamination.is_none())),
            contamination: flags.contamination.or(self.contamination.filter(|_| flags.threshold.is_none())),
            encoding: flags.encoding.or(self.encoding),
            test_share: flags.test_share.or(self.test_share),
            equivalence: flags.equivalence.or(self.equivalence),
            folds: flags.folds.or(self.folds),
            budget: flags.budget.or(budget),
            splits: flags.splits.or(self.splits),
            runs: flags.runs.or(self.runs),
            seed: flags.seed.or(self.seed),
            memory: flags.memory.or(memory),
            time_limit: flags.time_limit.or(self.time_limit),
            fit_rows: flags.fit_rows.or(self.fit_rows),
            ..flags
        })
    }

    /// The file's parameters and grids of the detectors in `method`.
    fn settings_for(&self, method: &Method) -> Result<(ParameterOverrides, Grid)> {
        let ids = method.detector_ids()?;
        let (mut overrides, mut grid) = (self.params.clone(), self.grid.clone());
        overrides.retain(|id, _| ids.contains(id));
        grid.retain(|id, _| ids.contains(id));
        Ok((overrides, grid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study(toml: &str, method: Method) -> Result<(Source, Plan)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.toml");
        std::fs::write(&path, toml).unwrap();
        let study = Study { experiment: Some(path), method, ..Study::default() };
        study.resolve()
    }

    const FILE: &str = "
        table = ['auth']
        detectors = ['lof', 'mean(isolation-forest,lof)']
        contamination = 0.02
        [params.isolation-forest]
        trees = 7
        [grid.lof]
        k = [5, 10]
    ";

    #[test]
    fn a_file_has_the_effect_of_flags() {
        let (source, plan) = study(FILE, Method::default()).unwrap();
        let names: Vec<&str> = plan.specs.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(names, ["lof(k=5)", "lof(k=10)", "mean(isolation-forest,lof)"]);
        assert_eq!(source.table, ["auth"]);
        assert_eq!(plan.threshold, ThresholdRule::Contamination(0.02));
    }

    #[test]
    fn a_flag_takes_precedence_over_the_file() {
        let flags = Method {
            contamination: Some(0.3),
            detectors: vec!["isolation-forest".into()],
            ..Method::default()
        };
        let (_, plan) = study(FILE, flags).unwrap();
        assert_eq!(plan.threshold, ThresholdRule::Contamination(0.3));
        assert_eq!(plan.specs[0].parameters["trees"], 7);
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let (source, _) = study("file = 'a.csv'\nlabel = 'y'", Method::default()).unwrap();
        let [file] = source.file.as_slice() else { panic!("{:?}", source.file) };
        assert!(file.is_absolute() && file.ends_with("a.csv"), "{}", file.display());
        let (source, _) = study("file = ['a.csv', 'b.csv']", Method::default()).unwrap();
        assert_eq!(source.file.len(), 2);
    }

    #[test]
    fn an_unknown_setting_is_named_with_its_line() {
        let error = study("detectors = ['lof']\nconta = 3", Method::default()).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("conta"), "{error}");
    }
}
