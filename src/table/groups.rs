//! Groups of rows that are not independent: the rows of one attack, user, host or day.
//!
//! Groups are chosen before a score is known. Without a column of attacks, the suspicious rows of one actor that are
//! close in time are one episode.

use super::column::{Categories, Column, Values, is_number};
use crate::error::{Error, Hint, Result};
use crate::schema::Roles;
use std::fmt;

/// What makes rows a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum GroupBy {
    /// The attack if the table has a column of attacks, else the episode if it has labels, times and actors.
    #[default]
    Auto,
    /// The attack.
    Attack,
    /// The account that acts.
    User,
    /// The host.
    Host,
    /// The calendar day in UTC.
    Day,
    /// The value of a column.
    Column(String),
    /// Nothing: rows are independent.
    Nothing,
}

/// The group of each row.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// What the groups are.
    pub kind: GroupKind,
    /// The column that the groups come from; for episodes, that of the actors.
    pub column: String,
    /// The code of each row's group, or [`Groups::ALONE`]. Codes are in the order of the column's values.
    pub codes: Vec<u32>,
}

/// What groups are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// Rows of one attack.
    Attack,
    /// Suspicious rows of one actor, each at most an hour after the one before.
    Episode,
    /// Rows of one account.
    User,
    /// Rows of one host.
    Host,
    /// Rows of one day.
    Day,
    /// Rows with one value of a column.
    Value,
}

/// Suspicious rows of one actor with a longer gap between them are two episodes.
const GAP: i64 = 3_600_000_000;

impl Groups {
    /// The code of a row that is a group of its own.
    pub const ALONE: u32 = u32::MAX;

    /// The groups by the values of a column. A row without a value is a group of its own.
    pub fn of_column(kind: GroupKind, column: &Column) -> Self {
        Groups { kind, column: column.name.clone(), codes: codes(&column.values) }
    }

    /// The groups by calendar day in UTC.
    pub fn of_days(column: &str, times: &[i64]) -> Self {
        const DAY: i64 = 86_400_000_000;
        let days = times.iter().map(|time| (*time != Values::NO_TIME).then(|| time.div_euclid(DAY)));
        Groups { kind: GroupKind::Day, column: column.to_owned(), codes: ranks(days.collect()) }
    }

    /// The episodes: suspicious rows of one actor, each at most an hour after the one before. Every other row is a group
    /// of its own.
    pub fn of_episodes(actor: &Column, times: &[i64], labels: &[Option<bool>]) -> Self {
        let actors = codes(&actor.values);
        let is_known = |&row: &usize| {
            labels[row] == Some(true) && actors[row] != Groups::ALONE && times[row] != Values::NO_TIME
        };
        let mut rows: Vec<usize> = (0..labels.len()).filter(is_known).collect();
        rows.sort_unstable_by_key(|&row| (actors[row], times[row]));
        let mut codes = vec![Groups::ALONE; labels.len()];
        let mut episode = 0;
        for (at, &row) in rows.iter().enumerate() {
            if let Some(&before) = at.checked_sub(1).and_then(|before| rows.get(before)) {
                let continues = actors[before] == actors[row] && times[row] - times[before] <= GAP;
                episode += u32::from(!continues);
            }
            codes[row] = episode;
        }
        Groups { kind: GroupKind::Episode, column: actor.name.clone(), codes }
    }

    /// The groups of the rows at these indices, in their order.
    pub fn take(&self, rows: &[usize]) -> Groups {
        Groups { codes: rows.iter().map(|&row| self.codes[row]).collect(), ..self.clone_without_codes() }
    }

    fn clone_without_codes(&self) -> Groups {
        Groups { kind: self.kind, column: self.column.clone(), codes: Vec::new() }
    }

    /// The number of groups among the selected rows.
    pub fn count(&self, is_selected: impl Fn(usize) -> bool) -> usize {
        let rows = (0..self.codes.len()).filter(|&row| is_selected(row));
        let (alone, mut grouped): (Vec<u32>, Vec<u32>) =
            rows.map(|row| self.codes[row]).partition(|&code| code == Groups::ALONE);
        grouped.sort_unstable();
        grouped.dedup();
        alone.len() + grouped.len()
    }
}

