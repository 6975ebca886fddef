//! One JSON object: the values of the requested fields, without the others.

use crate::error::{Hint, json, printable};
use crate::schema::Kind;
use crate::table::note::Note;
use crate::table::value::{self, Scalar};
use hashbrown::HashMap;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::error::Category;
use std::fmt;

/// The fields to read from each object, by name, and the reserved names that an object must not have.
#[derive(Debug)]
pub struct Fields {
    known: HashMap<String, Key>,
    requested: usize,
}

#[derive(Clone, Copy, Debug)]
enum Key {
    Requested(usize),
    Reserved,
    /// An object with requested fields, whose names are dotted.
    Parent,
}

/// The value of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Null, or no such field.
    #[default]
    Missing,
    /// A boolean.
    Flag(bool),
    /// A whole number without fraction or exponent, in the range of `i64`.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A string, with its escapes decoded.
    Text(String),
    /// A list or an object.
    Nested,
}

impl Fields {
    /// The requested fields, in order, and the reserved names.
    pub fn new(requested: &[&str], reserved: &[String]) -> Self {
        let parents = requested.iter().flat_map(|name| {
            name.match_indices('.').map(|(at, _)| (name[..at].to_owned(), Key::Parent)).collect::<Vec<_>>()
        });
        let reserved = reserved.iter().map(|name| (name.clone(), Key::Reserved));
        let keys = requested.iter().enumerate().map(|(at, name)| ((*name).to_owned(), Key::Requested(at)));
        Fields { known: parents.chain(reserved).chain(keys).collect(), requested: requested.len() }
    }

    /// The requested values of an object, in order, and whether the object is empty.
    ///
    /// # Errors
    /// If the text is not one JSON object, if a requested field occurs twice, or if a field has a reserved
    /// name.
    pub fn parse(&self, line: &[u8]) -> Result<(Vec<Cell>, bool), Note> {
        let mut json = serde_json::Deserializer::from_slice(line);
        let mut row = Row { fields: self, cells: vec![None; self.requested], empty: true, reserved: None };
        let parsed = Object { row: &mut row, prefix: "" }.deserialize(&mut json).and_then(|()| json.end());
        parsed.map_err(|e| not_json(line, &e))?;
        if let Some(name) = row.reserved {
            return Err(Note { text: format!("`{name}` is there already"), hint: Some(Hint::Prefix) });
        }
        Ok((row.cells.into_iter().map(Option::unwrap_or_default).collect(), row.empty))
    }
}

/// What is wrong with text that is no JSON object, in plain words.
pub(super) fn not_json(text: &[u8], error: &serde_json::Error) -> String {
    const SHOWN: usize = 40;
    let (message, place) =
        (error.to_string(), format!(" at line {} column {}", error.line(), error.column()));
    let problem = printable(message.strip_suffix(&place).unwrap_or(&message), LONGEST_PROBLEM);
    match error.classify() {
        Category::Data => json::plain(&problem),
        Category::Eof => "the JSON object is cut off".to_owned(),
        _ => {
            let shown = String::from_utf8_lossy(text);
            format!("not JSON: `{}` ({problem}, column {})", printable(shown.trim(), SHOWN), error.column())
        }
    }
}

/// The largest number of characters of a parser's message.
const LONGEST_PROBLEM: usize = 300;

impl Cell {
    /// The value as text, as in a CSV file; `None` if it is missing or nested.
    pub fn text(self) -> Option<String> {
        match self {
            Cell::Missing | Cell::Nested => None,
            Cell::Flag(flag) => Some(flag.to_string()),
            Cell::Integer(number) => Some(number.to_string()),
            Cell::Number(number) => value::level_of_number(number),
            Cell::Text(text) => Some(text),
        }
    }

    /// The value as one of a feature of this kind. Text is read as in a CSV file.
    ///
    /// # Errors
    /// If the value cannot be of this kind; the error is a sentence.
    pub fn scalar(self, kind: Kind) -> Result<Scalar, String> {
        match (kind, self) {
            (_, Cell::Nested) => Err("holds a list or an object where one value is expected".to_owned()),
            (_, Cell::Text(text)) => value::scalar(kind, &text),
            (Kind::Categorical, cell) => Ok(Scalar::Level(cell.text())),
            (_, Cell::Missing) => Ok(Scalar::Number(f64::NAN)),
            (_, Cell::Flag(flag)) => Ok(Scalar::Number(f64::from(u8::from(flag)))),
            (_, Cell::Integer(number)) => Ok(Scalar::Number(number as f64)),
            (_, Cell::Number(number)) => Ok(Scalar::Number(number)),
        }
    }
}

/// An object that is being read.
struct Row<'a> {
    fields: &'a Fields,
    cells: Vec<Option<Cell>>,
    empty: bool,
    /// The first reserved name in the object.
    reserved: Option<&'a str>,
}

/// An object whose fields are those of a row; `prefix` stands before their names.
struct Object<'r, 'a> {
    row: &'r mut Row<'a>,
    prefix: &'r str,
}

impl<'de> DeserializeSeed<'de> for Object<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        match self.prefix {
            "" => json.deserialize_map(self),
            _ => json.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Object { row, prefix } = self;
        while let Some(key) = map.next_key_seed(KeyOf { fields: row.fields, prefix })? {
            row.empty = false;
            match key {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some((Key::Requested(at), name)) => {
                    let twice = row.cells[at].replace(map.next_value()?).is_some();
                    if twice {
                        return Err(A::Error::custom(format!("`{name}` occurs twice")));
                    }
                }
                Some((Key::Reserved, name)) => {
                    map.next_value::<IgnoredAny>()?;
                    row.reserved = row.reserved.or(Some(name));
                }
                Some((Key::Parent, name)) => {
                    map.next_value_seed(Object { row, prefix: &format!("{name}.") })?;
                }
            }
        }
        Ok(())
    }

    // Where an object is expected, another value has none of the requested fields.

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        match self.prefix {
            "" => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
            _ => {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(())
            }
        }
    }
}

