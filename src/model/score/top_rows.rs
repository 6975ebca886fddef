//! The highest scores of a table, or of each of its groups. Memory grows with the number of these rows only.

use super::alerts::{MICROSECONDS_IN_DAY, MICROSECONDS_IN_HOUR, MOST_KEPT, numbers};
use super::best::{Best, Kept, Rank, key};
use super::explanation::{Explainer, Style};
use super::{Options, columns};
use crate::error::{Error, Hint, Result};
use crate::model::TableModel;
use crate::report::{count, rounded};
use crate::table::{Batch, Categories, Column, OutputFormat, Values};
use std::collections::BTreeMap;

/// The rows that are compared with each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// All rows.
    Whole,
    /// The rows of each day in UTC, by a time column.
    Day(String),
    /// The rows of each hour of each day in UTC, by a time column.
    Hour(String),
    /// The rows with the same text in this column.
    Column(String),
}

/// The rows with the highest scores of each group. Rows with equal features in the same group are one row with a
/// count, and the first of them stands for all. Ties are in row order.
#[derive(Debug)]
pub struct TopRows<'a> {
    model: &'a TableModel,
    options: &'a Options,
    grouping: Grouping,
    /// The largest number of rows of a group.
    most: usize,
    groups: BTreeMap<Group, Best>,
    /// The rows of all groups together, and rows that were replaced since.
    pool: Option<Batch>,
    /// The number of rows in all groups.
    kept: usize,
    /// The number of rows seen so far.
    seen: u64,
}

impl<'a> TopRows<'a> {
    /// The `most` highest scores of each group. `names` are the columns of the table.
    ///
    /// # Errors
    /// If the table has the name of a new column already.
    pub fn new(
        model: &'a TableModel,
        options: &'a Options,
        grouping: Grouping,
        most: usize,
        names: &[String],
    ) -> Result<Self> {
        if let Some(name) = Self::new_names(options).iter().find(|name| names.contains(name)) {
            let error = Error::column(model.name(), name, "is in the table already");
            return Err(error.with_hint(Hint::Prefix));
        }
        let groups = BTreeMap::new();
        Ok(TopRows { model, options, grouping, most: most.max(1), groups, pool: None, kept: 0, seen: 0 })
    }

    /// The names of the new columns: those of [`Options::names`], and `count`.
    pub fn new_names(options: &Options) -> Vec<String> {
        let mut names = options.names();
        names.push(count_name(options));
        names
    }

    /// How to score the rows: the explanations follow when the highest scores are known.
    pub fn scoring(options: &Options) -> Options {
        Options { explain: None, ..options.clone() }
    }

    /// Add a batch of scored rows.
    ///
    /// # Errors
    /// If a row has no group, or too many rows are kept.
    pub fn add(&mut self, batch: &Batch) -> Result<()> {
        let scores = numbers(batch, &format!("{}score", self.options.prefix))?;
        let groups = self.grouping.of_rows(batch)?;
        let first = self.seen;
        self.seen += batch.rows() as u64;
        let admits = |&row: &usize| {
            self.groups.get(&groups[row]).is_none_or(|best| best.admits(scores[row], self.most))
        };
        let candidates: Vec<usize> = (0..batch.rows()).filter(admits).collect();
        if candidates.is_empty() && self.pool.is_some() {
            return Ok(());
        }
        let rows = batch.take(&candidates)?;
        let features = columns::of_batch(self.model, &rows)?;
        let start = self.pool.as_ref().map_or(0, Batch::rows);
        let mut entered = Vec::new();
        for (at, &row) in candidates.iter().enumerate() {
            let rank = Rank::new(scores[row], first + row as u64);
            let best = self.groups.entry(groups[row].clone()).or_default();
            let before = best.len();
            if best.add(rank, key(&features, at), start + entered.len(), self.most) {
                entered.push(at);
                self.kept += best.len() - before;
            }
        }
        self.check_size()?;
        self.keep(rows.take(&entered)?)
    }

    /// The rows of all groups, in order of the groups and from the highest score down, with their counts and
    /// explanations. In CSV the scores are rounded.
    ///
    /// # Errors
    /// If the model cannot explain a row.
    pub fn finish(self, format: OutputFormat) -> Result<Option<Batch>> {
        let Some(pool) = &self.pool else { return Ok(None) };
        let kept: Vec<&Kept> = self.groups.values().flat_map(Best::descending).collect();
        let places: Vec<usize> = kept.iter().map(|kept| kept.place).collect();
        let mut rows = pool.take(&places)?;
        let explanations = self.explanations(&rows, format)?;
        if format == OutputFormat::Csv {
            self.round(&mut rows)?;
        }
        let counts = Values::Integer(kept.iter().map(|kept| kept.count as i64).collect());
        rows.append(explanations.as_slice())?;
        rows.append(&[Column { name: count_name(self.options), values: counts }])?;
        Ok(Some(rows))
    }

