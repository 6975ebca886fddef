//! JSON objects as a table: one per line, or all in one array. Nested objects become columns with dotted
//! names.

use super::header::unique;
use super::json_object::{Cell, not_json};
use super::lines::{LineReader, Text};
use crate::error::{Error, LONGEST_NAME, Result, json, printable};
use crate::table::column::{Column, Values};
use crate::table::io::builder::LevelBuilder;
use crate::table::io::files;
use crate::table::value;
use hashbrown::HashMap;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

/// The columns of a file of JSON objects as texts. [`crate::table::io::evidence`] infers their types.
#[derive(Debug)]
pub struct JsonTable {
    pub columns: Vec<Column>,
    /// What is left out, as sentences.
    pub notes: Vec<String>,
}

/// Columns that grow by one object per row.
#[derive(Default)]
struct Columns {
    positions: HashMap<String, usize>,
    names: Vec<String>,
    levels: Vec<LevelBuilder>,
    /// The number of rows of each column.
    lengths: Vec<usize>,
    rows: usize,
    /// The names of fields with lists.
    lists: Vec<String>,
}

impl JsonTable {
    /// Read all objects of a file.
    ///
    /// # Errors
    /// If the file cannot be read, or a line or the array is not JSON. The error names the line.
    pub fn read(path: &Path) -> Result<Self> {
        let mut columns = Columns::default();
        let mut reader = BufReader::with_capacity(1 << 18, files::open(path)?);
        let first = first_byte(&mut reader).map_err(|e| Error::input(path, e))?;
        match first {
            Some(b'[') => columns.read_array(reader),
            _ => columns.read_lines(reader),
        }
        .map_err(|problem| Error::input(path, problem))?;
        Ok(columns.finish())
    }
}

/// The first byte that is neither white space nor a byte order mark. The reader keeps it.
fn first_byte(reader: &mut BufReader<impl Read>) -> std::io::Result<Option<u8>> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let skipped = buffer.len() - files::unmarked(buffer).trim_ascii_start().len();
        if skipped == 0 {
            return Ok(Some(buffer[0]));
        }
        reader.consume(skipped);
    }
}

/// A file of JSON objects as lines: those of the file, or one per element of its array.
///
/// # Errors
/// If the file cannot be read, or its array is not JSON.
pub fn open_lines(path: &Path) -> Result<Box<dyn Read>> {
    let failed = |e: std::io::Error| Error::input(path, e);
    let mut reader = BufReader::with_capacity(1 << 18, files::open(path)?);
    let start = reader.fill_buf().map_err(failed)?;
    if files::unmarked(start).trim_ascii_start().first() != Some(&b'[') {
        return Ok(Box::new(reader));
    }
    first_byte(&mut reader).map_err(failed)?;
    let elements: Vec<Box<RawValue>> = serde_json::from_reader(reader)
        .map_err(|e| Error::input(path, format!("not a JSON array of objects: {}", json::reason(&e))))?;
    let mut lines = Vec::new();
    for element in elements {
        let on_one_line = |byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte };
        lines.extend(element.get().bytes().map(on_one_line));
        lines.push(b'\n');
    }
    Ok(Box::new(Cursor::new(lines)))
}

impl Columns {
    fn read_lines(&mut self, reader: impl Read) -> Result<(), String> {
        let mut lines = LineReader::new(reader);
        while let Some((number, text)) = lines.next_line().map_err(|e| e.to_string())? {
            let Text::Whole(line) = text else { return Err(format!("line {number}: longer than 16 MiB")) };
            if line.trim_ascii().is_empty() {
                continue;
            }
            let mut json = serde_json::Deserializer::from_slice(&line);
            let row = Object { columns: self, prefix: "" }.deserialize(&mut json).and_then(|()| json.end());
            row.map_err(|e| format!("line {number}: {}", not_json(&line, &e)))?;
            self.rows += 1;
        }
        Ok(())
    }

    fn read_array(&mut self, reader: impl Read) -> Result<(), String> {
        let mut json = serde_json::Deserializer::from_reader(reader);
        let read = Array { columns: self }.deserialize(&mut json).and_then(|()| json.end());
        read.map_err(|e| format!("not a JSON array of objects: {}", json::reason(&e)))
    }

    fn position(&mut self, name: String) -> usize {
        let next = self.names.len();
        let position = *self.positions.entry_ref(&name).or_insert(next);
        if position == next {
            self.names.push(name);
            self.levels.push(LevelBuilder::default());
            self.lengths.push(0);
        }
        position
    }

