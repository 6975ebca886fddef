//! How categories become numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How categories become numbers. Each encoding defines the values of unseen levels.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// The position among the sorted levels; an unseen level comes after the last one.
    Ordinal,
    /// One 0/1 column per level; an unseen level is 0 in all of them.
    #[default]
    OneHot,
    /// The share of training rows with this level; an unseen level has 0.
    Frequency,
}

impl Encoding {
    /// The name in options and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Encoding::Ordinal => "ordinal",
            Encoding::OneHot => "one-hot",
            Encoding::Frequency => "frequency",
        }
    }
}