/// The groups of a table's rows. `attack`, `times` and `labels` are those of all rows.
///
/// # Errors
/// If a requested column is missing, or days are requested and there are no times.
pub(super) fn choose(
    table: &str,
    by: &GroupBy,
    roles: &Roles,
    columns: &[Column],
    times: Option<(&str, &[i64])>,
    labels: Option<&[Option<bool>]>,
) -> Result<Option<Groups>> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let find = |name: &String| columns.iter().find(|column| column.name == *name);
    if matches!(by, GroupBy::Day) {
        let error = || Error::table(table, "there is no time column for groups by day");
        let (column, times) = times.ok_or_else(|| error().with_hint(Hint::NameTime))?;
        return Ok(Some(Groups::of_days(column, times)));
    }
    let column = by.column(table, roles, &names)?.as_ref().and_then(find);
    let kind = match by {
        GroupBy::Nothing | GroupBy::Day => return Ok(None),
        GroupBy::Auto | GroupBy::Attack => GroupKind::Attack,
        GroupBy::User => GroupKind::User,
        GroupBy::Host => GroupKind::Host,
        GroupBy::Column(_) => GroupKind::Value,
    };
    if let Some(column) = column.filter(|column| !(*by == GroupBy::Auto && column.values.all_missing())) {
        return Ok(Some(Groups::of_column(kind, column)));
    }
    let actor = roles.user_in(&names).or_else(|| roles.host_in(&names)).and_then(find);
    let known = actor.zip(times).zip(labels);
    Ok(known.map(|((actor, (_, times)), labels)| Groups::of_episodes(actor, times, labels)))
}

impl GroupBy {
    /// The column of the groups among these names; `None` if the groups are not the values of a column.
    ///
    /// # Errors
    /// If a requested column is missing.
    pub(super) fn column(&self, table: &str, roles: &Roles, names: &[String]) -> Result<Option<String>> {
        let (found, wanted) = match self {
            GroupBy::Nothing | GroupBy::Day => return Ok(None),
            GroupBy::Auto => return Ok(roles.attack_in(names).cloned()),
            GroupBy::Attack => (roles.attack_in(names), "attack_id"),
            GroupBy::User => (roles.user_in(names), "user_hash"),
            GroupBy::Host => (roles.host_in(names), "host"),
            GroupBy::Column(name) => (names.iter().find(|other| *other == name), name.as_str()),
        };
        match found {
            Some(name) => Ok(Some(name.clone())),
            None => Err(Error::missing_column(table, wanted, names.to_vec()).with_hint(Hint::NameGroup)),
        }
    }

    /// The columns to read for the groups, among these names.
    ///
    /// # Errors
    /// If a requested column is missing.
    #[cfg(feature = "cli")]
    pub(super) fn needed(&self, table: &str, roles: &Roles, names: &[String]) -> Result<Vec<String>> {
        let actor = || roles.user_in(names).or_else(|| roles.host_in(names)).cloned();
        let column = self.column(table, roles, names)?;
        Ok(match self {
            GroupBy::Auto => column.into_iter().chain(actor()).collect(),
            _ => column.into_iter().collect(),
        })
    }
}

impl From<&str> for GroupBy {
    /// `attack`, `user`, `host`, `day`, `none`, or the name of a column.
    fn from(text: &str) -> Self {
        match text {
            "attack" => GroupBy::Attack,
            "user" => GroupBy::User,
            "host" => GroupBy::Host,
            "day" => GroupBy::Day,
            "none" => GroupBy::Nothing,
            name => GroupBy::Column(name.to_owned()),
        }
    }
}

impl GroupKind {
    /// One group and several groups, in words.
    pub fn nouns(self) -> [&'static str; 2] {
        match self {
            GroupKind::Attack => ["attack", "attacks"],
            GroupKind::Episode => ["episode", "episodes"],
            GroupKind::User => ["user", "users"],
            GroupKind::Host => ["host", "hosts"],
            GroupKind::Day => ["day", "days"],
            GroupKind::Value => ["group", "groups"],
        }
    }
}

impl fmt::Display for Groups {
    /// What a group is, such as `the rows of one attack_id`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            GroupKind::Episode => {
                write!(
                    f,
                    "the suspicious rows of one `{}`, each at most 1 h after the one before",
                    self.column
                )
            }
            GroupKind::Day => write!(f, "the rows of one day of `{}`", self.column),
            _ => write!(f, "the rows of one `{}`", self.column),
        }
    }
}

