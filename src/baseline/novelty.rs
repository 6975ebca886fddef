//! How new the rows of each day are: the history that first-seen flags need.

use std::collections::BTreeMap;

/// The rows and the first pairs of each day.
#[derive(Clone, Debug, Default)]
pub struct Novelty(BTreeMap<i64, (u64, u64)>);

/// Where the share of first pairs flattens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plateau {
    /// From this day of the store on, counted from 0, the share stays near its final level.
    After(u32),
    /// It does not flatten: this is its share on the last day.
    Never(f64),
    /// There are too few days to say.
    Unknown,
}

/// The fewest days that show a level.
const FEWEST: usize = 6;

impl Novelty {
    /// Count a row of a day.
    pub fn add(&mut self, day: i64, is_first: bool) {
        let (rows, firsts) = self.0.entry(day).or_default();
        *rows += 1;
        *firsts += u64::from(is_first);
    }

    /// Each day since 1970 with its share of first pairs. Days with less than a tenth of the rows of the median day are left
    /// out: a few rows after the last midnight are no day.
    pub fn shares(&self) -> impl Iterator<Item = (i64, f64)> {
        let mut rows: Vec<u64> = self.0.values().map(|(rows, _)| *rows).collect();
        rows.sort_unstable();
        let least = rows.get(rows.len() / 2).copied().unwrap_or_default() / 10;
        let days = self.0.iter().filter(move |(_, (rows, _))| *rows >= least);
        days.map(|(day, (rows, firsts))| (*day, *firsts as f64 / *rows as f64))
    }

    /// The first day from which on the share is at most half above its level, the median of the last third of the days.
    /// It does not flatten if this is in the last third, or if the level is above 20 %.
    pub fn plateau(&self) -> Plateau {
        const HIGH: f64 = 0.2;
        let shares: Vec<(i64, f64)> = self.shares().collect();
        let (Some(first), Some(last)) = (shares.first(), shares.last()) else { return Plateau::Unknown };
        if shares.len() < FEWEST {
            return Plateau::Unknown;
        }
        let third = shares.len() - shares.len() / 3;
        let mut level: Vec<f64> = shares[third..].iter().map(|(_, share)| *share).collect();
        level.sort_unstable_by(f64::total_cmp);
        let level = level[level.len() / 2];
        // Half a percent keeps a level near 0 from asking for the impossible.
        let limit = 1.5 * level + 0.005;
        let is_flat =
            |at: &usize| shares[*at].1 <= limit && shares.get(at + 1).is_none_or(|next| next.1 <= limit);
        match (0..third).find(is_flat) {
            Some(at) if level <= HIGH => Plateau::After((shares[at].0 - first.0) as u32),
            _ => Plateau::Never(last.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn novelty(shares: &[u64]) -> Novelty {
        let mut novelty = Novelty::default();
        for (day, percent) in shares.iter().enumerate() {
            (0..100).for_each(|row| novelty.add(day as i64, row < *percent));
        }
        novelty
    }

    #[test]
    fn the_warm_up_ends_where_the_share_flattens() {
        let shares = [100, 60, 30, 12, 4, 3, 3, 2, 3, 2, 3, 2];
        assert_eq!(novelty(&shares).plateau(), Plateau::After(4));
        assert_eq!(novelty(&[90, 80, 60, 50, 48, 40, 38]).plateau(), Plateau::Never(0.38));
        assert_eq!(novelty(&[90, 2]).plateau(), Plateau::Unknown);
    }
}
