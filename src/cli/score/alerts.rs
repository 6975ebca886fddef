//! The flags that choose the rows to look at.

use super::file::Inputs;
use crate::cli::data::Names;
use crate::cli::method::positive;
use crate::error::{Error, Hint, Result};
use crate::metrics::ThresholdRule;
use crate::model::TableModel;
use crate::model::score::{Behaviour, Grouping, MOST_KEPT, Options, RateThreshold, TopRows};
use crate::report::{counted, significant};
use crate::table::Batches;
use clap::Args;
use std::path::Path;

/// The highest scores, their columns, and the threshold.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Alerts")]
pub struct Alerts {
    /// Write only the N rows with the highest scores, highest first. Rows with equal features count once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_KEPT as i64))]
    top: Option<u32>,
    /// With --top: N rows for each day, each hour, or each value of a column
    #[arg(long, value_name = "day|hour|COLUMN", requires = "top")]
    by: Option<String>,
    /// With --top: one line for the rows that agree in these columns (the user or source) and in their explanation:
    /// the same features, in the same direction or of the same level. `count`, `first` and `last` tell of its rows
    #[arg(long, value_name = "A,B,…", requires = "top")]
    group: Option<Vec<Names>>,
    /// Input columns to write, before the new ones [default: all]
    #[arg(long, value_name = "A,B,…")]
    columns: Option<Vec<Names>>,
    /// Flag rows above this score, with % above this severity, or by a rule: contamination=0.01 of the training rows;
    /// budget=20/day; fdr=0.1 or tail=1e-4 of a model that was trained with that rule [default: the threshold of the
    /// model]
    #[arg(
        long, value_name = "S", value_parser = threshold, allow_negative_numbers = true,
        conflicts_with = "alerts_per_day"
    )]
    threshold: Option<Threshold>,
    /// Short for --threshold budget=N/day: flag at most N rows a day on average. Reads the input twice
    #[arg(long, value_name = "N", value_parser = positive)]
    alerts_per_day: Option<f64>,
    /// Time column of day, hour and --alerts-per-day: a datetime, or seconds since 1970 [default: the first datetime]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
}

/// A threshold as people give it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Threshold {
    Score(f64),
    /// In [0, 100].
    Severity(f64),
    Rule(ThresholdRule),
}