/// A code for each value, in the order of the values; [`Groups::ALONE`] without one.
fn codes(values: &Values) -> Vec<u32> {
    match values {
        Values::Text(text) => of_levels(text),
        Values::Time(times) => ranks(times.iter().map(|&t| (t != Values::NO_TIME).then_some(t)).collect()),
        Values::Integer(integers) => ranks(integers.iter().map(|&n| Some(n)).collect()),
        Values::Flag(flags) => ranks(flags.iter().map(|&flag| Some(flag)).collect()),
        // The bits of non-negative numbers are in their order; that of the others does not matter.
        Values::Real(reals) => {
            ranks(reals.iter().map(|&x| is_number(x).then(|| (x + 0.0).to_bits())).collect())
        }
    }
}

fn of_levels(text: &Categories) -> Vec<u32> {
    let mut order: Vec<usize> = (0..text.levels.len()).collect();
    order.sort_unstable_by_key(|&level| &text.levels[level]);
    let mut rank = vec![0; order.len()];
    for (at, level) in (0..).zip(order) {
        rank[level] = at;
    }
    text.codes.iter().map(|&code| rank.get(code as usize).copied().unwrap_or(Groups::ALONE)).collect()
}

fn ranks<T: Ord + Copy>(values: Vec<Option<T>>) -> Vec<u32> {
    let mut known: Vec<T> = values.iter().copied().flatten().collect();
    known.sort_unstable();
    known.dedup();
    let rank = |value: &T| known.binary_search(value).map_or(Groups::ALONE, |rank| rank as u32);
    values.iter().map(|value| value.as_ref().map_or(Groups::ALONE, rank)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: u32 = Groups::ALONE;
    const MINUTE: i64 = 60_000_000;

    fn column(name: &str, values: &[Option<&str>]) -> Column {
        Column { name: name.into(), values: Values::Text(values.iter().copied().collect()) }
    }

    #[test]
    fn codes_do_not_depend_on_the_order_of_the_rows() {
        let groups =
            Groups::of_column(GroupKind::Attack, &column("a", &[Some("y"), None, Some("x"), Some("y")]));
        assert_eq!(groups.codes, [1, ALONE, 0, 1]);
        assert_eq!(groups.take(&[2, 1]).codes, [0, ALONE]);
        assert_eq!(groups.count(|row| row > 0), 3);
        let numbers = Column { name: "n".into(), values: Values::Real(vec![2.0, f64::NAN, -0.0, 0.0]) };
        assert_eq!(Groups::of_column(GroupKind::Value, &numbers).codes, [1, ALONE, 0, 0]);
    }

    #[test]
    fn suspicious_rows_of_one_actor_within_an_hour_are_one_episode() {
        let actor = column("user_hash", &[Some("b"), Some("a"), Some("b"), Some("b"), Some("b"), None]);
        let times = [0, 0, 60 * MINUTE, 121 * MINUTE, 0, 0];
        let labels = [Some(true), Some(true), Some(true), Some(true), Some(false), Some(true)];
        assert_eq!(Groups::of_episodes(&actor, &times, &labels).codes, [1, 0, 1, 2, ALONE, ALONE]);
    }

    #[test]
    fn attacks_come_before_episodes_and_the_user_decides() {
        let attack = column("attack_id", &[Some("x"), None]);
        let columns = [attack.clone(), column("user_hash", &[Some("a"), Some("a")])];
        let (times, labels): (&[i64], _) = (&[0, 1], [Some(true), Some(true)]);
        let chosen = |by: &GroupBy, columns: &[Column]| {
            choose("t", by, &Roles::default(), columns, Some(("ts", times)), Some(&labels))
        };
        let kind = |by: &GroupBy, columns| chosen(by, columns).unwrap().map(|groups| groups.kind);
        assert_eq!(kind(&GroupBy::Auto, &columns), Some(GroupKind::Attack));
        assert_eq!(kind(&GroupBy::Auto, &columns[1..]), Some(GroupKind::Episode));
        assert_eq!(kind(&GroupBy::Auto, &columns[..0]), None);
        assert_eq!(kind(&"user".into(), &columns), Some(GroupKind::User));
        assert_eq!(kind(&"day".into(), &columns), Some(GroupKind::Day));
        assert_eq!(kind(&"none".into(), &columns), None);
        let error = chosen(&"host".into(), &columns).unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::NameGroup));
        assert!(error.to_string().contains("there is no column `host`"), "{error}");
    }
}
