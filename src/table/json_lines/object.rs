//! One object: the values of the fields that are wanted, without the others.

use crate::error::{LONGEST_NAME, printable};
use crate::table::column::truth;
use crate::table::csv::MISSING;
use crate::table::frame::MARKS;
use hashbrown::HashMap;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::fmt;

/// The fields that are wanted of each object, by name, and those that must not be there.
#[derive(Debug)]
pub struct Fields {
    known: HashMap<String, Key>,
    wanted: usize,
}

#[derive(Clone, Copy, Debug)]
enum Key {
    Wanted(usize),
    Taken,
}

/// The value of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Null, or no such field.
    #[default]
    Missing,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    /// A list or an object.
    Nested,
}

impl Fields {
    /// So many names of fields, in order, and the names that an object must leave free.
    pub fn new(wanted: &[&str], taken: &[String]) -> Self {
        let taken_keys = taken.iter().map(|name| (name.clone(), Key::Taken));
        let wanted_keys = wanted.iter().enumerate().map(|(at, name)| ((*name).to_owned(), Key::Wanted(at)));
        Fields { known: taken_keys.chain(wanted_keys).collect(), wanted: wanted.len() }
    }

    /// The wanted values of an object, in order, and whether it has no field at all.
    ///
    /// # Errors
    /// In words, where the text is not one JSON object; where a wanted field occurs twice, or one that must be
    /// free is there.
    pub fn parse(&self, line: &[u8]) -> Result<(Vec<Cell>, bool), String> {
        let mut json = serde_json::Deserializer::from_slice(line);
        let row = Row { fields: self, cells: vec![None; self.wanted], empty: true };
        let parsed = row.deserialize(&mut json).and_then(|row| json.end().map(|()| row));
        let row = parsed.map_err(|e| {
            let (text, place) = (e.to_string(), format!(" at line {} column {}", e.line(), e.column()));
            let problem = text.strip_suffix(&place).unwrap_or(&text);
            let broken = e.is_eof() || line.first() == Some(&b'[');
            let rule = if broken { "; each line must be one JSON object" } else { "" };
            format!("{} (column {}){rule}", printable(problem, LONGEST_PROBLEM), e.column())
        })?;
        Ok((row.cells.into_iter().map(Option::unwrap_or_default).collect(), row.empty))
    }
}

/// How much of a parser's complaint is shown.
const LONGEST_PROBLEM: usize = 300;

impl Cell {
    /// The value as a number, true as 1 and false as 0; NaN where it is missing. Text that says a number, true or
    /// false, or that there is no value, is read as in a CSV file.
    ///
    /// # Errors
    /// In words, where it is something else.
    pub fn number(&self) -> Result<f64, String> {
        match self {
            Cell::Missing => Ok(f64::NAN),
            Cell::Flag(flag) => Ok(f64::from(u8::from(*flag))),
            Cell::Integer(number) => Ok(*number as f64),
            Cell::Number(number) => Ok(*number),
            Cell::Text(text) => number_in(text).ok_or_else(|| {
                format!("holds \"{}\" where a number is expected", printable(text, LONGEST_NAME))
            }),
            Cell::Nested => Err("holds a list or an object where a number is expected".to_owned()),
        }
    }

    /// The value as the name of a category, as a number in a table's category column is named; `None` where it is
    /// missing.
    ///
    /// # Errors
    /// In words, where it is a list or an object.
    pub fn category(self) -> Result<Option<String>, String> {
        match self {
            Cell::Missing => Ok(None),
            Cell::Flag(flag) => Ok(Some(flag.to_string())),
            Cell::Integer(number) => Ok(Some(number.to_string())),
            Cell::Number(number) => Ok(Some(number.to_string())),
            Cell::Text(text) => Ok(Some(text).filter(|text| !MISSING.contains(&text.as_str()))),
            Cell::Nested => Err("holds a list or an object where a category is expected".to_owned()),
        }
    }
}