    fn push(&mut self, name: String, text: Option<&str>) -> Result<(), String> {
        let at = self.position(name);
        if self.lengths[at] > self.rows {
            return Err(format!("`{}` occurs twice", self.names[at]));
        }
        while self.lengths[at] < self.rows {
            self.levels[at].push(None);
            self.lengths[at] += 1;
        }
        self.levels[at].push(text.and_then(value::level));
        self.lengths[at] += 1;
        Ok(())
    }

    fn see_list(&mut self, name: String) {
        if !self.lists.contains(&name) {
            self.lists.push(name);
        }
    }

    fn finish(mut self) -> JsonTable {
        for (levels, &length) in self.levels.iter_mut().zip(&self.lengths) {
            (length..self.rows).for_each(|_| levels.push(None));
        }
        let note = |name: &String| format!("`{}` is left out: it holds lists", printable(name, LONGEST_NAME));
        let mut notes: Vec<String> = self.lists.iter().map(note).collect();
        let names = unique(self.names.iter().map(|name| name.trim().to_owned()).collect(), &mut notes);
        let columns = names.into_iter().zip(self.levels);
        let column =
            |(name, levels): (String, LevelBuilder)| Column { name, values: Values::Text(levels.finish()) };
        JsonTable { columns: columns.map(column).collect(), notes }
    }
}

struct Array<'a> {
    columns: &'a mut Columns,
}

impl<'de> DeserializeSeed<'de> for Array<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Array<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Object { columns: self.columns, prefix: "" })?.is_some() {
            self.columns.rows += 1;
        }
        Ok(())
    }
}

/// An object whose fields are columns with names that start with `prefix`.
struct Object<'a> {
    columns: &'a mut Columns,
    prefix: &'a str,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let name = format!("{}{key}", self.prefix);
            map.next_value_seed(Field { columns: self.columns, name })?;
        }
        Ok(())
    }
}

/// The value of a field.
struct Field<'a> {
    columns: &'a mut Columns,
    name: String,
}

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.columns.push(self.name, None).map_err(E::custom)
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<(), E> {
        self.columns.push(self.name, Cell::Flag(flag).text().as_deref()).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.columns.push(self.name, Cell::Integer(number).text().as_deref()).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.columns.push(self.name, Some(&number.to_string())).map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        self.columns.push(self.name, Cell::Number(number).text().as_deref()).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.columns.push(self.name, Some(text)).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.columns.see_list(self.name);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        // Only attackers write deeper objects.
        const DEEPEST: usize = 16;
        let prefix = format!("{}.", self.name);
        if prefix.matches('.').count() > DEEPEST {
            return Err(A::Error::custom("objects are nested too deeply"));
        }
        Object { columns: self.columns, prefix: &prefix }.visit_map(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<JsonTable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        std::fs::write(&path, text).unwrap();
        JsonTable::read(&path)
    }

    fn cells(table: &JsonTable) -> Vec<(String, Vec<Option<String>>)> {
        let cells = |column: &Column| match &column.values {
            Values::Text(text) => {
                (0..text.codes.len()).map(|row| text.level(row).map(str::to_owned)).collect()
            }
            _ => panic!("texts only"),
        };
        table.columns.iter().map(|column| (column.name.clone(), cells(column))).collect()
    }

    #[test]
    fn lines_and_an_array_are_the_same_table() {
        let lines =
            read("{\"a\":1,\"b\":{\"c\":\"x\",\"d\":null}}\n\n{\"b\":{\"c\":true},\"a\":2.5,\"l\":[1]}\n")
                .unwrap();
        let array = read(
            "\u{feff}[{\"a\":1,\"b\":{\"c\":\"x\",\"d\":null}},\n{\"b\":{\"c\":true},\"a\":2.5,\"l\":[1]}]",
        )
        .unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            cells(&lines),
            [
                ("a".to_owned(), vec![some("1"), some("2.5")]),
                ("b.c".to_owned(), vec![some("x"), some("true")]),
                ("b.d".to_owned(), vec![None, None]),
            ]
        );
        assert_eq!(cells(&array), cells(&lines));
        assert_eq!(lines.notes, ["`l` is left out: it holds lists"]);
    }

    #[test]
    fn a_line_that_is_not_an_object_is_named() {
        for (text, words) in [
            ("{\"a\":1}\ngarbage\n", "line 2: not JSON: `garbage`"),
            ("{\"a\":1}\n{\"a\":", "line 2: the JSON object is cut off"),
            ("{\"a\":1,\"a\":2}", "line 1: `a` occurs twice"),
            ("5", "must be an object"),
            ("[{\"a\":1},", "not a JSON array"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in r#"[\[{}\]":,nc0-9eE.\\u tfl\n-]{0,60}"#) {
            let _ = read(&text);
        }
    }
}
