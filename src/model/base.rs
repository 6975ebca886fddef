//! What a taught model was before: with it, all verdicts can be taken back, to the last byte.

use super::card::Card;
use super::golden::Golden;
use crate::metrics::Severity;
use serde::{Deserialize, Serialize};

/// The untaught model, without its detector and its preprocessor, which a taught model has.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Base {
    pub card: Card,
    pub severity: Severity,
    pub goldens: Vec<Golden>,
}
