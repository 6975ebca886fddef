//! Labels: which rows belong to an attack.

use std::io::BufRead;

use hashbrown::HashSet;

use super::found::{Found, What};
use super::identity;
use crate::events::{Names, Symbol};
use crate::table::{Categories, Values};

/// Which rows are suspicious.
#[derive(Debug, Default)]
pub(super) enum Labels {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Events of the red team of the LANL data set: seconds, user, source computer, destination computer.
    RedTeam(HashSet<(i64, String, String, String)>),
    /// Rules, the most specific ones first.
    Rules(Vec<Rule>),
}

/// A part of the logs and what it is.
#[derive(Debug, Default)]
pub(super) struct Rule {
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub host: Option<String>,
    pub user: Option<String>,
    pub source: Option<String>,
    pub process: Option<String>,
    pub technique: Option<String>,
    pub attack_id: Option<String>,
    /// Whether rows are suspicious; `None` if it cannot be decided.
    pub label: Option<bool>,
}

impl Rule {
    /// How many conditions it has.
    pub(super) fn conditions(&self) -> usize {
        let texts = [&self.host, &self.user, &self.source, &self.process];
        texts.into_iter().flatten().count()
            + usize::from(self.from.is_some())
            + usize::from(self.to.is_some())
    }

    fn applies(&self, found: &Found, names: &Names) -> bool {
        let (user, source, process) = match found.what {
            What::Logon(logon) => (logon.user, logon.source, Symbol::UNKNOWN),
            What::Start(start) => (start.user, Symbol::UNKNOWN, start.child),
            What::Change(change) => (change.actor, Symbol::UNKNOWN, Symbol::UNKNOWN),
            What::Privileges { .. } | What::Signature { .. } => return false,
        };
        let is = |wanted: &Option<String>, symbol: Symbol| {
            wanted.as_ref().is_none_or(|wanted| wanted == names.name(symbol))
        };
        let is_process = |wanted: &String| {
            let path = names.name(process);
            path == wanted || path.rsplit('\\').next() == Some(wanted)
        };
        self.from.is_none_or(|from| from <= found.time)
            && self.to.is_none_or(|to| found.time <= to)
            && is(&self.host, found.host)
            && is(&self.user, user)
            && is(&self.source, source)
            && self.process.as_ref().is_none_or(is_process)
    }
}

impl Labels {
    /// Read the file of the red team: `time,user@domain,source computer,destination computer`. Times count from `epoch`, in
    /// microseconds since 1970.
    ///
    /// # Errors
    /// If it cannot be read, or a line has another form; the error names the line.
    pub(super) fn red_team(lines: impl BufRead, epoch: i64) -> Result<Self, String> {
        let mut events = HashSet::new();
        let mut number = 0;
        for line in lines.lines() {
            let line = line.map_err(|e| e.to_string())?;
            number += 1;
            let values: Vec<&str> = line.trim().split(',').collect();
            match values[..] {
                [""] => {}
                [seconds, user, source, destination] => {
                    let seconds: i64 =
                        seconds.parse().map_err(|_| format!("line {number}: `{seconds}` is no time"))?;
                    let user = identity::account(user, None).unwrap_or_default();
                    let host = |name| identity::host(name).into_owned();
                    let seconds = seconds + epoch.div_euclid(1_000_000);
                    events.insert((seconds, user, host(source), host(destination)));
                }
                _ => {
                    return Err(format!(
                        "line {number} must be time,user,source computer,destination computer"
                    ));
                }
            }
        }
        Ok(Labels::RedTeam(events))
    }

    /// Whether a row is suspicious.
    pub(super) fn is_suspicious(&self, found: &Found, names: &Names) -> bool {
        match self {
            Labels::Unknown => false,
            Labels::RedTeam(_) => self.is_red_team(found, names),
            Labels::Rules(rules) => rules
                .iter()
                .find(|rule| rule.applies(found, names))
                .is_some_and(|rule| rule.label == Some(true)),
        }
    }

    /// The number of events or rules.
    pub(super) fn len(&self) -> usize {
        match self {
            Labels::Unknown => 0,
            Labels::RedTeam(events) => events.len(),
            Labels::Rules(rules) => rules.len(),
        }
    }

    /// The columns of labels; none if nothing is known.
    pub(super) fn columns(&self, found: &[&Found], names: &Names) -> Vec<(&'static str, Values)> {
        match self {
            Labels::Unknown => Vec::new(),
            Labels::RedTeam(_) => {
                let is_attack: Vec<bool> = found.iter().map(|found| self.is_red_team(found, names)).collect();
                vec![("is_suspicious", Values::Flag(is_attack))]
            }
            Labels::Rules(rules) => {
                let rule = |found: &&Found| rules.iter().find(|rule| rule.applies(found, names));
                let of: Vec<Option<&Rule>> = found.iter().map(rule).collect();
                let label = |rule: &Option<&Rule>| match rule.map(|rule| rule.label) {
                    Some(Some(label)) => f64::from(u8::from(label)),
                    Some(None) => f64::NAN,
                    None => 0.0,
                };
                let text = |value: fn(&Rule) -> Option<&str>| {
                    Values::Text(of.iter().map(|rule| rule.and_then(value)).collect::<Categories>())
                };
                vec![
                    ("is_suspicious", Values::Real(of.iter().map(label).collect())),
                    ("attack_id", text(|rule| rule.attack_id.as_deref())),
                    ("technique", text(|rule| rule.technique.as_deref())),
                ]
            }
        }
    }

    fn is_red_team(&self, found: &Found, names: &Names) -> bool {
        let (Labels::RedTeam(events), What::Logon(logon)) = (self, found.what) else { return false };
        let seconds = found.time.div_euclid(1_000_000);
        let name = |symbol| names.name(symbol).to_owned();
        events.contains(&(seconds, name(logon.user), name(logon.source), name(found.host)))
    }
}
