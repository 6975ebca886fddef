//! `whis-lab review`: judge one alert after another at the terminal.

use super::ExitStatus;
use super::csv::CsvFlags;
use super::data::Names;
use super::hint::with_hint;
use super::method::share_or_zero;
use super::signal;
use super::terminal::Terminal;
use crate::error::{Error, Hint, Result};
use crate::model::verdict::{self, Journal, Verdict, VerdictRecord};
use crate::model::{Cell, LearnData, Model, Question, ReviewRanking, ReviewRows};
use crate::report::{count, counted};
use crate::review::{self, Alert, Display, Fact, Progress, Screen, State, Step};
use crate::table::{Batches, Paths, rfc3339};
use clap::Args;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, IsTerminal};
use std::path::PathBuf;

/// Judge alerts at the terminal: one after another, the most telling first
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The model file
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The rows to review: files, a pattern in quotes, or a folder of part files
    #[arg(value_name = "FILE", required = true)]
    data: Vec<PathBuf>,
    /// The file of verdicts; made if missing. Each verdict is on disk before the next alert appears
    #[arg(long, value_name = "FILE")]
    verdicts: PathBuf,
    /// Verdicts of other analysts. Rows that they judged are not asked again
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', num_args = 1..)]
    others: Vec<PathBuf>,
    /// Your name, which is kept with each verdict
    #[arg(long, value_name = "NAME")]
    analyst: Option<String>,
    /// End after this many verdicts
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// The share of the alerts that are near the threshold, where a verdict says most about it
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share_or_zero)]
    explore: f64,
    /// Columns to show beside the reasons [default: all that are no features]
    #[arg(long, value_name = "A,B,…")]
    columns: Option<Names>,
    /// Table of the model [default: the only table, or the one with the name of the data]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    #[command(flatten)]
    csv: CsvFlags,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab review --model m.whis events.parquet --verdicts verdicts.jsonl --analyst ana
  whis-lab review --model m.whis events.parquet --verdicts verdicts.jsonl --limit 20 --explore 0.1
  whis-lab learn --model m.whis --verdicts verdicts.jsonl --data events.parquet --out m2.whis

Keys: s suspicious, n normal, u unsure, b back, t note, q quit, ? help. After each verdict the rows are ranked again by all \
verdicts so far. The same command again goes on where it stopped. With TERM=dumb alerts are printed and keys are lines. In a \
spreadsheet instead: whis-lab score --top 20 --out review.csv";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let has_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !has_terminal && !is_dumb {
        let problem = "a review needs a terminal";
        return Err(Error::Request(problem.to_owned()).with_hint(Hint::ReviewInSpreadsheet));
    }
    let file = Model::read(&arguments.model)?;
    let paths = Paths::from(&arguments.data);
    let name = arguments.table.clone().or_else(|| file.table_with_name_of(&paths.name()));
    let table = file.table(name.as_deref())?;
    let data = LearnData::read(table, &paths, None, &[], arguments.csv.options())?;
    for note in data.notes() {
        terminal.warning(&format!("{}: {}", table.name(), with_hint(&note.text, note.hint.as_ref())));
    }
    let rows = ReviewRows::of(table, &data)?;
    let context = arguments.context(&rows, &paths)?;
    let mut session = Session::new(arguments, &rows, context, terminal)?;
    if !is_dumb {
        signal::on(review::restore, || {});
    }
    let ended = session.run(Display::open(!is_dumb).map_err(refused)?);
    signal::clear();
    ended?;
    terminal.answer(&session.summary())?;
    Ok(ExitStatus::Success)
}

fn refused(problem: io::Error) -> Error {
    Error::Request(format!("the terminal cannot be used: {problem}"))
}

/// By row, the other columns of the data.
type Context = HashMap<usize, Vec<(String, String)>>;

impl Arguments {
    /// The other columns of the rows that stand for equal ones.
    fn context(&self, rows: &ReviewRows, paths: &Paths) -> Result<Context> {
        const AT_ONCE: usize = 1 << 16;
        let mut context: Context = rows.first_rows().iter().map(|&row| (row, Vec::new())).collect();
        let is_feature = |name: &String| rows.features().iter().any(|column| column.name == *name);
        let mut before = 0;
        let batches = Batches::open_as(paths, AT_ONCE, false, self.csv.options())?;
        let names: Vec<String> = match &self.columns {
            Some(names) => names.0.clone(),
            None => batches.names().into_iter().filter(|name| !is_feature(name)).collect(),
        };
        for batch in batches {
            let batch = batch?;
            for name in &names {
                let texts = batch.texts(name)?;
                for row in 0..batch.rows() {
                    if let (Some(of_row), Some(text)) = (context.get_mut(&(before + row)), texts.level(row)) {
                        of_row.push((name.clone(), text.to_owned()));
                    }
                }
            }
            before += batch.rows();
        }
        Ok(context)
    }
}

/// A review.
struct Session<'a> {
    arguments: &'a Arguments,
    rows: &'a ReviewRows<'a>,
    ranking: ReviewRanking<'a>,
    context: Context,
    journal: Journal,
    title: String,
    state: State,
    progress: Progress,
    /// The verdict on each distinct row.
    verdicts: BTreeMap<usize, Verdict>,
    /// The rows of this session in their order.
    shown: Vec<usize>,
}

