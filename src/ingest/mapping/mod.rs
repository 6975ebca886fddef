//! Which record becomes which row: rules as JSON, one file a family of sources.

use hashbrown::HashMap;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::record::{Fields, Time};
use crate::error::{Error, Result};

/// The rules of one family of sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    /// The name in the store, such as `windows-security`.
    pub family: String,
    /// The channels of its records. Case does not matter.
    channels: Vec<String>,
    /// One log for all hosts, such as that of a domain: what it holds does not depend on the audit policy of a host.
    #[serde(default)]
    pub central: bool,
    rules: Vec<Rule>,
}

/// What records of some event ids become.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    event_ids: Vec<u32>,
    /// Fields and the values of which one is needed.
    #[serde(default)]
    when: BTreeMap<String, Vec<String>>,
    pub becomes: Becomes,
}

/// What a record becomes, and the fields it takes its values from. Of several fields the first that has a value counts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Becomes {
    /// A row of `auth_events`.
    Logon(LogonFields),
    /// The administrator rights of a logon.
    Privileges(SessionFields),
    /// A row of `process_events`.
    Start(StartFields),
    /// Whether the image of a process is signed.
    Signature(SignatureFields),
    /// A row of `admin_events`.
    Change(ChangeFields),
    /// Nothing; but the record says the time in UTC, which corrects a false clock.
    Clock,
}

/// The fields of a logon.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct LogonFields {
    pub user: AccountFields,
    pub source: Vec<String>,
    /// The host that the account logs on to; without it, the host of the record.
    pub host: Vec<String>,
    pub logon_type: Vec<String>,
    pub auth_package: Vec<String>,
    pub session: Vec<String>,
    pub success: Success,
    /// The record tells of a logon that another record tells of, too.
    pub repeats: Option<Repeats>,
    /// The host of the record decides about logons to the domain.
    pub authority: bool,
}

/// How a record repeats a logon.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Repeats {
    /// A failure counts unless the host's own record is there; a success is part of the logon on the host.
    Kerberos,
    /// The same, of NTLM.
    Ntlm,
    /// A ticket of Kerberos: neither success nor failure is a logon of its own.
    Ticket,
}

/// Whether a logon succeeds.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Success {
    /// As the event id says; `null` if it does not.
    Known(Option<bool>),
    /// As a field says.
    Field(Test),
}

/// A field and the values that mean yes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    field: String,
    is: Vec<String>,
}

/// The fields of an account.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AccountFields {
    pub name: Vec<String>,
    pub domain: Vec<String>,
    pub sid: Vec<String>,
}

/// The field of a logon session.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionFields {
    pub session: Vec<String>,
}

/// The fields of the start of a process.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StartFields {
    pub user: AccountFields,
    pub parent: Vec<String>,
    pub child: Vec<String>,
    pub command_line: Vec<String>,
    pub pid: Vec<String>,
    pub session: Vec<String>,
    pub guid: Vec<String>,
    pub parent_guid: Vec<String>,
    /// The time of the start in UTC, which the record may be written long after.
    pub time: Vec<String>,
}

/// The fields of a loaded image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureFields {
    pub guid: Vec<String>,
    pub image: Vec<String>,
    pub loaded: Vec<String>,
    pub signed: Test,
    pub status: Test,
}

/// The fields of an administrative change.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ChangeFields {
    pub actor: AccountFields,
    pub target: AccountFields,
    pub session: Vec<String>,
}

impl Default for Success {
    fn default() -> Self {
        Success::Known(None)
    }
}

impl Success {
    /// Whether the logon of these fields succeeds; `None` if nothing says so.
    pub(super) fn of(&self, fields: &Fields) -> Option<bool> {
        match self {
            Success::Known(success) => *success,
            Success::Field(test) => test.of(fields),
        }
    }
}

impl Test {
    /// Whether the field has one of the values; `None` without the field.
    pub(super) fn of(&self, fields: &Fields) -> Option<bool> {
        let value = fields.get(&self.field)?.trim();
        Some(self.is.iter().any(|yes| yes.eq_ignore_ascii_case(value)))
    }
}

impl Rule {
    fn applies(&self, fields: &Fields) -> bool {
        let has = |(field, values): (&String, &Vec<String>)| {
            fields.get(field).is_some_and(|value| values.iter().any(|wanted| wanted == value))
        };
        self.when.iter().all(has)
    }
}

/// The first field with a value; `-` and empty text are none. `Message/ProcessId` is the line `ProcessId: …` of the field
/// `Message`.
pub(super) fn first<'f>(fields: &'f Fields, names: &[String]) -> Option<&'f str> {
    let value = |name: &String| {
        let value = match name.strip_prefix("Message/") {
            Some(key) => line_of(fields.get("Message")?, key),
            None => fields.get(name),
        };
        value.map(str::trim).filter(|value| !value.is_empty() && *value != "-")
    };
    names.iter().find_map(value)
}

