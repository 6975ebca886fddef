//! What several verdicts on one row say together. The answer does not depend on their order.

use super::record::{Judged, Verdict};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// What counts if analysts contradict each other about a row.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Conflicts {
    /// The latest verdict; at equal times, and without times, suspicious.
    #[default]
    Latest,
    /// Suspicious.
    Suspicious,
    /// Neither: the row is not learned from.
    Drop,
    /// It is an error.
    Refuse,
}

/// A row that is both suspicious and normal, to different analysts or at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    /// The digest of the row.
    pub row: String,
    /// The verdicts, each with its analyst.
    pub verdicts: Vec<(Verdict, Option<String>)>,
    /// What counts; `None` if the row is not learned from.
    pub counts: Option<Verdict>,
}

/// One verdict per row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// The verdicts that count, in the order of the digests of their rows. None is unsure.
    pub verdicts: Vec<Judged>,
    /// The number of rows on which all analysts are unsure.
    pub unsure: usize,
    /// The contradictions, in the same order.
    pub contradictions: Vec<Contradiction>,
}

/// The verdicts in an order by their content, without copies, and without those that their analyst has revised later.
pub fn current(mut judged: Vec<Judged>) -> Vec<Judged> {
    let order = |own: &Judged| {
        (own.row.clone(), own.analyst.clone(), own.time, own.verdict, own.note.clone(), own.key.clone())
    };
    judged.sort_by_cached_key(order);
    judged.dedup();
    let is_revised = |own: &Judged, later: &Judged| {
        later.row == own.row && later.analyst == own.analyst && later.time > own.time
    };
    // The latest verdict of an analyst on a row is the last one of its group.
    let last = |at: usize| {
        let same = |other: &&Judged| other.row == judged[at].row && other.analyst == judged[at].analyst;
        judged[at..].iter().take_while(same).last()
    };
    let kept: Vec<bool> =
        (0..judged.len()).map(|at| last(at).is_none_or(|last| !is_revised(&judged[at], last))).collect();
    judged.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(own, _)| own).collect()
}

/// One verdict per row from those of [`current`].
///
/// # Errors
/// If there is a contradiction, and contradictions are refused.
pub fn settle(judged: &[Judged], conflicts: Conflicts) -> Result<Settled> {
    let mut settled = Settled::default();
    for row in judged.chunk_by(|a, b| a.row == b.row) {
        let sure: Vec<&Judged> = row.iter().filter(|own| own.verdict != Verdict::Unsure).collect();
        let latest = sure.iter().copied().max_by_key(|own| (own.time, own.verdict));
        let Some(latest) = latest else {
            settled.unsure += 1;
            continue;
        };
        let suspicious = sure.iter().copied().find(|own| own.verdict == Verdict::Suspicious);
        let is_contradiction = sure.iter().any(|own| own.verdict != latest.verdict);
        let counts = match conflicts {
            Conflicts::Drop if is_contradiction => None,
            Conflicts::Suspicious => suspicious.or(Some(latest)),
            _ => Some(latest),
        };
        if is_contradiction {
            settled.contradictions.push(Contradiction {
                row: row[0].row.clone(),
                verdicts: sure.iter().map(|own| (own.verdict, own.analyst.clone())).collect(),
                counts: counts.map(|own| own.verdict),
            });
        }
        settled.verdicts.extend(counts.cloned());
    }
    match settled.contradictions.first().filter(|_| conflicts == Conflicts::Refuse) {
        Some(first) => Err(Error::Request(first.text())),
        None => Ok(settled),
    }
}

impl Contradiction {
    /// The contradiction as a sentence.
    pub fn text(&self) -> String {
        let verdict = |(verdict, analyst): &(Verdict, Option<String>)| match analyst {
            Some(name) => format!("{} to {}", verdict.word(), crate::error::printable(name, 60)),
            None => verdict.word().to_owned(),
        };
        let said = self.verdicts.iter().map(verdict).collect::<Vec<_>>().join(", ");
        let counts = self.counts.map_or("neither counts".to_owned(), |own| format!("{} counts", own.word()));
        format!("{} is {said}: {counts}", self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Normal, Suspicious, Unsure};

    fn judged(row: &str, analyst: &str, time: Option<i64>, verdict: Verdict) -> Judged {
        let analyst = Some(analyst.to_owned());
        Judged { row: row.into(), key: None, verdict, time, analyst, note: None, values: vec![] }
    }

    fn counted(judged: Vec<Judged>, conflicts: Conflicts) -> (Vec<Verdict>, usize) {
        let settled = settle(&current(judged), conflicts).unwrap();
        (settled.verdicts.iter().map(|own| own.verdict).collect(), settled.contradictions.len())
    }

    #[test]
    fn an_analyst_may_revise_a_verdict() {
        let first = judged("r", "ana", Some(1), Suspicious);
        let second = judged("r", "ana", Some(2), Normal);
        assert_eq!(
            current(vec![second.clone(), first.clone(), second.clone()]),
            std::slice::from_ref(&second)
        );
        assert_eq!(counted(vec![first, second], Conflicts::Refuse), (vec![Normal], 0));
    }

    #[test]
    fn contradictions_are_settled_in_any_order() {
        let pair = [judged("r", "ana", Some(1), Suspicious), judged("r", "bo", Some(2), Normal)];
        let turned: Vec<Judged> = pair.iter().rev().cloned().collect();
        for (conflicts, expected) in [
            (Conflicts::Latest, vec![Normal]),
            (Conflicts::Suspicious, vec![Suspicious]),
            (Conflicts::Drop, vec![]),
        ] {
            assert_eq!(counted(pair.to_vec(), conflicts), (expected.clone(), 1));
            assert_eq!(counted(turned.clone(), conflicts), (expected, 1));
        }
        let error = settle(&current(pair.to_vec()), Conflicts::Refuse).unwrap_err().to_string();
        assert!(error.starts_with("r is suspicious to ana, normal to bo"), "{error}");
    }

    #[test]
    fn without_times_a_contradiction_is_suspicious() {
        let pair = vec![judged("r", "ana", None, Suspicious), judged("r", "bo", None, Normal)];
        assert_eq!(counted(pair, Conflicts::Latest), (vec![Suspicious], 1));
    }

    #[test]
    fn an_unsure_analyst_contradicts_nobody() {
        let rows = vec![judged("r", "ana", Some(1), Normal), judged("r", "bo", Some(2), Unsure)];
        assert_eq!(counted(rows, Conflicts::Latest), (vec![Normal], 0));
        let settled = settle(&[judged("r", "bo", None, Unsure)], Conflicts::Latest).unwrap();
        assert_eq!((settled.verdicts.len(), settled.unsure), (0, 1));
    }
}
