//! The integration tests: the program as its users see it, and the rules of the house.

// A test that cannot go on has failed.
#![allow(clippy::unwrap_used, clippy::panic)]

mod alert_page;
mod alerts;
mod architecture;
mod bad_input;
mod baseline;
mod budget;
mod charts;
mod columns;
mod command_line;
mod compare;
mod container;
mod csv;
mod docs;
mod evaluate;
mod explain;
mod explore;
mod feedback;
mod formats;
mod gate;
mod groups;
mod guards;
mod ingest;
mod inputs;
mod learn;
mod model;
mod monitor;
mod program;
mod protocol;
mod ranks;
mod reference;
mod reference_mcd;
mod rejects;
mod reproducibility;
mod review;
mod score;
mod store;
mod study;
mod summary;
mod thresholds;
mod time_features;
mod words;
mod writing;
