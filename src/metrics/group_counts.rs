//! The label counts of each group of rows: which distinct rows an attack, a user or a day has, and how often.

use super::scored::LabelCounts;
use crate::table::Groups;

/// The rows that belong to a group, as a sparse list. All other rows of the table are groups of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupCounts {
    /// Sorted by group and distinct row, each pair once.
    cells: Vec<GroupCell>,
}

/// The rows of one group with the values of one distinct row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupCell {
    /// The code of the group.
    pub group: u32,
    /// The index of the distinct row.
    pub row: u32,
    /// The number of positives.
    pub positives: u32,
    /// The number of negatives.
    pub negatives: u32,
}

impl GroupCounts {
    /// The counts of deduplicated rows. All three slices have one entry per original row: the code of its group, or
    /// [`Groups::ALONE`]; its label; its distinct row.
    pub fn deduplicated(codes: &[u32], labels: &[bool], index: &[u32]) -> Self {
        let rows = codes.iter().zip(labels).zip(index).filter(|((code, _), _)| **code != Groups::ALONE);
        let cell = |((&group, &label), &row): ((&u32, &bool), &u32)| {
            let (positives, negatives) = (u32::from(label), u32::from(!label));
            GroupCell { group, row, positives, negatives }
        };
        let mut cells: Vec<GroupCell> = rows.map(cell).collect();
        cells.sort_unstable_by_key(|cell| (cell.group, cell.row));
        cells.dedup_by(|next, cell| {
            let is_same = (next.group, next.row) == (cell.group, cell.row);
            if is_same {
                cell.positives += next.positives;
                cell.negatives += next.negatives;
            }
            is_same
        });
        GroupCounts { cells }
    }

    /// The cells of each group.
    pub fn groups(&self) -> impl Iterator<Item = &[GroupCell]> {
        self.cells.chunk_by(|a, b| a.group == b.group)
    }

    /// The counts of the rows that belong to no group, from those of all rows.
    pub fn alone(&self, all: &LabelCounts) -> LabelCounts {
        let mut alone = all.clone();
        for cell in &self.cells {
            alone.positives[cell.row as usize] -= cell.positives;
            alone.negatives[cell.row as usize] -= cell.negatives;
        }
        alone
    }

    /// The number of groups with a positive, each row without a group as one.
    pub fn with_positives(&self, all: &LabelCounts) -> u64 {
        let alone: u64 = self.alone(all).positives.iter().map(|&n| u64::from(n)).sum();
        let grouped = self.groups().filter(|cells| cells.iter().any(|cell| cell.positives > 0)).count();
        alone + grouped as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: u32 = Groups::ALONE;

    #[test]
    fn rows_of_one_group_are_counted_at_their_distinct_row() {
        let codes = [7, ALONE, 7, 2, 7];
        let (labels, index) = ([true, true, false, true, true], [0, 0, 0, 1, 0]);
        let counts = GroupCounts::deduplicated(&codes, &labels, &index);
        let cell = |group, row, positives, negatives| GroupCell { group, row, positives, negatives };
        assert_eq!(counts.cells, [cell(2, 1, 1, 0), cell(7, 0, 2, 1)]);
        let all = LabelCounts::deduplicated(&labels, &index, 2);
        assert_eq!(counts.alone(&all), LabelCounts { positives: vec![1, 0], negatives: vec![0, 0] });
        assert_eq!(counts.with_positives(&all), 3);
    }
}
