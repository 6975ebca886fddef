//! Distance to, or density around, the nearest rows.

pub(in crate::detector) mod knn;
pub(in crate::detector) mod lof;