/// The key of a field by its name; `None` if the field is skipped.
struct KeyOf<'a, 'p> {
    fields: &'a Fields,
    prefix: &'p str,
}

impl<'de, 'a> DeserializeSeed<'de> for KeyOf<'a, '_> {
    type Value = Option<(Key, &'a str)>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for KeyOf<'a, '_> {
    type Value = Option<(Key, &'a str)>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let known = match self.prefix {
            "" => self.fields.known.get_key_value(name),
            prefix => self.fields.known.get_key_value(&format!("{prefix}{name}")),
        };
        Ok(known.map(|(name, key)| (*key, name.as_str())))
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Cell, E> {
        Ok(Cell::Missing)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Cell, E> {
        Ok(Cell::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Cell, E> {
        Ok(Cell::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Cell, E> {
        // With more digits than `i64` it is an identifier, of which no digit may be lost.
        Ok(i64::try_from(number).map_or_else(|_| Cell::Text(number.to_string()), Cell::Integer))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Cell, E> {
        Ok(Cell::Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cell, E> {
        Ok(Cell::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cell, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(line: &str) -> Result<Vec<Cell>, Note> {
        Fields::new(&["n", "c"], &["score".to_owned()]).parse(line.as_bytes()).map(|(cells, _)| cells)
    }

    #[test]
    fn requested_fields_keep_their_order_and_others_are_skipped() {
        let row = cells(r#"{"x":{"n":[1,{}]},"c":"a","n":2.5}"#).unwrap();
        assert_eq!(row, [Cell::Number(2.5), Cell::Text("a".into())]);
        assert_eq!(cells("{}").unwrap(), [Cell::Missing, Cell::Missing]);
        assert_eq!(cells(r#"{"\u006e":1}"#).unwrap()[0], Cell::Integer(1));
    }

    #[test]
    fn the_error_says_why_a_line_is_not_an_object() {
        for (line, words) in [
            ("[1]", "must be an object, but is a list"),
            ("{\"n\":1", "cut off"),
            ("{\"n\":1} x", "trailing characters"),
            ("{\"n\":1,\"n\":1}", "`n` occurs twice"),
            ("{\"score\":1}", "`score` is there already"),
            ("{\"n\":NaN}", "expected value"),
            ("{\"n\":1e999}", "out of range"),
        ] {
            let problem = cells(line).unwrap_err().text;
            assert!(problem.contains(words), "{line}: {problem}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error() {
        assert!(Fields::new(&["n"], &[]).parse(b"{\"n\":\"\xff\"}").is_err());
    }

    #[test]
    fn fields_of_nested_objects_have_dotted_names() {
        let fields = Fields::new(&["a.b.c", "a.d", "e"], &[]);
        let cells = |line: &str| fields.parse(line.as_bytes()).unwrap().0;
        let row = cells(r#"{"a":{"b":{"c":1,"x":2},"d":"y"},"e":true,"b":{"c":9}}"#);
        assert_eq!(row, [Cell::Integer(1), Cell::Text("y".into()), Cell::Flag(true)]);
        assert_eq!(cells(r#"{"a":5,"e":1}"#), [Cell::Missing, Cell::Missing, Cell::Integer(1)]);
        assert_eq!(cells(r#"{"a.d":1}"#)[1], Cell::Integer(1));
    }

    #[test]
    fn a_value_is_read_as_its_text_would_be() {
        let number = |cell: Cell| cell.scalar(Kind::Numeric);
        assert_eq!(number(Cell::Text(" 5 ".into())), Ok(Scalar::Number(5.0)));
        assert_eq!(number(Cell::Flag(true)), Ok(Scalar::Number(1.0)));
        assert!(matches!(number(Cell::Text("N/A".into())), Ok(Scalar::Number(x)) if x.is_nan()));
        assert!(number(Cell::Text("five".into())).unwrap_err().contains("`five`"));
        assert!(number(Cell::Nested).is_err());
        let level = |cell: Cell| cell.scalar(Kind::Categorical);
        let some = |text: &str| Ok(Scalar::Level(Some(text.to_owned())));
        assert_eq!(level(Cell::Integer(5)), some("5"));
        assert_eq!(level(Cell::Number(5.0)), some("5"));
        assert_eq!(level(Cell::Text("null".into())), some("null"));
        assert_eq!(level(Cell::Text("".into())), Ok(Scalar::Level(None)));
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::new(&["n"], &["score".to_owned()]).parse(&line);
        }

        #[test]
        fn a_damaged_object_is_read_or_refused(
            line in r#"[{}\[\]":,nc0-9eE.\\u tfl-]{0,60}"#,
        ) {
            let inside = format!("{{\"n\":{line}}}");
            for text in [line, inside] {
                match Fields::new(&["n"], &[]).parse(text.as_bytes()) {
                    Ok(_) => prop_assert!(serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok()),
                    Err(problem) => prop_assert!(!problem.text.is_empty()),
                }
            }
        }

        #[test]
        fn the_numbers_are_those_of_the_text(number in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            let line = serde_json::json!({ "n": number }).to_string();
            let Ok(Scalar::Number(read)) = cells(&line).unwrap().swap_remove(0).scalar(Kind::Numeric) else { panic!() };
            prop_assert_eq!(read.to_bits(), number.to_bits());
        }
    }
}
