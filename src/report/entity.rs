//! What charts of an entity show: plain data, from the store of a baseline.

/// The counts of one entity over time, beside what is usual.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityHours {
    /// `user`, `host` or `source`.
    pub kind: String,
    /// The entity, as the store names it.
    pub entity: String,
    /// What is counted.
    pub measure: String,
    /// The hours with an event, in order.
    pub hours: Vec<EntityHour>,
}

/// One count.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityHour {
    /// The hour since 1970.
    pub hour: i64,
    /// The count.
    pub count: f64,
    /// The mean of what is usual; NaN if it is not known.
    pub expected: f64,
    /// The upper end of 95 % of the counts.
    pub high: f64,
    /// Whether it is an alert.
    pub is_alert: bool,
    /// Whether an event of the hour is labelled suspicious.
    pub is_suspicious: bool,
}

/// The mean counts of the hours of a week, Monday 00:00 (UTC) first.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityWeek {
    /// `user`, `host` or `source`.
    pub kind: String,
    /// The entity, as the store names it.
    pub entity: String,
    /// What is counted.
    pub measure: String,
    /// The 168 means of the entity.
    pub own: Vec<f64>,
    /// Those of all others, for one entity.
    pub others: Vec<f64>,
}

/// The share of rows of each day whose pair has no earlier event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoveltyCurves {
    /// The first day since 1970.
    pub first_day: i64,
    /// For each kind of pair its name and the shares, by days since the first.
    pub curves: Vec<(String, Vec<[f64; 2]>)>,
    /// The day since the first from which on the first curve is flat.
    pub flat_after: Option<f64>,
}

/// The hosts of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityLinks {
    /// The user, as the store names it.
    pub entity: String,
    /// The hosts, the most used first.
    pub hosts: Vec<EntityLink>,
    /// The number of hosts that are left out.
    pub left_out: usize,
    /// The number of last days in which a first logon is new.
    pub new_days: i64,
}

/// The logons of a user on a host.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityLink {
    /// The host.
    pub host: String,
    /// The number of logons, halved with each 14 days of age.
    pub weight: f64,
    /// The number of logons.
    pub logons: u64,
    /// Whether the first logon is in the last days of the store.
    pub is_new: bool,
}
