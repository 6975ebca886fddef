//! Malicious code: documents that open a shell, and misuse of system tools.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::super::clock::{any_time, minutes, seconds};
use super::super::fleet::Fleet;
use super::super::programs::start_any;
use super::super::recorder::Recorder;
use super::arsenal::{DISCOVERY, LIVING_OFF_THE_LAND, MACROS};

/// A person opens an attachment. Its macro starts PowerShell, which explores the system.
pub(super) fn office_macro(fleet: &Fleet, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let person = fleet.person(rng);
    let desk = person.at(person.workstation);
    // People read mail in office hours, and some in the evening.
    let mut time = any_time(fleet.days, 0.25, rng);
    for _ in 0..rng.gen_range(1..=3) {
        start_any(MACROS, time, desk, rng, recorder);
        time += seconds(1..20, rng);
    }
    for _ in 0..rng.gen_range(0..=2) {
        time += seconds(20..400, rng);
        start_any(DISCOVERY, time, desk, rng, recorder);
    }
}

/// Installed system tools download, hide and start malicious code.
pub(super) fn living_off_the_land(fleet: &Fleet, rng: &mut ChaCha8Rng, recorder: &mut Recorder) {
    let person = fleet.person(rng);
    let host = if rng.gen_bool(0.3) { fleet.server(rng) } else { person.workstation };
    let visit = person.at(host);
    let mut time = any_time(fleet.days, 0.65, rng);
    for _ in 0..rng.gen_range(2..=4) {
        start_any(LIVING_OFF_THE_LAND, time, visit, rng, recorder);
        time += minutes(1..15, rng);
    }
    if rng.gen_bool(0.4) {
        start_any(DISCOVERY, time, visit, rng, recorder);
    }
}
