//! `whis-lab evaluate`: measure a model, or scores from elsewhere, on labeled rows.

use super::ExitStatus;
use super::csv::CsvFlags;
use super::hint::with_hint;
use super::inspect;
use super::method;
use super::terminal::Terminal;
use crate::error::{Error, Hint, Result};
use crate::experiment::Plan;
use crate::files;
use crate::model::{self, EvaluateOptions, Evaluated, Model, Scores};
use crate::schema::Schema;
use crate::table::{self, Batches, Features, GroupBy, LabelRule, Paths, Request, Table, Values, Wanted};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Measure a model on labeled rows: AUC, average precision, and precision and recall at its threshold, each with a 95 %
/// interval
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The model file
    #[arg(long, value_name = "FILE", requires = "file", required_unless_present = "scores")]
    model: Option<PathBuf>,
    /// Labeled rows that the model was not trained on: files, a pattern in quotes, or a folder of part files
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "model")]
    file: Vec<PathBuf>,
    /// A second model to compare on the same rows
    #[arg(long, value_name = "FILE", requires = "model")]
    against: Option<PathBuf>,
    /// The table of the models, if they have several
    #[arg(long, value_name = "NAME", requires = "model")]
    table: Option<String>,
    /// Measure scores in a file, without a model
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "file"])]
    scores: Option<PathBuf>,
    /// The column of --scores; its column `flagged`, if there is one, says which rows are flagged
    #[arg(long, value_name = "COLUMN", default_value = "score")]
    score: String,
    /// Flag the rows of --scores above this score
    #[arg(long, value_name = "S", requires = "scores", allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// The label column, with 1 or true for suspicious; also 'COLUMN>NUMBER', 'COLUMN=VALUE|VALUE' or
    /// 'COLUMN!=VALUE' [default: that of a built-in table]
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// The time column, for flagged rows a day [default: the first datetime]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Which rows belong together, so that intervals count them as one: attack, user, host, day, a column, or none
    /// [default: attack if there is a column attack_id, else suspicious rows of one actor at most 1 h apart]
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Numbers of rows of precision at k [default: 10, 50, 100]
    #[arg(long, value_name = "K,…", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    at_k: Vec<u64>,
    /// The largest false-positive rate of the partial AUC [default: 0.01]
    #[arg(long, value_name = "RATE", value_parser = rate, allow_negative_numbers = true)]
    max_fpr: Option<f64>,
    /// Also restate precision at this share of suspicious rows, between 0 and 1, such as 1e-4
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true)]
    prevalence: Option<f64>,
    /// Also count the attacks found with this number of alerts a day, the highest scores of each day, such as 50/day;
    /// needs a time column
    #[arg(long, value_name = "N/day", value_parser = method::alerts_a_day)]
    budget: Option<u64>,
    #[command(flatten)]
    csv: CsvFlags,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Output file [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The format of an answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
    /// GitHub Flavored Markdown
    Markdown,
    /// One record per model
    Csv,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab evaluate --model m.whis --file march.parquet --label is_attack
  whis-lab evaluate --model m.whis --file march.parquet --budget 50/day
  whis-lab evaluate --model new.whis --against old.whis --file march.csv --label 'class!=benign'
  whis-lab evaluate --model m.whis --file march.parquet --label is_attack --prevalence 1e-4
  whis-lab evaluate --scores scored.parquet --label is_attack
  whis-lab evaluate --scores peer.csv --label y --score probability --threshold 0.5

A row is flagged if its score is above the threshold of the model. Intervals and tests count a group of rows once \
(--group); intervals are Wilson's, with an effective number of rows. F1 is in JSON and CSV. Rows of training \
flatter a model: use rows that it has not seen. For LOF, knn and ensembles of them, the in-sample numbers of `compare` \
differ from `train` and `evaluate` on the same rows, because a row to score counts its training copy as a neighbor.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    if let Some(out) = &arguments.out {
        files::check(out)?;
        files::apart(out, &arguments.inputs()?)?;
    }
    let evaluated = match (&arguments.scores, &arguments.model) {
        (Some(path), _) => arguments.of_scores(path, terminal)?,
        (None, Some(model)) if !arguments.file.is_empty() => arguments.of_models(model, terminal)?,
        _ => return Err(Error::Request("--model needs --file; or use --scores".to_owned())),
    };
    let answer = arguments.format.written(&evaluated)?;
    match &arguments.out {
        Some(out) => {
            files::write_whole(out, |file| file.write_all(answer.as_bytes()))?;
            terminal.wrote(out);
        }
        None => terminal.answer(&answer)?,
    }
    Ok(ExitStatus::Success)
}

impl Arguments {
    /// The input files. No output may replace them.
    fn inputs(&self) -> Result<Vec<PathBuf>> {
        let mut files: Vec<PathBuf> = self.model.iter().chain(&self.against).cloned().collect();
        let tables: Vec<PathBuf> = self.file.iter().chain(&self.scores).cloned().collect();
        files.extend(Paths::from(&tables).files()?);
        Ok(files)
    }

    fn options(&self) -> EvaluateOptions {
        let default = Plan::new(Vec::new());
        EvaluateOptions {
            at_k: if self.at_k.is_empty() { default.at_k } else { self.at_k.clone() },
            max_fpr: self.max_fpr.unwrap_or(default.max_fpr),
            prevalence: self.prevalence,
            budget: self.budget,
        }
    }

