//! Features of a command line: its length, its entropy, and whether it contains an encoded script.

use crate::events::{Names, Symbol};

/// The features of a command line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Traits {
    /// The length in bytes.
    pub length: i64,
    /// The Shannon entropy in bits per byte, 0 to 8.
    pub entropy: f64,
    /// Whether it contains an encoded PowerShell script.
    pub has_encoded: bool,
}

/// A cache of the features of command lines, so that each distinct one is analyzed once.
pub(super) struct CommandLines<'a> {
    names: &'a Names,
    cache: Vec<Option<Traits>>,
}

impl<'a> CommandLines<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        CommandLines { names, cache: vec![None; names.len()] }
    }

    pub(super) fn traits(&mut self, command_line: Symbol) -> Traits {
        let compute = || Traits::of(self.names.name(command_line));
        *self.cache[command_line.index()].get_or_insert_with(compute)
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

/// The Shannon entropy in bits per byte; 0 without bytes.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let total = bytes.len() as f64;
    let term = |&count: &u32| {
        let share = f64::from(count) / total;
        // The logarithm of libm gives the same bits on every platform.
        -share * libm::log2(share)
    };
    counts.iter().filter(|&&count| count > 0).map(term).sum()
}

/// Whether a spelling of PowerShell's `-EncodedCommand` precedes an argument that looks like base64.
fn has_encoded(command_line: &str) -> bool {
    let arguments = || command_line.split_whitespace().map(trim_quotes);
    arguments()
        .zip(arguments().skip(1))
        .any(|(flag, value)| is_encoded_flag(flag) && looks_like_base64(value))
}

fn trim_quotes(argument: &str) -> &str {
    argument.trim_matches(['"', '\''])
}

/// Whether an argument is `-e`, `-ec`, `-en`, …, or `-EncodedCommand`. PowerShell also accepts `/` and longer
/// dashes.
fn is_encoded_flag(argument: &str) -> bool {
    const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];
    let Some(flag) = argument.strip_prefix(DASHES) else {
        return false;
    };
    let flag = flag.strip_prefix('-').unwrap_or(flag).to_ascii_lowercase();
    flag == "ec" || (!flag.is_empty() && "encodedcommand".starts_with(&flag))
}

/// Whether an argument may be a base64 script: long enough, in the base64 alphabet, with valid or no padding.
fn looks_like_base64(argument: &str) -> bool {
    // "whoami" in UTF-16 has 16 base64 characters. Shorter arguments are often names or numbers.
    const MIN_LENGTH: usize = 16;
    let digits = argument.trim_end_matches('=');
    let padding = argument.len() - digits.len();
    // A path can consist of base64 characters, but UTF-16 text in base64 never begins with a slash.
    digits.len() >= MIN_LENGTH
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
    fn entropy_is_0_for_one_byte_value_and_8_for_all_256() {
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
    fn every_spelling_of_the_flag_is_recognized() {
        for flag in ["-e", "-ec", "-EN", "-enc", "/Enc", "-eNcOdEdCoMmAnD", "\u{2013}enc", "--enc"] {
            assert!(has_encoded(&format!("powershell.exe -nop {flag} {SCRIPT}")), "{flag}");
        }
        assert!(has_encoded(&format!("powershell \"-enc\" \"{SCRIPT}\"")));
    }

    #[test]
    fn other_flags_are_not_recognized() {
        for flag in ["-ex", "-ep", "-encodeda", "-encoding", "enc", "-", "-x"] {
            assert!(!has_encoded(&format!("powershell.exe {flag} {SCRIPT}")), "{flag}");
        }
    }

    #[test]
    fn an_argument_that_is_not_base64_is_not_a_script() {
        for value in ["short", "Get-Process|Out-Null", "/usr/share/misc/magic", "", "dwBoAG8AYQBtAGkA===="] {
            assert!(!has_encoded(&format!("powershell.exe -e {value}")), "{value}");
        }
        assert!(!has_encoded("powershell.exe -enc"));
    }
}
