//! Process starts: by people at their desks, by machines, and on patch days.

use std::ops::RangeInclusive;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::clock::{between, is_patch_day};
use super::fleet::{Fleet, Person, Role};
use super::people::Shift;
use super::programs::{CONSOLE, DESK, MACHINE, PATCHES, Program, WORKSHOP, start_any};
use super::recorder::{Recorder, Visit};
use crate::events::Symbol;
use crate::seed::Seed;

/// The process starts of all people and machines on all days.
pub(super) fn record(fleet: &Fleet, seed: Seed, recorder: &mut Recorder) {
    let system = recorder.name("SYSTEM");
    for (index, person) in (0..).zip(&fleet.people) {
        let rng = &mut seed.derive("person").nth(index).derive("processes").rng();
        let itself = machine(system, person.workstation);
        for day in 0..fleet.days {
            if let Some(shift) = Shift::draw(person, day, rng) {
                work(person, shift, rng, recorder);
            }
            run(itself, day, 0..=3, rng, recorder);
        }
    }
    for (index, &server) in (0..).zip(fleet.servers.iter().chain(&fleet.controllers)) {
        let rng = &mut seed.derive("server").nth(index).rng();
        (0..fleet.days).for_each(|day| run(machine(system, server), day, 4..=10, rng, recorder));
    }
}

fn work(person: &Person, shift: Shift, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let tools: &[Program] = match person.role {
        Role::Developer => WORKSHOP,
        Role::Administrator | Role::Helpdesk => CONSOLE,
        Role::Clerk => DESK,
    };
    let desk = person.at(person.workstation);
    for _ in 0..rng.gen_range(9..=15) {
        let list = if rng.gen_bool(0.35) { tools } else { DESK };
        start_any(list, shift.any_time(rng), desk, rng, recorder);
    }
}

/// The process starts of a machine without a user, and of patches in the evening of a patch day.
fn run(machine: Visit, day: u32, starts: RangeInclusive<u32>, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    for _ in 0..rng.gen_range(starts) {
        start_any(MACHINE, between(day, 0, 24, rng), machine, rng, recorder);
    }
    let patches = if is_patch_day(day) { rng.gen_range(5..=10) } else { 0 };
    for _ in 0..patches {
        start_any(PATCHES, between(day, 20, 24, rng), machine, rng, recorder);
    }
}

fn machine(system: Symbol, host: Symbol) -> Visit {
    Visit { user: system, source_ip: Symbol::UNKNOWN, host, is_admin: true }
}
