//! The shapes of an event as JSON. Each export names event id, channel, time and host in its own way.

use std::borrow::Cow;

use super::super::event_json;
use super::super::record::{Fields, Record, Time};
use super::object::Object;
use super::xml;

/// A shape, told apart by its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `evtx_dump`, chainsaw: `{"Event":{"System":…}}`.
    Evtx,
    /// NXLog, with the time of receipt in UTC and the time of the event on the clock of the host.
    NxLog,
    /// Export-WinEvents, with local time of twelve hours as if it were UTC.
    ExportWinEvents,
    /// Winlogbeat 6.
    Winlogbeat6,
    /// Winlogbeat 7 and later, and the agent of Elastic.
    Winlogbeat,
    /// Azure Log Analytics.
    Azure,
    /// Splunk.
    Splunk,
    /// EvtxECmd.
    EvtxECmd,
    /// The JSON timeline of hayabusa.
    Hayabusa,
}

/// What is known of an event before its fields are decoded.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub event_id: u32,
    pub channel: Cow<'a, str>,
    pub time: Time,
    pub host: Cow<'a, str>,
    pub record_id: Option<u64>,
}

/// Why an object is no event.
pub(super) const NO_EVENT: &str = "not an event of Windows";
pub(super) const NO_TIME: &str = "an event without a time";
pub(super) const NO_FIELDS: &str = "hayabusa without AllFieldInfo: export it with the profile all-field-info";

/// Texts that repeat the fields in the language of the host.
const PROSE: [&str; 3] = ["Message", "message", "EventData"];

impl Shape {
    /// The shape of an object; `None` if it is no event.
    pub(super) fn of(object: &Object) -> Option<Self> {
        let has = |key: &str| object.has(key);
        Some(if has("Event") {
            Shape::Evtx
        } else if has("winlog") {
            Shape::Winlogbeat
        } else if has("event_id") && has("log_name") {
            Shape::Winlogbeat6
        } else if has("Payload") && has("EventId") {
            Shape::EvtxECmd
        } else if has("EventCode") || has("_raw") {
            Shape::Splunk
        } else if !has("EventID") {
            return None;
        } else if has("Timestamp") && (has("RuleTitle") || has("AllFieldInfo") || has("RecordID")) {
            Shape::Hayabusa
        } else if has("TimeGenerated") {
            Shape::Azure
        } else if has("TimeCreated") && !has("RecordNumber") && !has("EventReceivedTime") {
            Shape::ExportWinEvents
        } else {
            Shape::NxLog
        })
    }

