//! One event in the shape of every export.

use super::super::record::Time;
use super::*;

/// The outcome of each event, in short.
fn outcomes(text: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut take = |outcome: &Outcome| {
        seen.push(match outcome {
            Outcome::Record(r) => {
                let user = r.fields.get("TargetUserName").unwrap_or("?");
                format!("{} {} {} {:?} {:?} {user}", r.event_id, r.channel, r.host, r.time, r.record_id)
            }
            Outcome::Ignored(r) => format!("ignored {} {}", r.event_id, r.channel),
            Outcome::Reject { kind, place } => format!("{place}: {kind}"),
        });
    };
    let wants =
        |event_id: u32, channel: &str, _: Time| event_id == 4624 && channel.eq_ignore_ascii_case("security");
    read("f", text.as_bytes(), &wants, &mut take).unwrap();
    seen
}

const TIME: i64 = 1_577_934_245_123_000;

fn logon(time: Time, record_id: Option<u64>) -> String {
    format!("4624 Security WS-1 {time:?} {record_id:?} anna")
}

#[test]
fn every_shape_gives_the_same_event() {
    let utc = Time::Utc(TIME);
    let shapes = [
        (
            r##"{"Event":{"System":{"EventID":4624,"Channel":"Security","Computer":"WS-1","EventRecordID":7,"TimeCreated":{"#attributes":{"SystemTime":"2020-01-02T03:04:05.123Z"}}},"EventData":{"TargetUserName":"anna"}}}"##,
            utc,
            Some(7),
        ),
        (
            r#"{"EventID":4624,"Channel":"Security","Hostname":"WS-1","RecordNumber":7,"@timestamp":"2020-01-02T03:04:05.123Z","EventTime":"2020-01-01 22:04:05","TargetUserName":"anna"}"#,
            utc,
            Some(7),
        ),
        (
            r#"{"EventID":4624,"Channel":"Security","Hostname":"WS-1","TimeCreated":"2020-01-02T03:04:05.123Z","@timestamp":"2020-01-02T03:04:05.123Z","TargetUserName":"anna"}"#,
            Time::Suspect(TIME),
            None,
        ),
        (
            r#"{"EventID":4624,"Channel":"Security","Hostname":"WS-1","TimeCreated":"2020-01-02 03:04:05.123","TargetUserName":"anna"}"#,
            Time::Suspect(TIME),
            None,
        ),
        (
            r#"{"@timestamp":"2020-01-02T03:04:05.123Z","event_id":4624,"log_name":"Security","computer_name":"WS-1","record_number":"7","event_data":{"TargetUserName":"anna"}}"#,
            utc,
            Some(7),
        ),
        (
            r#"{"@timestamp":"2020-01-02T03:04:05.123Z","winlog":{"event_id":4624,"channel":"Security","computer_name":"WS-1","record_id":7,"event_data":{"TargetUserName":"anna"}},"host":{"name":"collector"}}"#,
            utc,
            Some(7),
        ),
        (
            r#"{"_index":"x","_source":{"@timestamp":"2020-01-02T03:04:05.123Z","winlog":{"event_id":"4624","channel":"Security","computer_name":"WS-1","record_id":"7","event_data":{"TargetUserName":"anna"}}}}"#,
            utc,
            Some(7),
        ),
        (
            r#"{"TimeGenerated":"2020-01-02T03:04:05.123Z","EventID":4624,"Computer":"WS-1","EventSourceName":"Microsoft-Windows-Security-Auditing","TargetUserName":"anna"}"#,
            utc,
            None,
        ),
        (
            r#"{"TimeGenerated":"2020-01-02T03:04:05.123Z","EventID":4624,"Computer":"WS-1","Channel":"Security","EventData":"<EventData><Data Name=\"TargetUserName\">anna</Data></EventData>"}"#,
            utc,
            None,
        ),
        (
            r#"{"TimeGenerated":"2020-01-02T03:04:05.123Z","EventID":4624,"Computer":"WS-1","Channel":"Security","EventData":"{\"TargetUserName\":\"anna\"}"}"#,
            utc,
            None,
        ),
        (
            r#"{"preview":false,"result":{"_time":"1577934245.123","EventCode":"4624","LogName":"Security","ComputerName":"WS-1","TargetUserName":"anna"}}"#,
            utc,
            None,
        ),
        (
            r#"{"result":{"_time":"x","_raw":"<Event><System><EventID>4624</EventID><EventRecordID>7</EventRecordID><Channel>Security</Channel><Computer>WS-1</Computer><TimeCreated SystemTime='2020-01-02T03:04:05.123Z'/></System><EventData><Data Name='TargetUserName'>anna</Data></EventData></Event>"}}"#,
            utc,
            Some(7),
        ),
        (
            r##"{"EventId":4624,"Channel":"Security","Computer":"WS-1","EventRecordId":"7","TimeCreated":"2020-01-02T03:04:05.1230000+00:00","Payload":"{\"EventData\":{\"Data\":[{\"@Name\":\"TargetUserName\",\"#text\":\"anna\"}]}}"}"##,
            utc,
            Some(7),
        ),
        (
            r#"{"Timestamp":"2020-01-02 12:04:05.123 +09:00","EventID":4624,"Channel":"Sec","Computer":"WS-1","RecordID":7,"RuleTitle":"x","AllFieldInfo":{"TargetUserName":"anna"}}"#,
            utc,
            Some(7),
        ),
    ];
    for (text, time, record_id) in shapes {
        assert_eq!(outcomes(text), [logon(time, record_id)], "{text}");
    }
}

#[test]
fn the_time_of_an_event_is_not_that_of_its_receipt() {
    let text = r#"{"EventID":4624,"Channel":"Security","Hostname":"WS-1","RecordNumber":7,"@timestamp":"2020-01-02T03:04:45.123Z","EventTime":"2020-01-01 22:04:05","TargetUserName":"anna"}"#;
    assert_eq!(outcomes(text), [logon(Time::Utc(TIME - 123_000), Some(7))]);
}

#[test]
fn what_is_not_asked_for_is_only_counted() {
    let text = r#"{"EventID":10,"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"a","@timestamp":"2020-01-02T03:04:05Z"}"#;
    assert_eq!(outcomes(text), ["ignored 10 Microsoft-Windows-Sysmon/Operational"]);
}

#[test]
fn what_is_no_event_is_rejected_by_kind() {
    let cases = [
        ("{\"eventName\":\"x\"}", "not an event of Windows"),
        ("{\"EventID\":1,\"Channel\":\"Security\",\"RecordNumber\":2}", "an event without a time"),
        ("{\"EventID\":1,}", "not JSON"),
        ("<Event><System/></Event>", "not an event as XML"),
        (
            "{\"Timestamp\":\"2020-01-02 12:04:05 +09:00\",\"EventID\":4624,\"Channel\":\"Sec\",\"RuleTitle\":\"x\"}",
            "hayabusa without AllFieldInfo: export it with the profile all-field-info",
        ),
    ];
    for (text, kind) in cases {
        assert_eq!(outcomes(text), [format!("f line 1: {kind}")], "{text}");
    }
}

#[test]
fn a_search_result_of_elastic_is_read() {
    let event = r#"{"_source":{"@timestamp":"2020-01-02T03:04:05.123Z","winlog":{"event_id":4624,"channel":"Security","computer_name":"WS-1","event_data":{"TargetUserName":"anna"}}}}"#;
    assert_eq!(outcomes(&format!("[{event},\n{event}]")), vec![logon(Time::Utc(TIME), None); 2]);
}
