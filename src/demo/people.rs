//! Working days: when people log on, where, and how often they mistype.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::clock::{around, is_monday, is_workday, midnight, minutes, seconds};
use super::fleet::{Fleet, Person, Role};
use super::recorder::{Recorder, Visit};
use crate::event_features::calendar::{HOUR, MINUTE};
use crate::events::Symbol;
use crate::seed::Seed;

/// The logons of all people on all days.
pub(super) fn record(fleet: &Fleet, seed: Seed, recorder: &mut Recorder) {
    for (index, person) in (0..).zip(&fleet.people) {
        let rng = &mut seed.derive("person").nth(index).derive("logons").rng();
        for day in 0..fleet.days {
            if let Some(shift) = Shift::draw(person, day, rng) {
                work(fleet, person, shift, rng, recorder);
            }
            if rng.gen_bool(person.habits.evening) {
                work_from_home(fleet, person, day, rng, recorder);
            }
        }
    }
}

/// Record a logon after the given number of failed attempts.
pub(super) fn mistype(failures: u32, time: i64, visit: Visit, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let mut attempt = time;
    for _ in 0..failures {
        attempt -= seconds(4..40, rng);
        recorder.failed_logon(attempt, visit);
    }
    recorder.logon(time, visit);
}

/// The working time of a person on a day.
pub(super) struct Shift {
    day: u32,
    from: i64,
    to: i64,
}

impl Shift {
    /// The random shift of a day; `None` if the person does not work.
    pub(super) fn draw(person: &Person, day: u32, rng: &mut ChaCha8Rng) -> Option<Self> {
        let habits = &person.habits;
        let works = rng.gen_bool(if is_workday(day) { 0.93 } else { habits.weekend });
        works.then(|| {
            let from = around(midnight(day) + habits.begins, 40 * MINUTE, rng);
            let to = around(from + habits.works, HOUR, rng);
            Shift { day, from, to }
        })
    }

    pub(super) fn any_time(&self, rng: &mut ChaCha8Rng) -> i64 {
        rng.gen_range(self.from..self.to)
    }
}

fn work(fleet: &Fleet, person: &Person, shift: Shift, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let desk = person.at(person.workstation);
    let mistakes = mistakes_in_the_morning(person, shift.day, rng);
    mistype(mistakes, shift.from, desk, rng, recorder);
    for _ in 0..rng.gen_range(4..=8) {
        log_on(person, shift.any_time(rng), desk, rng, recorder);
    }
    for _ in 0..rng.gen_range(2..=5) {
        let visit = visit(fleet, person, rng);
        log_on(person, shift.any_time(rng), visit, rng, recorder);
    }
}

fn log_on(person: &Person, time: i64, visit: Visit, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let failures = mistakes(person, rng);
    mistype(failures, time, visit, rng, recorder);
}

fn mistakes(person: &Person, rng: &mut ChaCha8Rng) -> u32 {
    if rng.gen_bool(person.habits.mistypes) { rng.gen_range(1..=2) } else { 0 }
}

/// The failed attempts at the first logon of a day. A new password takes several attempts on its first
/// Monday.
fn mistakes_in_the_morning(person: &Person, day: u32, rng: &mut ChaCha8Rng) -> u32 {
    if is_monday(day) && (day / 7) % 13 == person.habits.password_week {
        return rng.gen_range(3..=4);
    }
    mistakes(person, rng)
}

fn visit(fleet: &Fleet, person: &Person, rng: &mut ChaCha8Rng) -> Visit {
    let host = elsewhere(fleet, rng);
    let administers = match person.role {
        Role::Administrator => 0.7,
        Role::Helpdesk => 0.4,
        Role::Clerk | Role::Developer => 0.0,
    };
    if rng.gen_bool(administers) {
        return person.elevated_at(host);
    }
    person.at(host)
}

/// Usually a server, sometimes a domain controller, rarely the machine of a colleague.
fn elsewhere(fleet: &Fleet, rng: &mut ChaCha8Rng) -> Symbol {
    match rng.gen_range(0..20) {
        0..3 => fleet.controller(rng),
        3 => fleet.person(rng).workstation,
        _ => fleet.server(rng),
    }
}

fn work_from_home(fleet: &Fleet, person: &Person, day: u32, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let mut time = around(midnight(day) + 21 * HOUR, 2 * HOUR, rng);
    for _ in 0..rng.gen_range(1..=4) {
        let visit = Visit { source_ip: person.home_address, ..visit(fleet, person, rng) };
        log_on(person, time, visit, rng, recorder);
        time += minutes(5..50, rng);
    }
}
