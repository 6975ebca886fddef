//! A split of a table by groups: no user, host or attack has rows in both parts.

use crate::error::{Error, Hint, Result};
use crate::seed::Seed;
use crate::table::{Groups, Table};
use rand::seq::SliceRandom;

/// Draw groups for the scored part, until it has about the share `test_share` of the rows. Groups with suspicious rows are
/// drawn apart from the others, so that both parts have some. A row without a group is a group of its own. Returns the
/// training rows and the scored rows.
///
/// # Errors
/// If the table has no groups, or a part would have no row.
pub(super) fn by_group(table: &Table, test_share: f64, seed: Seed) -> Result<(Vec<usize>, Vec<usize>)> {
    let Some(groups) = &table.groups else {
        let problem = "there is no column of groups, which keeps a user or host in one part";
        return Err(Error::table(&table.name, problem).with_hint(Hint::NameGroup));
    };
    let mut rng = seed.derive("group").rng();
    let is_suspicious = |row: usize| table.labels.as_ref().is_some_and(|labels| labels[row]);
    let with_suspicious = |rows: &Vec<usize>| rows.iter().any(|&row| is_suspicious(row));
    let (suspicious, normal): (Vec<_>, Vec<_>) =
        rows_of_groups(table, groups).into_iter().partition(with_suspicious);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for mut of_class in [normal, suspicious] {
        of_class.shuffle(&mut rng);
        let (trained, scored) = divided(of_class, test_share);
        train.extend(trained.into_iter().flatten());
        test.extend(scored.into_iter().flatten());
    }
    if train.is_empty() || test.is_empty() {
        let problem = format!("`{}` has too few groups to divide", groups.column);
        return Err(Error::table(&table.name, problem).with_hint(Hint::InSample));
    }
    Ok((train, test))
}

/// The rows of each group, in the order of the groups; then the rows without a group, in canonical order.
fn rows_of_groups(table: &Table, groups: &Groups) -> Vec<Vec<usize>> {
    let most = groups.codes.iter().filter(|code| **code != Groups::ALONE).max();
    let mut rows = vec![Vec::new(); most.map_or(0, |most| *most as usize + 1)];
    for row in table.canonical_order() {
        match groups.codes[row] {
            Groups::ALONE => rows.push(vec![row]),
            code => rows[code as usize].push(row),
        }
    }
    rows.retain(|rows| !rows.is_empty());
    rows
}

/// Groups for training and for scoring. A group is scored if the scored rows then are closer to their share.
fn divided(groups: Vec<Vec<usize>>, test_share: f64) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let wanted = groups.iter().map(Vec::len).sum::<usize>() as f64 * test_share;
    let mut scored = 0.0;
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for rows in groups {
        let with_group = scored + rows.len() as f64;
        if (with_group - wanted).abs() < (scored - wanted).abs() {
            scored = with_group;
            test.push(rows);
        } else {
            train.push(rows);
        }
    }
    (train, test)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, GroupKind, Values};

    fn table(users: &[u32]) -> Table {
        let column = Column { name: "x".into(), values: Values::Real(vec![0.5; users.len()]) };
        let groups = Groups { kind: GroupKind::User, column: "user".into(), codes: users.to_vec() };
        let labels = users.iter().map(|user| user % 3 == 0).collect();
        Table {
            name: "t".into(),
            features: vec![column],
            labels: Some(labels),
            groups: Some(groups),
            ..Table::default()
        }
    }

    fn parts(table: &Table, seed: u64) -> (Vec<usize>, Vec<usize>) {
        by_group(table, 0.3, Seed::new(seed)).unwrap()
    }

    #[test]
    fn no_group_is_in_both_parts() {
        let users: Vec<u32> = (0..600).map(|row| row % 30).collect();
        let table = table(&users);
        let (train, test) = parts(&table, 1);
        assert_eq!((train.len(), test.len()), (420, 180));
        assert!(train.iter().all(|&row| test.iter().all(|&other| users[row] != users[other])));
        let suspicious = |rows: &[usize]| rows.iter().filter(|&&row| users[row].is_multiple_of(3)).count();
        assert_eq!((suspicious(&train), suspicious(&test)), (140, 60));
        assert_ne!(parts(&table, 1), parts(&table, 2));
    }

    #[test]
    fn a_row_without_a_group_is_a_group_of_its_own() {
        let users: Vec<u32> = (0..100).map(|row| if row < 10 { 0 } else { Groups::ALONE }).collect();
        let (train, test) = parts(&table(&users), 1);
        assert_eq!(train.len() + test.len(), 100);
        assert!(test.iter().any(|&row| row >= 10) && train.iter().any(|&row| row >= 10));
        assert!(train.iter().filter(|row| **row < 10).count() % 10 == 0);
    }

    #[test]
    fn one_group_cannot_be_divided() {
        let error = by_group(&table(&[1; 20]), 0.3, Seed::new(1)).unwrap_err().to_string();
        assert_eq!(error, "t: `user` has too few groups to divide");
        let without = Table { groups: None, ..table(&[1, 2]) };
        assert!(
            by_group(&without, 0.3, Seed::new(1)).unwrap_err().to_string().contains("no column of groups")
        );
    }
}
