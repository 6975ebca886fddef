//! Behavioural baselines: what is new, rare, too much, or unlike its peers, for each row of a store.
//!
//! Every value is a function of events at strictly earlier times (`events::replay` is the only place that
//! decides this). No label is read. A value that cannot be known is missing, never 0: the store does not reach back far
//! enough, or the entity is new.
//!
//! [`BaselineColumn`] says what a column is (a table in JSON, so that users add columns without code), [`Baseline`]
//! remembers what columns need, and [`Hours`] counts events per entity and hour.

mod account;
mod column;
mod events;
mod first_seen;
mod hours;
mod memory;
mod peers;
mod season;
mod sorted;
mod surprise;
mod volume;
mod window;

pub use column::{BaselineColumn, Only, Other, Span, Statistic, built_in, from_json};
pub use events::{Events, key};
pub use hours::{ENTITIES, EntityKind, HourEvent, HourRows, Hours, MEASURES, Measure};
pub use memory::{Baseline, Options};
pub use season::{Basis, Series, Usual};

#[cfg(test)]
mod oracle;
