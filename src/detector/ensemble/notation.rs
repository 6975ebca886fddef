//! The notation of an ensemble on the command line: `mean(isolation-forest,lof)`.

use super::parameters::{Combination, member_entry};
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};

/// The parameters of an ensemble from its notation, without whitespace.
///
/// # Errors
/// If a name is unknown or a parenthesis is missing.
pub(super) fn parse(text: &str) -> Result<Map<String, Value>> {
    let (name, members) = split(text)
        .ok_or_else(|| Error::Request(format!("`{text}` is not of the form mean(isolation-forest,lof)")))?;
    let combination = combination(name)?;
    let members: Vec<&str> = members.split(',').collect();
    members.iter().try_for_each(|id| member_entry(id).map(drop))?;
    Ok(Map::from_iter([
        ("combine".to_owned(), json!(combination)),
        ("members".to_owned(), json!(members)),
        ("buckets".to_owned(), json!(members.len().div_ceil(2))),
    ]))
}

/// The combination and the list of members. `None` if there is not exactly one pair of parentheses, at the
/// end.
fn split(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('(')?;
    let members = rest.strip_suffix(')').filter(|members| !members.contains(['(', ')']))?;
    Some((name, members))
}

fn combination(name: &str) -> Result<Combination> {
    let combination = Combination::NAMES.iter().find(|(known, _)| *known == name);
    combination.map(|(_, combination)| *combination).ok_or_else(|| {
        let names = Combination::NAMES.iter().map(|(name, _)| (*name).to_owned());
        Error::unknown_name("combination", name, names.collect())
    })
}
