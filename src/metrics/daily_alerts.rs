//! Alerts under a daily budget: of each calendar day the rows with the highest scores, and the attacks among them.
//!
//! An attack is found if at least one of its own rows is an alert, and nothing else counts. There is no point adjustment,
//! under which one hit counts for every row of a segment and random scores win (Kim et al., AAAI 2022).

use std::ops::Range;

/// The length of a day in microseconds.
pub const DAY: i64 = 86_400_000_000;

/// A row that a detector scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DailyRow {
    /// The index of its score.
    pub score: u32,
    /// In microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The order of rows with equal scores: a hash of their values and time, drawn before labels are seen.
    pub tie: u64,
    /// The attack that a suspicious row is of, counted from 0; `None` for a normal row.
    pub attack: Option<u32>,
}

/// The rows of several days. One value serves every detector.
#[derive(Clone, Debug)]
pub struct DailyRows {
    rows: Vec<DailyRow>,
    days: Vec<Range<usize>>,
    /// The attacks of each day, with the number of their rows on it.
    attacks_of_day: Vec<Vec<(u32, u64)>>,
    attacks: usize,
}

/// The alerts of one detector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DailyAlerts {
    /// The number of alerts.
    pub alerts: u64,
    /// The number of suspicious rows among them.
    pub suspicious: u64,
    /// The number of alerts with the same score as a row of their day that is no alert: the hash chose among them.
    pub tied: u64,
    /// The days with a suspicious row, in order.
    pub days: Vec<AttackDay>,
    /// One per attack.
    pub attacks: Vec<AttackAlerts>,
}

/// A day with a suspicious row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttackDay {
    /// Days since 1970-01-01.
    pub day: i64,
    /// The number of rows.
    pub rows: u64,
    /// The number of attacks with a row.
    pub attacks: u64,
    /// The number of attacks with an alert.
    pub found: u64,
}

/// What became of an attack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttackAlerts {
    /// The time of its first row.
    pub first: i64,
    /// The time of its last row.
    pub last: i64,
    /// The number of its rows.
    pub rows: u64,
    /// The number of its rows that are alerts.
    pub alerts: u64,
    /// The best rank of its rows in the list of their day, from 1. A budget of so many alerts a day finds it.
    pub best_rank: u64,
    /// The time and the rank of the earliest alert; `None` if the attack is missed.
    pub first_alert: Option<(i64, u64)>,
}

