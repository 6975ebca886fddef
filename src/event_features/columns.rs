//! Conversion of symbols, flags and labels to columns of a table.

use crate::digest::{Key, sha256};
use crate::events::{Names, Symbol};
use crate::table::{Categories, Column, Values};

/// The version of the columns, written to every row.
const SCHEMA_VERSION: i64 = 1;

pub(super) fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}

pub(super) fn schema_version(rows: usize) -> Column {
    column("schema_ver", Values::Integer(vec![SCHEMA_VERSION; rows]))
}

/// The label column; `None` if there are events but none has a label.
pub(super) fn label(suspicious: &[Option<bool>]) -> Option<Column> {
    let labelled = suspicious.is_empty() || suspicious.iter().any(Option::is_some);
    labelled.then(|| column("is_suspicious", maybe_flags(suspicious)))
}

/// The column of attacks: the name of each event's attack, missing for normal events. `None` if no event has one.
pub(super) fn attack(names: &Names, attacks: impl Iterator<Item = Symbol> + Clone) -> Option<Column> {
    let is_known = attacks.clone().any(|attack| attack != Symbol::UNKNOWN);
    is_known.then(|| column("attack_id", text(names, attacks)))
}

/// Flags; if one is missing, reals with 1, 0 and NaN.
pub(super) fn maybe_flags(flags: &[Option<bool>]) -> Values {
    let complete: Option<Vec<bool>> = flags.iter().copied().collect();
    complete.map(Values::Flag).unwrap_or_else(|| {
        let real = |flag: &Option<bool>| flag.map_or(f64::NAN, |flag| f64::from(u8::from(flag)));
        Values::Real(flags.iter().map(real).collect())
    })
}

/// How names of users, addresses and command lines are written to a table.
#[derive(Clone, Debug)]
pub enum Hide {
    /// The first 16 hexadecimal characters of SHA-256. Whoever has a list of names can find the name again.
    Sha256,
    /// The first 16 hexadecimal characters of HMAC-SHA-256 with a key, which must be known to find a name again.
    Hmac(Key),
    /// As they are.
    Nothing,
}

impl Hide {
    /// Names as categories.
    pub(super) fn names(&self, names: &Names, symbols: impl Iterator<Item = Symbol>) -> Values {
        levels(names, symbols, |name| self.name(name))
    }

    fn name(&self, name: &str) -> String {
        match self {
            Hide::Sha256 => hash(name),
            Hide::Hmac(key) => key.hide(name),
            Hide::Nothing => name.to_owned(),
        }
    }
}

/// Names as categories.
pub(super) fn text(names: &Names, symbols: impl Iterator<Item = Symbol>) -> Values {
    levels(names, symbols, str::to_owned)
}

/// Categories with levels in order of first appearance. `format` is called once per distinct name.
fn levels(names: &Names, symbols: impl Iterator<Item = Symbol>, format: impl Fn(&str) -> String) -> Values {
    let mut codes_of: Vec<Option<u32>> = vec![None; names.len()];
    codes_of[Symbol::UNKNOWN.index()] = Some(Categories::MISSING);
    let mut levels = Vec::new();
    let code = |symbol: Symbol| {
        *codes_of[symbol.index()].get_or_insert_with(|| {
            levels.push(format(names.name(symbol)));
            (levels.len() - 1) as u32
        })
    };
    let codes = symbols.map(code).collect();
    Values::Text(Categories { codes, levels })
}

fn hash(name: &str) -> String {
    let mut digest = sha256(name.as_bytes());
    digest.truncate(16);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_beginning_of_sha_256() {
        // The test vector of FIPS 180-4 for "abc".
        assert_eq!(hash("abc"), "ba7816bf8f01cfea");
    }

    #[test]
    fn an_unknown_name_is_a_missing_value() {
        let mut names = Names::default();
        let anna = names.intern("anna");
        let symbols = [anna, Symbol::UNKNOWN, anna];
        let expected = Categories { codes: vec![0, Categories::MISSING, 0], levels: vec!["anna".to_owned()] };
        assert_eq!(text(&names, symbols.into_iter()), Values::Text(expected));
    }

    #[test]
    fn flags_become_reals_if_one_is_missing() {
        assert_eq!(maybe_flags(&[Some(true), Some(false)]), Values::Flag(vec![true, false]));
        let Values::Real(reals) = maybe_flags(&[Some(true), None]) else {
            panic!("flags cannot represent a missing value");
        };
        assert!(reals[0] == 1.0 && reals[1].is_nan());
    }

    #[test]
    fn events_without_labels_make_a_table_without_the_label() {
        assert_eq!(label(&[None, None]), None);
        assert!(label(&[None, Some(true)]).is_some());
    }
}