    fn of_models(&self, model: &Path, terminal: &Terminal) -> Result<Evaluated> {
        let paths = Paths::from(&self.file);
        let (mut measured, mut scores): (Option<Table>, Vec<Scores>) = (None, Vec::new());
        for path in [model].into_iter().chain(self.against.as_deref()) {
            let model = Model::read(path)?;
            let model = model.table(self.table_of(&model, &paths.name()).as_deref())?;
            let mut request = self.with_label_and_time(model.request())?;
            if request.time.is_none() {
                let first = Batches::open_as(&paths, 1, true, request.csv)?.first_time();
                request.time = first.map(|column| Wanted { column, required: false });
            }
            let table = table::read(&paths, &request)?;
            scores.push(Scores::of_model(&name(path), model, &table)?);
            if measured.is_none() {
                warn(&table, terminal);
                measured = Some(table);
            }
        }
        disambiguate(&mut scores);
        let table = measured.ok_or_else(|| Error::input(paths.label(), "no model was read"))?;
        model::evaluate(&table, &scores, &self.options())
    }

    /// The table of a model: that of the flag, or the one with the name of the file.
    fn table_of(&self, model: &Model, stem: &str) -> Option<String> {
        let is_named = |table: &&str| stem == *table || Some(stem) == table.strip_suffix("_events");
        let several = model.table_names().count() > 1;
        let named = || model.table_names().find(is_named).filter(|_| several).map(str::to_owned);
        self.table.clone().or_else(named)
    }

    fn with_label_and_time(&self, mut request: Request) -> Result<Request> {
        request.csv = self.csv.options();
        request.group_by = self.group.as_deref().map_or(GroupBy::Auto, GroupBy::from);
        let wanted = |column: &String| Wanted { column: column.clone(), required: true };
        request.label = self.label.as_ref().map(wanted).or(request.label);
        request.time = self.time.as_ref().map(wanted).or(request.time);
        match &mut request.label {
            Some(label) => label.required = true,
            None => {
                let error = Error::table(&request.table, "metrics need labels");
                return Err(error.with_hint(Hint::NameLabel(None)));
            }
        }
        Ok(request)
    }

    fn of_scores(&self, path: &Path, terminal: &Terminal) -> Result<Evaluated> {
        const FLAGGED: &str = "flagged";
        let named = |features: &[&str]| {
            let name = table::stem(path);
            let schema = Schema { table: name, ..Schema::default() };
            let features = Features::Named(features.iter().map(|name| (*name).to_owned()).collect());
            table::read(path, &self.with_label_and_time(Request { features, ..Request::of_schema(&schema) })?)
        };
        let with_flags = match self.threshold {
            None if self.score != FLAGGED => named(&[self.score.as_str(), FLAGGED]),
            _ => named(&[self.score.as_str()]),
        };
        let table = match with_flags {
            Err(Error::MissingColumn { column, .. }) if column == FLAGGED => named(&[self.score.as_str()])?,
            table => table?,
        };
        warn(&table, terminal);
        let scores = self.numbers(&table)?;
        let flagged = match (self.threshold, table.features.get(1)) {
            (Some(threshold), _) => Some(scores.iter().map(|&score| score > threshold).collect()),
            (None, Some(flags)) => {
                let flags: Option<Vec<bool>> =
                    LabelRule::Itself.apply(&table.name, flags)?.into_iter().collect();
                let problem = || Error::column(&table.name, FLAGGED, "has no value in some rows");
                Some(flags.ok_or_else(problem)?)
            }
            (None, None) => None,
        };
        let own =
            Scores { name: self.score.clone(), detector: None, threshold: self.threshold, scores, flagged };
        model::evaluate(&table, &[own], &self.options())
    }

    /// The scores of a table whose first feature they are.
    fn numbers(&self, table: &Table) -> Result<Vec<f64>> {
        let error = |problem: String| Error::column(&table.name, &self.score, problem);
        let column = table.features.first().filter(|column| !matches!(column.values, Values::Text(_)));
        let column = column.ok_or_else(|| error("holds text, and scores are numbers".to_owned()))?;
        let scores = column.values.reals();
        match scores.iter().position(|score| !score.is_finite()) {
            Some(row) => Err(error(format!("has no number in row {}", row + 1))),
            None => Ok(scores),
        }
    }
}

fn warn(table: &Table, terminal: &Terminal) {
    for note in &table.notes {
        terminal.warning(&format!("{}: {}", table.name, with_hint(&note.text, note.hint.as_ref())));
    }
}

/// The name of a model in the answer: its file without folders.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Tell two models of the same file name apart.
fn disambiguate(scores: &mut [Scores]) {
    if let [first, second] = scores
        && first.name == second.name
    {
        first.name += " (model)";
        second.name += " (against)";
    }
}

/// Parse a share between 0 and 1.
pub fn share(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|&share| share > 0.0 && share < 1.0);
    number.ok_or_else(|| "expected a share between 0 and 1, such as 1e-4".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|&rate| rate > 0.0 && rate <= 1.0);
    number.ok_or_else(|| "expected a rate above 0 and at most 1".to_owned())
}

impl Format {
    fn written(self, evaluated: &Evaluated) -> Result<String> {
        match self {
            Format::Table => Ok(model::evaluated(evaluated)),
            Format::Markdown => Ok(model::evaluated_markdown(evaluated)),
            Format::Csv => Ok(model::evaluated_csv(evaluated)),
            Format::Json => inspect::Format::json(evaluated),
        }
    }
}
