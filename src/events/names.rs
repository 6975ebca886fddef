//! Names kept once: a million logons speak of a few thousand users, hosts and commands.

use std::collections::HashMap;
use std::sync::Arc;

/// A name, as its position in a [`Names`]. Equal symbols of one `Names` are equal names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

/// Every distinct name once.
#[derive(Clone, Debug)]
pub struct Names {
    positions: HashMap<Arc<str>, Symbol>,
    names: Vec<Arc<str>>,
}

impl Symbol {
    /// The symbol of the empty name: the source did not say.
    pub const UNKNOWN: Symbol = Symbol(0);

    /// The position of the name, counted from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Names {
    /// The symbol of a name, which is added where it is new. The empty name is [`Symbol::UNKNOWN`].
    ///
    /// # Panics
    /// Beyond 2^32 distinct names, which is far beyond what fits in memory.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(&symbol) = self.positions.get(name) {
            return symbol;
        }
        let position = u32::try_from(self.names.len()).expect("fewer than 2^32 names fit in memory");
        let name: Arc<str> = Arc::from(name);
        self.names.push(Arc::clone(&name));
        self.positions.insert(name, Symbol(position));
        Symbol(position)
    }

    /// The name of a symbol that this `Names` gave out.
    pub fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol.index()]
    }

    /// How many distinct names there are, the empty one included; every symbol's index is below it.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Never: the empty name is always there.
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Names { positions: HashMap::new(), names: Vec::new() };
        names.intern("");
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_symbol_and_a_symbol_one_name() {
        let mut names = Names::default();
        let anna = names.intern("anna");
        let boris = names.intern("boris");
        assert_ne!(anna, boris);
        assert_eq!(anna, names.intern("anna"));
        assert_eq!(names.name(boris), "boris");
    }

    #[test]
    fn the_empty_name_is_the_unknown_one() {
        assert_eq!(Names::default().intern(""), Symbol::UNKNOWN);
    }
}