impl DailyRows {
    /// The rows in any order. `attacks` is the number of attacks; each has a row.
    pub fn new(mut rows: Vec<DailyRow>, attacks: usize) -> Self {
        rows.sort_by_key(|row| row.time);
        let mut days = Vec::new();
        let mut start = 0;
        for same in rows.chunk_by(|a, b| day_of(a) == day_of(b)) {
            days.push(start..start + same.len());
            start += same.len();
        }
        let attacks_of_day = days.iter().map(|day| attack_counts(&rows[day.clone()])).collect();
        DailyRows { rows, days, attacks_of_day, attacks }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The number of days with a row.
    pub fn days(&self) -> usize {
        self.days.len()
    }

    /// The number of attacks.
    pub fn attacks(&self) -> usize {
        self.attacks
    }

    /// The largest number of rows of a day.
    pub fn most_rows(&self) -> usize {
        self.days.iter().map(Range::len).max().unwrap_or(0)
    }

    /// The alerts of finite scores, where the `budget` highest of each day are alerts. Rows that are equal in score, values
    /// and time are in the order that is worst for the detector: normal ones first.
    pub fn alerts(&self, scores: &[f64], budget: u64) -> DailyAlerts {
        let unseen = AttackAlerts {
            first: i64::MAX,
            last: i64::MIN,
            rows: 0,
            alerts: 0,
            best_rank: u64::MAX,
            first_alert: None,
        };
        let mut result = DailyAlerts { attacks: vec![unseen; self.attacks], ..DailyAlerts::default() };
        for (range, attacks) in self.days.iter().zip(&self.attacks_of_day) {
            let ranked = ranked(&self.rows[range.clone()], scores);
            let alerts = ranked.len().min(usize::try_from(budget).unwrap_or(usize::MAX));
            result.alerts += alerts as u64;
            result.tied += tied(&ranked, alerts);
            if attacks.is_empty() {
                continue;
            }
            let mut found: Vec<u32> = Vec::new();
            for (rank, (_, row)) in (1..).zip(&ranked) {
                let Some(attack) = row.attack else { continue };
                let is_alert = rank <= budget;
                result.attacks[attack as usize].add(row.time, rank, is_alert);
                if is_alert {
                    result.suspicious += 1;
                    found.push(attack);
                }
            }
            found.sort_unstable();
            found.dedup();
            result.days.push(AttackDay {
                day: day_of(ranked[0].1),
                rows: ranked.len() as u64,
                attacks: attacks.len() as u64,
                found: found.len() as u64,
            });
        }
        result
    }

    /// The share of attacks that a random order of each day finds in expectation; `None` without attacks. An attack with k
    /// of the n rows of a day is missed on it with the probability of the hypergeometric distribution.
    pub fn random_share(&self, budget: u64) -> Option<f64> {
        let mut missed = vec![1.0; self.attacks];
        for (day, attacks) in self.days.iter().zip(&self.attacks_of_day) {
            let rows = day.len() as f64;
            let passed = (rows - budget as f64).max(0.0);
            for &(attack, own) in attacks {
                let share = |at: u64| ((passed - at as f64) / (rows - at as f64)).max(0.0);
                missed[attack as usize] *= (0..own).map(share).product::<f64>();
            }
        }
        (self.attacks > 0).then(|| 1.0 - missed.iter().sum::<f64>() / self.attacks as f64)
    }
}

impl AttackAlerts {
    /// Add a row of the attack with its rank on its day.
    fn add(&mut self, time: i64, rank: u64, is_alert: bool) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        self.rows += 1;
        self.best_rank = self.best_rank.min(rank);
        if is_alert {
            self.alerts += 1;
            let earliest = self.first_alert.map_or((time, rank), |earliest| earliest.min((time, rank)));
            self.first_alert = Some(earliest);
        }
    }
}

fn day_of(row: &DailyRow) -> i64 {
    row.time.div_euclid(DAY)
}

/// The attacks of some rows, with the number of rows of each.
fn attack_counts(rows: &[DailyRow]) -> Vec<(u32, u64)> {
    let mut attacks: Vec<u32> = rows.iter().filter_map(|row| row.attack).collect();
    attacks.sort_unstable();
    attacks.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect()
}

/// Rows with their scores, the highest first.
fn ranked<'a>(rows: &'a [DailyRow], scores: &[f64]) -> Vec<(f64, &'a DailyRow)> {
    let mut ranked: Vec<(f64, &DailyRow)> =
        rows.iter().map(|row| (scores[row.score as usize], row)).collect();
    // A normal row, without an attack, is below every attack.
    let order = |row: &DailyRow| (row.tie, row.time, row.attack);
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| order(a.1).cmp(&order(b.1))));
    ranked
}

