//! Parameters and fitted state of a detector, from and to JSON.

use crate::error::{Error, Result};
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
        let is_wrong =
            |(key, value): &(&String, &Value)| P::deserialize(&json!({ key.as_str(): value })).is_err();
        match values.as_object().and_then(|fields| fields.iter().find(is_wrong)) {
            Some((key, value)) => Error::Request(complaint(detector, key, value, &e.to_string())),
            None => Error::Request(format!("{detector}: {e}")),
        }
    })
}

/// Serde's message about one parameter, in the user's terms.
fn complaint(detector: &str, key: &str, value: &Value, message: &str) -> String {
    let unknown = message.strip_prefix(&format!("unknown field `{key}`, expected "));
    if let Some(known) = unknown {
        let known = known.trim_start_matches("one of ").replace(" or ", ", ");
        return format!("{detector} has no parameter `{key}`; it has {known}");
    }
    let expected = match message.rsplit_once("expected ") {
        Some((_, "u8" | "u16" | "u32" | "u64" | "usize")) => "a whole number from 0 on is expected",
        Some((_, "f32" | "f64")) => "a number is expected",
        _ => message,
    };
    format!("{detector}: `{key}` cannot be {value}: {expected}")
}

/// Fitted state from JSON text.
///
/// # Errors
/// If the text is not the state of this detector.
pub(super) fn loaded<M: DeserializeOwned>(detector: &str, state: &str) -> Result<M> {
    serde_json::from_str(state).map_err(|e| Error::Request(format!("{detector}: not a fitted model: {e}")))
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
        assert_eq!(error, "forest: `trees` cannot be \"many\": a whole number from 0 on is expected");
    }
}
