//! The parameters of the Local Outlier Factor.

use serde::{Deserialize, Serialize};

/// Local outlier factor: the density around a row against that around its neighbors (Breunig et al., SIGMOD 2000).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Number of neighbors (MinPts in the paper), 1 to 10,000; at most the number of rows minus one.
    pub k: usize,
    /// How copies of a row count among the k.
    pub duplicates: Duplicates,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { k: 20, duplicates: Duplicates::Distinct }
    }
}

/// How copies of a row enter the k-distance. In both cases, all copies of a neighbor are neighbors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// k *distinct* other points, as the paper remarks: densities stay finite.
    Distinct,
    /// k other rows; each copy counts. A row with k copies has k-distance 0 and a density of 1e10.
    Copies,
}
