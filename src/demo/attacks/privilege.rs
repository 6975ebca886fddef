//! Privilege escalation: a foothold, some password guessing, and a new member of a group.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::super::clock::{any_time, minutes, seconds};
use super::super::fleet::{Fleet, any};
use super::super::programs::start_any;
use super::super::recorder::{Recorder, Visit};
use super::arsenal::GRANTS;
use super::credentials::{at, outside};

/// Take over a privileged account, usually by guessing, and add a group member by command line or API.
pub(super) fn grant(fleet: &Fleet, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let source_ip = outside(rng, recorder);
    let host = if rng.gen_bool(0.6) { fleet.controller(rng) } else { fleet.server(rng) };
    let visit = Visit { is_admin: true, ..at(fleet.person(rng), source_ip, host) };
    let mut time = any_time(fleet.days, 0.55, rng);
    let guesses = if rng.gen_bool(0.3) { 0 } else { rng.gen_range(1..=4) };
    for _ in 0..guesses {
        recorder.failed_logon(time, visit);
        time += seconds(10..200, rng);
    }
    recorder.logon(time, visit);
    time += minutes(1..35, rng);
    let method = any(&["cli", "cli", "api"], rng);
    if method == "cli" {
        start_any(GRANTS, time - seconds(1..3, rng), visit, rng, recorder);
    }
    recorder.change(time, visit, fleet.person(rng).user, method);
}
