//! The highest scores of a table, or of each of its groups. Memory grows with the number of these rows only.

use super::alerts::{MICROSECONDS_IN_DAY, MICROSECONDS_IN_HOUR, MOST_KEPT, numbers};
use super::best::{Best, Kept, Moment, Rank, Seen, key};
use super::explanation::{Explainer, Style};
use super::{Options, columns};
use crate::error::{Error, Hint, Result};
use crate::model::TableModel;
use crate::report::{count, rounded};
use crate::table::{Batch, Categories, Column, OutputFormat, Values};
use std::collections::BTreeMap;

/// The number of rows that are explained together.
const BLOCK: usize = 64;

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

/// Repeats of one behaviour: rows of the same entity with the same explanation, which are the same features with the
/// largest contributions, in the same direction or of the same level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// The columns that name the entity, such as the user or the source of an event.
    pub entity: Vec<String>,
    /// The time column of the first and the last repeat.
    pub time: Option<String>,
}

/// The rows with the highest scores of each group. Rows with equal features in the same group are one row with a
/// count, and the first of them stands for all; of repeats of one behaviour, the one with the highest score. Ties are in
/// row order.
#[derive(Debug)]
pub struct TopRows<'a> {
    model: &'a TableModel,
    options: &'a Options,
    grouping: Grouping,
    behaviour: Option<Behaviour>,
    explainer: Explainer<'a>,
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
        behaviour: Option<Behaviour>,
        most: usize,
        names: &[String],
    ) -> Result<Self> {
        if let Some(name) =
            Self::new_names(options, behaviour.as_ref()).iter().find(|name| names.contains(name))
        {
            let error = Error::column(model.name(), name, "is in the table already");
            return Err(error.with_hint(Hint::Prefix));
        }
        const FEATURES: usize = 3;
        let explainer = Explainer::new(model, options.explain.unwrap_or(FEATURES), Style::Behaviour);
        let (most, groups) = (most.max(1), BTreeMap::new());
        Ok(TopRows {
            model,
            options,
            grouping,
            behaviour,
            explainer,
            most,
            groups,
            pool: None,
            kept: 0,
            seen: 0,
        })
    }

    /// The names of the new columns: those of [`Options::names`], `count`, and of repeats with a time `first` and `last`.
    pub fn new_names(options: &Options, behaviour: Option<&Behaviour>) -> Vec<String> {
        let has_times = behaviour.is_some_and(|behaviour| behaviour.time.is_some());
        let own = ["count", "first", "last"].into_iter().take(if has_times { 3 } else { 1 });
        options.names().into_iter().chain(own.map(|name| new_name(options, name))).collect()
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
        let admits = |groups_so_far: &BTreeMap<Group, Best>, row: usize, most| {
            groups_so_far.get(&groups[row]).is_none_or(|best| best.admits(scores[row], most))
        };
        let mut candidates: Vec<usize> =
            (0..batch.rows()).filter(|&row| admits(&self.groups, row, self.most)).collect();
        if candidates.is_empty() && self.pool.is_some() {
            return Ok(());
        }
        if self.behaviour.is_some() {
            // The highest first: then few rows have to be explained.
            candidates.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        }
        let rows = batch.take(&candidates)?;
        let features = columns::of_batch(self.model, &rows)?;
        let (entities, times) = (self.entities(&rows)?, self.times(&rows)?);
        let start = self.pool.as_ref().map_or(0, Batch::rows);
        let mut entered = Vec::new();
        let all: Vec<usize> = (0..candidates.len()).collect();
        for block in all.chunks(BLOCK) {
            let admitted: Vec<usize> =
                block.iter().copied().filter(|&at| admits(&self.groups, candidates[at], self.most)).collect();
            let keys = self.keys(&features, &entities, &admitted)?;
            for (at, key) in admitted.into_iter().zip(keys) {
                let row = candidates[at];
                let rank = Rank::new(scores[row], first + row as u64);
                let best = self.groups.entry(groups[row].clone()).or_default();
                let before = best.len();
                let time = times.as_ref().and_then(|times| times[at].clone());
                if best.add(rank, key, start + entered.len(), self.most, time) {
                    entered.push(at);
                }
                self.kept += best.len() - before;
            }
        }
        self.check_size()?;
        self.keep(rows.take(&entered)?)
    }

    /// The keys of rows: what those have in common that are one row of the output.
    fn keys(&mut self, features: &[Column], entities: &[Categories], rows: &[usize]) -> Result<Vec<Vec<u8>>> {
        if self.behaviour.is_none() {
            return Ok(rows.iter().map(|&row| key(features, row)).collect());
        }
        let behaviours = self.explainer.explain_each(features, rows)?;
        let of_row = |(behaviour, &row): (String, &usize)| {
            let names = entities.iter().map(|entity| entity.level(row));
            let mut key = format!("{:?}", names.collect::<Vec<_>>()).into_bytes();
            key.extend(behaviour.into_bytes());
            key
        };
        Ok(behaviours.into_iter().zip(rows).map(of_row).collect())
    }

    /// The columns that name the entity.
    fn entities(&self, rows: &Batch) -> Result<Vec<Categories>> {
        let names = self.behaviour.iter().flat_map(|behaviour| &behaviour.entity);
        names.map(|name| rows.texts(name)).collect()
    }

    /// The point in time of each row, if a behaviour has a time column.
    fn times(&self, rows: &Batch) -> Result<Option<Vec<Option<Moment>>>> {
        let time = self.behaviour.as_ref().and_then(|behaviour| behaviour.time.as_ref());
        let Some(time) = time else { return Ok(None) };
        let texts = rows.texts(time)?;
        let moment = |(row, at): (usize, i64)| {
            texts.level(row).filter(|_| at != Values::NO_TIME).map(|text| (at, text.into()))
        };
        Ok(Some(rows.times(time)?.into_iter().enumerate().map(moment).collect()))
    }

    /// Add the rows of a batch with a score above the threshold.
    ///
    /// # Errors
    /// As [`TopRows::add`].
    pub fn add_flagged(&mut self, batch: &Batch) -> Result<()> {
        let scores = numbers(batch, &new_name(self.options, "score"))?;
        let is_flagged = |row: &usize| scores[*row] > self.model.threshold();
        let flagged: Vec<usize> = (0..batch.rows()).filter(is_flagged).collect();
        if flagged.is_empty() && self.pool.is_some() { Ok(()) } else { self.add(&batch.take(&flagged)?) }
    }

    /// The rows of all groups, in order of the groups and from the highest score down, with their counts and
    /// explanations by `explain` features. In CSV the scores are rounded.
    ///
    /// # Errors
    /// If the model cannot explain a row.
    pub fn rows(&self, format: OutputFormat, explain: Option<usize>) -> Result<Option<Batch>> {
        let Some(pool) = &self.pool else { return Ok(None) };
        let kept: Vec<(&Kept, Seen)> =
            self.groups.values().flat_map(|best| best.descending(self.most)).collect();
        let places: Vec<usize> = kept.iter().map(|(kept, _)| kept.place).collect();
        let mut rows = pool.take(&places)?;
        let explanations = self.explanations(&rows, format, explain)?;
        if format == OutputFormat::Csv {
            self.round(&mut rows)?;
        }
        if let Some(column) = explanations {
            match rows.has(&column.name) {
                true => rows.replace(&column)?,
                false => rows.append(&[column])?,
            }
        }
        let seen: Vec<Seen> = kept.into_iter().map(|(_, seen)| seen).collect();
        rows.append(&self.repeats(&seen))?;
        Ok(Some(rows))
    }

    /// The columns count, first and last.
    fn repeats(&self, seen: &[Seen]) -> Vec<Column> {
        let counts = Values::Integer(seen.iter().map(|seen| seen.count as i64).collect());
        let time = |end: usize| {
            let text = |seen: &Seen| seen.times.as_ref().map(|times| times[end].1.clone());
            Values::Text(seen.iter().map(text).collect::<Categories>())
        };
        let names =
            Self::new_names(self.options, self.behaviour.as_ref()).split_off(self.options.names().len());
        let column = |(name, values): (String, Values)| Column { name, values };
        names.into_iter().zip([counts, time(0), time(1)]).map(column).collect()
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

    fn explanations(
        &self,
        rows: &Batch,
        format: OutputFormat,
        explain: Option<usize>,
    ) -> Result<Option<Column>> {
        let Some(top) = explain else { return Ok(None) };
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

fn new_name(options: &Options, name: &str) -> String {
    format!("{}{name}", options.prefix)
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
