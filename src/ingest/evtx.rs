//! Event logs of Windows: EVTX files.

use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use ::evtx::{EvtxChunkData, EvtxParser, EvtxRecord, ParserSettings};
use rayon::prelude::*;

use super::event_json;
use super::record::{Fields, Outcome, Record, Time};

/// The beginning of every file.
pub(super) const MAGIC: &[u8] = b"ElfFile\0";

/// The bytes before the first chunk, and those of a chunk.
const SIZES: [u64; 2] = [4 << 10, 64 << 10];
/// Chunks that are decoded at the same time.
const AT_ONCE: usize = 64;

/// Read a file, in the order of its records. `name` is that of the file, for places.
pub(super) fn read(
    name: &str,
    mut file: impl Read + Seek,
    wants: &(dyn Fn(u32, &str, Time) -> bool + Sync),
    take: &mut dyn FnMut(&Outcome),
) {
    let length = file.seek(SeekFrom::End(0)).unwrap_or(0);
    if file.rewind().is_err() {
        return take(&Outcome::Reject { kind: "unreadable", place: name.to_owned() });
    }
    let settings = Arc::new(ParserSettings::new().num_threads(1));
    let parser = match EvtxParser::from_read_seek(file) {
        Ok(parser) => parser,
        Err(_) => {
            return take(&Outcome::Reject { kind: "no header of an event log", place: name.to_owned() });
        }
    };
    let mut chunks = parser.into_chunks().enumerate();
    loop {
        let batch: Vec<_> = chunks.by_ref().take(AT_ONCE).collect();
        if batch.is_empty() {
            if !length.saturating_sub(SIZES[0]).is_multiple_of(SIZES[1]) {
                take(&Outcome::Reject { kind: "cut off within a chunk", place: format!("{name}, its end") });
            }
            return;
        }
        let decoded: Vec<Vec<Outcome<'static>>> = batch
            .into_par_iter()
            .map(|(number, chunk)| match chunk {
                Ok(chunk) => records(name, number, chunk, &settings, wants),
                Err(_) => vec![Outcome::Reject {
                    kind: "unreadable chunk",
                    place: format!("{name} chunk {number}"),
                }],
            })
            .collect();
        decoded.iter().flatten().for_each(&mut *take);
    }
}

fn records(
    name: &str,
    number: usize,
    mut data: EvtxChunkData,
    settings: &Arc<ParserSettings>,
    wants: &dyn Fn(u32, &str, Time) -> bool,
) -> Vec<Outcome<'static>> {
    let place = |record: &str| format!("{name} chunk {number}{record}");
    let Ok(mut chunk) = data.parse(Arc::clone(settings)) else {
        return vec![Outcome::Reject { kind: "unreadable chunk", place: place("") }];
    };
    let mut outcomes = Vec::new();
    for record in chunk.iter() {
        let outcome = match record {
            Ok(record) => {
                let id = record.event_record_id;
                decoded(record, wants).unwrap_or_else(|| Outcome::Reject {
                    kind: "unreadable record",
                    place: place(&format!(" record {id}")),
                })
            }
            Err(_) => Outcome::Reject { kind: "unreadable record", place: place("") },
        };
        outcomes.push(outcome);
    }
    outcomes
}

fn decoded(record: EvtxRecord, wants: &dyn Fn(u32, &str, Time) -> bool) -> Option<Outcome<'static>> {
    let id = record.event_record_id;
    let written = record.timestamp.as_microsecond();
    let json = record.into_json_bytes().ok()?;
    // A record without a header is a record all the same.
    let system = event_json::system(&json.data).unwrap_or_default();
    let is_wanted = wants(system.event_id, &system.channel, Time::Utc(0));
    let fields = if is_wanted { event_json::fields(&json.data)? } else { Fields::default() };
    let record = Record {
        event_id: system.event_id,
        channel: Cow::Owned(system.channel.into_owned()),
        time: Time::Utc(system.time.unwrap_or(written)),
        host: Cow::Owned(system.host.into_owned()),
        record_id: Some(id),
        fields: fields.into_owned(),
    };
    Some(if is_wanted { Outcome::Record(record) } else { Outcome::Ignored(record) })
}
