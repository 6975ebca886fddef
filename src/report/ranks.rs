//! Detectors over several tables: mean ranks, and which differences hold from table to table (Demšar, JMLR 2006; Benavoli,
//! Corani, Demšar & Zaffalon, JMLR 2017). The unit is the table: AUCs are averaged over seeds and over related tables
//! before anything is ranked.

use super::{EQUIVALENCE, Protocol, SIGNIFICANT, TableReport};
use crate::metrics::{self, Friedman, Practical};
use crate::seed::Seed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The detectors over the tables of one protocol.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Ranks {
    /// How rows are split into training and scored rows.
    pub protocol: Protocol,
    /// The units that are ranked: single tables, or related tables that count once.
    pub units: Vec<Vec<String>>,
    /// The tables on which the AUC of a detector is undefined, or a detector did not run.
    pub left_out: Vec<String>,
    /// Best mean rank first.
    pub detectors: Vec<RankedDetector>,
    /// The test of equal mean ranks; `None` with fewer than two units or three detectors.
    pub friedman: Option<Friedman>,
    /// The smallest p-value that the signed-rank test can have with this number of units, in (0, 1].
    pub smallest_p: f64,
    /// The number of pairs that Holm's correction counts: those of all protocols.
    pub tested_pairs: usize,
    /// AUCs that differ by less than this count as equal, in (0, 0.5].
    pub equivalence: f64,
    /// Every pair of detectors.
    pub pairs: Vec<RankedPair>,
}

/// A detector over several tables.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct RankedDetector {
    /// The detector's name.
    pub detector: String,
    /// Its mean rank over the units, from 1 for the highest AUC. Equal AUCs share their mean rank.
    pub mean_rank: f64,
    /// The number of units on which no detector has a higher AUC.
    pub wins: usize,
    /// Its AUC on each unit, in [0, 1].
    pub aucs: Vec<f64>,
}

/// Two detectors over several tables.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct RankedPair {
    /// The detector that the signed ranks favor; with equal sums, the one with the better mean rank.
    pub better: String,
    /// The other detector.
    pub worse: String,
    /// The median over the units of AUC of the better minus AUC of the worse.
    pub median_difference: f64,
    /// The two-sided p-value of the signed-rank test (Wilcoxon), in [0, 1], not corrected.
    pub p: f64,
    /// The p-value corrected for the pairs of all protocols (Holm).
    pub p_holm: f64,
    /// The probability of a difference beyond or within the margin of equivalence (Bayesian signed-rank test).
    pub practical: Practical,
    /// What the tests allow to say.
    pub claim: RankClaim,
}

/// What the tests over tables allow to say about a pair.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RankClaim {
    /// The first detector is better on tables like these: the corrected p-value is significant.
    BetterOverTables,
    /// Not significant, and the difference is within the margin with a probability of at least 0.95.
    Equivalent,
    /// Neither.
    NotToldApart,
}

/// A statement about a difference needs this probability.
const PROBABLE: f64 = 0.95;

/// The ranks of the detectors under each protocol of a report. Tables whose names match the same pattern of `related`,
/// in which `*` stands for any text, count once. Nothing with fewer than two units or two detectors.
pub fn ranks(tables: &[TableReport], related: &[String], seed: u64) -> Vec<Ranks> {
    let equivalence = tables.first().map_or(EQUIVALENCE, |table| table.equivalence);
    let rows: Vec<AucRow> = tables.iter().map(AucRow::of).collect();
    of_rows(&rows, related, equivalence, Seed::new(seed).derive("ranks"))
}

/// The AUCs of one table under one protocol.
struct AucRow<'a> {
    protocol: Protocol,
    table: &'a str,
    aucs: Vec<(&'a str, Option<f64>)>,
}

impl<'a> AucRow<'a> {
    fn of(table: &'a TableReport) -> Self {
        let aucs = table.runs.iter().map(|run| (run.detector.as_str(), run.auc)).collect();
        AucRow { protocol: table.protocol, table: &table.table, aucs }
    }