impl<'a> Session<'a> {
    fn new(
        arguments: &'a Arguments,
        rows: &'a ReviewRows<'a>,
        context: Context,
        terminal: &Terminal,
    ) -> Result<Self> {
        let model = rows.model();
        let mut session = Session {
            arguments,
            rows,
            ranking: ReviewRanking::new(rows, arguments.explore)?,
            context,
            journal: Journal::open(&arguments.verdicts)?,
            title: format!("{}, {}", model.name(), model.card().detector),
            state: State::default(),
            progress: Progress::default(),
            verdicts: BTreeMap::new(),
            shown: Vec::new(),
        };
        for path in std::iter::once(&arguments.verdicts).chain(&arguments.others) {
            session.remember(path, terminal)?;
        }
        session.ranking.learn()?;
        Ok(session)
    }

    /// Take over the verdicts of a file.
    fn remember(&mut self, path: &std::path::Path, terminal: &Terminal) -> Result<()> {
        if std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            return Ok(());
        }
        let found = verdict::read(path, &[])?;
        found.notes.iter().for_each(|note| terminal.warning(note));
        let (mut elsewhere, mut contradicted) = (0, 0);
        for record in &found.records {
            let Some(slot) = self.rows.slot(&record.row) else {
                elsewhere += 1;
                continue;
            };
            let before = self.verdicts.get(&slot).copied();
            if before.is_some_and(|before| before != record.verdict && path != self.arguments.verdicts) {
                contradicted += 1;
            }
            self.count(slot, record.verdict);
        }
        if elsewhere > 0 {
            let verdicts = counted(elsewhere, "verdict is", "verdicts are");
            terminal.note(&format!("{}: {verdicts} about rows that are not in this data", path.display()));
        }
        if contradicted > 0 {
            let rows = counted(contradicted, "row has", "rows have");
            terminal.warning(&format!(
                "{}: {rows} another verdict than in the files before; here the later file counts, and `learn \
                 --conflicts` decides",
                path.display()
            ));
        }
        Ok(())
    }

    fn count(&mut self, slot: usize, verdict: Verdict) {
        if let Some(before) = self.verdicts.insert(slot, verdict) {
            self.progress.remove(before);
        }
        self.progress.add(verdict);
        self.ranking.judge(slot, verdict);
    }

    fn run(&mut self, mut display: Display) -> Result<()> {
        let mut back: Option<usize> = None;
        while self.arguments.limit.is_none_or(|limit| self.progress.judged < limit) {
            let question = match back.take() {
                Some(slot) => self.ranking.question(slot)?,
                None => match self.ranking.next_question()? {
                    Some(question) => question,
                    None => return Ok(()),
                },
            };
            let alert = self.alert(&question)?;
            loop {
                let screen =
                    Screen { title: &self.title, alert: &alert, progress: self.progress, state: &self.state };
                display.draw(&screen).map_err(refused)?;
                match self.state.press(&display.key().map_err(refused)?) {
                    Step::Draw => {}
                    Step::Quit => return Ok(()),
                    Step::Back => match self.before(question.slot) {
                        Some(slot) => {
                            back = Some(slot);
                            break;
                        }
                        None => self.state.message = Some("this is the first alert".to_owned()),
                    },
                    Step::Judge(verdict, note) => {
                        self.judge(&question, verdict, note)?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// The row of this session before this one.
    fn before(&self, slot: usize) -> Option<usize> {
        let at = self.shown.iter().position(|&shown| shown == slot).unwrap_or(self.shown.len());
        at.checked_sub(1).map(|before| self.shown[before])
    }

    fn judge(&mut self, question: &Question, verdict: Verdict, note: Option<String>) -> Result<()> {
        self.journal.append(&VerdictRecord {
            table: Some(self.rows.model().name().to_owned()),
            row: question.key.clone(),
            verdict,
            time: Some(verdict::now()),
            analyst: self.arguments.analyst.clone(),
            note,
            values: self.rows.values(question.row),
        })?;
        if !self.shown.contains(&question.slot) {
            self.shown.push(question.slot);
            self.progress.judged += 1;
        }
        self.count(question.slot, verdict);
        self.ranking.learn()
    }

    fn alert(&self, question: &Question) -> Result<Alert> {
        const REASONS: usize = 5;
        let model = self.rows.model();
        let explanation = model.explain(self.rows.features(), question.row, 1)?;
        let reasons = explanation.contributions.iter().take(REASONS).map(|contribution| Fact {
            name: contribution.feature.clone(),
            value: shown(&contribution.value),
            usual: shown(&contribution.typical),
            effect: contribution.contribution,
        });
        let context = self.context.get(&question.row).into_iter().flatten().map(|(name, value)| Fact {
            name: name.clone(),
            value: value.clone(),
            ..Fact::default()
        });
        let at = self.rows.time(question.row).and_then(rfc3339);
        let mut headline = at.map_or_else(String::new, |at| format!("{at}, "));
        headline += &format!("row {}", count(question.row as u64 + 1));
        if question.equal_rows > 1 {
            headline += &format!(" and {}", counted(question.equal_rows - 1, "row like it", "rows like it"));
        }
        Ok(Alert {
            number: self.shown.iter().position(|&slot| slot == question.slot).unwrap_or(self.shown.len()) + 1,
            headline,
            severity: question.assessment.severity,
            score: question.assessment.score,
            threshold: model.card().threshold,
            reasons: reasons.collect(),
            context: context.collect(),
            similar: question.similar,
            verdict: self.verdicts.get(&question.slot).map(|verdict| verdict.word().to_owned()),
        })
    }

    fn summary(&self) -> String {
        let Progress { judged, suspicious, normal, unsure } = self.progress;
        format!(
            "{} now; in all {suspicious} suspicious, {normal} normal, {unsure} unsure, of {}\n",
            counted(judged as u64, "verdict", "verdicts"),
            counted(self.rows.len() as u64, "distinct row", "distinct rows")
        )
    }
}

fn shown(cell: &Cell) -> String {
    cell.to_string()
}
