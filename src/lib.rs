//! A laboratory for anomaly detection on security events.

pub mod detector;
pub mod error;
pub mod events;
pub mod features;
pub mod metrics;
pub mod output;
pub mod rows;
pub mod schema;
pub mod seed;
pub mod table;
pub mod windows;
pub mod synth;
