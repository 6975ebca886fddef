//! JSON from users: text to values, with errors in plain words in place of serde's.

use super::{LONGEST_NAME, printable};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

/// A value from JSON text.
///
/// # Errors
/// What is wrong, with its line and column: `line 3, column 9: there is no field `treez``.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| match error.classify() {
        _ if text.trim().is_empty() => "the file is empty".to_owned(),
        Category::Eof => "the file is cut off".to_owned(),
        Category::Syntax if !is_json(text) => {
            let shown = excerpt(text, error.line(), error.column());
            format!("line {}: not JSON: `{shown}`", error.line())
        }
        _ => format!("{}: {}", place(&error), reason(&error)),
    })
}

/// Whether a text is JSON, whatever it holds.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// An error of serde in plain words, without its place.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    plain(text.strip_suffix(&place).unwrap_or(&text))
}

/// A message of serde in plain words.
pub(crate) fn plain(message: &str) -> String {
    let quoted = |text: &str| printable(text, 4 * LONGEST_NAME);
    if let Some((name, known)) = message.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", "))
    {
        return format!("there is no field {}; {}", quoted(name), known_names("the fields are", known));
    }
    if let Some((name, known)) =
        message.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", "))
    {
        return format!("there is no value {}; {}", quoted(name), known_names("the values are", known));
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("the field {} is missing", quoted(name));
    }
    if let Some(name) = message.strip_prefix("duplicate field ") {
        return format!("the field {} occurs twice", quoted(name));
    }
    if let Some((actual, expected)) = mismatch(message) {
        return format!("must be {expected}, but is {}", quoted(&actual));
    }
    match message {
        "expected value" => "another value is expected here".to_owned(),
        end if end.starts_with("EOF while parsing") => "the file is cut off".to_owned(),
        "recursion limit exceeded" => "it is nested too deeply".to_owned(),
        "trailing characters" => "there is text after its end".to_owned(),
        other => quoted(other),
    }
}

/// What a value is and what it must be, from a message about its type or length.
pub(crate) fn mismatch(message: &str) -> Option<(String, String)> {
    let kinds = ["invalid type: ", "invalid value: ", "invalid length "];
    let (kind, rest) = kinds.iter().find_map(|kind| Some((kind, message.strip_prefix(kind)?)))?;
    let (actual, expected) = rest.rsplit_once(", expected ")?;
    let actual = if kind.ends_with("length ") { format!("a list of length {actual}") } else { value(actual) };
    Some((actual, type_name(expected)))
}

/// "the fields are `a`, `b`" from "expected one of `a`, `b`", "expected `a` or `b`" or "there are no fields".
fn known_names(start: &str, known: &str) -> String {
    match known.strip_prefix("expected ") {
        Some(names) => format!("{start} {}", names.trim_start_matches("one of ").replace(" or ", ", ")),
        None => "none is expected".to_owned(),
    }
}

/// Serde's description of a value, as it is written in JSON.
fn value(actual: &str) -> String {
    let written = ["string ", "integer ", "floating point ", "boolean ", "number "]
        .iter()
        .find_map(|kind| actual.strip_prefix(kind));
    match (written, actual) {
        (Some(written), _) => written.trim_matches('`').to_owned(),
        (None, "sequence" | "array") => "a list".to_owned(),
        (None, "map" | "object" | "table") => "an object".to_owned(),
        (None, "unit value") => "null".to_owned(),
        (None, other) => other.to_owned(),
    }
}

/// The types of JSON for the types of Rust.
fn type_name(expected: &str) -> String {
    let name = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" | "map" | "fields" => "an object",
        "string or map" | "wanted string or table" => "a string",
        other if other.starts_with("struct ") => "an object",
        other if other.contains("enum ") => "a name",
        other if other.starts_with("a tuple of size ") || other.starts_with("an array of ") => "a list",
        other => other,
    };
    name.to_owned()
}

fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// The line, or a long line from its column on.
fn excerpt(text: &str, line: usize, column: usize) -> String {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let rest = line.get(column.saturating_sub(1)..).filter(|rest| !rest.is_empty());
    let shown = if line.len() > LONGEST_NAME { rest.unwrap_or(line) } else { line };
    printable(shown.trim(), LONGEST_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Forest {
        #[serde(rename = "trees")]
        _trees: usize,
        #[serde(rename = "rate")]
        _rate: f64,
        #[serde(rename = "copies", default)]
        _copies: Option<Copies>,
        #[serde(rename = "names", default)]
        _names: BTreeMap<String, Vec<bool>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Copies {
        Distinct,
        Copies,
    }

    #[test]
    fn errors_are_in_plain_words() {
        for (text, message) in [
            ("", "the file is empty"),
            ("{\"trees\": 3,", "the file is cut off"),
            ("trees = 3", "not JSON: `trees = 3`"),
            ("{\"trees\": 3,\n oops}", "not JSON: `oops}`"),
            ("{\"trees\": 3}", "the field `rate` is missing"),
            ("{\"trees\": 3, \"trees\": 3}", "the field `trees` occurs twice"),
            ("{\"trees\": \"many\"}", "must be a whole number, 0 or more, but is \"many\""),
            ("{\"trees\": -1}", "must be a whole number, 0 or more, but is -1"),
            ("{\"rate\": []}", "must be a number, but is a list"),
            ("{\"rate\": null}", "must be a number, but is null"),
            ("{\"names\": 4}", "must be an object, but is 4"),
            ("{\"names\": {\"a\": [2]}}", "must be true or false, but is 2"),
            ("[]", "must be an object, but is a list of length 0"),
            (
                "{\"treez\": 3}",
                "there is no field `treez`; the fields are `trees`, `rate`, `copies`, `names`",
            ),
            ("{\"copies\": \"some\"}", "there is no value `some`; the values are `distinct`, `copies`"),
            ("{\"copies\": 3}", "another value is expected here"),
        ] {
            let error = parse::<Forest>(text).unwrap_err();
            let reason = if error.starts_with("line ") { error.split_once(": ").unwrap().1 } else { &error };
            assert_eq!(reason, message, "{text}");
        }
    }

    #[test]
    fn errors_name_their_line() {
        let error = |text| parse::<Forest>(text).unwrap_err();
        assert!(error("{\"trees\": 3,\n oops}").starts_with("line 2: "));
        assert!(error("{\"trees\": 3,\n\"rate\": true}").starts_with("line 2, column "));
    }

    #[test]
    fn text_of_a_file_cannot_break_the_line() {
        let error = parse::<Forest>("\u{1b}[2J").unwrap_err();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
