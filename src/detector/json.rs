//! Parameters and fitted state of a detector, from and to JSON.

use crate::error::{Error, LONGEST_NAME, Result, json as plain, printable};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Parameters from a JSON object; null means the defaults.
///
/// # Errors
/// If a field is unknown or its value does not fit. The error names the field.
pub(super) fn parameters<P: DeserializeOwned + Default>(detector: &str, values: &Value) -> Result<P> {
    if values.is_null() {
        return Ok(P::default());
    }
    P::deserialize(values).map_err(|e| {
        let wrong = |(key, value)| {
            let alone = json!({ String::as_str(key): value });
            Some(complaint(detector, key, value, &P::deserialize(&alone).err()?.to_string()))
        };
        let complaint = values.as_object().and_then(|fields| fields.iter().find_map(wrong));
        Error::Request(complaint.unwrap_or_else(|| format!("{detector}: {}", plain::reason(&e))))
    })
}

/// Serde's message about one parameter, in the user's terms.
fn complaint(detector: &str, key: &str, value: &Value, message: &str) -> String {
    let known = |start: &str| {
        let known = message.strip_prefix(start)?.split_once(", expected ")?.1;
        Some(known.trim_start_matches("one of ").replace(" or ", ", "))
    };
    if let Some(known) = known(&format!("unknown field `{key}`")) {
        return format!("{detector} has no parameter `{}`; it has {known}", printable(key, LONGEST_NAME));
    }
    let value = printable(&value.to_string(), LONGEST_NAME);
    if let Some(known) = known("unknown variant ") {
        return format!("{detector}: `{key}` must be one of {known}, but is {value}");
    }
    match plain::mismatch(message) {
        Some((_, expected)) => format!("{detector}: `{key}` must be {expected}, but is {value}"),
        None => format!("{detector}: `{key}` cannot be {value}: {}", plain::plain(message)),
    }
}

/// Fitted state from JSON text.
///
/// # Errors
/// If the text is not the state of this detector.
pub(super) fn loaded<M: DeserializeOwned>(detector: &str, state: &str) -> Result<M> {
    serde_json::from_str(state)
        .map_err(|e| Error::Request(format!("{detector}: not a fitted model: {}", plain::reason(&e))))
}

/// Fitted state as JSON text.
pub(super) fn state(model: &impl Serialize) -> String {
    serde_json::to_string(model).expect("states are structs and sequences, which JSON can hold")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Forest {
        #[serde(rename = "trees")]
        _trees: usize,
        #[serde(rename = "sample")]
        _sample: usize,
    }

    fn refused(values: Value) -> String {
        parameters::<Forest>("forest", &values).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_parameter_is_answered_with_the_known_ones() {
        assert_eq!(refused(json!({"treez": 3})), "forest has no parameter `treez`; it has `trees`, `sample`");
    }

    #[test]
    fn a_value_of_another_type_is_answered_with_the_type() {
        let error = refused(json!({"trees": "many"}));
        assert_eq!(error, "forest: `trees` must be a whole number, 0 or more, but is \"many\"");
    }
}
