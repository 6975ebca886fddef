//! What a command line tells by itself: its length, its entropy, and whether it hides a script.

use crate::events::{Names, Symbol};

/// What is known of a command line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Traits {
    /// Bytes.
    pub length: i64,
    /// Bits per byte, 0 to 8.
    pub entropy: f64,
    pub has_encoded: bool,
}

/// The traits of command lines, each distinct one examined once.
pub(super) struct CommandLines<'a> {
    names: &'a Names,
    known: Vec<Option<Traits>>,
}

impl<'a> CommandLines<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        CommandLines { names, known: vec![None; names.len()] }
    }

    pub(super) fn traits(&mut self, command_line: Symbol) -> Traits {
        let examine = || Traits::of(self.names.name(command_line));
        *self.known[command_line.index()].get_or_insert_with(examine)
    }
}

impl Traits {
    fn of(command_line: &str) -> Self {
        Traits {
            length: command_line.len() as i64,
            entropy: entropy(command_line.as_bytes()),
            has_encoded: has_encoded(command_line),
        }
    }
}

/// Shannon entropy in bits per byte; 0 for no bytes at all.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let total = bytes.len() as f64;
    let surprise = |&count: &u32| {
        let share = f64::from(count) / total;
        // libm's logarithm and not the platform's, so that tables are the same bytes everywhere.
        -share * libm::log2(share)
    };
    counts.iter().filter(|&&count| count > 0).map(surprise).sum()
}

/// Whether a flag that PowerShell takes for `-EncodedCommand` is followed by what looks like base64.
fn has_encoded(command_line: &str) -> bool {
    let arguments = || command_line.split_whitespace().map(unquoted);
    arguments()
        .zip(arguments().skip(1))
        .any(|(flag, value)| is_encoded_flag(flag) && looks_like_base64(value))
}

fn unquoted(argument: &str) -> &str {
    argument.trim_matches(['"', '\''])
}

/// `-e`, `-ec`, `-en`, ..., `-EncodedCommand`. PowerShell takes a slash and the longer dashes as well.
fn is_encoded_flag(argument: &str) -> bool {
    const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];
    let Some(flag) = argument.strip_prefix(DASHES) else {
        return false;
    };
    let flag = flag.strip_prefix('-').unwrap_or(flag).to_ascii_lowercase();
    flag == "ec" || (!flag.is_empty() && "encodedcommand".starts_with(&flag))
}

/// Whether an argument may be base64 of a script: long enough, nothing but its alphabet, padded or not.
fn looks_like_base64(argument: &str) -> bool {
    // "whoami" in UTF-16 takes 16 characters; shorter words are too often names and numbers.
    const SHORTEST: usize = 16;
    let digits = argument.trim_end_matches('=');
    let padding = argument.len() - digits.len();
    // A path of plain words is in the alphabet too, but text in UTF-16 never begins with a slash.
    digits.len() >= SHORTEST
        && padding <= 2
        && digits.len() % 4 != 1
        && !digits.starts_with('/')
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "dwBoAG8AYQBtAGkA";

    #[test]
    fn entropy_is_0_for_one_byte_and_8_for_all_of_them() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(entropy(b""), 0.0);
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b"abab"), 1.0);
        assert_eq!(entropy(&all), 8.0);
    }

    #[test]
    fn the_length_is_in_bytes() {
        assert_eq!(Traits::of("gr\u{fc}n").length, 5);
    }

    #[test]
    fn every_spelling_of_the_flag_is_seen() {
        for flag in ["-e", "-ec", "-EN", "-enc", "/Enc", "-eNcOdEdCoMmAnD", "\u{2013}enc", "--enc"] {
            assert!(has_encoded(&format!("powershell.exe -nop {flag} {SCRIPT}")), "{flag}");
        }
        assert!(has_encoded(&format!("powershell \"-enc\" \"{SCRIPT}\"")));
    }

    #[test]
    fn flags_of_other_meaning_are_not_taken_for_it() {
        for flag in ["-ex", "-ep", "-encodeda", "-encoding", "enc", "-", "-x"] {
            assert!(!has_encoded(&format!("powershell.exe {flag} {SCRIPT}")), "{flag}");
        }
    }

    #[test]
    fn an_argument_that_is_no_base64_is_not_a_script() {
        for value in ["short", "Get-Process|Out-Null", "/usr/share/misc/magic", "", "dwBoAG8AYQBtAGkA===="] {
            assert!(!has_encoded(&format!("powershell.exe -e {value}")), "{value}");
        }
        assert!(!has_encoded("powershell.exe -enc"));
    }
}