    /// The AUCs of these detectors; `None` if one is undefined or did not run.
    fn in_order(&self, names: &[&str]) -> Option<Vec<f64>> {
        let auc = |name: &&str| self.aucs.iter().find(|(own, _)| own == name)?.1;
        names.iter().map(auc).collect()
    }
}

fn of_rows(rows: &[AucRow], related: &[String], equivalence: f64, seed: Seed) -> Vec<Ranks> {
    let of = |protocol: Protocol| {
        let own: Vec<&AucRow> = rows.iter().filter(|row| row.protocol == protocol).collect();
        under(protocol, &own, related, equivalence, seed)
    };
    let mut all: Vec<Ranks> = Protocol::ALL.into_iter().filter_map(of).collect();
    let p: Vec<f64> = all.iter().flat_map(|ranks| &ranks.pairs).map(|pair| pair.p).collect();
    let mut corrected = metrics::holm(&p).into_iter();
    for ranks in &mut all {
        ranks.tested_pairs = p.len();
        for pair in &mut ranks.pairs {
            pair.p_holm = corrected.next().unwrap_or(1.0);
            pair.claim = match pair.practical.equivalent {
                _ if pair.p_holm < SIGNIFICANT => RankClaim::BetterOverTables,
                equivalent if equivalent >= PROBABLE => RankClaim::Equivalent,
                _ => RankClaim::NotToldApart,
            };
        }
    }
    all
}

fn under(
    protocol: Protocol,
    rows: &[&AucRow],
    related: &[String],
    equivalence: f64,
    seed: Seed,
) -> Option<Ranks> {
    let mut names: Vec<&str> = rows.first()?.aucs.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let (units, left_out) = units(rows, &names, related);
    if units.len() < 2 || names.len() < 2 {
        return None;
    }
    let aucs: Vec<Vec<f64>> = units.iter().map(Unit::means).collect();
    let ranked: Vec<Vec<f64>> = aucs.iter().map(|row| metrics::descending_ranks(row)).collect();
    let detector = |(at, name): (usize, &&str)| RankedDetector {
        detector: (*name).to_owned(),
        mean_rank: ranked.iter().map(|row| row[at]).sum::<f64>() / ranked.len() as f64,
        wins: aucs.iter().filter(|row| row.iter().all(|auc| *auc <= row[at])).count(),
        aucs: aucs.iter().map(|row| row[at]).collect(),
    };
    let mut detectors: Vec<RankedDetector> = names.iter().enumerate().map(detector).collect();
    detectors.sort_by(|a, b| a.mean_rank.total_cmp(&b.mean_rank).then_with(|| a.detector.cmp(&b.detector)));
    Some(Ranks {
        protocol,
        left_out,
        friedman: metrics::friedman(&ranked),
        smallest_p: metrics::smallest_p(units.len()),
        tested_pairs: 0,
        equivalence,
        pairs: pairs(&detectors, equivalence, seed.derive(protocol.id())),
        detectors,
        units: units.into_iter().map(|unit| unit.tables).collect(),
    })
}

/// The units with the AUCs of these detectors, and the tables without.
fn units<'a>(rows: &[&AucRow], names: &[&str], related: &'a [String]) -> (Vec<Unit<'a>>, Vec<String>) {
    let (mut units, mut left_out) = (Vec::<Unit>::new(), Vec::new());
    for row in rows {
        let Some(aucs) = row.in_order(names) else {
            left_out.push(row.table.to_owned());
            continue;
        };
        let pattern = related.iter().find(|pattern| matches(pattern, row.table));
        match units.iter_mut().find(|unit| pattern.is_some() && unit.pattern == pattern) {
            Some(unit) => unit.add(row.table, &aucs),
            None => units.push(Unit { pattern, tables: vec![row.table.to_owned()], sums: aucs }),
        }
    }
    (units, left_out)
}

/// Tables that count once, and the sums of their AUCs by detector.
struct Unit<'a> {
    pattern: Option<&'a String>,
    tables: Vec<String>,
    sums: Vec<f64>,
}

impl Unit<'_> {
    fn add(&mut self, table: &str, aucs: &[f64]) {
        self.tables.push(table.to_owned());
        self.sums.iter_mut().zip(aucs).for_each(|(sum, auc)| *sum += auc);
    }

    fn means(&self) -> Vec<f64> {
        self.sums.iter().map(|sum| sum / self.tables.len() as f64).collect()
    }
}

