//! How soon random splits isolate a row.

pub(in crate::detector) mod extended_isolation_forest;
pub(in crate::detector) mod isolation_forest;
mod partition;
mod path_length;
