//! A sentence about a table or one of its values, with a way out if there is one.

use crate::error::{Error, Hint};
use std::fmt;

/// What a reader should know, in one sentence, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// What happened and why it matters, without the way out.
    pub text: String,
    /// What to do about it; `None` if there is no known way out.
    pub hint: Option<Hint>,
}

impl Note {
    /// This note as an error, which `error` makes of the text.
    pub fn into_error(self, error: impl FnOnce(String) -> Error) -> Error {
        let error = error(self.text);
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&Error> for Note {
    fn from(error: &Error) -> Self {
        Note { text: error.to_string(), hint: error.hint().cloned() }
    }
}

impl From<String> for Note {
    fn from(text: String) -> Self {
        Note { text, hint: None }
    }
}

impl From<&str> for Note {
    fn from(text: &str) -> Self {
        Note::from(text.to_owned())
    }
}
