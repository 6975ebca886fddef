//! The parameters of an ensemble: its members, and how their scores are combined.

use super::reference::Scale;
use crate::detector::base;
use crate::detector::entry::Entry;
use crate::detector::spec::{DetectorSpec, ParameterOverrides};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(in crate::detector) const ID: &str = "ensemble";

/// How the scores of the members become one.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Combination {
    MeanRank,
    MaxRank,
    MeanStandard,
    MaxStandard,
    MeanProbability,
    MaxProbability,
    /// The average of maxima of standardized scores.
    Aom,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Parameters {
    pub(super) combine: Combination,
    pub(super) members: Vec<Member>,
    /// The number of buckets of AOM.
    pub(super) buckets: usize,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "a member is a detector's id, or {\"detector\": ID, \"parameters\": {…}}")]
pub(super) enum Member {
    Id(String),
    Set(ParametrisedMember),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParametrisedMember {
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

impl Combination {
    /// Every combination under its names.
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

    pub(super) fn scale(self) -> Scale {
        match self {
            Combination::MeanRank | Combination::MaxRank => Scale::Rank,
            Combination::MeanStandard | Combination::MaxStandard | Combination::Aom => Scale::Standard,
            Combination::MeanProbability | Combination::MaxProbability => Scale::Probability,
        }
    }

    /// Whether the highest score counts, instead of the mean.
    pub(super) fn takes_highest(self) -> bool {
        matches!(self, Combination::MaxRank | Combination::MaxStandard | Combination::MaxProbability)
    }
}

impl Member {
    /// # Errors
    /// If the detector does not exist or is an ensemble.
    pub(super) fn spec(self) -> Result<DetectorSpec> {
        match self {
            Member::Id(id) => Ok(DetectorSpec::of(member_entry(&id)?)),
            Member::Set(ParametrisedMember { detector, parameters }) => {
                Ok(DetectorSpec::of(member_entry(&detector)?).with(&parameters))
            }
        }
    }
}

/// A detector that can be a member: any but an ensemble.
///
/// # Errors
/// If the detector does not exist or is an ensemble.
pub(super) fn member_entry(id: &str) -> Result<&'static Entry> {
    let id = id.replace(char::is_whitespace, "");
    match id == ID || id.contains('(') {
        true => Err(Error::Request(format!("{ID}: an ensemble cannot be a member of another"))),
        false => base::find(&id),
    }
}

/// The ids of the members in the parameters of an ensemble. Empty for the parameters of other detectors.
pub(in crate::detector) fn member_ids(parameters: &Value) -> Vec<String> {
    let id = |member: &Value| member.get("detector").unwrap_or(member).as_str().map(str::to_owned);
    let members = parameters.get("members").and_then(Value::as_array);
    members.into_iter().flatten().filter_map(id).collect()
}

/// Give each member its overrides. Parameters of other detectors stay as they are.
pub(in crate::detector) fn override_members(parameters: &mut Value, overrides: &ParameterOverrides) {
    let Some(Value::Array(members)) = parameters.get_mut("members") else { return };
    for member in members {
        if let Some((id, parameters)) = member.as_str().and_then(|id| overrides.get_key_value(id)) {
            *member = json!({"detector": id, "parameters": parameters});
        }
    }
}
