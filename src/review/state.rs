//! What happens in a review: a key, and what it means.

use crate::model::verdict::Verdict;

/// A key, or a line of a terminal without keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Character(char),
    /// The end of a note.
    Enter,
    /// The last character of a note is deleted.
    Backspace,
    /// The note is dropped.
    Escape,
    /// Ctrl-C, or the end of the input.
    Interrupt,
    /// The window has another size.
    Resize,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Draw the screen again.
    Draw,
    /// Record a verdict with the note, and show the next alert.
    Judge(Verdict, Option<String>),
    /// Show the alert before.
    Back,
    /// End.
    Quit,
}

/// The number of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Of this session.
    pub judged: usize,
    /// Called suspicious, in all sessions.
    pub suspicious: usize,
    /// Called normal, in all sessions.
    pub normal: usize,
    /// Unsure, in all sessions.
    pub unsure: usize,
}

impl Progress {
    /// Count a verdict.
    pub fn add(&mut self, verdict: Verdict) {
        *self.of(verdict) += 1;
    }

    /// A verdict that was revised no longer counts.
    pub fn remove(&mut self, verdict: Verdict) {
        let count = self.of(verdict);
        *count = count.saturating_sub(1);
    }

    fn of(&mut self, verdict: Verdict) -> &mut usize {
        match verdict {
            Verdict::Suspicious => &mut self.suspicious,
            Verdict::Normal => &mut self.normal,
            Verdict::Unsure => &mut self.unsure,
        }
    }
}

/// What is shown besides the alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The help is open.
    pub is_help: bool,
    /// A note that is being written.
    pub writing: Option<String>,
    /// The note of the next verdict.
    pub note: Option<String>,
    /// What the last key did, in a sentence.
    pub message: Option<String>,
}

impl State {
    /// Take a key.
    pub fn press(&mut self, key: &Key) -> Step {
        self.message = None;
        if let Some(text) = &mut self.writing {
            match key {
                Key::Character(character) => text.push(*character),
                Key::Backspace => drop(text.pop()),
                Key::Escape => self.writing = None,
                Key::Enter => {
                    let text = self.writing.take().unwrap_or_default();
                    self.note = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
                }
                Key::Interrupt => return Step::Quit,
                Key::Resize => {}
            }
            return Step::Draw;
        }
        let was_help = std::mem::take(&mut self.is_help);
        let verdict = match key {
            Key::Interrupt => return Step::Quit,
            Key::Character('q' | 'Q') => return Step::Quit,
            Key::Character('b' | 'B') => return Step::Back,
            Key::Character('s' | 'S') => Verdict::Suspicious,
            Key::Character('n' | 'N') => Verdict::Normal,
            Key::Character('u' | 'U') => Verdict::Unsure,
            Key::Character('t' | 'T') => {
                self.writing = Some(self.note.clone().unwrap_or_default());
                return Step::Draw;
            }
            Key::Character('?' | 'h') => {
                self.is_help = !was_help;
                return Step::Draw;
            }
            Key::Character(other) if !other.is_whitespace() => {
                self.message = Some(format!("`{other}` means nothing here; ? shows the keys"));
                return Step::Draw;
            }
            _ => return Step::Draw,
        };
        Step::Judge(verdict, self.note.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(state: &mut State, keys: &str) -> Vec<Step> {
        keys.chars().map(|key| state.press(&Key::Character(key))).collect()
    }

    #[test]
    fn keys_are_verdicts() {
        let steps = press(&mut State::default(), "sNuq");
        let judge = |verdict| Step::Judge(verdict, None);
        let expected = [Verdict::Suspicious, Verdict::Normal, Verdict::Unsure].map(judge);
        assert_eq!(steps[..3], expected);
        assert_eq!(steps[3], Step::Quit);
    }

    #[test]
    fn a_note_goes_with_the_next_verdict_only() {
        let mut state = State::default();
        press(&mut state, "tVPNx");
        state.press(&Key::Backspace);
        assert_eq!(state.press(&Key::Enter), Step::Draw);
        assert_eq!(press(&mut state, "n"), [Step::Judge(Verdict::Normal, Some("VPN".to_owned()))]);
        assert_eq!(press(&mut state, "s"), [Step::Judge(Verdict::Suspicious, None)]);
    }

    #[test]
    fn letters_in_a_note_are_no_verdicts_and_escape_drops_it() {
        let mut state = State::default();
        assert_eq!(press(&mut state, "tsnq"), vec![Step::Draw; 4]);
        state.press(&Key::Escape);
        assert_eq!((state.writing.as_ref(), state.note.as_ref()), (None, None));
    }

    #[test]
    fn help_opens_and_any_key_closes_it() {
        let mut state = State::default();
        press(&mut state, "?");
        assert!(state.is_help);
        press(&mut state, "?");
        assert!(!state.is_help);
        press(&mut state, "x");
        assert!(state.message.unwrap().contains("`x` means nothing"));
    }

    #[test]
    fn ctrl_c_ends_also_within_a_note() {
        let mut state = State::default();
        press(&mut state, "t");
        assert_eq!(state.press(&Key::Interrupt), Step::Quit);
    }
}
