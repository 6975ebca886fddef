//! The head of every page.

use maud::{Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The head of a page with this title, and with further rules of style.
pub(super) fn head(title: &str, more_style: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="generator" content=(concat!("whis-lab ", env!("CARGO_PKG_VERSION")));
            title { (title) }
            style { (PreEscaped(STYLE)) (PreEscaped(more_style)) }
        }
    }
}