fn number_in(text: &str) -> Option<f64> {
    let text = text.trim();
    if MISSING.contains(&text) || MARKS.contains(&text) {
        return Some(f64::NAN);
    }
    let flag = || truth(text).map(|flag| f64::from(u8::from(flag)));
    text.parse().ok().or_else(flag)
}

/// An object that is being read.
struct Row<'a> {
    fields: &'a Fields,
    cells: Vec<Option<Cell>>,
    empty: bool,
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Self;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(key) = map.next_key_seed(KeyOf(self.fields))? {
            self.empty = false;
            match key {
                None => drop(map.next_value::<IgnoredAny>()?),
                Some((Key::Wanted(at), name)) => {
                    let twice = self.cells[at].replace(map.next_value()?).is_some();
                    if twice {
                        return Err(A::Error::custom(format!("`{name}` occurs twice")));
                    }
                }
                Some((Key::Taken, name)) => {
                    let problem =
                        format!("`{name}` is there already; --prefix names the new fields otherwise");
                    return Err(A::Error::custom(problem));
                }
            }
        }
        Ok(self)
    }
}

/// What a name in an object stands for; `None` where it is of no interest.
struct KeyOf<'a>(&'a Fields);

impl<'de, 'a> DeserializeSeed<'de> for KeyOf<'a> {
    type Value = Option<(Key, &'a str)>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for KeyOf<'a> {
    type Value = Option<(Key, &'a str)>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.known.get_key_value(name).map(|(name, key)| (*key, name.as_str())))
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
        Ok(i64::try_from(number).map_or(Cell::Number(number as f64), Cell::Integer))
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

    fn cells(line: &str) -> Result<Vec<Cell>, String> {
        Fields::new(&["n", "c"], &["score".to_owned()]).parse(line.as_bytes()).map(|(cells, _)| cells)
    }

    #[test]
    fn wanted_fields_come_in_their_order_and_others_are_skipped() {
        let row = cells(r#"{"x":{"n":[1,{}]},"c":"a","n":2.5}"#).unwrap();
        assert_eq!(row, [Cell::Number(2.5), Cell::Text("a".into())]);
        assert_eq!(cells("{}").unwrap(), [Cell::Missing, Cell::Missing]);
        assert_eq!(cells(r#"{"\u006e":1}"#).unwrap()[0], Cell::Integer(1));
    }

    #[test]
    fn what_is_no_object_is_said_in_words() {
        for (line, words) in [
            ("[1]", "expected an object"),
            ("{\"n\":1", "EOF"),
            ("{\"n\":1} x", "trailing characters"),
            ("{\"n\":1,\"n\":1}", "`n` occurs twice"),
            ("{\"score\":1}", "`score` is there already"),
            ("{\"n\":NaN}", "expected value"),
            ("{\"n\":1e999}", "out of range"),
        ] {
            let problem = cells(line).unwrap_err();
            assert!(problem.contains(words), "{line}: {problem}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error() {
        assert!(Fields::new(&["n"], &[]).parse(b"{\"n\":\"\xff\"}").is_err());
    }

    #[test]
    fn text_that_says_a_number_is_one() {
        let number = |text: &str| Cell::Text(text.into()).number();
        assert_eq!(number(" 5 "), Ok(5.0));
        assert_eq!(number("true"), Ok(1.0));
        assert!(number("N/A").unwrap().is_nan());
        assert!(number("five").unwrap_err().contains("\"five\""));
        assert!(Cell::Nested.number().is_err());
    }

    #[test]
    fn a_number_names_a_category_as_in_a_table() {
        assert_eq!(Cell::Integer(5).category(), Ok(Some("5".to_owned())));
        assert_eq!(Cell::Number(5.0).category(), Ok(Some("5".to_owned())));
        assert_eq!(Cell::Text("null".into()).category(), Ok(None));
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
                    Err(problem) => prop_assert!(!problem.is_empty()),
                }
            }
        }

        #[test]
        fn the_numbers_are_those_of_the_text(number in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            let line = serde_json::json!({ "n": number }).to_string();
            prop_assert_eq!(cells(&line).unwrap()[0].number().unwrap().to_bits(), number.to_bits());
        }
    }
}
