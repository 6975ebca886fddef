//! Attacks on passwords: password spraying, brute force, and stolen passwords.

use rand::Rng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use super::super::clock::{any_time, minutes, seconds};
use super::super::fleet::{Fleet, Person, Role};
use super::super::recorder::{Recorder, Visit};
use crate::events::Symbol;

/// Try one password on many accounts, once or twice each, so that no account is locked.
pub(super) fn spray(fleet: &Fleet, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let source_ip = outside(rng, recorder);
    let host = reachable(fleet, rng);
    let accounts = rng.gen_range(6..=14).min(fleet.people.len());
    let patient = rng.gen_bool(0.3);
    let mut time = any_time(fleet.days, 0.65, rng);
    for index in sample(rng, fleet.people.len(), accounts) {
        let visit = at(&fleet.people[index], source_ip, host);
        for _ in 0..rng.gen_range(1..=2) {
            recorder.failed_logon(time, visit);
            time += if patient { minutes(1..5, rng) } else { seconds(2..30, rng) };
        }
        if rng.gen_bool(0.03) {
            recorder.logon(time, visit);
        }
    }
}

/// Try several passwords on one account, fewer than cause a lockout, and succeed.
pub(super) fn brute_force(fleet: &Fleet, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let source_ip = outside(rng, recorder);
    let visit = at(fleet.person(rng), source_ip, reachable(fleet, rng));
    let mut time = any_time(fleet.days, 0.5, rng);
    for _ in 0..rng.gen_range(3..=5) {
        recorder.failed_logon(time, visit);
        time += seconds(5..150, rng);
    }
    recorder.logon(time, visit);
    for _ in 0..rng.gen_range(1..=2) {
        time += minutes(2..40, rng);
        recorder.logon(time, visit);
    }
}

/// Use a stolen password. There are no failures; only hour and machine may be unusual.
pub(super) fn stolen(fleet: &Fleet, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let source_ip = outside(rng, recorder);
    let person = fleet.person(rng);
    let administrator = person.role == Role::Administrator || rng.gen_bool(0.2);
    let mut time = any_time(fleet.days, 0.85, rng);
    for _ in 0..rng.gen_range(2..=4) {
        let visit = at(person, source_ip, anywhere(fleet, rng));
        recorder.logon(time, Visit { is_admin: administrator, ..visit });
        time += minutes(3..50, rng);
    }
}

pub(super) fn at(person: &Person, source_ip: Symbol, host: Symbol) -> Visit {
    Visit { source_ip, ..person.at(host) }
}

/// An address from the documentation ranges (RFC 5737), or an internal one.
pub(super) fn outside(rng: &mut ChaCha8Rng, recorder: &mut Recorder) -> Symbol {
    let last = rng.gen_range(1..255);
    let network = match rng.gen_range(0..4) {
        0 => "192.0.2",
        1 => "198.51.100",
        2 => "203.0.113",
        _ => "10.20.0",
    };
    recorder.name(&format!("{network}.{last}"))
}

/// A host that is reachable from outside: usually a domain controller, behind a mail server or a gateway.
fn reachable(fleet: &Fleet, rng: &mut ChaCha8Rng) -> Symbol {
    if rng.gen_bool(0.6) {
        return fleet.controller(rng);
    }
    fleet.server(rng)
}

fn anywhere(fleet: &Fleet, rng: &mut ChaCha8Rng) -> Symbol {
    match rng.gen_range(0..10) {
        0..3 => fleet.controller(rng),
        3..7 => fleet.server(rng),
        _ => fleet.person(rng).workstation,
    }
}
