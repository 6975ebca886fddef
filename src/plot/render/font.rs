//! The width of text, and shortening and wrapping text to a width.

use crate::error::{Error, Result};
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::OnceLock;

/// The name of the embedded font in plotters.
pub const FAMILY: &str = "DejaVu Sans";

/// The font height over the font size (em): ascender plus descender of DejaVu Sans. plotters takes the
/// height.
const HEIGHT: f64 = (1_901.0 + 483.0) / 2_048.0;

/// Text is measured at this font size and scaled, because plotters measures in integer pixels.
const MEASURED_AT: f64 = 1_000.0;

/// Register the embedded fonts with plotters, once.
///
/// # Errors
/// If the embedded fonts are damaged.
pub fn register() -> Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let fonts = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
    let done =
        DONE.get_or_init(|| fonts.iter().all(|(style, bytes)| register_font(FAMILY, *style, bytes).is_ok()));
    if *done { Ok(()) } else { Err(Error::Request("the fonts of this program are damaged".to_owned())) }
}

/// A font of plotters with a font size (em) in pixels.
pub fn description(size: f64, bold: bool) -> FontDesc<'static> {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size * HEIGHT, style)
}

/// The width of a text, in pixels.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let narrow: String = text.chars().filter(|c| !is_wide(*c)).collect();
    let wide = text.chars().count() - narrow.chars().count();
    let pixels = description(MEASURED_AT, bold).layout_box(&narrow).map_or(0, |(_, (right, _))| right);
    (f64::from(pixels) / MEASURED_AT + wide as f64) * size
}

/// Characters that DejaVu lacks and that other fonts draw one em wide: Hangul, Chinese, Japanese and emoji.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x11FF | 0x2E80..=0xD7FF | 0xF900..=0xFAFF | 0xFF00..=0xFF60 | 0x1F000..)
}

/// A text shortened to a width in pixels. The middle is removed, because long names often differ at the end.
pub fn shorten(text: &str, size: f64, bold: bool, room: f64) -> String {
    // A text must fit a width measured with the same text, in spite of rounding.
    let room = room + 0.01;
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let mut candidates = (1..letters.len()).rev().map(|length| without_middle(&letters, length));
    candidates.find(|text| width(text, size, bold) <= room).unwrap_or_else(|| "…".to_owned())
}

/// A name and its value in a width in pixels. The name may be shortened; the value is complete or missing.
pub fn name_and_value(name: &str, value: &str, size: f64, bold: bool, room: f64) -> String {
    // A margin for kerning between name and value.
    let name_room = room - width(value, size, bold) - size * 0.1;
    // A shorter name is unreadable.
    match name_room > size * 4.0 {
        true => shorten(name, size, bold, name_room) + value,
        false => shorten(name, size, bold, room),
    }
}

/// The first and last characters, `length` in total, with an ellipsis between them.
fn without_middle(letters: &[char], length: usize) -> String {
    let (head, tail) = (length.div_ceil(2), length / 2);
    let head: String = letters[..head].iter().collect();
    let tail: String = letters[letters.len() - tail..].iter().collect();
    format!("{}…{}", head.trim_end(), tail.trim_start())
}

/// A text wrapped to a width in pixels, in at most `max_lines` lines. Lines that are too wide are shortened.
pub fn wrap(text: &str, size: f64, bold: bool, room: f64, max_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let longer = if lines[last].is_empty() { word.to_owned() } else { format!("{} {word}", lines[last]) };
        // Never break between a number and its percent sign.
        let sticks = word.starts_with('%');
        if lines[last].is_empty() || lines.len() == max_lines || sticks || width(&longer, size, bold) <= room
        {
            lines[last] = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.iter().filter(|line| !line.is_empty()).map(|line| shorten(line, size, bold, room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        register().unwrap();
        let short = shorten("count_of_failed_logons_in_the_last_hour", 10.0, false, 100.0);
        assert!(short.starts_with("count") && short.ends_with("hour") && short.contains('…'), "{short}");
        assert!(width(&short, 10.0, false) <= 100.1);
    }

    #[test]
    fn a_value_is_complete_or_missing() {
        register().unwrap();
        let label = name_and_value("isolation-forest", ": 184 flagged", 10.0, false, 125.0);
        assert_eq!(label, "isola…rest: 184 flagged");
        assert_eq!(name_and_value("lof", ": 184 flagged", 10.0, false, 60.0), "lof");
    }

    #[test]
    fn lines_break_between_words_and_the_last_one_is_shortened() {
        register().unwrap();
        let lines = wrap("one two three four five six seven eight nine ten", 10.0, false, 80.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line, 10.0, false) <= 80.0), "{lines:?}");
    }

    #[test]
    fn bold_text_is_wider_and_chinese_characters_are_one_em_wide() {
        register().unwrap();
        assert!(width("suspicious", 10.0, true) > width("suspicious", 10.0, false));
        assert_eq!(width("异常", 10.0, false), 20.0);
    }
}