/// Every pair, in the order of the mean ranks. The corrected p-values and the claims follow.
fn pairs(detectors: &[RankedDetector], equivalence: f64, seed: Seed) -> Vec<RankedPair> {
    let mut pairs = Vec::new();
    for (at, first) in detectors.iter().enumerate() {
        for second in &detectors[at + 1..] {
            pairs.extend(pair(first, second, equivalence, seed));
        }
    }
    pairs
}

fn pair(first: &RankedDetector, second: &RankedDetector, equivalence: f64, seed: Seed) -> Option<RankedPair> {
    let of = |a: &RankedDetector, b: &RankedDetector| -> Vec<f64> {
        a.aucs.iter().zip(&b.aucs).map(|(a, b)| a - b).collect()
    };
    let (ahead, behind) = (of(first, second), of(second, first));
    let (test, reverse) = (metrics::signed_rank(&ahead), metrics::signed_rank(&behind));
    let is_ahead = test.positive_ranks >= reverse.positive_ranks;
    let (better, worse, differences) =
        if is_ahead { (first, second, ahead) } else { (second, first, behind) };
    let seed = seed.derive(&better.detector).derive(&worse.detector);
    Some(RankedPair {
        better: better.detector.clone(),
        worse: worse.detector.clone(),
        practical: metrics::practical(&differences, equivalence, seed)?,
        median_difference: median(differences)?,
        p: test.p,
        p_holm: test.p,
        claim: RankClaim::NotToldApart,
    })
}

/// The median; `None` without values.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let [low, high] = [values.len().saturating_sub(1) / 2, values.len() / 2];
    Some((values.get(low)? + values.get(high)?) / 2.0)
}

/// Whether a name matches a pattern, in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| name.strip_prefix(start)) else { return false };
    let Some(end) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(end)
}

/// Two tables with names that differ only by their numbers, as parts of one data set do, and that no pattern joins.
pub fn similar_names(ranks: &Ranks) -> Option<(&str, &str)> {
    let stem = |name: &str| -> String { name.chars().filter(|c| c.is_alphabetic()).collect() };
    let names: Vec<&String> = ranks.units.iter().filter_map(|unit| unit.first()).collect();
    names.iter().enumerate().find_map(|(at, name)| {
        let is_similar = |other: &&&String| !stem(name).is_empty() && stem(other) == stem(name);
        names[at + 1..].iter().find(is_similar).map(|other| (name.as_str(), other.as_str()))
    })
}

impl Ranks {
    /// Whether a pattern joined tables.
    pub fn has_joined(&self, pattern: &str) -> bool {
        self.units.iter().any(|unit| unit.len() > 1 && unit.iter().all(|table| matches(pattern, table)))
    }

