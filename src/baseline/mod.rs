//! A store and its past → a store with baseline columns and the hours of its entities.
//!
//! [`add()`] reads the tables of a store once, in the order of time over all tables, and writes them with the columns of
//! [`crate::event_features::baseline`]. A state file lets a later run go on where this one ends.

mod add;
mod hour_events;
mod novelty;
mod output;
mod pictures;
mod risk;
mod slices;
mod source;
mod state;
mod summary;
mod tail;
mod timeline;

pub use add::{Request, add, groups};
pub use novelty::{Novelty, Plateau};
pub use output::schema_file;
pub use pictures::{entity_hours, entity_links, entity_week, novelty as novelty_curves, riskiest};
pub use risk::{Reason, Risk, RiskRequest, Risks, risks};
pub use summary::{ColumnSummary, Summary, TableSummary};
pub use timeline::{AlertRule, HourCell, Timeline, TimelineRequest, timeline};
