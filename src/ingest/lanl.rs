//! Lines of the data set of the Los Alamos National Laboratory (Kent 2015): `auth.txt` and `proc.txt`.

use std::borrow::Cow;
use std::io::{BufRead, Result};

use super::record::{Fields, Outcome, Record, Time};

/// A file of the data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Auth,
    Proc,
}

const AUTH: [&str; 9] = [
    "time",
    "source user",
    "destination user",
    "source computer",
    "destination computer",
    "authentication type",
    "logon type",
    "orientation",
    "outcome",
];
const PROC: [&str; 5] = ["time", "user", "computer", "process", "action"];
/// The orientations of `auth.txt`.
const ORIENTATIONS: [&str; 7] = ["LogOn", "LogOff", "AuthMap", "TGT", "TGS", "ScreenLock", "ScreenUnlock"];

impl Kind {
    /// The kind of a file by one of its lines.
    pub(super) fn of(line: &str) -> Option<Self> {
        let values: Vec<&str> = line.trim_end().split(',').collect();
        let has_time = values.first().is_some_and(|time| time.parse::<u64>().is_ok());
        match values.len() {
            // Some extracts have a column with the label behind the others.
            9 | 10 if has_time && ORIENTATIONS.contains(&values[7]) => Some(Kind::Auth),
            5 if has_time && matches!(values[4], "Start" | "End") => Some(Kind::Proc),
            _ => None,
        }
    }

    /// The name of the format, which is that of its channel, too.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Auth => "lanl-auth",
            Kind::Proc => "lanl-proc",
        }
    }
}

/// Read lines. `name` is that of the file, for places.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn read(
    kind: Kind,
    name: &str,
    mut lines: impl BufRead,
    take: &mut dyn FnMut(&Outcome),
) -> Result<()> {
    let mut line = Vec::new();
    let mut number = 0_u64;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number += 1;
        match std::str::from_utf8(&line).map(str::trim_end) {
            Ok("") => {}
            Ok(text) => match record(kind, text) {
                Some(record) => take(&Outcome::Record(record)),
                None => {
                    take(&Outcome::Reject { kind: "not a line of this format", place: place(name, number) })
                }
            },
            Err(_) => take(&Outcome::Reject { kind: "not UTF-8", place: place(name, number) }),
        }
    }
}

fn place(name: &str, line: u64) -> String {
    format!("{name} line {line}")
}

fn record(kind: Kind, line: &str) -> Option<Record<'_>> {
    let names: &[&str] = match kind {
        Kind::Auth => &AUTH,
        Kind::Proc => &PROC,
    };
    let mut values = line.split(',');
    let seconds: i64 = values.next()?.parse().ok().filter(|seconds| (0..1 << 40).contains(seconds))?;
    let mut fields = Fields::default();
    for name in &names[1..] {
        let value = values.next()?;
        fields.push(*name, if value == "?" { "" } else { value });
    }
    let host = match kind {
        Kind::Auth => "destination computer",
        Kind::Proc => "computer",
    };
    let host = fields.get(host)?.to_owned();
    (!host.is_empty()).then(|| Record {
        event_id: 0,
        channel: Cow::Borrowed(kind.name()),
        time: Time::SinceEpoch(seconds * 1_000_000),
        host: Cow::Owned(host),
        record_id: None,
        fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(kind: Kind, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let mut take = |outcome: &Outcome| {
            seen.push(match outcome {
                Outcome::Record(record) => format!("{} {:?}", record.host, record.time),
                Outcome::Ignored(_) => "ignored".to_owned(),
                Outcome::Reject { kind, place } => format!("{place}: {kind}"),
            });
        };
        read(kind, "f", text.as_bytes(), &mut take).unwrap();
        seen
    }

    #[test]
    fn a_line_is_a_record() {
        let line = "1,C625$@DOM1,U147@DOM1,C625,C626,Negotiate,Batch,LogOn,Success";
        assert_eq!(Kind::of(line), Some(Kind::Auth));
        assert_eq!(outcomes(Kind::Auth, line), ["C626 SinceEpoch(1000000)"]);
        assert_eq!(Kind::of("1,C553$@DOM1,C553,P16,Start"), Some(Kind::Proc));
        assert_eq!(Kind::of("1,2,3"), None);
    }

    #[test]
    fn a_bad_line_is_rejected_with_its_number_and_the_rest_is_read() {
        let text = "1,U1@D,C1,P16,Start\r\n\nx,U1@D,C1,P16,Start\n2,U1@D,C1,P16,End\n3,U1\n";
        let expected = [
            "C1 SinceEpoch(1000000)",
            "f line 3: not a line of this format",
            "C1 SinceEpoch(2000000)",
            "f line 5: not a line of this format",
        ];
        assert_eq!(outcomes(Kind::Proc, text), expected);
    }
}