    /// The longest runs of detectors, in the order of mean ranks, in which no pair is told apart: ranges of positions
    /// with at least two detectors.
    pub fn groups(&self) -> Vec<std::ops::Range<usize>> {
        let is_apart = |a: usize, b: usize| {
            let (a, b) = (&self.detectors[a].detector, &self.detectors[b].detector);
            let is_pair = |pair: &&RankedPair| {
                (&pair.better, &pair.worse) == (a, b) || (&pair.better, &pair.worse) == (b, a)
            };
            let pair = self.pairs.iter().find(is_pair);
            pair.is_some_and(|pair| pair.claim == RankClaim::BetterOverTables)
        };
        let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
        for start in 0..self.detectors.len() {
            let joined = |end: &usize| (start..*end).all(|a| !is_apart(a, *end));
            let end = (start + 1..self.detectors.len()).take_while(joined).last().unwrap_or(start) + 1;
            if end > start + 1 && groups.last().is_none_or(|group| end > group.end) {
                groups.push(start..end);
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ranks of `a`, `b` and `c` with these AUCs by table.
    fn of_aucs(rows: &[(&'static str, [Option<f64>; 3])], related: &[&str]) -> Vec<Ranks> {
        let row = |(table, aucs): &(&'static str, [Option<f64>; 3])| AucRow {
            protocol: Protocol::Holdout,
            table,
            aucs: ["a", "b", "c"].into_iter().zip(aucs.iter().copied()).collect(),
        };
        let related: Vec<String> = related.iter().map(|pattern| (*pattern).to_owned()).collect();
        of_rows(&rows.iter().map(row).collect::<Vec<_>>(), &related, 0.01, Seed::new(42))
    }

    fn of(rows: &[(&'static str, [f64; 3])], related: &[&str]) -> Ranks {
        let rows: Vec<(&'static str, [Option<f64>; 3])> =
            rows.iter().map(|(name, aucs)| (*name, aucs.map(Some))).collect();
        of_aucs(&rows, related).remove(0)
    }

    /// Eight tables on which `a` is better than `b` by 0.1, and `b` and `c` are the same but for noise.
    fn eight() -> Vec<(&'static str, [f64; 3])> {
        ["t", "u", "v", "w", "x", "y", "z", "s"]
            .iter()
            .enumerate()
            .map(|(at, name)| (*name, [0.9, 0.8, 0.8 + if at % 2 == 0 { 0.001 } else { -0.0011 }]))
            .collect()
    }

    #[test]
    fn a_difference_that_holds_from_table_to_table_is_found() {
        let ranks = of(&eight(), &[]);
        let order: Vec<&str> = ranks.detectors.iter().map(|ranked| ranked.detector.as_str()).collect();
        assert_eq!((order[0], ranks.detectors[0].mean_rank, ranks.detectors[0].wins), ("a", 1.0, 8));
        let claims: Vec<RankClaim> = ranks.pairs.iter().map(|pair| pair.claim).collect();
        assert_eq!(claims, [RankClaim::BetterOverTables, RankClaim::BetterOverTables, RankClaim::Equivalent]);
        // Three pairs: the smallest p of eight tables is 2/2⁸, three times.
        assert_eq!(
            (ranks.pairs[0].p, ranks.pairs[0].p_holm, ranks.tested_pairs),
            (2.0 / 256.0, 6.0 / 256.0, 3)
        );
        assert_eq!((ranks.groups().len(), ranks.groups().first()), (1, Some(&(1..3))));
    }

    #[test]
    fn related_tables_count_once() {
        let rows = [("web_1", [0.9, 0.8, 0.7]), ("web_2", [0.7, 0.8, 0.7]), ("mail", [0.9, 0.8, 0.7])];
        let (alone, related) = (of(&rows, &[]), of(&rows, &["web_*"]));
        assert_eq!((alone.units.len(), related.units.len()), (3, 2));
        assert_eq!(related.units[0], ["web_1", "web_2"]);
        assert!((related.detectors.iter().find(|d| d.detector == "a").unwrap().aucs[0] - 0.8).abs() < 1e-12);
        assert_eq!(similar_names(&alone), Some(("web_1", "web_2")));
        assert_eq!(similar_names(&related), None);
    }

    #[test]
    fn a_table_without_an_auc_is_left_out() {
        let mut rows: Vec<(&'static str, [Option<f64>; 3])> =
            eight().into_iter().map(|(name, aucs)| (name, aucs.map(Some))).collect();
        rows[2].1[1] = None;
        let ranks = of_aucs(&rows, &[]).remove(0);
        assert_eq!((ranks.units.len(), ranks.left_out.as_slice()), (7, &["v".to_owned()][..]));
    }

    #[test]
    fn one_table_has_no_ranks() {
        assert!(of_aucs(&[("t", [Some(0.9), Some(0.8), Some(0.7)])], &[]).is_empty());
    }

    #[test]
    fn the_order_of_tables_changes_no_test() {
        let mut rows = eight();
        let forward = of(&rows, &[]);
        rows.reverse();
        assert_eq!(of(&rows, &[]).pairs, forward.pairs);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(
            matches("web_*", "web_1") && matches("*", "x") && matches("a*c*e", "abcde") && matches("x", "x")
        );
        assert!(!matches("web_*", "mail") && !matches("x", "xy") && !matches("a*c", "abcd"));
    }
}