    /// The name in the report.
    pub(super) fn name(self) -> &'static str {
        match self {
            Shape::Evtx => "evtx-json",
            Shape::NxLog => "nxlog",
            Shape::ExportWinEvents => "export-winevents",
            Shape::Winlogbeat6 => "winlogbeat-6",
            Shape::Winlogbeat => "winlogbeat",
            Shape::Azure => "azure",
            Shape::Splunk => "splunk",
            Shape::EvtxECmd => "evtxecmd",
            Shape::Hayabusa => "hayabusa",
        }
    }

    /// The head of an event.
    ///
    /// # Errors
    /// The kind of fault, if it has no event id or no time.
    pub(super) fn head<'a>(self, object: &Object<'a>, line: &'a str) -> Result<Head<'a>, &'static str> {
        match self {
            Shape::Evtx => {
                let system = event_json::system(line.as_bytes()).ok_or(NO_EVENT)?;
                Ok(Head {
                    event_id: system.event_id,
                    channel: system.channel,
                    time: Time::Utc(system.time.ok_or(NO_TIME)?),
                    host: system.host,
                    record_id: system.record_id,
                })
            }
            Shape::NxLog => match object.text(&["@timestamp"]) {
                Some(received) => {
                    let received = micros(&received);
                    let happened = object.text(&["EventTime"]).and_then(|local| micros(&local));
                    let time = received.map(|received| Time::Utc(happened_at(received, happened)));
                    flat(object, &["EventID"], &["Hostname", "Computer"], time)
                }
                // Without a zone, local time.
                None => {
                    let time = object.text(&["EventTime", "TimeCreated"]).and_then(|time| micros(&time));
                    flat(object, &["EventID"], &["Hostname", "Computer"], time.map(Time::Suspect))
                }
            },
            Shape::ExportWinEvents => {
                let time = object.text(&["TimeCreated", "@timestamp"]).and_then(|time| micros(&time));
                flat(object, &["EventID"], &["Hostname", "Computer"], time.map(Time::Suspect))
            }
            Shape::Winlogbeat6 => {
                let time = object.text(&["@timestamp"]).and_then(|time| utc(&time));
                flat(object, &["event_id"], &["computer_name"], time)
            }
            Shape::Winlogbeat => {
                let winlog = object.object("winlog").ok_or(NO_EVENT)?;
                let time = object.text(&["@timestamp"]).and_then(|time| utc(&time));
                flat(&winlog, &["event_id"], &["computer_name"], time)
            }
            Shape::Azure => {
                let time = object.text(&["TimeGenerated"]).and_then(|time| utc(&time));
                flat(object, &["EventID"], &["Computer"], time)
            }
            Shape::EvtxECmd => {
                let time = object.text(&["TimeCreated"]).and_then(|time| utc(&time));
                flat(object, &["EventId"], &["Computer"], time)
            }
            Shape::Hayabusa => {
                let time = object.text(&["Timestamp"]).and_then(|time| utc(&time));
                flat(object, &["EventID"], &["Computer"], time)
            }
            Shape::Splunk => match object.text(&["_raw"]).filter(|raw| raw.trim_start().starts_with('<')) {
                Some(raw) => {
                    let record = xml::event(&raw).ok_or(NO_EVENT)?;
                    Ok(Head {
                        event_id: record.event_id,
                        channel: record.channel,
                        time: record.time,
                        host: record.host,
                        record_id: record.record_id,
                    })
                }
                None => {
                    let time = object.text(&["_time"]).and_then(|time| utc(&time));
                    flat(object, &["EventCode", "EventID"], &["ComputerName", "Computer", "host"], time)
                }
            },
        }
    }

    /// The fields of an event.
    ///
    /// # Errors
    /// The kind of fault, if they are not there.
    pub(super) fn fields<'a>(self, object: &Object<'a>, line: &'a str) -> Result<Fields<'a>, &'static str> {
        match self {
            Shape::Evtx => event_json::fields(line.as_bytes()).ok_or(NO_EVENT),
            Shape::NxLog | Shape::ExportWinEvents => {
                let mut fields = object.fields(&PROSE);
                // Some fields are nowhere else. It is long, and kept as it stands.
                if let Some(message) = object.raw("Message") {
                    fields.push("Message", message);
                }
                Ok(fields)
            }
            Shape::Winlogbeat6 => Ok(data(object, "event_data")),
            Shape::Winlogbeat => {
                let winlog = object.object("winlog").ok_or(NO_EVENT)?;
                let mut fields = data(&winlog, "event_data");
                fields.extend(data(&winlog, "user_data"));
                Ok(fields)
            }
            Shape::Azure => {
                let mut fields = match object.text(&["EventData"]) {
                    Some(text) if text.trim_start().starts_with('<') => xml::data(&text).into_owned(),
                    Some(text) => inner(&text),
                    None => data(object, "EventData"),
                };
                fields.extend(object.fields(&PROSE));
                Ok(fields)
            }
            Shape::Splunk => match object.text(&["_raw"]).filter(|raw| raw.trim_start().starts_with('<')) {
                Some(raw) => xml::event(&raw).map(|record| record.fields.into_owned()).ok_or(NO_EVENT),
                None => Ok(object.fields(&PROSE)),
            },
            Shape::EvtxECmd => {
                let payload = object.text(&["Payload"]).unwrap_or_default();
                let event = format!(
                    "{{\"Event\":{{\"System\":{{\"EventID\":0}},{}",
                    payload.trim_start().trim_start_matches('{')
                );
                let fields = event_json::fields(format!("{event}}}").as_bytes()).map(Fields::into_owned);
                Ok(fields.unwrap_or_default())
            }
            Shape::Hayabusa => match object.object("AllFieldInfo") {
                Some(info) => Ok(info.fields(&[])),
                None => Err(NO_FIELDS),
            },
        }
    }
}