    fn check_size(&self) -> Result<()> {
        if self.kept <= MOST_KEPT {
            return Ok(());
        }
        let problem = format!(
            "the {} highest scores of each of more than {} groups are more than {} rows, which do not fit in memory; \
             keep fewer rows of each group, or use larger groups",
            count(self.most as u64),
            count(self.groups.len().saturating_sub(1) as u64),
            count(MOST_KEPT as u64)
        );
        Err(Error::table(self.model.name(), problem))
    }

    /// Append rows to the pool. If most of its rows were replaced, they are removed.
    fn keep(&mut self, rows: Batch) -> Result<()> {
        const SLACK: usize = 1 << 16;
        match &mut self.pool {
            Some(pool) => pool.extend(&rows)?,
            None => self.pool = Some(rows),
        }
        let Some(pool) = self.pool.as_mut().filter(|pool| pool.rows() > 2 * self.kept + SLACK) else {
            return Ok(());
        };
        let mut places = Vec::with_capacity(self.kept);
        for kept in self.groups.values_mut().flat_map(|best| best.ranked.values_mut()) {
            places.push(kept.place);
            kept.place = places.len() - 1;
        }
        *pool = pool.take(&places)?;
        Ok(())
    }

    fn explanations(&self, rows: &Batch, format: OutputFormat) -> Result<Option<Column>> {
        let Some(top) = self.options.explain else { return Ok(None) };
        let style = if format == OutputFormat::JsonLines { Style::Json } else { Style::Words };
        let features = columns::of_batch(self.model, rows)?;
        let all: Vec<usize> = (0..rows.rows()).collect();
        let texts = Explainer::new(self.model, top, style).explain_each(&features, &all)?;
        let values = Values::Text(texts.into_iter().map(Some).collect::<Categories>());
        Ok(Some(Column { name: format!("{}explanation", self.options.prefix), values }))
    }

    /// Six significant digits for scores, and two decimals for severities.
    fn round(&self, rows: &mut Batch) -> Result<()> {
        self.write_numbers(rows, "score", |score| rounded(score, 6))?;
        self.write_numbers(rows, "severity", |severity| format!("{severity:.2}"))
    }

    /// Replace the numbers of a new column by texts.
    fn write_numbers(&self, rows: &mut Batch, name: &str, text: impl Fn(f64) -> String) -> Result<()> {
        let name = format!("{}{name}", self.options.prefix);
        let numbers = numbers(rows, &name)?;
        let values = Values::Text(numbers.into_iter().map(|number| Some(text(number))).collect());
        rows.replace(&Column { name, values })
    }
}

/// The group of a row, in the order of the output: times, whole numbers, text, missing values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Whole,
    /// Days or hours since 1970.
    Period(i64),
    /// The number orders the group; `7` and `07` are two groups.
    Number(i64, String),
    Text(String),
    Missing,
}

impl Grouping {
    /// The group of each row.
    fn of_rows(&self, batch: &Batch) -> Result<Vec<Group>> {
        match self {
            Grouping::Whole => Ok(vec![Group::Whole; batch.rows()]),
            Grouping::Day(time) => periods(batch, time, MICROSECONDS_IN_DAY),
            Grouping::Hour(time) => periods(batch, time, MICROSECONDS_IN_HOUR),
            Grouping::Column(name) => {
                let texts = batch.texts(name)?;
                Ok((0..batch.rows()).map(|row| Group::of_text(texts.level(row))).collect())
            }
        }
    }
}

impl Group {
    fn of_text(text: Option<&str>) -> Self {
        match text.map(|text| (text.parse::<i64>(), text.to_owned())) {
            None => Group::Missing,
            Some((Ok(number), text)) => Group::Number(number, text),
            Some((Err(_), text)) => Group::Text(text),
        }
    }
}

fn periods(batch: &Batch, time: &str, length: i64) -> Result<Vec<Group>> {
    let group = |&time: &i64| match time {
        Values::NO_TIME => Group::Missing,
        time => Group::Period(time.div_euclid(length)),
    };
    Ok(batch.times(time)?.iter().map(group).collect())
}

fn count_name(options: &Options) -> String {
    format!("{}count", options.prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_in_the_order_of_numbers_and_text_with_missing_ones_last() {
        let texts = [Some("b"), None, Some("10"), Some("9"), Some("(missing)"), Some("-1")];
        let mut groups: Vec<Group> = texts.map(Group::of_text).to_vec();
        groups.sort();
        let expected = [Some("-1"), Some("9"), Some("10"), Some("(missing)"), Some("b"), None];
        assert_eq!(groups, expected.map(Group::of_text));
    }
}
