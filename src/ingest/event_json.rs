//! An event as JSON, as EVTX readers write it: `{"Event":{"System":{…},"EventData":{…}}}`.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::record::Fields;

/// The header of an event.
#[derive(Debug, Default)]
pub(super) struct System<'a> {
    pub event_id: u32,
    pub channel: Cow<'a, str>,
    pub host: Cow<'a, str>,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: Option<i64>,
    /// The number that the log gave to the event.
    pub record_id: Option<u64>,
}

/// The header of an event; `None` if it has none.
pub(super) fn system(json: &[u8]) -> Option<System<'_>> {
    let document: Document<IgnoredAny> = serde_json::from_slice(json).ok()?;
    let header = document.event.system;
    let time = header.time.and_then(|time| time.attributes.time);
    Some(System {
        event_id: header.event_id.0.parse().ok()?,
        channel: header.channel.unwrap_or_default(),
        host: header.host.unwrap_or_default(),
        time: time.and_then(|time| utc(&time)),
        record_id: header.record_id.and_then(|id| id.0.parse().ok()),
    })
}

/// The fields of an event: those of `EventData`, else those of `UserData`.
pub(super) fn fields(json: &[u8]) -> Option<Fields<'_>> {
    let document: Document<Data> = serde_json::from_slice(json).ok()?;
    let data = document.event.data.or(document.event.user_data);
    Some(data.map_or_else(Fields::default, |data| data.0))
}

/// A time such as `2019-12-05T01:49:48.0161234Z`, in microseconds since 1970.
pub(super) fn utc(text: &str) -> Option<i64> {
    let text = text.trim();
    let zoned = || chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros());
    let plain = || {
        let form = "%Y-%m-%d %H:%M:%S%.f";
        let text = text.trim_end_matches(" UTC").trim_end_matches('Z').replacen('T', " ", 1);
        chrono::NaiveDateTime::parse_from_str(&text, form).ok().map(|time| time.and_utc().timestamp_micros())
    };
    zoned().or_else(plain)
}

/// A time with the difference from UTC behind a blank, such as `2020-01-02 03:04:05.123 +09:00`.
pub(super) fn offset(text: &str) -> Option<i64> {
    let form = "%Y-%m-%d %H:%M:%S%.f %:z";
    chrono::DateTime::parse_from_str(text.trim(), form).ok().map(|time| time.timestamp_micros())
}

#[derive(Deserialize)]
struct Document<'a, T> {
    #[serde(rename = "Event", borrow, bound(deserialize = "T: Deserialize<'de>"))]
    event: Event<'a, T>,
}

#[derive(Deserialize)]
struct Event<'a, T> {
    #[serde(rename = "System", borrow)]
    system: Header<'a>,
    #[serde(rename = "EventData", bound(deserialize = "T: Deserialize<'de>"))]
    data: Option<T>,
    #[serde(rename = "UserData", bound(deserialize = "T: Deserialize<'de>"))]
    user_data: Option<T>,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(rename = "EventID", borrow)]
    event_id: Text<'a>,
    #[serde(rename = "Channel", borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(rename = "Computer", borrow)]
    host: Option<Cow<'a, str>>,
    #[serde(rename = "EventRecordID", borrow)]
    record_id: Option<Text<'a>>,
    #[serde(rename = "TimeCreated", borrow)]
    time: Option<TimeCreated<'a>>,
}

#[derive(Deserialize)]
struct TimeCreated<'a> {
    #[serde(rename = "#attributes", borrow)]
    attributes: TimeAttributes<'a>,
}

#[derive(Deserialize)]
struct TimeAttributes<'a> {
    #[serde(rename = "SystemTime", borrow)]
    time: Option<Cow<'a, str>>,
}