/// The value of a line `key: value` of a text, whose ends of lines may be escaped as in JSON.
fn line_of<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let is_start = |before: &str| before.ends_with('\n') || before.ends_with("\\n");
    let found = text
        .match_indices(key)
        .find(|(at, _)| is_start(&text[..*at]) && text[at + key.len()..].starts_with(": "));
    let value = &text[found?.0 + key.len() + 2..];
    value.split(['\n', '\r', '\\']).next()
}

/// All mappings, and the rules of a channel and event id.
#[derive(Debug)]
pub(super) struct Mappings {
    families: Vec<Mapping>,
    /// By channel in lower case and event id: the family and its rules.
    rules: HashMap<String, HashMap<u32, (usize, Vec<usize>)>>,
}

impl Mappings {
    /// The mappings of this program.
    ///
    /// # Errors
    /// If one of them is not valid, which a test excludes.
    pub(super) fn embedded() -> Result<Self> {
        const FILES: [&str; 5] = [
            include_str!("lanl_auth.json"),
            include_str!("lanl_proc.json"),
            include_str!("sysmon.json"),
            include_str!("windows_security.json"),
            include_str!("windows_system.json"),
        ];
        let parse = |text: &&str| serde_json::from_str(text).map_err(|e| Error::Request(e.to_string()));
        let families = FILES.iter().map(parse).collect::<Result<Vec<Mapping>>>()?;
        let mut rules: HashMap<String, HashMap<u32, (usize, Vec<usize>)>> = HashMap::new();
        for (family, mapping) in families.iter().enumerate() {
            for channel in &mapping.channels {
                let of_channel = rules.entry(channel.to_lowercase()).or_default();
                for (rule, event_id) in mapping
                    .rules
                    .iter()
                    .enumerate()
                    .flat_map(|(i, r)| r.event_ids.iter().map(move |id| (i, *id)))
                {
                    of_channel.entry(event_id).or_insert((family, Vec::new())).1.push(rule);
                }
            }
        }
        Ok(Mappings { families, rules })
    }

    /// Whether records of this kind become or change a row. Those that only correct a clock do so if the time is false.
    pub(super) fn wants(&self, event_id: u32, channel: &str, time: Time) -> bool {
        let Some((family, rules)) = self.of(event_id, channel) else { return false };
        let all = &self.families[*family].rules;
        matches!(time, Time::Suspect(_))
            || rules.iter().any(|&rule| !matches!(all[rule].becomes, Becomes::Clock))
    }

    /// The family of a channel.
    pub(super) fn family(&self, channel: &str) -> Option<u8> {
        let of_channel = self.channel(channel)?;
        of_channel.values().next().map(|(family, _)| *family as u8)
    }

    /// The rule of a record and its family; `None` if it becomes nothing.
    pub(super) fn rule(&self, event_id: u32, channel: &str, fields: &Fields) -> Option<(u8, &Rule)> {
        let (family, rules) = self.of(event_id, channel)?;
        let all = &self.families[*family].rules;
        rules
            .iter()
            .map(|&rule| &all[rule])
            .find(|rule| rule.applies(fields))
            .map(|rule| (*family as u8, rule))
    }

    /// A family by its index.
    pub(super) fn mapping(&self, family: u8) -> &Mapping {
        &self.families[usize::from(family)]
    }

    fn of(&self, event_id: u32, channel: &str) -> Option<&(usize, Vec<usize>)> {
        self.channel(channel)?.get(&event_id)
    }

    fn channel(&self, channel: &str) -> Option<&HashMap<u32, (usize, Vec<usize>)>> {
        let lower = |channel: &str| self.rules.get(channel.to_lowercase().as_str());
        self.rules.get(channel).or_else(|| lower(channel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mappings_of_this_program_are_valid() {
        let mappings = Mappings::embedded().unwrap();
        let sysmon = "Microsoft-Windows-Sysmon/Operational";
        assert!(mappings.wants(4624, "security", Time::Utc(0)));
        assert!(mappings.wants(1, sysmon, Time::Utc(0)));
        assert!(!mappings.wants(1, "Security", Time::Utc(0)));
        assert!(!mappings.wants(4624, "Application", Time::Utc(0)));
        assert!(mappings.wants(10, sysmon, Time::Suspect(0)));
        assert!(!mappings.wants(10, sysmon, Time::Utc(0)));
    }

    #[test]
    fn a_line_of_the_message_is_a_field() {
        let mut fields = Fields::default();
        fields.push("Message", "Process Create:\\r\\nParentProcessId: 3\\r\\nProcessId: 17\\r\\nImage: x");
        assert_eq!(first(&fields, &["ProcessId".to_owned(), "Message/ProcessId".to_owned()]), Some("17"));
        assert_eq!(first(&fields, &["Message/Nothing".to_owned()]), None);
        assert_eq!(line_of("a\nKey: v w\nb", "Key"), Some("v w"));
    }

    #[test]
    fn families_of_one_channel_are_one_family() {
        let mappings = Mappings::embedded().unwrap();
        let channels: Vec<&String> = mappings.families.iter().flat_map(|family| &family.channels).collect();
        let distinct: std::collections::BTreeSet<_> = channels.iter().collect();
        assert_eq!(channels.len(), distinct.len());
    }
}
