//! One entity, one name: accounts, hosts and addresses are spelled in many ways, and a window counts by name.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::events::{Names, Symbol};

/// The kind of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccountKind {
    /// A person, or a service with an account like that of a person.
    Person,
    /// The account of a computer: its name ends in `$`.
    Machine,
    /// An account of the operating system.
    System,
}

impl AccountKind {
    /// The name in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            AccountKind::Person => "person",
            AccountKind::Machine => "machine",
            AccountKind::System => "system",
        }
    }

    /// The kind of an account name as [`account`] returns it.
    pub(super) fn of(account: &str) -> Self {
        const SYSTEM: [&str; 6] =
            ["system", "local service", "network service", "anonymous logon", "anonymous", "iusr"];
        let name = account.split('@').next().unwrap_or_default();
        let is_virtual = ["dwm-", "umfd-"].iter().any(|prefix| name.starts_with(prefix));
        if is_virtual || SYSTEM.contains(&name) {
            AccountKind::System
        } else if name.ends_with('$') {
            AccountKind::Machine
        } else {
            AccountKind::Person
        }
    }
}

/// The name of an account as `user@domain` in lower case, from a name with or without its domain: `DOM\u`, `u@realm`,
/// or `u` with a field of its own. `None` without a name.
pub(super) fn account(name: &str, domain: Option<&str>) -> Option<String> {
    let (domain, name) = match name.rsplit_once('\\') {
        Some((domain, name)) => (Some(domain), name),
        None => match name.split_once('@') {
            Some((name, realm)) => (Some(realm), name),
            None => (domain, name),
        },
    };
    let name = name.trim().to_lowercase();
    let domain = domain.map(|domain| domain.trim().trim_end_matches('.').to_lowercase());
    let domain = domain.filter(|domain| !domain.is_empty() && domain != "-" && domain != ".");
    let is_none = name.is_empty() || name == "-";
    (!is_none).then(|| match domain {
        Some(domain) => format!("{name}@{domain}"),
        None => name,
    })
}

/// The short name of a host in lower case: `srv-1` for `SRV-1.corp.local`. An address stays as it is.
pub(super) fn host(name: &str) -> Cow<'_, str> {
    let name = name.trim().trim_start_matches('\\');
    let short = match name.parse::<IpAddr>() {
        Ok(_) => name,
        Err(_) => name.split('.').next().unwrap_or(name),
    };
    match short.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        true => Cow::Owned(short.to_lowercase()),
        false => Cow::Borrowed(short),
    }
}

/// The canonical name of where a logon comes from: an address without port and without `::ffff:`, or the short name of a
/// host. The host itself (`::1`, `127.0.0.1`, `LOCAL`) is `localhost`. `None` without a value.
pub(super) fn source(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text == "-" || text == "?" {
        return None;
    }
    if text.eq_ignore_ascii_case("local") || text.eq_ignore_ascii_case("localhost") {
        return Some(LOCAL.to_owned());
    }
    match address(text) {
        Some(address) if address.is_loopback() => Some(LOCAL.to_owned()),
        Some(address) => Some(address.to_string()),
        None => Some(host(text).into_owned()).filter(|name| !name.is_empty()),
    }
}

/// The name of the host itself as the source of a logon.
pub(super) const LOCAL: &str = "localhost";

fn address(text: &str) -> Option<IpAddr> {
    let plain = text.trim_start_matches('[').split(']').next().unwrap_or(text);
    let parsed: Option<IpAddr> = plain.split('%').next().and_then(|plain| plain.parse().ok());
    let without_port = || match text.rsplit_once(':') {
        Some((address, port)) if port.parse::<u16>().is_ok() => address.parse().ok(),
        _ => None,
    };
    parsed.or_else(without_port).map(|address| address.to_canonical())
}

/// The path of an image in lower case, without the name of the person whose folder it is in.
pub(super) fn image(path: &str) -> String {
    let path = path.trim().trim_matches('"').to_lowercase().replace('/', "\\");
    let Some(start) = path.find("\\users\\").map(|at| at + "\\users\\".len()) else {
        return path;
    };
    match path[start..].find('\\') {
        Some(end) => format!("{}*{}", &path[..start], &path[start + end..]),
        None => path,
    }
}

/// A number in decimal or, with `0x`, in hexadecimal.
pub(super) fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The name of a logon type; other text stays as it is.
pub(super) fn logon_type(text: &str) -> &str {
    match text.trim() {
        "0" => "System",
        "2" => "Interactive",
        "3" => "Network",
        "4" => "Batch",
        "5" => "Service",
        "7" => "Unlock",
        "8" => "NetworkCleartext",
        "9" => "NewCredentials",
        "10" => "RemoteInteractive",
        "11" => "CachedInteractive",
        "12" => "CachedRemoteInteractive",
        "13" => "CachedUnlock",
        other => other,
    }
}

