//! The demo store: a simulated organisation's raw events, turned into tables by the windows that real
//! logs go through.
//!
//! Every person, service and attack has a random stream of its own, derived by name from one seed, so
//! that another attack changes nobody's working day. Attacks are labelled; no feature sees the label.

mod accounts;
mod attacks;
mod clock;
mod command;
mod fleet;
mod offices;
mod people;
mod programs;
mod recorder;
mod services;

use crate::error::{Error, Result};
use crate::events::Events;
use crate::seed::Seed;
use crate::table::Column;
use crate::event_features::{admin_events, auth_events, process_events};

use fleet::Fleet;
use recorder::Recorder;

/// How large a store to simulate. Time begins on Monday 2025-01-06 at 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// At least 1.
    pub days: u32,
    /// At least 5.
    pub users: u32,
    pub seed: u64,
}

/// A generated table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// `auth_events`, `process_events` or `admin_events`.
    pub name: &'static str,
    pub columns: Vec<Column>,
}

/// The three generated tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    pub tables: Vec<Table>,
}

impl Options {
    /// The options that give roughly this many rows of `auth_events`, to within a few percent.
    pub fn for_auth_rows(rows: u64, days: u32, seed: u64) -> Self {
        let workdays = clock::workdays(days);
        let a_user =
            LOGONS_A_WORKDAY * f64::from(workdays) + LOGONS_A_WEEKEND_DAY * f64::from(days - workdays);
        let services = LOGONS_OF_SERVICES_A_DAY * f64::from(days);
        let users = ((rows as f64 - services) / a_user.max(1.0)).round() as u32;
        Options { days, users: users.max(FEWEST_USERS), seed }
    }

    fn check(&self) -> Result<()> {
        let &Options { days, users, .. } = self;
        if days < 1 || users < FEWEST_USERS {
            return Err(Error::Request(format!(
                "a demo store needs at least 1 day and {FEWEST_USERS} users, but {days} days and {users} users \
                 were asked for"
            )));
        }
        let events = (u64::from(days) * u64::from(users)).saturating_mul(EVENTS_A_USER_AND_DAY);
        if events > MOST_EVENTS {
            return Err(Error::Request(format!(
                "{days} days of {users} users are about {events} events, and a demo store holds at most \
                 {MOST_EVENTS}; ask for fewer days or users"
            )));
        }
        Ok(())
    }
}

impl Default for Options {
    fn default() -> Self {
        Options { days: 30, users: 100, seed: 42 }
    }
}

/// Simulates the events and makes the tables of them.
///
/// # Errors
/// Fewer than 1 day or 5 users, or more than about 200 million events.
pub fn generate(options: &Options) -> Result<Store> {
    let timeline = events(options)?.into_timeline();
    let table = |name, columns| Table { name, columns };
    Ok(Store {
        tables: vec![
            table("auth_events", auth_events(&timeline)),
            table("process_events", process_events(&timeline)),
            table("admin_events", admin_events(&timeline)),
        ],
    })
}

/// Simulates the events alone.
///
/// # Errors
/// As [`generate`].
pub fn events(options: &Options) -> Result<Events> {
    options.check()?;
    let (fleet, mut recorder) = normal(options);
    attacks::record(&fleet, root(options).derive("attack"), &mut recorder);
    Ok(recorder.into_events())
}

/// What happens where nobody attacks.
fn normal(options: &Options) -> (Fleet, Recorder) {
    let seed = root(options);
    let mut recorder = Recorder::default();
    let fleet = Fleet::new(options, seed, &mut recorder);
    people::record(&fleet, seed, &mut recorder);
    offices::record(&fleet, seed, &mut recorder);
    services::record(&fleet, seed, &mut recorder);
    accounts::record(&fleet, seed, &mut recorder);
    (fleet, recorder)
}

fn root(options: &Options) -> Seed {
    Seed::new(options.seed).derive("synth")
}

const FEWEST_USERS: u32 = 5;
const MOST_EVENTS: u64 = 200_000_000;
/// Of all three tables together, measured on stores of 100 and 3,300 users.
const EVENTS_A_USER_AND_DAY: u64 = 21;

/// Rows of `auth_events` a user and day, further services and attacks included, measured likewise.
const LOGONS_A_WORKDAY: f64 = 12.25;
const LOGONS_A_WEEKEND_DAY: f64 = 2.3;
/// Of the services that every organisation has, however small.
const LOGONS_OF_SERVICES_A_DAY: f64 = 85.0;

#[cfg(test)]
mod tests;
