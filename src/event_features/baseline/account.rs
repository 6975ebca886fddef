//! The account itself: when it was last seen, and how old it is.

use super::super::calendar::DAY;
use super::events::{Past, Row};
use super::sorted;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// When each entity was last seen.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct LastSeen {
    /// Whether it is asked for the silence of a span instead of the days.
    silence: Option<i64>,
    #[serde(with = "sorted")]
    last: HashMap<u64, i64>,
}

impl LastSeen {
    pub(super) fn days() -> Self {
        LastSeen::default()
    }

    pub(super) fn silence(span: i64) -> Self {
        LastSeen { silence: Some(span), ..LastSeen::default() }
    }
}

impl Past for LastSeen {
    fn value(&mut self, row: &Row) -> f64 {
        let Some(&last) = self.last.get(&row.entity) else { return f64::NAN };
        match self.silence {
            Some(span) => f64::from(u8::from(last < row.time - span)),
            None => (row.time - last) as f64 / DAY as f64,
        }
    }

    fn see(&mut self, row: &Row) {
        self.last.insert(row.entity, row.time);
    }
}

/// The days since the first event of each entity.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Age {
    #[serde(with = "sorted")]
    first: HashMap<u64, i64>,
}

impl Past for Age {
    fn value(&mut self, row: &Row) -> f64 {
        self.first.get(&row.entity).map_or(f64::NAN, |&first| (row.time - first) as f64 / DAY as f64)
    }

    fn see(&mut self, row: &Row) {
        self.first.entry(row.entity).or_insert(row.time);
    }
}
