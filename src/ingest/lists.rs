//! Small tables that people write for an import: labels, classes of hosts, names of accounts.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::event_json::utc;
use super::identity;
use super::labels::{Labels, Rule};
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::table::{Batches, Categories, CsvOptions};

/// The class of each host, by short name in lower case, from a table with the columns host and class.
///
/// # Errors
/// If the table cannot be read or lacks a column.
pub fn asset_classes(path: &Path) -> Result<BTreeMap<String, String>> {
    let mut classes = BTreeMap::new();
    rows(path, ["host", "class"], [], |[host, class], []| {
        if let (Some(host), Some(class)) = (host, class) {
            classes.insert(identity::host(host).into_owned(), class.trim().to_owned());
        }
        Ok(())
    })?;
    Ok(classes)
}

/// The name that counts for each other name of an account, from a table with the columns alias and user.
///
/// # Errors
/// If the table cannot be read or lacks a column.
pub fn identities(path: &Path) -> Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    rows(path, ["alias", "user"], [], |[alias, user], []| {
        let account = |name: &str| identity::account(name, None);
        if let (Some(alias), Some(user)) = (alias.and_then(account), user.and_then(account)) {
            names.insert(alias, user);
        }
        Ok(())
    })?;
    Ok(names)
}

/// Read a file of labels: a table with the columns from, to, host, user, source, process, technique, attack_id and label, or
/// the file of the red team of the LANL data set, also compressed. `epoch` is as in [`Labels::red_team`].
///
/// # Errors
/// If it cannot be read or has another form.
pub(super) fn labels(path: &Path, epoch: i64) -> Result<Labels> {
    let mut lines = BufReader::new(crate::table::open(path)?);
    let is_red_team = lines.fill_buf().is_ok_and(|head| head.first().is_some_and(u8::is_ascii_digit));
    match is_red_team {
        true => Labels::red_team(lines, epoch).map_err(|e| Error::input(path, e)),
        false => rules(path),
    }
}

/// Rules of labels, the most specific first.
fn rules(path: &Path) -> Result<Labels> {
    const OPTIONAL: [&str; 8] = ["from", "to", "host", "user", "source", "process", "technique", "attack_id"];
    let mut rules: Vec<Rule> = Vec::new();
    rows(path, ["label"], OPTIONAL, |[label], values| {
        let [from, to, host, user, source, process, technique, attack_id] = values;
        let time = |text: Option<&str>| match text {
            Some(text) => utc(text).map(Some).ok_or_else(|| {
                let text = printable(text, LONGEST_NAME);
                format!("`{text}` is no time; write it as 2020-01-31T10:00:00Z")
            }),
            None => Ok(None),
        };
        let lower = |text: Option<&str>| text.map(str::to_lowercase);
        rules.push(Rule {
            from: time(from)?,
            to: time(to)?,
            host: host.map(|name| identity::host(name).into_owned()),
            user: user.and_then(|name| identity::account(name, None)),
            source: source.and_then(identity::source),
            process: lower(process),
            technique: technique.map(str::to_owned),
            attack_id: attack_id.map(str::to_owned),
            label: meaning(label.unwrap_or_default())?,
        });
        Ok(())
    })?;
    // The sort keeps the order of rules that are equally specific.
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.conditions()));
    Ok(Labels::Rules(rules))
}

/// What a label means; `None` if it cannot be decided.
fn meaning(label: &str) -> Result<Option<bool>, String> {
    match label.trim().to_ascii_lowercase().as_str() {
        "attack" | "suspicious" | "malicious" | "1" | "true" => Ok(Some(true)),
        "background" | "normal" | "benign" | "0" | "false" => Ok(Some(false)),
        "exclude" | "harness" | "unknown" => Ok(None),
        other => Err(format!(
            "`{}` is no label; attack, background and exclude are",
            printable(other, LONGEST_NAME)
        )),
    }
}

/// Hand over the rows of a table, with the text of some columns.
fn rows<const N: usize, const M: usize>(
    path: &Path,
    required: [&str; N],
    optional: [&str; M],
    mut take: impl FnMut([Option<&str>; N], [Option<&str>; M]) -> Result<(), String>,
) -> Result<()> {
    const AT_ONCE: usize = 1 << 14;
    let batches = Batches::open_as(path, AT_ONCE, false, CsvOptions::default())?;
    let names = batches.names();
    if let Some(name) = required.iter().find(|name| !names.iter().any(|own| own == *name)) {
        return Err(Error::missing_column(&path.display().to_string(), name, names));
    }
    for batch in batches {
        let batch = batch?;
        let of = |name: &&str| match batch.has(name) {
            true => batch.texts(name).map(Some),
            false => Ok(None),
        };
        let needed = required.iter().map(of).collect::<Result<Vec<_>>>()?;
        let others = optional.iter().map(of).collect::<Result<Vec<_>>>()?;
        for row in 0..batch.rows() {
            fn text(columns: &[Option<Categories>], index: usize, row: usize) -> Option<&str> {
                let text = columns[index].as_ref().and_then(|column| column.level(row)).map(str::trim);
                text.filter(|text| !text.is_empty())
            }
            let first = std::array::from_fn(|index| text(&needed, index, row));
            let second = std::array::from_fn(|index| text(&others, index, row));
            take(first, second).map_err(|problem| Error::input(batch.place(row), problem))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn classes_are_found_by_the_short_name_of_the_host() {
        let classes = asset_classes(file("host,class\nSRV-1.corp.local,server\nws-2,\n").path()).unwrap();
        assert_eq!(classes, BTreeMap::from([("srv-1".to_owned(), "server".to_owned())]));
    }

    #[test]
    fn the_most_specific_rule_comes_first() {
        let text = "label,host,user,from\nbackground,,,\nattack,SRV-1,corp\\anna,2020-01-01T00:00:00Z\nexclude,srv-1,,\n";
        let Labels::Rules(rules) = rules(file(text).path()).unwrap() else { panic!("rules expected") };
        let labels: Vec<Option<bool>> = rules.iter().map(|rule| rule.label).collect();
        assert_eq!(labels, [Some(true), None, Some(false)]);
        assert_eq!(rules[0].user.as_deref(), Some("anna@corp"));
    }

    #[test]
    fn bad_lists_are_refused_with_the_row() {
        let problem = |text: &str| rules(file(text).path()).unwrap_err().to_string();
        assert!(problem("label,host\nevil,a\n").contains("`evil` is no label"));
        assert!(problem("label,from\nattack,soon\n").contains("`soon` is no time"));
        assert!(asset_classes(file("host\na\n").path()).unwrap_err().to_string().contains("class"));
    }
}
