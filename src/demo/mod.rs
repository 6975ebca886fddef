//! The demo store: simulated raw events of an organization, converted to tables with the same event features
//! as real logs.
//!
//! Every person, service and attack has its own random stream, derived by name from one seed. Another attack
//! therefore changes no other event. Attacks are labeled; no feature uses the label.

mod accounts;
mod attacks;
mod clock;
mod command;
mod fleet;
mod offices;
mod options;
mod people;
mod programs;
mod recorder;
mod services;

pub use options::Options;

use crate::error::{Error, Result};
use crate::event_features::{admin_events, auth_events, process_events};
use crate::events::Events;
use crate::report::{count, counted};
use crate::seed::Seed;
use crate::table::Column;

use fleet::Fleet;
use recorder::Recorder;

/// A generated table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// `auth_events`, `process_events` or `admin_events`.
    pub name: &'static str,
    /// The columns of the file, label included, all of the same length.
    pub columns: Vec<Column>,
}

/// The three generated tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// `auth_events`, `process_events` and `admin_events`, in this order.
    pub tables: Vec<Table>,
}

impl Options {
    /// The options for about `rows` rows of `auth_events`, with an error of a few percent.
    pub fn for_auth_rows(rows: u64, days: u32, seed: u64) -> Self {
        let workdays = clock::workdays(days);
        let a_user =
            LOGONS_A_WORKDAY * f64::from(workdays) + LOGONS_A_WEEKEND_DAY * f64::from(days - workdays);
        let services = LOGONS_OF_SERVICES_A_DAY * f64::from(days);
        let users = ((rows as f64 - services) / a_user.max(1.0)).round() as u32;
        Options { days, users: users.max(MIN_USERS), seed }
    }

    fn check(&self) -> Result<()> {
        let &Options { days, users, .. } = self;
        if days < 1 || users < MIN_USERS {
            return Err(Error::Request(format!(
                "a demo store needs at least 1 day and {MIN_USERS} users, but the request is for {} and {}",
                counted(u64::from(days), "day", "days"),
                counted(u64::from(users), "user", "users")
            )));
        }
        let events = (u64::from(days) * u64::from(users)).saturating_mul(EVENTS_A_USER_AND_DAY);
        if events > MAX_EVENTS {
            return Err(Error::Request(format!(
                "{} of {} are about {} events, but a demo store has at most {}; use fewer days or users",
                counted(u64::from(days), "day", "days"),
                counted(u64::from(users), "user", "users"),
                count(events),
                count(MAX_EVENTS)
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

/// Simulate the events and compute the tables.
///
/// # Errors
/// If there are fewer than 1 day or 5 users, or more than about 200 million events.
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

/// Simulate the events without computing the tables.
///
/// # Errors
/// See [`generate`].
pub fn events(options: &Options) -> Result<Events> {
    options.check()?;
    let (fleet, mut recorder) = normal(options);
    attacks::record(&fleet, root(options).derive("attack"), &mut recorder);
    Ok(recorder.into_events())
}

/// The events without attacks.
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

const MIN_USERS: u32 = 5;
const MAX_EVENTS: u64 = 200_000_000;
/// Events of all three tables per user and day, measured on stores with 100 and 3,300 users.
const EVENTS_A_USER_AND_DAY: u64 = 21;

/// Rows of `auth_events` per user and day, including additional services and attacks, measured on the same
/// stores.
const LOGONS_A_WORKDAY: f64 = 12.25;
const LOGONS_A_WEEKEND_DAY: f64 = 2.3;
/// Rows of `auth_events` per day from the services that every organization has.
const LOGONS_OF_SERVICES_A_DAY: f64 = 85.0;

#[cfg(test)]
mod tests;