impl Alerts {
    /// Check that the flags fit the input.
    ///
    /// # Errors
    /// If a flag needs a table and the input is a stream, or a flag has no effect.
    pub fn check(&self, inputs: &Inputs, has_summary: bool) -> Result<()> {
        let uses_time = self.uses_time() || has_summary;
        match (inputs, self.table_flag()) {
            (Inputs::Stdin | Inputs::Records, Some((flag, why))) => Err(Error::Request(format!(
                "{flag} {why}, and a stream may never end; write its rows to a file first"
            ))),
            _ if self.time.is_some() && !uses_time => {
                let problem = "--time is for --by day, --by hour, --group, --alerts-per-day and --summary";
                Err(Error::Request(problem.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// The first flag that needs a table, and why.
    pub fn table_flag(&self) -> Option<(&'static str, &'static str)> {
        let flags = [
            ("--top", self.top.is_some(), "reads all rows before it writes the first one"),
            ("--columns", self.columns.is_some(), "chooses columns of a table, and a line keeps its fields"),
            ("--alerts-per-day", self.alerts_per_day.is_some(), "reads all rows twice"),
            (
                "--threshold budget",
                matches!(self.rule(), Some(ThresholdRule::Budget(_))),
                "reads all rows twice",
            ),
            ("--threshold fdr", matches!(self.rule(), Some(ThresholdRule::Fdr(_))), "needs a batch of rows"),
        ];
        flags.into_iter().find(|(_, is_set, _)| *is_set).map(|(flag, _, why)| (flag, why))
    }

    /// Whether the points in time of the rows are needed.
    pub fn uses_time(&self) -> bool {
        self.per_day().is_some() || self.group.is_some() || matches!(self.by.as_deref(), Some("day" | "hour"))
    }

    /// Whether the highest scores only are written.
    pub fn is_top(&self) -> bool {
        self.top.is_some()
    }

    /// The columns that name the entity: those of --group, else that of --by.
    pub fn entity(&self) -> Vec<String> {
        match (&self.group, self.by.as_deref()) {
            (Some(lists), _) => lists.iter().flat_map(|list| list.0.clone()).collect(),
            (None, None | Some("day" | "hour")) => Vec::new(),
            (None, Some(name)) => vec![name.to_owned()],
        }
    }

    /// The input columns of --columns.
    pub fn chosen_columns(&self) -> Option<Vec<String>> {
        Some(self.columns.as_ref()?.iter().flat_map(|list| list.0.clone()).collect())
    }

    /// The requested number of rows a day.
    pub fn per_day(&self) -> Option<f64> {
        match self.rule() {
            Some(ThresholdRule::Budget(rows)) => Some(rows),
            _ => self.alerts_per_day,
        }
    }

    /// The false discovery rate of a batch: the requested one, or that of the model if no threshold is requested.
    pub fn discovery_rate(&self, model: &TableModel) -> Option<f64> {
        let own = model.card().rule.filter(|_| self.threshold.is_none() && self.alerts_per_day.is_none());
        match self.rule().or(own) {
            Some(ThresholdRule::Fdr(rate)) => Some(rate),
            _ => None,
        }
    }

    fn rule(&self) -> Option<ThresholdRule> {
        match self.threshold {
            Some(Threshold::Rule(rule)) => Some(rule),
            _ => None,
        }
    }

    /// The requested threshold as a score; `None` without one, or if it depends on the rows to score.
    ///
    /// # Errors
    /// If the model does not hold what the rule needs.
    pub fn threshold(&self, model: &TableModel) -> Result<Option<f64>> {
        match self.threshold {
            None => Ok(None),
            Some(Threshold::Score(score)) => Ok(Some(score)),
            Some(Threshold::Severity(severity)) => Ok(Some(model.threshold_at_severity(severity))),
            Some(Threshold::Rule(rule)) => model.threshold_by(rule),
        }
    }

    /// The time column of a table.
    ///
    /// # Errors
    /// If there is none.
    pub fn time(&self, path: &Path, batches: &Batches) -> Result<String> {
        match &self.time {
            Some(name) => existing(path, name, &batches.names()),
            None => batches.first_time().ok_or_else(|| {
                Error::input(path, "no column holds points in time").with_hint(Hint::NameTime)
            }),
        }
    }

    /// The time column of a table, if one is named or found.
    ///
    /// # Errors
    /// If there is no column of the given name.
    pub fn time_if_known(&self, path: &Path, batches: &Batches) -> Result<Option<String>> {
        match self.time.is_some() {
            true => self.time(path, batches).map(Some),
            false => Ok(batches.first_time()),
        }
    }

    /// The highest scores to write; `None` to write all rows.
    ///
    /// # Errors
    /// If the table lacks the column of the groups, or has the name of a new column.
    pub fn top<'a>(
        &self,
        path: &Path,
        batches: &Batches,
        model: &'a TableModel,
        options: &'a Options,
    ) -> Result<Option<TopRows<'a>>> {
        let Some(most) = self.top else { return Ok(None) };
        let names = batches.names();
        let grouping = match self.by.as_deref() {
            None => Grouping::Whole,
            Some("day") => Grouping::Day(self.time(path, batches)?),
            Some("hour") => Grouping::Hour(self.time(path, batches)?),
            Some(name) => Grouping::Column(existing(path, name, &names)?),
        };
        let behaviour = self.behaviour(path, batches)?;
        TopRows::new(model, options, grouping, behaviour, most as usize, &names).map(Some)
    }

    /// How repeats of one behaviour are told; `None` if rows are only repeats with equal features.
    fn behaviour(&self, path: &Path, batches: &Batches) -> Result<Option<Behaviour>> {
        let Some(lists) = &self.group else { return Ok(None) };
        let names = batches.names();
        let entity = lists.iter().flat_map(|list| &list.0).map(|name| existing(path, name, &names));
        Ok(Some(Behaviour {
            entity: entity.collect::<Result<_>>()?,
            time: self.time_if_known(path, batches)?,
        }))
    }

    /// The columns to write; `None` for all columns.
    ///
    /// # Errors
    /// If the table lacks a column, or a column is named twice.
    pub fn columns(&self, path: &Path, batches: &Batches, options: &Options) -> Result<Option<Vec<String>>> {
        let Some(wanted) = &self.columns else { return Ok(None) };
        let names = &batches.names();
        let mut columns: Vec<String> = Vec::new();
        for name in wanted.iter().flat_map(|list| &list.0) {
            if columns.contains(name) {
                return Err(Error::Request(format!("--columns has `{name}` twice")));
            }
            columns.push(existing(path, name, names)?);
        }
        columns.extend(match self.top {
            Some(_) => TopRows::new_names(options, self.behaviour(path, batches)?.as_ref()),
            None => options.names(),
        });
        Ok(Some(columns))
    }
}

/// What a chosen threshold flags, as a sentence.
pub fn chosen(chosen: &RateThreshold) -> String {
    let flagged = counted(chosen.flagged, "row", "rows");
    let days = counted(chosen.days, "day", "days");
    let rate = significant(chosen.flagged as f64 / chosen.days.max(1) as f64);
    match chosen.threshold == f64::NEG_INFINITY {
        true => format!("no threshold is low enough: all {flagged} on {days} are flagged, {rate} a day"),
        false => format!("threshold {} flags {flagged} on {days}: {rate} a day", chosen.threshold),
    }
}

/// The name of a column that the table has.
fn existing(path: &Path, name: &str, names: &[String]) -> Result<String> {
    match names.iter().any(|own| own == name) {
        true => Ok(name.to_owned()),
        false => Err(Error::missing_column(&path.display().to_string(), name, names.to_vec())),
    }
}

fn threshold(text: &str) -> Result<Threshold, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    match text.strip_suffix('%') {
        None if text.contains('=') => text.parse().map(Threshold::Rule),
        None => number(text).map(Threshold::Score).ok_or_else(|| {
            "expected a score such as 0.6, a severity such as 99.5%, or a rule such as budget=20/day"
                .to_owned()
        }),
        Some(text) => number(text)
            .filter(|severity| (0.0..=100.0).contains(severity))
            .map(Threshold::Severity)
            .ok_or_else(|| "a severity is between 0% and 100%".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_score_or_a_severity() {
        assert_eq!(threshold("-0.5"), Ok(Threshold::Score(-0.5)));
        assert_eq!(threshold("99.5%"), Ok(Threshold::Severity(99.5)));
        assert_eq!(threshold("fdr=0.1"), Ok(Threshold::Rule(ThresholdRule::Fdr(0.1))));
        assert!(threshold("fdr=2").is_err());
        assert!(["", "%", "101%", "-1%", "NaN", "inf", "high"].iter().all(|text| threshold(text).is_err()));
    }

    #[test]
    fn a_chosen_threshold_is_told_with_what_it_flags() {
        let rate = |threshold, flagged, days| RateThreshold { threshold, flagged, days };
        assert_eq!(chosen(&rate(0.625, 1_200, 5)), "threshold 0.625 flags 1,200 rows on 5 days: 240 a day");
        let all = chosen(&rate(f64::NEG_INFINITY, 3, 2));
        assert_eq!(all, "no threshold is low enough: all 3 rows on 2 days are flagged, 1.500 a day");
    }
}
