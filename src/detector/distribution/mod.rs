//! Detectors by the distribution of each column.

pub(in crate::detector) mod copod;
pub(in crate::detector) mod ecod;
pub(in crate::detector) mod hbos;

#[cfg(test)]
mod tests;