/// The number of alerts that have the same score as the first row that is none.
fn tied(ranked: &[(f64, &DailyRow)], alerts: usize) -> u64 {
    let Some((next, _)) = ranked.get(alerts) else { return 0 };
    ranked[..alerts].iter().rev().take_while(|(score, _)| score == next).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = DAY / 24;

    fn row(score: u32, time: i64, attack: Option<u32>) -> DailyRow {
        DailyRow { score, time, tie: u64::from(score), attack }
    }

    /// Two days. Attack 0 has rows on both, attack 1 on the second.
    fn two_days() -> DailyRows {
        DailyRows::new(
            vec![
                row(0, HOUR, None),
                row(1, 2 * HOUR, Some(0)),
                row(2, 3 * HOUR, None),
                row(3, DAY, Some(0)),
                row(4, DAY + HOUR, Some(1)),
                row(5, DAY + 2 * HOUR, Some(0)),
                row(6, DAY + 3 * HOUR, None),
            ],
            2,
        )
    }

    const SCORES: [f64; 7] = [0.9, 0.5, 0.1, 0.8, 0.2, 0.7, 0.6];

    #[test]
    fn the_highest_scores_of_each_day_are_alerts() {
        let alerts = two_days().alerts(&SCORES, 2);
        assert_eq!((alerts.alerts, alerts.suspicious, alerts.tied), (4, 3, 0));
        let attack = |first, last, rows, alerts, best_rank, first_alert| AttackAlerts {
            first,
            last,
            rows,
            alerts,
            best_rank,
            first_alert,
        };
        let first = attack(2 * HOUR, DAY + 2 * HOUR, 3, 3, 1, Some((2 * HOUR, 2)));
        let missed = attack(DAY + HOUR, DAY + HOUR, 1, 0, 4, None);
        assert_eq!(alerts.attacks, [first, missed]);
        let day = |day, rows, attacks, found| AttackDay { day, rows, attacks, found };
        assert_eq!(alerts.days, [day(0, 3, 1, 1), day(1, 4, 2, 1)]);
    }

    #[test]
    fn a_budget_of_the_best_rank_finds_an_attack_and_a_lower_one_does_not() {
        let rows = two_days();
        for budget in 1..=5 {
            for attack in rows.alerts(&SCORES, budget).attacks {
                assert_eq!(attack.first_alert.is_some(), attack.best_rank <= budget, "{budget} {attack:?}");
            }
        }
    }

    #[test]
    fn ties_follow_the_hash_and_not_the_order_of_rows_or_the_label() {
        let ties = |suspicious: usize| {
            let row = |at: usize| DailyRow {
                score: 0,
                time: at as i64,
                tie: [3, 1, 2][at],
                attack: (at == suspicious).then_some(0),
            };
            let mut rows: Vec<DailyRow> = (0..3).map(row).collect();
            let forward = DailyRows::new(rows.clone(), 1).alerts(&[0.5], 1);
            rows.reverse();
            assert_eq!(forward, DailyRows::new(rows, 1).alerts(&[0.5], 1));
            (forward.attacks[0].best_rank, forward.tied)
        };
        assert_eq!([ties(0), ties(1), ties(2)], [(3, 1), (1, 1), (2, 1)]);
    }

    #[test]
    fn rows_that_nothing_tells_apart_count_against_the_detector() {
        let row = |attack| DailyRow { score: 0, time: 5, tie: 9, attack };
        for rows in [vec![row(Some(0)), row(None)], vec![row(None), row(Some(0))]] {
            assert_eq!(DailyRows::new(rows, 1).alerts(&[1.0], 1).attacks[0].best_rank, 2);
        }
    }

    #[test]
    fn times_before_1970_are_on_their_own_day() {
        let rows = DailyRows::new(vec![row(0, -1, Some(0)), row(1, 0, None)], 1);
        assert_eq!(rows.alerts(&[0.1, 0.9], 1).days[0].day, -1);
        assert_eq!((rows.days(), rows.most_rows()), (2, 1));
    }

    #[test]
    fn a_random_order_finds_what_the_hypergeometric_distribution_says() {
        // 5 of 100 rows of one day and 2 of 30 rows of another, 20 alerts a day.
        let of_day = |day: i64, rows: u32, own: u32| {
            (0..rows).map(move |at| row(at, day * DAY, (at < own).then_some(0)))
        };
        let one = DailyRows::new(of_day(0, 100, 5).collect(), 1).random_share(20).unwrap();
        let both = DailyRows::new(of_day(0, 100, 5).chain(of_day(1, 30, 2)).collect(), 1);
        // scipy 1.17.1: 1 − hypergeom(100, 5, 20).pmf(0), and 1 − that · hypergeom(30, 2, 20).pmf(0).
        assert!((one - 0.680_690_558_010_145_7).abs() < 1e-12, "{one}");
        assert!((both.random_share(20).unwrap() - 0.966_967_988_759_670_3).abs() < 1e-9);
        assert_eq!(both.random_share(100), Some(1.0));
        assert_eq!(DailyRows::new(Vec::new(), 0).random_share(1), None);
    }
}
