//! Ensembles: several detectors on the same rows, their scores brought onto one scale and combined.
//!
//! Mean and maximum are those of Aggarwal & Sathe, "Theoretical Foundations and Algorithms for Outlier Ensembles",
//! SIGKDD Explorations 2015, over ranks, standardised scores, or unified probabilities (Kriegel, Kröger, Schubert &
//! Zimek, "Interpreting and Unifying Outlier Scores", SDM 2011). AOM, the average of maxima, is of the former paper:
//! the members are dealt to buckets by the seed, each bucket gives its highest standardised score, and those are
//! averaged. The scale is learned from the training scores, so that a row alone scores as in a batch.
//!
//! The default was settled by measuring 651 candidates on ten public tables (`benches/peers/ensembles.py`, in sample,
//! one seed; `results/ensembles.md`): AOM of isolation forest, k nearest neighbours, ECOD and extended isolation
//! forest has the highest mean AUC, 0.901 against 0.887 of the best single detector, and on its worst table it is 0.08
//! behind the best single one, where the best single choice is 0.13. How far the choice itself is luck: made on nine
//! tables and tried on the tenth, ensembles come to 0.863 and single detectors to 0.871. An ensemble is insurance
//! against a detector that does not suit the table, and no promise to beat the one that does.

mod fitted;
mod reference;

use super::{Detector, Entry, Fitted, Forecast, Kind, Settings, parameters};
use crate::detector::spec::Contender;
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::Array1;
use rand::seq::SliceRandom;
use reference::{Reference, Scale};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub use fitted::FittedEnsemble;

pub(super) const ID: &str = "ensemble";

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "Ensemble",
    summary: "Several detectors, their scores on one scale and combined (Kriegel et al. 2011, Aggarwal & Sathe 2015)",
    kind: Kind::Ensemble,
    cost: "that of its members, which are shared with their own rows of a comparison",
    good_at: "not having to know beforehand which detector suits a table",
    bad_at: "beating the one detector that suits best; members that fail alike",
    seeded: true,
    parameters: &[
        ("combine", "mean-, max- with -rank, -standard or -probability; or aom"),
        ("members", "ids of detectors, or {\"detector\": ID, \"parameters\": {…}}; 2 to 32"),
        ("buckets", "with aom, into how many groups the members are dealt, 1 to their number"),
    ],
    defaults: || json!(Parameters::default()),
    build: |settings, given| Ok(Box::new(Ensemble::new(settings, given)?)),
    // Its members are asked for one by one.
    forecast: |_, _| Forecast { seconds: 0.0, bytes: 0.0 },
    load: |text| Ok(Arc::new(FittedEnsemble::load(text)?)),
};

/// How the scores of the members become one.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Combination {
    MeanRank,
    MaxRank,
    MeanStandard,
    MaxStandard,
    MeanProbability,
    MaxProbability,
    /// The average of maxima of standardised scores.
    Aom,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    combine: Combination,
    members: Vec<Member>,
    buckets: usize,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "a detector's id, or {\"detector\": ID, \"parameters\": {…}}")]
enum Member {
    Id(String),
    Set(ParametrisedMember),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ParametrisedMember {
    detector: String,
    parameters: Map<String, Value>,
}

impl Default for Parameters {
    fn default() -> Self {
        let members = ["isolation-forest", "knn", "ecod", "extended-isolation-forest"];
        Parameters {
            combine: Combination::Aom,
            members: members.map(|id| Member::Id(id.to_owned())).into(),
            buckets: 2,
        }
    }
}

/// An ensemble whose members are known and not yet fitted.
#[derive(Debug)]
pub struct Ensemble {
    combination: Combination,
    members: Vec<Contender>,
    buckets: usize,
    settings: Settings,
}

impl Combination {
    /// Every combination under its name.
    pub(super) const NAMES: [(&'static str, Combination); 9] = [
        ("mean", Combination::MeanRank),
        ("max", Combination::MaxRank),
        ("mean-rank", Combination::MeanRank),
        ("max-rank", Combination::MaxRank),
        ("mean-standard", Combination::MeanStandard),
        ("max-standard", Combination::MaxStandard),
        ("mean-probability", Combination::MeanProbability),
        ("max-probability", Combination::MaxProbability),
        ("aom", Combination::Aom),
    ];

    fn scale(self) -> Scale {
        match self {
            Combination::MeanRank | Combination::MaxRank => Scale::Rank,
            Combination::MeanStandard | Combination::MaxStandard | Combination::Aom => Scale::Standard,
            Combination::MeanProbability | Combination::MaxProbability => Scale::Probability,
        }
    }

    fn takes_highest(self) -> bool {
        matches!(self, Combination::MaxRank | Combination::MaxStandard | Combination::MaxProbability)
    }
}

impl Ensemble {
    const MOST_MEMBERS: usize = 32;