/// The domain part of a security identifier of a domain or local account: all but the last number. `None` for
/// well-known identifiers, which are the same everywhere.
pub(super) fn domain_of_sid(sid: &str) -> Option<&str> {
    sid.starts_with("S-1-5-21-").then(|| sid.rsplit_once('-')).flatten().map(|(domain, _)| domain)
}

/// For accounts that have another name, the symbol of the name that counts: as `identities` says, else with the short
/// name of a domain that has a longer one, too. `domains` are the identifiers of domains with the names seen with them.
pub(super) fn aliases(
    names: &mut Names,
    domains: &BTreeSet<(String, String)>,
    identities: &BTreeMap<String, String>,
) -> HashMap<Symbol, Symbol> {
    let mut of_sid: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (sid, domain) in domains {
        of_sid.entry(sid).or_default().insert(domain);
    }
    let mut short_of: HashMap<&str, &str> = HashMap::new();
    for domains in of_sid.values() {
        let short: Vec<&str> = domains.iter().copied().filter(|domain| !domain.contains('.')).collect();
        if let [short] = short[..] {
            let longer = domains.iter().filter(|domain| **domain != short);
            short_of.extend(longer.map(|domain| (*domain, short)));
        }
    }
    let spelled = |account: &str| {
        let alias = identities.get(account).cloned();
        let short = || {
            let (name, domain) = account.split_once('@')?;
            short_of.get(domain).map(|short| format!("{name}@{short}"))
        };
        alias.or_else(short)
    };
    let renamed: Vec<(String, String)> =
        names.all().filter_map(|name| spelled(name).map(|new| (name.to_owned(), new))).collect();
    renamed.iter().map(|(old, new)| (names.intern(old), names.intern(new))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_spelling() {
        for (name, domain) in
            [("CORP\\Anna", None), ("anna@CORP", None), ("Anna", Some("corp")), ("ANNA", Some(" Corp "))]
        {
            assert_eq!(account(name, domain).as_deref(), Some("anna@corp"), "{name}");
        }
        assert_eq!(account("anna", Some("-")).as_deref(), Some("anna"));
        assert_eq!(account("-", Some("-")), None);
        assert_eq!(account("", None), None);
    }

    #[test]
    fn an_address_has_one_spelling() {
        let spellings =
            ["10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1:443", "[::ffff:10.0.0.1]:443", "[::ffff:10.0.0.1]"];
        for text in spellings.iter().take(4) {
            assert_eq!(source(text).as_deref(), Some("10.0.0.1"), "{text}");
        }
        for text in ["::1", "127.0.0.1", "LOCAL", "127.0.0.1:0"] {
            assert_eq!(source(text).as_deref(), Some(LOCAL), "{text}");
        }
        assert_eq!(source("fe80::1%12").as_deref(), Some("fe80::1"));
        assert_eq!(source("\\\\WS-1").as_deref(), Some("ws-1"));
        assert_eq!(source("-"), None);
    }

    #[test]
    fn the_long_name_of_a_domain_meets_its_short_one() {
        let mut names = Names::default();
        let (long, short) = (names.intern("anna@corp.local"), names.intern("anna@corp"));
        let other = names.intern("bo@else.where");
        let domains = [("S-1", "corp"), ("S-1", "corp.local"), ("S-2", "else.where")];
        let domains = domains.map(|(sid, name)| (sid.to_owned(), name.to_owned())).into();
        let identities = BTreeMap::from([("bo@else.where".to_owned(), "anna@corp".to_owned())]);
        let aliases = aliases(&mut names, &domains, &identities);
        assert_eq!(aliases.get(&long), Some(&short));
        assert_eq!(aliases.get(&other), Some(&short));
        assert_eq!(aliases.get(&short), None);
    }

    #[test]
    fn a_host_is_its_short_name() {
        assert_eq!(host("SRV-1.corp.local"), "srv-1");
        assert_eq!(host("10.1.2.3"), "10.1.2.3");
    }

    #[test]
    fn the_name_of_a_person_is_no_part_of_an_image() {
        assert_eq!(image("C:\\Users\\Anna Berg\\a.exe"), "c:\\users\\*\\a.exe");
        assert_eq!(
            image("\\Device\\HarddiskVolume2\\Users\\anna\\a.exe"),
            "\\device\\harddiskvolume2\\users\\*\\a.exe"
        );
        assert_eq!(image("C:\\Windows\\cmd.exe"), "c:\\windows\\cmd.exe");
    }

    #[test]
    fn kinds_of_accounts_are_told_apart_by_name() {
        assert_eq!(AccountKind::of("ws-1$@corp"), AccountKind::Machine);
        assert_eq!(AccountKind::of("system@nt authority"), AccountKind::System);
        assert_eq!(AccountKind::of("dwm-1@window manager"), AccountKind::System);
        assert_eq!(AccountKind::of("anna@corp"), AccountKind::Person);
    }
}
