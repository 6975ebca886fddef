//! How wide words are, and how they are made to fit.

use crate::error::{Error, Result};
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::OnceLock;

/// The name under which plotters knows the font that this program brings along.
pub const FAMILY: &str = "DejaVu Sans";

/// The height that plotters' fonts are asked for, over the em: what lies between the ascender and the descender
/// of DejaVu Sans.
const HEIGHT: f64 = (1_901.0 + 483.0) / 2_048.0;

/// Text is measured at this size and scaled, because plotters measures in whole pixels.
const MEASURED_AT: f64 = 1_000.0;

/// Make the fonts known to plotters, once.
///
/// # Errors
/// Where the fonts in this program are damaged.
pub fn register() -> Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let fonts = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
    let done =
        DONE.get_or_init(|| fonts.iter().all(|(style, bytes)| register_font(FAMILY, *style, bytes).is_ok()));
    if *done { Ok(()) } else { Err(Error::Request("the fonts of this program are damaged".to_owned())) }
}

/// A font of plotters whose em has a size in pixels.
pub fn description(size: f64, bold: bool) -> FontDesc<'static> {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size * HEIGHT, style)
}

/// The width of words, in pixels.
pub fn width(words: &str, size: f64, bold: bool) -> f64 {
    let known: String = words.chars().filter(|c| !is_wide(*c)).collect();
    let wide = words.chars().count() - known.chars().count();
    let measured = description(MEASURED_AT, bold).layout_box(&known).map_or(0, |(_, (right, _))| right);
    (f64::from(measured) / MEASURED_AT + wide as f64) * size
}

/// Scripts that DejaVu lacks and other fonts draw one em wide: Hangul, Chinese, Japanese, and pictures.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x11FF | 0x2E80..=0xD7FF | 0xF900..=0xFAFF | 0xFF00..=0xFF60 | 0x1F000..)
}

/// The words with their middle left out where they are wider than they may be: both ends of a long name say more
/// than its beginning.
pub fn shortened(words: &str, size: f64, bold: bool, room: f64) -> String {
    // Room that was measured by these very words is room enough, whatever was rounded in between.
    let room = room + 0.01;
    if width(words, size, bold) <= room {
        return words.to_owned();
    }
    let letters: Vec<char> = words.chars().collect();
    let kept = (1..letters.len()).rev().map(|kept| without_middle(&letters, kept));
    kept.into_iter().find(|text| width(text, size, bold) <= room).unwrap_or_else(|| "…".to_owned())
}

/// A name and its value in so much room: the name is shortened, but a number is whole or not there at all.
pub fn named(name: &str, value: &str, size: f64, bold: bool, room: f64) -> String {
    // Letters at the seam may stand closer or wider than apart.
    let beside = room - width(value, size, bold) - size * 0.1;
    // A name shorter than this is no name.
    match beside > size * 4.0 {
        true => shortened(name, size, bold, beside) + value,
        false => shortened(name, size, bold, room),
    }
}

fn without_middle(letters: &[char], kept: usize) -> String {
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let head: String = letters[..head].iter().collect();
    let tail: String = letters[letters.len() - tail..].iter().collect();
    format!("{}…{}", head.trim_end(), tail.trim_start())
}

/// The words in lines no wider than there is room, and no more lines than so many; what does not fit is shortened.
pub fn wrapped(words: &str, size: f64, bold: bool, room: f64, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = vec![String::new()];
    for word in words.split_whitespace() {
        let last = wrapped.len() - 1;
        let longer =
            if wrapped[last].is_empty() { word.to_owned() } else { format!("{} {word}", wrapped[last]) };
        if wrapped[last].is_empty() || wrapped.len() == lines || width(&longer, size, bold) <= room {
            wrapped[last] = longer;
        } else {
            wrapped.push(word.to_owned());
        }
    }
    wrapped.iter().filter(|line| !line.is_empty()).map(|line| shortened(line, size, bold, room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        register().unwrap();
        let short = shortened("count_of_failed_logons_in_the_last_hour", 10.0, false, 100.0);
        assert!(short.starts_with("count") && short.ends_with("hour") && short.contains('…'), "{short}");
        assert!(width(&short, 10.0, false) <= 100.1);
    }

    #[test]
    fn a_number_is_whole_or_not_there() {
        register().unwrap();
        assert_eq!(named("isolation-forest", ": 184 flagged", 10.0, false, 125.0), "isola…rest: 184 flagged");
        assert_eq!(named("lof", ": 184 flagged", 10.0, false, 60.0), "lof");
    }

    #[test]
    fn lines_are_broken_between_words_and_the_last_one_is_shortened() {
        register().unwrap();
        let lines = wrapped("one two three four five six seven eight nine ten", 10.0, false, 80.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line, 10.0, false) <= 80.0), "{lines:?}");
    }

    #[test]
    fn bold_words_are_wider_and_chinese_ones_an_em_a_letter() {
        register().unwrap();
        assert!(width("suspicious", 10.0, true) > width("suspicious", 10.0, false));
        assert_eq!(width("异常", 10.0, false), 20.0);
    }
}