    /// An ensemble from its parameters.
    ///
    /// # Errors
    /// Where a member does not exist or is an ensemble itself, or a parameter is out of its range.
    pub fn new(settings: &Settings, given: &Value) -> Result<Self> {
        let Parameters { combine, members, buckets } = parameters(ID, given)?;
        let members: Vec<Contender> = members.into_iter().map(Member::contender).collect::<Result<_>>()?;
        let wrong = |field, value: usize, expected| Error::Parameter {
            detector: ID,
            field,
            value: value.to_string(),
            expected,
        };
        if !(2..=Self::MOST_MEMBERS).contains(&members.len()) {
            return Err(wrong("members", members.len(), "2 to 32 detectors"));
        }
        if combine == Combination::Aom && !(1..=members.len()).contains(&buckets) {
            return Err(wrong("buckets", buckets, "between 1 and the number of members"));
        }
        for member in &members {
            if member.entry.id == ID {
                return Err(Error::Request(format!("{ID}: an ensemble cannot be a member of another")));
            }
            (member.entry.build)(settings, &member.parameters)?;
        }
        Ok(Ensemble { combination: combine, members, buckets, settings: settings.clone() })
    }

    /// The members, each a detector of its own.
    pub fn members(&self) -> &[Contender] {
        &self.members
    }

    /// Whether a seed moves a member, or deals the members to buckets.
    pub fn is_seeded(&self) -> bool {
        self.combination == Combination::Aom || self.members.iter().any(Contender::is_seeded)
    }

    /// The ensemble of members that were fitted on rows of these weights, in the order of [`Ensemble::members`].
    pub fn join(&self, fitted: &[&Fitted], weights: &[u32], seed: Seed) -> (FittedEnsemble, Array1<f64>) {
        let members = self.members.iter().zip(fitted).map(|(member, fitted)| {
            let scores = fitted.train_scores.to_vec();
            let reference = Reference::new(self.combination, &scores, weights);
            fitted::Member { detector: member.entry, model: Arc::clone(&fitted.model), reference }
        });
        let ensemble =
            FittedEnsemble::new(self.combination, members.collect(), self.dealt(seed.derive("aom")));
        let scores: Vec<_> = fitted.iter().map(|fitted| fitted.train_scores.view()).collect();
        let train_scores = ensemble.combined(&scores);
        (ensemble, train_scores)
    }

    /// The members of each bucket, dealt by the seed.
    fn dealt(&self, seed: Seed) -> Vec<Vec<usize>> {
        if self.combination != Combination::Aom {
            return Vec::new();
        }
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.shuffle(&mut seed.rng());
        let mut buckets = vec![Vec::new(); self.buckets];
        for (at, member) in order.into_iter().enumerate() {
            buckets[at % self.buckets].push(member);
        }
        buckets
    }
}

impl Detector for Ensemble {
    /// The seed is that of the table, and each member derives its own from it by its id: an ensemble's member is
    /// the same as the detector beside it.
    fn fit(&self, train: &WeightedRows, seed: Seed) -> Result<Fitted> {
        let fit = |member: &Contender| member.fit(&self.settings, train, seed);
        let fitted: Vec<Fitted> = self.members.iter().map(fit).collect::<Result<_>>()?;
        let (model, train_scores) = self.join(&fitted.iter().collect::<Vec<_>>(), &train.weights, seed);
        Ok(Fitted::new(model, train_scores))
    }
}

impl Member {
    fn contender(self) -> Result<Contender> {
        match self {
            Member::Id(id) => Contender::parse(&id),
            Member::Set(ParametrisedMember { detector, parameters }) => {
                Ok(Contender::parse(&detector)?.with(&parameters))
            }
        }
    }
}

#[cfg(test)]
mod tests;
