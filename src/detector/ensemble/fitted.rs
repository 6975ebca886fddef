//! The fitted ensemble: its members, and the reference scores of each.

use super::parameters::{Combination, ID};
use super::reference::Reference;
use crate::detector::base;
use crate::detector::entry::Entry;
use crate::detector::json::{loaded, state};
use crate::detector::traits::FittedDetector;
use crate::error::{Error, Result};
use ndarray::{Array1, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Members that were fitted on the same rows.
#[derive(Debug)]
pub struct FittedEnsemble {
    combination: Combination,
    members: Vec<Member>,
    /// The indices of the members in each bucket of AOM. Empty for other combinations.
    buckets: Vec<Vec<usize>>,
}

/// One fitted member.
#[derive(Debug)]
pub(super) struct Member {
    pub detector: &'static Entry,
    pub model: Arc<dyn FittedDetector>,
    pub reference: Reference,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct State {
    combine: Combination,
    members: Vec<MemberState>,
    buckets: Vec<Vec<usize>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct MemberState {
    detector: String,
    reference: Reference,
    state: Box<RawValue>,
}

impl FittedEnsemble {
    pub(super) fn new(combination: Combination, members: Vec<Member>, buckets: Vec<Vec<usize>>) -> Self {
        FittedEnsemble { combination, members, buckets }
    }

    /// One score per row, from the scores of the rows by each member.
    pub fn combined(&self, scores: &[ArrayView1<f64>]) -> Array1<f64> {
        let rows = scores.first().map_or(0, ArrayView1::len);
        let mut scaled = vec![0.0; scores.len()];
        let combined = |row: usize| {
            for (slot, (member, scores)) in scaled.iter_mut().zip(self.members.iter().zip(scores)) {
                *slot = member.reference.scaled(self.combination.scale(), scores[row]);
            }
            self.combine(&scaled)
        };
        (0..rows).map(combined).collect()
    }

    fn combine(&self, scaled: &[f64]) -> f64 {
        let highest = |scores: &mut dyn Iterator<Item = f64>| scores.fold(f64::NEG_INFINITY, f64::max);
        match self.combination {
            Combination::Aom => {
                let of_bucket = |bucket: &Vec<usize>| highest(&mut bucket.iter().map(|&at| scaled[at]));
                self.buckets.iter().map(of_bucket).sum::<f64>() / self.buckets.len() as f64
            }
            combination if combination.takes_highest() => highest(&mut scaled.iter().copied()),
            _ => scaled.iter().sum::<f64>() / scaled.len() as f64,
        }
    }

    /// Restore an ensemble from the text of its `to_json`.
    ///
    /// # Errors
    /// If the text is not the state of an ensemble, or if its parts contradict each other.
    pub(super) fn load(text: &str) -> Result<Self> {
        let State { combine, members, buckets } = loaded(ID, text)?;
        let members: Vec<Member> =
            members.into_iter().map(|member| member.load(combine)).collect::<Result<_>>()?;
        let same_width = |pair: &[Member]| pair[0].model.columns() == pair[1].model.columns();
        let buckets_fit = match combine {
            Combination::Aom => is_partition(&buckets, members.len()),
            _ => buckets.is_empty(),
        };
        match !members.is_empty() && buckets_fit && members.windows(2).all(same_width) {
            true => Ok(FittedEnsemble { combination: combine, members, buckets }),
            false => Err(broken("its members and buckets do not fit together")),
        }
    }
}

/// Whether each of `members` is in exactly one bucket and no bucket is empty.
fn is_partition(buckets: &[Vec<usize>], members: usize) -> bool {
    let mut indices = buckets.concat();
    indices.sort_unstable();
    indices.into_iter().eq(0..members) && buckets.iter().all(|bucket| !bucket.is_empty())
}

impl MemberState {
    fn load(self, combination: Combination) -> Result<Member> {
        if self.detector == ID {
            return Err(broken("an ensemble cannot be a member of another"));
        }
        let detector = base::find(&self.detector)?;
        if !self.reference.is_valid(combination.scale()) {
            return Err(broken("the reference scores of a member are not valid"));
        }
        Ok(Member { detector, model: (detector.load)(self.state.get())?, reference: self.reference })
    }
}

fn broken(reason: &str) -> Error {
    Error::Request(format!("{ID}: not a fitted model: {reason}"))
}

impl FittedDetector for FittedEnsemble {
    fn columns(&self) -> usize {
        self.members.first().map_or(0, |member| member.model.columns())
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        let scores: Vec<Array1<f64>> = self.members.iter().map(|member| member.model.score(rows)).collect();
        self.combined(&scores.iter().map(Array1::view).collect::<Vec<_>>())
    }

    fn to_json(&self) -> String {
        let members = self.members.iter().map(|member| MemberState {
            detector: member.detector.id.to_owned(),
            reference: member.reference.clone(),
            state: RawValue::from_string(member.model.to_json()).expect("a state is JSON"),
        });
        state(&State { combine: self.combination, members: members.collect(), buckets: self.buckets.clone() })
    }
}
