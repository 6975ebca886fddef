//! Peers: the share of the users most like a user that had a value in the days before.
//!
//! The nearest users are those with the largest weighted Jaccard similarity of their hosts (Σ min / Σ max of the number of
//! days on each host) in the span before the day. They are refreshed with each day and never look at the day itself.

use super::super::calendar::DAY;
use super::column::MOST_DAYS;
use super::events::{MISSING, Past, Row, pair};
use super::sorted;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// The number of nearest users.
const NEIGHBORS: usize = 20;
/// A host with more users says little about who is alike, and would make the search quadratic.
const MOST_USERS: usize = 100;

/// The days on which pairs were seen, and the neighbours of the users that were asked for today.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Peers {
    /// Days that count before a day.
    days: u32,
    /// The group of each user, if groups are given.
    #[serde(with = "sorted")]
    groups: HashMap<u64, u64>,
    today: i64,
    /// Users and their hosts.
    #[serde(with = "sorted")]
    links: HashMap<u64, Link>,
    /// Users and their values.
    #[serde(with = "sorted")]
    pairs: HashMap<u64, Days>,
    /// Built from the days before today when it is asked for.
    #[serde(skip)]
    before: Option<Before>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Link {
    user: u64,
    host: u64,
    days: Days,
}

/// A set of days: bit i is the day i days before the latest.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Days {
    latest: i64,
    set: u128,
}

impl Days {
    fn add(&mut self, day: i64) {
        let back = u32::try_from(day - self.latest).unwrap_or(u32::MAX);
        *self = Days { latest: day, set: self.set.checked_shl(back).unwrap_or_default() | 1 };
    }

    /// The number of these days among the `span` days before `today`.
    fn count(&self, today: i64, span: u32) -> u32 {
        let back = u32::try_from(today - self.latest).unwrap_or(u32::MAX);
        let before = self.set.checked_shl(back).unwrap_or_default() >> 1;
        (before & ((1u128 << span.min(MOST_DAYS as u32)) - 1)).count_ones()
    }
}

/// What the span before today says.
#[derive(Debug, Default)]
struct Before {
    /// The hosts of each user with the number of days.
    hosts: HashMap<u64, Vec<(u64, u32)>>,
    /// The users of each host.
    users: HashMap<u64, Vec<(u64, u32)>>,
    /// The users of each given group.
    members: HashMap<u64, Vec<u64>>,
    neighbors: HashMap<u64, Vec<u64>>,
}

impl Peers {
    pub(super) fn new(span: i64, groups: HashMap<u64, u64>) -> Self {
        Peers { days: (span / DAY) as u32, groups, ..Peers::default() }
    }

    fn begin(&mut self, day: i64) {
        if day != self.today {
            (self.today, self.before) = (day, None);
            let (today, span) = (self.today, self.days);
            self.links.retain(|_, link| link.days.count(today, span) > 0);
            self.pairs.retain(|_, days| days.count(today, span) > 0);
        }
    }

    fn build(&self) -> Before {
        let count = |link: &Link| (link.user, link.host, link.days.count(self.today, self.days));
        let mut links: Vec<(u64, u64, u32)> =
            self.links.values().map(count).filter(|(_, _, days)| *days > 0).collect();
        links.sort_unstable();
        let mut before = Before::default();
        for (user, host, days) in links {
            before.hosts.entry(user).or_default().push((host, days));
            before.users.entry(host).or_default().push((user, days));
        }
        let mut members: Vec<(u64, u64)> =
            before.hosts.keys().filter_map(|user| Some((*self.groups.get(user)?, *user))).collect();
        members.sort_unstable();
        members.into_iter().for_each(|(group, user)| before.members.entry(group).or_default().push(user));
        before
    }
}

impl Before {
    /// The users of the group, or the nearest ones, without the user.
    fn neighbors(&mut self, user: u64, group: Option<u64>) -> &[u64] {
        if !self.neighbors.contains_key(&user) {
            let found = match group {
                Some(group) => {
                    let members = self.members.get(&group).map_or(&[][..], Vec::as_slice);
                    members.iter().copied().filter(|other| *other != user).collect()
                }
                None => self.nearest(user),
            };
            self.neighbors.insert(user, found);
        }
        &self.neighbors[&user]
    }

