//! Attacks: campaigns of each kind, until they reach their share of a table's events.

mod arsenal;
mod credentials;
mod execution;
mod privilege;

use rand_chacha::ChaCha8Rng;

use super::fleet::Fleet;
use super::recorder::Recorder;
use crate::events::Events;
use crate::seed::Seed;

/// A kind of attack and its share of the events.
struct Kind {
    name: &'static str,
    /// The number of events in the table of this kind.
    table: fn(&Events) -> usize,
    /// Its events as a share of the normal events of that table. There is always at least one campaign.
    share: f64,
    campaign: fn(&Fleet, &mut ChaCha8Rng, &mut Recorder),
}

const KINDS: &[Kind] = &[
    Kind {
        name: "privilege-grant",
        table: |events| events.admin_changes.len(),
        share: 0.02,
        campaign: privilege::grant,
    },
    Kind {
        name: "password-spray",
        table: |events| events.logons.len(),
        share: 0.005,
        campaign: credentials::spray,
    },
    Kind {
        name: "brute-force",
        table: |events| events.logons.len(),
        share: 0.005,
        campaign: credentials::brute_force,
    },
    Kind {
        name: "stolen-credentials",
        table: |events| events.logons.len(),
        share: 0.004,
        campaign: credentials::stolen,
    },
    Kind {
        name: "office-macro",
        table: |events| events.process_starts.len(),
        share: 0.008,
        campaign: execution::office_macro,
    },
    Kind {
        name: "living-off-the-land",
        table: |events| events.process_starts.len(),
        share: 0.008,
        campaign: execution::living_off_the_land,
    },
];

/// Record all attacks. All events recorded from here on are labeled suspicious, with the name of their attack.
pub(super) fn record(fleet: &Fleet, seed: Seed, recorder: &mut Recorder) {
    let normal: Vec<usize> = KINDS.iter().map(|kind| (kind.table)(recorder.events())).collect();
    for (kind, normal) in KINDS.iter().zip(normal) {
        let events = (kind.share * normal as f64).round() as usize;
        kind.record(events, fleet, seed, recorder);
    }
}

impl Kind {
    fn record(&self, events: usize, fleet: &Fleet, seed: Seed, recorder: &mut Recorder) {
        let target = (self.table)(recorder.events()) + events;
        let campaigns = seed.derive(self.name);
        for index in 0.. {
            recorder.attack_begins(&format!("{}-{}", self.name, index + 1));
            (self.campaign)(fleet, &mut campaigns.nth(index).rng(), recorder);
            if (self.table)(recorder.events()) >= target {
                break;
            }
        }
    }
}
