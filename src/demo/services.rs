//! Service accounts: night jobs, monitoring, scanners, and one with an outdated password.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::clock::{between, midnight, minutes, seconds};
use super::fleet::{Fleet, Job, Service};
use super::people::mistype;
use super::recorder::Recorder;
use crate::event_features::calendar::{HOUR, MINUTE};
use crate::events::Symbol;
use crate::seed::Seed;

/// The logons of all services on all days.
pub(super) fn record(fleet: &Fleet, seed: Seed, recorder: &mut Recorder) {
    for (index, service) in (0..).zip(&fleet.services) {
        let rng = &mut seed.derive("service").nth(index).rng();
        let fails_from = rng.gen_range(0..fleet.days.saturating_sub(2).max(1));
        for day in 0..fleet.days {
            match service.job {
                Job::Backup => backup(fleet, service, day, rng, recorder),
                Job::Monitoring => monitor(fleet, service, day, rng, recorder),
                Job::Scanner => scan(fleet, service, day, rng, recorder),
                Job::Misconfigured => {
                    let fails = (fails_from..fails_from + DAYS_OF_FAILURE).contains(&day);
                    knock(service, day, fails, rng, recorder);
                }
                Job::Provisioning => (),
            }
        }
    }
}

/// The days until somebody corrects the password of the misconfigured service.
const DAYS_OF_FAILURE: u32 = 3;

/// Log on to servers and domain controllers one after another, in the early morning.
fn backup(fleet: &Fleet, service: &Service, day: u32, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let mut time = between(day, 1, 2, rng);
    for _ in 0..rng.gen_range(8..=16) {
        recorder.logon(time, service.at(machine(fleet, rng)));
        time += minutes(2..16, rng);
    }
}

/// Log on to a machine every hour.
fn monitor(fleet: &Fleet, service: &Service, day: u32, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    for hour in 0..24 {
        let time = midnight(day) + hour * HOUR + seconds(0..30, rng);
        recorder.logon(time, service.at(machine(fleet, rng)));
    }
}

/// Try any machine in the evening; the scanner logs on if a default password is correct.
fn scan(fleet: &Fleet, service: &Service, day: u32, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let mut time = between(day, 20, 23, rng);
    for _ in 0..rng.gen_range(3..=8) {
        let visit = service.at(target(fleet, rng));
        match rng.gen_range(0..4) {
            0 => recorder.failed_logon(time, visit),
            1 => mistype(rng.gen_range(1..=2), time, visit, rng, recorder),
            _ => recorder.logon(time, visit),
        }
        time += minutes(3..20, rng);
    }
}

/// Log on regularly; with a wrong password, fail and retry twice, every hour.
fn knock(service: &Service, day: u32, fails: bool, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let visit = service.at(service.host);
    for hour in 0..24 {
        let time = midnight(day) + hour * HOUR + 5 * MINUTE + seconds(0..20, rng);
        if fails {
            (0..3).for_each(|attempt| recorder.failed_logon(time + attempt * MINUTE, visit));
        } else if hour % 4 == 0 {
            recorder.logon(time, visit);
        }
    }
}

fn machine(fleet: &Fleet, rng: &mut ChaCha8Rng) -> Symbol {
    if rng.gen_bool(0.2) {
        return fleet.controller(rng);
    }
    fleet.server(rng)
}

fn target(fleet: &Fleet, rng: &mut ChaCha8Rng) -> Symbol {
    if rng.gen_bool(0.4) {
        return fleet.person(rng).workstation;
    }
    machine(fleet, rng)
}
