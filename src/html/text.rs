//! Text of the page that does not break in the wrong place.

use maud::{Markup, html};

/// A sentence. Neither a flag nor a number and its percent sign are broken over two lines.
pub(super) fn sentence(text: &str) -> Markup {
    let text = whole_percentages(text);
    html! {
        @for (at, word) in text.split(' ').enumerate() {
            @if at > 0 { " " }
            @if word.contains("--") { span .whole { (word) } } @else { (word) }
        }
    }
}

/// A text with no-break spaces before percent signs.
pub(super) fn whole_percentages(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_percentages_stay_on_one_line() {
        let page = sentence("15 % are flagged; try --contamination 0.02").into_string();
        assert_eq!(page, "15\u{a0}% are flagged; try <span class=\"whole\">--contamination</span> 0.02");
    }
}
