//! The fitted ensemble: its members and the scale of each.

use super::reference::Reference;
use super::{Combination, ID};
use crate::detector::{self, Entry, FittedDetector, loaded, state};
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
    /// With AOM, the members of each bucket; otherwise none.
    buckets: Vec<Vec<usize>>,
}

/// One detector of an ensemble.
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

    /// The scores of rows from those that each member gave them.
    pub fn combined(&self, scores: &[ArrayView1<f64>]) -> Array1<f64> {
        let rows = scores.first().map_or(0, ArrayView1::len);
        let mut own = vec![0.0; scores.len()];
        let combined = |row: usize| {
            for (slot, (member, scores)) in own.iter_mut().zip(self.members.iter().zip(scores)) {
                *slot = member.reference.scaled(self.combination.scale(), scores[row]);
            }
            self.combine(&own)
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

    /// Make an ensemble from what its `to_json` gave.
    pub(super) fn load(text: &str) -> Result<Self> {
        let State { combine, members, buckets } = loaded(ID, text)?;
        let members: Vec<Member> =
            members.into_iter().map(|member| member.load(combine)).collect::<Result<_>>()?;
        let mut dealt = buckets.concat();
        dealt.sort_unstable();
        let everyone: Vec<usize> = (0..members.len()).collect();
        let dealt_once = match combine {
            Combination::Aom => dealt == everyone && buckets.iter().all(|bucket| !bucket.is_empty()),
            _ => buckets.is_empty(),
        };
        let alike = |pair: &[Member]| pair[0].model.columns() == pair[1].model.columns();
        match !members.is_empty() && dealt_once && members.windows(2).all(alike) {
            true => Ok(FittedEnsemble { combination: combine, members, buckets }),
            false => Err(broken("its members and buckets do not fit together")),
        }
    }
}

impl MemberState {
    fn load(self, combination: Combination) -> Result<Member> {
        let detector = detector::find(&self.detector)?;
        if detector.id == ID {
            return Err(broken("an ensemble cannot be a member of another"));
        }
        if !self.reference.is_valid(combination.scale()) {
            return Err(broken("the scale of a member does not hold together"));
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
