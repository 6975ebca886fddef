//! Linear detectors: directions and covariance of all rows.

pub(in crate::detector) mod mcd;
pub(in crate::detector) mod pca;
