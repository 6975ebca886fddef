//! Events as XML, as `wevtutil` and the Event Viewer write them.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::event_json;
use super::super::record::{Fields, Record, Time};

/// The event of a document; `None` if it is none.
pub(super) fn event(xml: &str) -> Option<Record<'static>> {
    let mut reader = Reader::from_str(xml);
    let mut record = Record {
        event_id: 0,
        channel: Cow::Borrowed(""),
        time: Time::Utc(0),
        host: Cow::Borrowed(""),
        record_id: None,
        fields: Fields::default(),
    };
    let (mut has_id, mut time) = (false, None);
    // The names of the open elements, and the name of the open datum.
    let mut open: Vec<Vec<u8>> = Vec::new();
    let mut datum: Option<String> = None;
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Eof => break,
            Event::Start(element) => {
                time = time.or_else(|| created(&element));
                datum = name_of(&element);
                open.push(element.local_name().as_ref().to_vec());
                text.clear();
            }
            Event::Empty(element) => time = time.or_else(|| created(&element)),
            Event::Text(content) => text += &content.decode().ok()?,
            Event::CData(content) => text += &content.decode().ok()?,
            Event::GeneralRef(reference) => text += &resolved(&reference.decode().ok()?)?,
            Event::End(_) => {
                let name = open.pop()?;
                let inside = |parent: &[u8]| open.iter().any(|open| open == parent);
                let value = std::mem::take(&mut text);
                match &name[..] {
                    b"EventID" if inside(b"System") => {
                        record.event_id = value.trim().parse().ok()?;
                        has_id = true;
                    }
                    b"Channel" if inside(b"System") => record.channel = Cow::Owned(value.trim().to_owned()),
                    b"Computer" if inside(b"System") => record.host = Cow::Owned(value.trim().to_owned()),
                    b"EventRecordID" if inside(b"System") => record.record_id = value.trim().parse().ok(),
                    _ if inside(b"EventData") || inside(b"UserData") => {
                        let own = || String::from_utf8_lossy(&name).into_owned();
                        let name = datum.take().unwrap_or_else(own);
                        if !value.is_empty() {
                            record.fields.push(name, value);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    record.time = Time::Utc(time?);
    (has_id && open.is_empty()).then_some(record)
}

/// The fields of an element `EventData` alone.
pub(super) fn data(xml: &str) -> Fields<'static> {
    let document = format!(
        "<Event><System><EventID>0</EventID><TimeCreated SystemTime=\"1970-01-01T00:00:00Z\"/></System>{xml}</Event>"
    );
    event(&document).map(|record| record.fields).unwrap_or_default()
}

fn name_of(element: &BytesStart) -> Option<String> {
    attribute(element, b"Name").filter(|_| element.local_name().as_ref() == b"Data")
}

fn created(element: &BytesStart) -> Option<i64> {
    let is_created = element.local_name().as_ref() == b"TimeCreated";
    attribute(element, b"SystemTime").filter(|_| is_created).and_then(|time| event_json::utc(&time))
}

fn attribute(element: &BytesStart, name: &[u8]) -> Option<String> {
    let attribute =
        element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    String::from_utf8(attribute.value.into_owned()).ok().and_then(|value| unescaped(&value))
}

fn unescaped(text: &str) -> Option<String> {
    quick_xml::escape::unescape(text).ok().map(Cow::into_owned)
}

/// The text of a reference such as `lt` or `#13`.
fn resolved(reference: &str) -> Option<String> {
    unescaped(&format!("&{reference};"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGON: &str = r#"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>
        <Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4624</EventID>
        <TimeCreated SystemTime='2020-01-02T03:04:05.1234567Z'/><EventRecordID>17</EventRecordID>
        <Channel>Security</Channel><Computer>WS-1.corp</Computer></System>
        <EventData><Data Name='TargetUserName'>an&amp;na</Data><Data Name='LogonType'>3</Data><Data Name='Empty'/></EventData></Event>"#;

    #[test]
    fn an_event_is_read() {
        let record = event(LOGON).unwrap();
        assert_eq!((record.event_id, &*record.channel, &*record.host), (4624, "Security", "WS-1.corp"));
        assert_eq!((record.time, record.record_id), (Time::Utc(1_577_934_245_123_456), Some(17)));
        assert_eq!(record.fields.get("TargetUserName"), Some("an&na"));
        assert_eq!(record.fields.get("LogonType"), Some("3"));
        assert_eq!(record.fields.get("Empty"), None);
    }

    #[test]
    fn fields_of_user_data_have_the_names_of_their_elements() {
        let xml = "<Event><System><EventID>1102</EventID><TimeCreated SystemTime='2020-01-02T03:04:05Z'/></System>\
                   <UserData><LogFileCleared><SubjectUserName>anna</SubjectUserName></LogFileCleared></UserData></Event>";
        assert_eq!(event(xml).unwrap().fields.get("SubjectUserName"), Some("anna"));
    }

    #[test]
    fn what_is_cut_or_no_event_is_refused() {
        for end in 0..LOGON.len() {
            if LOGON.is_char_boundary(end) {
                assert!(event(&LOGON[..end]).is_none(), "{end}");
            }
        }
        assert!(event("<a><b/></a>").is_none());
    }

    #[test]
    fn event_data_alone_is_read() {
        let fields = data(
            "<EventData xmlns=\"x\">\r\n  <Data Name=\"Application\">\\device\\a.exe</Data></EventData>",
        );
        assert_eq!(fields.get("Application"), Some("\\device\\a.exe"));
    }
}
