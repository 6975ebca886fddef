//! The simulated organization: people and their habits, services, and hosts.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::options::Options;
use super::recorder::{Recorder, Visit};
use crate::event_features::calendar::{HOUR, MINUTE};
use crate::events::Symbol;
use crate::seed::Seed;

pub(super) struct Fleet {
    pub days: u32,
    pub people: Vec<Person>,
    pub services: Vec<Service>,
    pub servers: Vec<Symbol>,
    pub controllers: Vec<Symbol>,
}

pub(super) struct Person {
    pub user: Symbol,
    pub workstation: Symbol,
    pub address: Symbol,
    /// The source address in the evening.
    pub home_address: Symbol,
    pub role: Role,
    pub habits: Habits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Clerk,
    Developer,
    Helpdesk,
    Administrator,
}

pub(super) struct Habits {
    /// The start of the working day, in microseconds after midnight.
    pub begins: i64,
    /// The length of the working day, in microseconds.
    pub works: i64,
    /// Probability of working on a weekend day.
    pub weekend: f64,
    /// Probability of logging on again in the evening.
    pub evening: f64,
    /// Probability of mistyping the password at a logon.
    pub mistypes: f64,
    /// The week, of 13, with a new password on Monday.
    pub password_week: u32,
}

pub(super) struct Service {
    pub user: Symbol,
    pub address: Symbol,
    pub host: Symbol,
    pub job: Job,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Backup,
    Monitoring,
    /// Tests for weak passwords, so its failures resemble an attack.
    Scanner,
    /// Uses an outdated password for some days.
    Misconfigured,
    /// Creates and locks accounts as people come and go.
    Provisioning,
}

impl Fleet {
    pub(super) fn new(options: &Options, seed: Seed, recorder: &mut Recorder) -> Self {
        let hosts = |count: u32, prefix: &str, class: &str, recorder: &mut Recorder| -> Vec<Symbol> {
            let host = |i| recorder.host(&format!("{prefix}-{i:02}"), class);
            (1..=count).map(host).collect()
        };
        let users = options.users;
        let servers = hosts(3 + users / 10, "SRV", "server", recorder);
        let controllers = hosts(1 + users.div_ceil(400), "DC", "domain-controller", recorder);
        let service = |i| Service::new(i, &servers, recorder);
        let services = (0..5 + users / 12).map(service).collect();
        let person = |i| Person::new(i, seed.derive("person").nth(u64::from(i)), recorder);
        let people = (0..users).map(person).collect();
        Fleet { days: options.days, people, services, servers, controllers }
    }

    pub(super) fn person(&self, rng: &mut ChaCha8Rng) -> &Person {
        &self.people[rng.gen_range(0..self.people.len())]
    }

    pub(super) fn server(&self, rng: &mut ChaCha8Rng) -> Symbol {
        any(&self.servers, rng)
    }

    pub(super) fn controller(&self, rng: &mut ChaCha8Rng) -> Symbol {
        any(&self.controllers, rng)
    }
}

impl Person {
    fn new(index: u32, seed: Seed, recorder: &mut Recorder) -> Self {
        let (block, last) = (index / 250, index % 250 + 1);
        Person {
            user: recorder.name(&format!("user{index:05}")),
            workstation: recorder.host(&format!("WS-{index:05}"), "workstation"),
            address: recorder.name(&format!("10.{}.{}.{last}", 20 + block / 250, block % 250)),
            home_address: recorder.name(&format!("100.{}.{}.{last}", 64 + block / 250 % 64, block % 250)),
            role: Role::of(index),
            habits: Habits::draw(&mut seed.derive("habits").rng()),
        }
    }

    pub(super) fn at(&self, host: Symbol) -> Visit {
        Visit { user: self.user, source_ip: self.address, host, is_admin: false }
    }

    /// A visit with administrative rights, if the person has any.
    pub(super) fn elevated_at(&self, host: Symbol) -> Visit {
        Visit { is_admin: matches!(self.role, Role::Administrator | Role::Helpdesk), ..self.at(host) }
    }
}

impl Role {
    /// Roles depend on the index, so that even the smallest organization has an administrator and a helpdesk.
    fn of(index: u32) -> Self {
        match (index % 20, index % 30, index % 5) {
            (0, _, _) => Role::Administrator,
            (_, 1, _) => Role::Helpdesk,
            (_, _, 3) => Role::Developer,
            _ => Role::Clerk,
        }
    }
}

impl Habits {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        // Early birds, most people, late workers.
        let begins = match rng.gen_range(0..10) {
            0..2 => 5 * HOUR + 15 * MINUTE..6 * HOUR + 50 * MINUTE,
            2..8 => 7 * HOUR + 15 * MINUTE..9 * HOUR + 30 * MINUTE,
            _ => 10 * HOUR + 30 * MINUTE..13 * HOUR,
        };
        Habits {
            begins: rng.gen_range(begins),
            works: rng.gen_range(7 * HOUR + 30 * MINUTE..9 * HOUR + 30 * MINUTE),
            weekend: if rng.gen_bool(0.07) { 0.6 } else { 0.03 },
            evening: if rng.gen_bool(0.15) { 0.35 } else { 0.02 },
            mistypes: rng.gen_range(0.01..0.05),
            password_week: rng.gen_range(0..13),
        }
    }
}

impl Service {
    fn new(index: u32, servers: &[Symbol], recorder: &mut Recorder) -> Self {
        let (block, last) = (index / 250, index % 250 + 1);
        let job = match index % 12 {
            1 | 6 | 8 | 9 | 11 => Job::Monitoring,
            2 => Job::Scanner,
            3 => Job::Misconfigured,
            4 => Job::Provisioning,
            _ => Job::Backup,
        };
        Service {
            user: recorder.name(&format!("svc{index:04}")),
            address: recorder.name(&format!("172.{}.{}.{last}", 16 + block / 250, block % 250)),
            host: servers[index as usize % servers.len()],
            job,
        }
    }

    pub(super) fn at(&self, host: Symbol) -> Visit {
        Visit {
            user: self.user,
            source_ip: self.address,
            host,
            is_admin: matches!(self.job, Job::Backup | Job::Scanner),
        }
    }
}

/// A random element of a list. No list is empty: every fleet has people, servers and controllers.
pub(super) fn any<T: Copy>(list: &[T], rng: &mut ChaCha8Rng) -> T {
    *list.choose(rng).expect("no list of the simulation is empty")
}
