//! An object of JSON whose values are decoded when they are asked for.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::event_json::Text;
use super::super::record::Fields;

/// The keys of an object and their values as they stand.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Object<'a> {
    /// Parse an object; `None` for other text.
    pub(super) fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The value of a key as it stands.
    pub(super) fn raw(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, raw)| *raw)
    }

    /// Whether the object has a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    /// The value of the first of some keys that is there, as text; `None` if it is null or empty.
    pub(super) fn text(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        keys.iter().filter_map(|key| self.raw(key)).filter_map(text).find(|text| !text.is_empty())
    }

    /// A number, also one in text.
    pub(super) fn number(&self, keys: &[&str]) -> Option<u64> {
        self.text(keys)?.trim().parse().ok()
    }

    /// The object at a key; also one that is written as text.
    pub(super) fn object(&self, key: &str) -> Option<Object<'a>> {
        self.raw(key).and_then(Object::parse)
    }

    /// All values that are no objects, as fields. Keys in `without` are left out.
    pub(super) fn fields(&self, without: &[&str]) -> Fields<'a> {
        let mut fields = Fields::default();
        for (key, raw) in self.0.iter().filter(|(key, _)| !without.contains(&&**key)) {
            if let Some(value) = text(raw) {
                fields.push(key.clone(), value);
            }
        }
        fields
    }
}

/// A value as text; `None` for an object or null.
fn text(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first() {
        Some(b'{' | b'n') => None,
        Some(b'"') if !raw.contains('\\') => Some(Cow::Borrowed(raw.trim_matches('"'))),
        Some(b'"' | b'[') => serde_json::from_str::<Text>(raw).ok().map(|text| text.0),
        _ => Some(Cow::Borrowed(raw)),
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut object = Object(Vec::with_capacity(64));
                while let Some(Text(key)) = map.next_key()? {
                    let value: &RawValue = map.next_value()?;
                    object.0.push((key, value.get()));
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_when_they_are_asked_for() {
        let json = r#"{"a":"x\\y","b":7,"c":null,"d":{"e":true},"f":["p","q"],"g":"","\u0068":"z"}"#;
        let object = Object::parse(json).unwrap();
        assert_eq!(object.text(&["a"]).as_deref(), Some("x\\y"));
        assert_eq!(object.number(&["b"]), Some(7));
        assert_eq!(object.text(&["c", "g", "h"]).as_deref(), Some("z"));
        assert_eq!(object.object("d").and_then(|d| d.text(&["e"])).as_deref(), Some("true"));
        let fields = object.fields(&["b"]);
        assert_eq!(fields.get("f"), Some("p\nq"));
        assert_eq!((fields.get("b"), fields.get("c"), fields.get("d")), (None, None, None));
    }

    #[test]
    fn other_text_is_no_object() {
        for json in ["", "[1]", "{", "{\"a\":}", "7", "{\"a\":1} x"] {
            assert!(Object::parse(json).is_none(), "{json}");
        }
    }
}