/// The fields of an object inside another one, if it is there.
fn data<'a>(object: &Object<'a>, key: &str) -> Fields<'a> {
    object.object(key).map(|data| data.fields(&[])).unwrap_or_default()
}

/// The fields of an object that is written as text.
fn inner(text: &str) -> Fields<'static> {
    Object::parse(text).map(|object| object.fields(&[]).into_owned()).unwrap_or_default()
}

fn flat<'a>(
    object: &Object<'a>,
    event_id: &[&str],
    host: &[&str],
    time: Option<Time>,
) -> Result<Head<'a>, &'static str> {
    const CHANNELS: [&str; 5] = ["Channel", "channel", "log_name", "LogName", "EventLog"];
    const NUMBERS: [&str; 7] = [
        "RecordNumber",
        "record_number",
        "record_id",
        "EventRecordID",
        "EventRecordId",
        "RecordID",
        "EventRecordID",
    ];
    const SOURCES: [&str; 4] = ["SourceName", "Source", "EventSourceName", "provider_name"];
    let event_id = object.number(event_id).and_then(|id| id.try_into().ok()).ok_or(NO_EVENT)?;
    let channel = object.text(&CHANNELS).or_else(|| object.text(&SOURCES)).unwrap_or_default();
    Ok(Head {
        event_id,
        channel: full_channel(channel),
        time: time.ok_or(NO_TIME)?,
        host: object.text(host).unwrap_or_default(),
        record_id: object.number(&NUMBERS),
    })
}

/// When an event happened: `local` is that time on the clock of the host, `received` is later, and in UTC. The difference
/// between the two clocks is a number of quarters of an hour, and the delay is shorter than one.
fn happened_at(received: i64, local: Option<i64>) -> i64 {
    const QUARTER: i64 = 900_000_000;
    const SECOND: i64 = 1_000_000;
    let Some(local) = local else { return received };
    let delay = (received - local).rem_euclid(QUARTER);
    // The local time has no fractions: within the same second, the other one says more.
    if delay < SECOND {
        received
    } else {
        received.div_euclid(SECOND) * SECOND - delay.div_euclid(SECOND) * SECOND
    }
}

/// Some exports shorten the channel, or name the source in its place.
fn full_channel(channel: Cow<str>) -> Cow<str> {
    match &*channel {
        "Sec" | "Microsoft-Windows-Security-Auditing" => Cow::Borrowed("Security"),
        "Sysmon" | "Microsoft-Windows-Sysmon" => Cow::Borrowed("Microsoft-Windows-Sysmon/Operational"),
        "Sys" | "Service Control Manager" => Cow::Borrowed("System"),
        _ => channel,
    }
}

fn utc(text: &str) -> Option<Time> {
    micros(text).map(Time::Utc)
}

/// A time as text, or seconds or milliseconds since 1970.
fn micros(text: &str) -> Option<i64> {
    /// Larger numbers are milliseconds: in seconds, this is the year 5138.
    const SECONDS: f64 = 1e11;
    event_json::utc(text).or_else(|| event_json::offset(text)).or_else(|| match text.trim().parse::<f64>() {
        Ok(seconds) if (0.0..SECONDS).contains(&seconds) => Some((seconds * 1e6).round() as i64),
        Ok(millis) if (SECONDS..SECONDS * 1e3).contains(&millis) => Some((millis * 1e3).round() as i64),
        _ => None,
    })
}

/// A record of the head and the fields.
pub(super) fn record<'a>(head: Head<'a>, fields: Fields<'a>) -> Record<'a> {
    let Head { event_id, channel, time, host, record_id } = head;
    Record { event_id, channel, time, host, record_id, fields }
}
