//! The groups of rows that intervals and tests of the AUC count once.

use super::number::counted;
use crate::table::{GroupKind, Table};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Groups of rows that are not independent, such as the events of one attack.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct RowGroups {
    /// `attack`, `episode`, `user`, `host`, `day`, or `group` for the values of another column.
    pub kind: String,
    /// The column of the groups; for episodes that of the actor, for days that of the time.
    pub column: String,
    /// The number of groups with suspicious rows in the whole table; `None` without labels.
    pub suspicious: Option<u64>,
    /// The number of groups with suspicious rows among the scored rows; `None` without labels.
    pub scored_suspicious: Option<u64>,
    /// What a group is, in words.
    pub meaning: String,
}

impl RowGroups {
    /// The groups of a table; `None` without groups. `scored` is the number of groups with suspicious scored rows.
    pub fn of(table: &Table, scored: Option<u64>) -> Option<Self> {
        let groups = table.groups.as_ref()?;
        let labels = table.labels.as_ref();
        Some(RowGroups {
            kind: groups.kind.nouns()[0].to_owned(),
            column: groups.column.clone(),
            suspicious: labels.map(|labels| groups.count(|row| labels[row]) as u64),
            scored_suspicious: scored,
            meaning: groups.to_string(),
        })
    }

    /// The head of a table: its suspicious rows and their groups. `None` without labels.
    pub fn line(&self, suspicious_rows: Option<usize>) -> Option<String> {
        let (rows, groups) = (suspicious_rows?, self.counted(self.suspicious?));
        let rows = counted(rows as u64, "suspicious row", "suspicious rows");
        Some(format!("groups: {rows} in {groups}: {}", self.meaning))
    }

    /// The number of groups with suspicious scored rows, such as `3 attacks`.
    pub fn scored(&self) -> String {
        self.counted(self.scored_suspicious.unwrap_or_default())
    }

    fn counted(&self, groups: u64) -> String {
        let kinds = [
            GroupKind::Attack,
            GroupKind::Episode,
            GroupKind::User,
            GroupKind::Host,
            GroupKind::Day,
            GroupKind::Value,
        ];
        let own = kinds.into_iter().map(GroupKind::nouns).find(|[one, _]| *one == self.kind);
        let [one, several] = own.unwrap_or(GroupKind::Value.nouns());
        counted(groups, one, several)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Groups;

    #[test]
    fn the_head_of_a_table_names_rows_and_groups() {
        let groups =
            Groups { kind: GroupKind::Attack, column: "attack_id".into(), codes: vec![0, 0, 1, u32::MAX] };
        let labels = Some(vec![true, true, true, false]);
        let table = Table { labels, groups: Some(groups), ..Table::default() };
        let groups = RowGroups::of(&table, Some(1)).unwrap();
        let line = groups.line(table.suspicious()).unwrap();
        assert_eq!(line, "groups: 3 suspicious rows in 2 attacks: the rows of one `attack_id`");
        assert_eq!(groups.scored(), "1 attack");
        assert_eq!(RowGroups::of(&Table::default(), None), None);
    }
}
