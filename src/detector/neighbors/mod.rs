//! Distances to, or density among, the nearest rows.

pub(in crate::detector) mod knn;
pub(in crate::detector) mod lof;