    fn nearest(&self, user: u64) -> Vec<u64> {
        let Some(hosts) = self.hosts.get(&user) else { return Vec::new() };
        let mut shared: HashMap<u64, u32> = HashMap::new();
        for (host, days) in hosts {
            let users = &self.users[host];
            if users.len() <= MOST_USERS {
                for (other, theirs) in users.iter().filter(|(other, _)| *other != user) {
                    *shared.entry(*other).or_default() += days.min(theirs);
                }
            }
        }
        let total = |user: &u64| self.hosts[user].iter().map(|(_, days)| days).sum::<u32>();
        let own = total(&user);
        let similarity = |(other, shared): (u64, u32)| {
            (f64::from(shared) / f64::from(own + total(&other) - shared), other)
        };
        let mut nearest: Vec<(f64, u64)> = shared.into_iter().map(similarity).collect();
        nearest.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        nearest.into_iter().take(NEIGHBORS).map(|(_, other)| other).collect()
    }
}

impl Past for Peers {
    fn value(&mut self, row: &Row) -> f64 {
        self.begin(row.time.div_euclid(DAY));
        if self.before.is_none() {
            self.before = Some(self.build());
        }
        let group = self.groups.get(&row.entity).copied();
        let Some(before) = &mut self.before else { return f64::NAN };
        let neighbors = before.neighbors(row.entity, group);
        let had = |other: &&u64| {
            let days = self.pairs.get(&pair(**other, row.value));
            days.is_some_and(|days| days.count(self.today, self.days) > 0)
        };
        neighbors.iter().filter(had).count() as f64 / neighbors.len() as f64
    }

    fn see(&mut self, row: &Row) {
        let day = row.time.div_euclid(DAY);
        self.begin(day);
        self.pairs.entry(row.pair).or_default().add(day);
        if row.link != MISSING {
            let new = || Link { user: row.entity, host: row.link, days: Days::default() };
            self.links.entry(pair(row.entity, row.link)).or_insert_with(new).days.add(day);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: i64, user: u64, host: u64) -> Row {
        Row { time, entity: user, value: host, pair: pair(user, host), link: host, count: 1 }
    }

    #[test]
    fn the_share_is_of_the_nearest_users_before_the_day() {
        let mut peers = Peers::new(30 * DAY, HashMap::new());
        for day in 0..5 {
            for (user, host) in [(1, 10), (2, 10), (3, 10), (4, 40), (2, 20)] {
                peers.see(&at(day * DAY, user, host));
            }
        }
        // Users 2 and 3 share host 10 with user 1; one of them was on host 20, nobody but 4 on host 40.
        assert_eq!(peers.value(&at(5 * DAY, 1, 20)), 0.5);
        assert_eq!(peers.value(&at(5 * DAY, 1, 40)), 0.0);
        assert_eq!(peers.value(&at(5 * DAY, 1, 10)), 1.0);
        // The day itself does not count.
        peers.see(&at(5 * DAY, 3, 20));
        assert_eq!(peers.value(&at(5 * DAY + 1, 1, 20)), 0.5);
        assert_eq!(peers.value(&at(6 * DAY, 1, 20)), 1.0);
        // A user without neighbours has no share.
        assert!(peers.value(&at(6 * DAY, 4, 20)).is_nan());
        // After the span everything is forgotten.
        assert!(peers.value(&at(40 * DAY, 1, 20)).is_nan());
    }

    #[test]
    fn given_groups_replace_the_nearest_users() {
        let groups = [(1, 7), (4, 7), (2, 8)].into_iter().collect();
        let mut peers = Peers::new(30 * DAY, groups);
        [(1, 10), (2, 10), (4, 40)].into_iter().for_each(|(user, host)| peers.see(&at(0, user, host)));
        assert_eq!(peers.value(&at(DAY, 1, 40)), 1.0);
        assert_eq!(peers.value(&at(DAY, 1, 10)), 0.0);
    }
}
