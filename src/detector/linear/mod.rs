//! Directions and covariance of the whole cloud.

pub(in crate::detector) mod mcd;
pub(in crate::detector) mod pca;
