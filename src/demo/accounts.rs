//! Normal changes of accounts and groups, by the helpdesk, the administrators and the provisioning service.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::clock::{between, is_workday};
use super::fleet::{Fleet, Job, Person, Role, Service, any};
use super::people::mistype;
use super::recorder::{Recorder, Visit};
use crate::event_features::calendar::MINUTE;
use crate::events::Symbol;
use crate::seed::Seed;

/// The changes by all people and services with that right, on all days.
pub(super) fn record(fleet: &Fleet, seed: Seed, recorder: &mut Recorder) {
    for (index, person) in (0..).zip(&fleet.people) {
        let rng = &mut seed.derive("person").nth(index).derive("changes").rng();
        match person.role {
            Role::Helpdesk => (0..fleet.days).for_each(|day| helpdesk(fleet, person, day, rng, recorder)),
            Role::Administrator => {
                (0..fleet.days).for_each(|day| administer(fleet, person, day, rng, recorder))
            }
            Role::Clerk | Role::Developer => (),
        }
    }
    for (index, service) in (0..).zip(&fleet.services).filter(|(_, s)| s.job == Job::Provisioning) {
        let rng = &mut seed.derive("provisioning").nth(index).rng();
        (0..fleet.days).for_each(|day| provision(fleet, service, day, rng, recorder));
    }
}

/// Reset passwords and add members to groups, mostly in the console, in office hours.
fn helpdesk(fleet: &Fleet, person: &Person, day: u32, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    if !is_workday(day) {
        return;
    }
    for _ in 0..rng.gen_range(5..=10) {
        let visit = person.elevated_at(console(fleet, person, rng));
        let method = any(&["gui", "gui", "gui", "gui", "cli", "cli", "api"], rng);
        change(fleet, between(day, 7, 19, rng), visit, method, rng, recorder);
    }
}

/// Change accounts by day, and sometimes at night.
fn administer(fleet: &Fleet, person: &Person, day: u32, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let by_day = if is_workday(day) { rng.gen_range(1..=3) } else { 0 };
    let at_night = if rng.gen_bool(0.12) { rng.gen_range(1..=2) } else { 0 };
    for nth in 0..by_day + at_night {
        let visit = person.elevated_at(fleet.controller(rng));
        let method = any(&["gui", "gui", "cli", "cli", "cli", "api"], rng);
        let time = if nth < by_day { between(day, 8, 19, rng) } else { between(day, 20, 24, rng) };
        change(fleet, time, visit, method, rng, recorder);
    }
}

/// Add joiners by day through the API, and remove leavers at night with a scheduled task.
fn provision(fleet: &Fleet, service: &Service, day: u32, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let visit = service.at(fleet.controller(rng));
    for _ in 0..rng.gen_range(0..=2) {
        change(fleet, between(day, 2, 5, rng), visit, "scheduled-task", rng, recorder);
    }
    let joiners = if is_workday(day) { rng.gen_range(0..=2) } else { 0 };
    for _ in 0..joiners {
        change(fleet, between(day, 6, 21, rng), visit, "api", rng, recorder);
    }
}

/// Change a random account, sometimes after failed logons of the actor.
fn change(
    fleet: &Fleet,
    time: i64,
    visit: Visit,
    method: &str,
    rng: &mut ChaCha8Rng,
    recorder: &mut Recorder,
) {
    let target = fleet.person(rng).user;
    if rng.gen_bool(0.07) {
        let logon = time - rng.gen_range(MINUTE..40 * MINUTE);
        mistype(rng.gen_range(1..=3), logon, visit, rng, recorder);
    }
    recorder.change(time, visit, target, method);
}

fn console(fleet: &Fleet, person: &Person, rng: &mut ChaCha8Rng) -> Symbol {
    if rng.gen_bool(0.5) {
        return person.workstation;
    }
    fleet.controller(rng)
}
