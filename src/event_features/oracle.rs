//! The event features by their definition, which compares each event with all others. The one pass must
//! agree.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::calendar::{DAY, HOUR, MINUTE};
use super::{admin_events, auth_events, process_events};
use crate::events::{
    AdminChange, Events, LOGON_FAILED, LOGON_SUCCEEDED, Logon, ProcessStart, Symbol, Timeline,
};
use crate::seed::Seed;
use crate::table::{Column, Values};

#[test]
fn one_pass_counts_what_the_definition_counts() {
    for round in 0..20 {
        let timeline = random_timeline(Seed::new(7).nth(round));
        let events = timeline.events();
        let auth = auth_events(&timeline);
        assert_eq!(integers(&auth, "fail_count_1h"), fail_counts(events));
        assert_eq!(flags(&auth, "success_after_fail_15m"), successes_after_fail(events));
        let process = process_events(&timeline);
        assert_eq!(flags(&process, "rare_parent_child_7d"), rare_pairs(events));
        let admin = admin_events(&timeline);
        assert_eq!(integers(&admin, "recent_4625s_actor_1h"), actors_failures(events));
    }
}

#[test]
fn the_hour_before_includes_its_start_and_excludes_its_end() {
    let counts = |gap: i64| {
        let mut events = Events::default();
        let user = events.names.intern("anna");
        events.logons = vec![logon(0, user, false), logon(gap, user, true)];
        integers(&auth_events(&events.into_timeline()), "fail_count_1h")[1]
    };
    assert_eq!(counts(HOUR), 1);
    assert_eq!(counts(HOUR + 1), 0);
    assert_eq!(counts(1), 1);
    assert_eq!(counts(0), 0);
}

#[test]
fn a_success_is_after_a_failure_for_fifteen_minutes() {
    let after = |gap: i64, success: bool| {
        let mut events = Events::default();
        let user = events.names.intern("anna");
        events.logons = vec![logon(0, user, false), logon(gap, user, success)];
        flags(&auth_events(&events.into_timeline()), "success_after_fail_15m")[1]
    };
    assert!(after(15 * MINUTE, true));
    assert!(!after(15 * MINUTE + 1, true));
    assert!(!after(MINUTE, false));
    assert!(!after(0, true));
}

#[test]
fn a_pair_is_rare_until_it_occurs_three_times_within_a_week() {
    let mut events = Events::default();
    let (word, shell) = (events.names.intern("winword.exe"), events.names.intern("cmd.exe"));
    let times = [0, 1, 1, 2, 7 * DAY, 7 * DAY + 1, 7 * DAY + 3];
    events.process_starts = times.map(|time| start(time, word, shell)).to_vec();
    let rare = flags(&process_events(&events.into_timeline()), "rare_parent_child_7d");
    // After exactly seven days, the first start still counts. At the last start, only two others count.
    assert_eq!(rare, [true, true, true, false, false, false, true]);
}

#[test]
fn failures_of_other_users_are_not_counted() {
    let mut events = Events::default();
    let (anna, boris) = (events.names.intern("anna"), events.names.intern("boris"));
    events.logons = vec![logon(0, anna, false), logon(1, anna, false)];
    events.admin_changes = vec![change(2, anna), change(2, boris), change(1, anna)];
    let counts = integers(&admin_events(&events.into_timeline()), "recent_4625s_actor_1h");
    assert_eq!(counts, [1, 2, 0]);
}

#[test]
fn without_events_tables_have_all_columns_and_no_rows() {
    let timeline = Events::default().into_timeline();
    assert_eq!(auth_events(&timeline).len(), 15);
    assert_eq!(process_events(&timeline).len(), 14);
    assert_eq!(admin_events(&timeline).len(), 10);
}

#[test]
fn the_label_changes_no_feature() {
    let timeline = random_timeline(Seed::new(3));
    let mut inverted = timeline.events().clone();
    for logon in &mut inverted.logons {
        logon.suspicious = logon.suspicious.map(|suspicious| !suspicious);
    }
    let inverted = inverted.into_timeline();
    let features = |timeline: &Timeline| {
        let mut columns = auth_events(timeline);
        columns.retain(|column| column.name != "is_suspicious");
        columns
    };
    assert_eq!(features(&timeline), features(&inverted));
}

