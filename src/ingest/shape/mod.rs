//! Logs as text: events as JSON or XML, one after another.
//!
//! JSON is one object a line, one array of objects, or one object with the array `Records`; objects may span lines. The shape
//! of each object is told by its keys, so a file may hold several.

mod event;
mod object;
mod text;
mod xml;

use std::collections::BTreeSet;
use std::io::{BufRead, Result};

use super::record::{Fields, Outcome, Record, Time};
use event::{NO_EVENT, Shape};
use object::Object;
use text::Pieces;

/// Read the events of a text. `name` is that of the file, for places. Returns the names of the shapes that were found.
///
/// # Errors
/// If the text cannot be read.
pub(super) fn read(
    name: &str,
    text: impl BufRead,
    wants: &dyn Fn(u32, &str, Time) -> bool,
    take: &mut dyn FnMut(&Outcome),
) -> Result<BTreeSet<&'static str>> {
    let mut shapes = BTreeSet::new();
    let mut pieces = Pieces::new(text);
    while let Some(piece) = pieces.next()? {
        let place = || format!("{name} line {}", piece.line);
        match piece.content {
            Ok(text) if text.starts_with('<') => match xml::event(text) {
                Some(record) => {
                    shapes.insert("event-xml");
                    take(&asked_for(record, wants));
                }
                None => take(&Outcome::Reject { kind: "not an event as XML", place: place() }),
            },
            Ok(text) => match json(text, wants, &mut shapes) {
                Ok(outcome) => take(&outcome),
                Err(kind) => take(&Outcome::Reject { kind, place: place() }),
            },
            Err(kind) => take(&Outcome::Reject { kind, place: place() }),
        }
    }
    Ok(shapes)
}

fn json<'a>(
    text: &'a str,
    wants: &dyn Fn(u32, &str, Time) -> bool,
    shapes: &mut BTreeSet<&'static str>,
) -> std::result::Result<Outcome<'a>, &'static str> {
    let mut line = text;
    let mut object = Object::parse(line).ok_or("not JSON")?;
    // Search results hold the event inside.
    for wrapper in ["_source", "result", "hits"] {
        if let Some(inner) = object.raw(wrapper).filter(|raw| raw.starts_with('{')) {
            line = inner;
            object = Object::parse(line).ok_or("not JSON")?;
        }
    }
    let shape = Shape::of(&object).ok_or(NO_EVENT)?;
    let head = shape.head(&object, line)?;
    let is_wanted = wants(head.event_id, &head.channel, head.time);
    let fields = if is_wanted { shape.fields(&object, line)? } else { Fields::default() };
    shapes.insert(shape.name());
    let record = event::record(head, fields);
    Ok(if is_wanted { Outcome::Record(record) } else { Outcome::Ignored(record) })
}

fn asked_for<'a>(record: Record<'a>, wants: &dyn Fn(u32, &str, Time) -> bool) -> Outcome<'a> {
    match wants(record.event_id, &record.channel, record.time) {
        true => Outcome::Record(record),
        false => Outcome::Ignored(Record { fields: Fields::default(), ..record }),
    }
}

#[cfg(test)]
mod tests;