/// A value as text: a string, number or flag; `#text` of an object; the lines of a list.
#[derive(Debug, Default)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(if flag { "true" } else { "false" })))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }

            fn visit_unit<E>(self) -> Result<Text<'de>, E> {
                Ok(Text::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text<'de>, A::Error> {
                let mut text = Text::default();
                while let Some(key) = map.next_key::<Cow<str>>()? {
                    match &*key {
                        "#text" => text = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(text)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Text<'de>, A::Error> {
                let mut lines: Vec<Cow<str>> = Vec::new();
                while let Some(line) = list.next_element::<Text>()? {
                    lines.push(line.0);
                }
                Ok(Text(Cow::Owned(lines.join("\n"))))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// The fields of `EventData` or `UserData`. In `UserData` they are in an object of another name; those are fields, too.
#[derive(Debug, Default)]
struct Data<'a>(Fields<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Data<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_unit<E>(self) -> Result<Data<'de>, E> {
                Ok(Data::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Data<'de>, E> {
                Ok(Data::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data<'de>, A::Error> {
                let mut data = Data::default();
                while let Some(key) = map.next_key::<Cow<str>>()? {
                    match map.next_value::<Value>()? {
                        Value::Text(text) => data.0.push(key, text.0),
                        Value::Fields(fields) => data.0.extend(fields),
                    }
                }
                Ok(data)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A value of a field, or an object of further fields.
enum Value<'a> {
    Text(Text<'a>),
    Fields(Fields<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        let parsed = |text: &'de str| match text.as_bytes().first() {
            Some(b'{') => {
                let data: Data = serde_json::from_str(text)?;
                let text: Text = serde_json::from_str(text)?;
                let is_text = data.0.get("#text").is_some();
                Ok(if is_text { Value::Text(text) } else { Value::Fields(data.0) })
            }
            Some(b'[') => match serde_json::from_str::<Vec<Named>>(text) {
                Ok(named) if named.iter().any(Named::has_name) => {
                    let mut fields = Fields::default();
                    for item in named {
                        let name = item.attributes.and_then(|attributes| attributes.name).or(item.name);
                        fields.push(name.unwrap_or_default(), item.text.0);
                    }
                    Ok(Value::Fields(fields))
                }
                _ => serde_json::from_str(text).map(Value::Text),
            },
            _ => serde_json::from_str(text).map(Value::Text),
        };
        parsed(raw.get()).map_err(serde::de::Error::custom)
    }
}

/// An item of a list such as `[{"#attributes":{"Name":"User"},"#text":"anna"}]`, or with `"@Name":"User"`.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(rename = "#attributes", borrow)]
    attributes: Option<Attributes<'a>>,
    #[serde(rename = "@Name", borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(rename = "#text", borrow, default)]
    text: Text<'a>,
}

impl Named<'_> {
    fn has_name(&self) -> bool {
        self.attributes.is_some() || self.name.is_some()
    }
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(rename = "Name", borrow)]
    name: Option<Cow<'a, str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_fields_are_read() {
        let json = br##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"EventID":{"#attributes":{"Qualifiers":0},"#text":4624},
            "Channel":"Security","Computer":"WS-1","TimeCreated":{"#attributes":{"SystemTime":"2020-01-02T03:04:05.123456Z"}}},
            "EventData":{"TargetUserName":"an\"na","LogonType":3,"Nested":{"#text":"t","#attributes":{"a":1}}}}}"##;
        let header = system(json).unwrap();
        assert_eq!((header.event_id, &*header.channel, &*header.host), (4624, "Security", "WS-1"));
        assert_eq!(header.time, Some(1_577_934_245_123_456));
        let fields = fields(json).unwrap();
        assert_eq!(fields.get("TargetUserName"), Some("an\"na"));
        assert_eq!(fields.get("LogonType"), Some("3"));
        assert_eq!(fields.get("Nested"), Some("t"));
    }

    #[test]
    fn fields_of_user_data_and_lists_of_named_data_are_read() {
        let json = br##"{"Event":{"System":{"EventID":1102},"UserData":{"LogFileCleared":{"SubjectUserName":"anna"}}}}"##;
        assert_eq!(fields(json).unwrap().get("SubjectUserName"), Some("anna"));
        let json = br##"{"Event":{"System":{"EventID":1},"EventData":{"Data":[{"#attributes":{"Name":"A"},"#text":"x"}]}}}"##;
        assert_eq!(fields(json).unwrap().get("A"), Some("x"));
        let json = br##"{"Event":{"System":{"EventID":1},"EventData":null}}"##;
        assert_eq!(fields(json).unwrap().get("A"), None);
    }
}