fn fail_counts(events: &Events) -> Vec<i64> {
    let logons = &events.logons;
    logons.iter().map(|l| failures(logons, l.user, l.time, HOUR)).collect()
}

fn successes_after_fail(events: &Events) -> Vec<bool> {
    let logons = &events.logons;
    let after = |l: &Logon| l.success == Some(true) && failures(logons, l.user, l.time, 15 * MINUTE) > 0;
    logons.iter().map(after).collect()
}

fn actors_failures(events: &Events) -> Vec<i64> {
    let count = |c: &AdminChange| failures(&events.logons, c.actor, c.time, HOUR);
    events.admin_changes.iter().map(count).collect()
}

fn rare_pairs(events: &Events) -> Vec<bool> {
    let starts = &events.process_starts;
    let same = |a: &ProcessStart, b: &ProcessStart| a.parent == b.parent && a.child == b.child;
    let is_before = |b: &ProcessStart, a: &ProcessStart| (a.time - 7 * DAY..a.time).contains(&b.time);
    let is_rare = |a: &ProcessStart| starts.iter().filter(|b| same(a, b) && is_before(b, a)).count() <= 2;
    starts.iter().map(is_rare).collect()
}

fn failures(logons: &[Logon], user: Symbol, time: i64, span: i64) -> i64 {
    let counts =
        |l: &&Logon| l.success == Some(false) && l.user == user && (time - span..time).contains(&l.time);
    logons.iter().filter(counts).count() as i64
}

/// Events of few people on a coarse clock, so that simultaneous events and boundary cases are frequent.
fn random_timeline(seed: Seed) -> Timeline {
    let mut rng = seed.rng();
    let mut events = Events::default();
    let people = ["anna", "boris", "chris"].map(|name| events.names.intern(name));
    for _ in 0..300 {
        let (time, success) = (rng.gen_range(0..100) * 5 * MINUTE, rng.gen_bool(0.5));
        events.logons.push(logon(time, any(&people, &mut rng), success));
        let time = rng.gen_range(0..100) * 5 * MINUTE;
        events.admin_changes.push(change(time, any(&people, &mut rng)));
        let time = rng.gen_range(0..200) * DAY / 2;
        events.process_starts.push(start(time, any(&people, &mut rng), any(&people, &mut rng)));
    }
    events.into_timeline()
}

fn any(people: &[Symbol], rng: &mut ChaCha8Rng) -> Symbol {
    people[rng.gen_range(0..people.len())]
}

fn logon(time: i64, user: Symbol, success: bool) -> Logon {
    Logon {
        time,
        user,
        source_ip: user,
        host: user,
        event_code: if success { LOGON_SUCCEEDED } else { LOGON_FAILED },
        success: Some(success),
        is_admin: Some(false),
        suspicious: Some(success),
        attack: Symbol::UNKNOWN,
    }
}

fn start(time: i64, parent: Symbol, child: Symbol) -> ProcessStart {
    ProcessStart {
        time,
        host: parent,
        user: parent,
        parent,
        child,
        command_line: child,
        parent_signed: Some(true),
        suspicious: Some(false),
        attack: Symbol::UNKNOWN,
    }
}

fn change(time: i64, actor: Symbol) -> AdminChange {
    AdminChange {
        time,
        host: actor,
        actor,
        target: actor,
        method: actor,
        suspicious: Some(false),
        attack: Symbol::UNKNOWN,
    }
}

fn integers(columns: &[Column], name: &str) -> Vec<i64> {
    match &columns.iter().find(|column| column.name == name).unwrap().values {
        Values::Integer(values) => values.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

fn flags(columns: &[Column], name: &str) -> Vec<bool> {
    match &columns.iter().find(|column| column.name == name).unwrap().values {
        Values::Flag(values) => values.clone(),
        other => panic!("{name} is {other:?}"),
    }
}
