//! Interned names: a million logons contain only a few thousand distinct users, hosts and commands.

use std::collections::HashMap;
use std::sync::Arc;

/// The index of a name in a [`Names`]. Within one `Names`, equal symbols are equal names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

/// A string interner: stores every distinct name once.
#[derive(Clone, Debug)]
pub struct Names {
    symbols: HashMap<Arc<str>, Symbol>,
    names: Vec<Arc<str>>,
}

impl Symbol {
    /// The symbol of the empty name, for missing values.
    pub const UNKNOWN: Symbol = Symbol(0);

    /// The index of the name, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Names {
    /// The symbol of a name; a new name is added. The empty name is [`Symbol::UNKNOWN`].
    ///
    /// # Panics
    /// If there are more than 2^32 distinct names, which do not fit in memory.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(&symbol) = self.symbols.get(name) {
            return symbol;
        }
        let index = u32::try_from(self.names.len()).expect("fewer than 2^32 names fit in memory");
        let name: Arc<str> = Arc::from(name);
        self.names.push(Arc::clone(&name));
        self.symbols.insert(name, Symbol(index));
        Symbol(index)
    }

    /// The name of a symbol of this `Names`.
    pub fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol.index()]
    }

    /// All names, by the index of their symbols.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// The number of distinct names, including the empty one. Every symbol's index is below it.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Always false, because the empty name always exists.
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Names { symbols: HashMap::new(), names: Vec::new() };
        names.intern("");
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_symbols_map_one_to_one() {
        let mut names = Names::default();
        let anna = names.intern("anna");
        let boris = names.intern("boris");
        assert_ne!(anna, boris);
        assert_eq!(anna, names.intern("anna"));
        assert_eq!(names.name(boris), "boris");
    }

    #[test]
    fn the_empty_name_has_the_unknown_symbol() {
        assert_eq!(Names::default().intern(""), Symbol::UNKNOWN);
    }
}
