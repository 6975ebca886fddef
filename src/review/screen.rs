//! What one sees of a review, as lines of text for a window of any size.

use super::state::{Progress, State};

/// An alert as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alert {
    /// The number of the alert in this session, from 1.
    pub number: usize,
    /// What it is about in a few words: time, row, number of equal rows.
    pub headline: String,
    /// The percentage of training rows with a lower score, in [0, 100].
    pub severity: f64,
    /// The score and the threshold.
    pub score: f64,
    /// Rows with a score above this are flagged.
    pub threshold: f64,
    /// Why the score is high: the features that move it most.
    pub reasons: Vec<Fact>,
    /// Other columns of the row.
    pub context: Vec<Fact>,
    /// Similar rows that were judged: suspicious and normal ones.
    pub similar: (usize, usize),
    /// The verdict that the row has already.
    pub verdict: Option<String>,
}

/// A name and a value, and what it does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fact {
    /// The name of the column.
    pub name: String,
    /// The value.
    pub value: String,
    /// Its usual value; empty for context.
    pub usual: String,
    /// How much it adds to the score; 0 for context.
    pub effect: f64,
}

/// A screen.
#[derive(Clone, Copy, Debug)]
pub struct Screen<'a> {
    /// What is reviewed, such as `auth_events, isolation-forest`.
    pub title: &'a str,
    /// The alert.
    pub alert: &'a Alert,
    /// What has been judged.
    pub progress: Progress,
    /// The rest.
    pub state: &'a State,
}

const KEYS: &str = "[s]uspicious  [n]ormal  [u]nsure  [b]ack  no[t]e  [q]uit  [?] help";
const SHORT_KEYS: &str = "s n u  b t  q ?";

const HELP: [&str; 11] = [
    "s  suspicious: rows like this one shall rise",
    "n  normal: rows like this one shall fall",
    "u  unsure: nothing is learned, and it is not asked again",
    "b  back to the alert before; a new verdict replaces the old one",
    "t  write a note for the next verdict; Enter keeps it, Esc drops it",
    "q  quit; Ctrl-C does the same",
    "",
    "Each verdict is on disk before the next alert appears. Start the same",
    "command again to go on. `whis-lab learn` teaches the verdicts to the model.",
    "",
    "Any key closes this help.",
];

impl Screen<'_> {
    /// The lines of a window. None is wider than `width`, and there are at most `height`.
    pub fn lines(&self, width: usize, height: usize) -> Vec<String> {
        let Progress { judged, suspicious, normal, unsure } = self.progress;
        let counts = [
            format!("{judged} judged now; in all {suspicious} suspicious, {normal} normal, {unsure} unsure"),
            format!("{judged} judged; {suspicious} suspicious, {normal} normal"),
            format!("{judged} judged"),
        ];
        let mut lines = vec![spread(&format!("review: {}", self.title), &counts, width), "─".repeat(width)];
        let footer = self.footer(width);
        let room = height.saturating_sub(lines.len() + footer.len());
        let body = if self.state.is_help { HELP.map(str::to_owned).to_vec() } else { self.body(width, room) };
        lines.extend(body.into_iter().take(room));
        while lines.len() + footer.len() < height {
            lines.push(String::new());
        }
        lines.extend(footer);
        lines.truncate(height);
        lines.into_iter().map(|line| cut(&line, width)).collect()
    }

    /// The same for a terminal without a screen.
    pub fn text(&self) -> String {
        const WIDTH: usize = 78;
        let body =
            if self.state.is_help { HELP.map(str::to_owned).to_vec() } else { self.body(WIDTH, usize::MAX) };
        body.join("\n") + "\n"
    }

    fn body(&self, width: usize, room: usize) -> Vec<String> {
        let alert = self.alert;
        let mut lines = vec![
            format!("Alert {}: {}", alert.number, alert.headline),
            format!(
                "severity {:.1} of 100; score {:.4}, {} the threshold {:.4}",
                alert.severity,
                alert.score,
                if alert.score > alert.threshold { "above" } else { "not above" },
                alert.threshold
            ),
        ];
        if let Some(verdict) = &alert.verdict {
            lines.push(format!("its verdict so far: {verdict}"));
        }
        if alert.similar != (0, 0) {
            let (suspicious, normal) = alert.similar;
            lines.push(format!("similar rows judged: {suspicious} suspicious, {normal} normal"));
        }
        lines.push(String::new());
        lines.push("Why".to_owned());
        let largest = alert.reasons.iter().map(|fact| fact.effect.abs()).fold(0.0, f64::max);
        let names = alert.reasons.iter().chain(&alert.context).map(|fact| fact.name.chars().count());
        let column = names.max().unwrap_or(0).min(width / 3);
        for fact in &alert.reasons {
            let name = padded(&fact.name, column);
            let bar = "█".repeat((8.0 * fact.effect.abs() / largest.max(f64::MIN_POSITIVE)).round() as usize);
            let usual = format!("usual {}", fact.usual);
            lines.push(format!("  {name}  {}, {usual}  {:+.3} {bar}", fact.value, fact.effect));
        }
        lines.push(String::new());
        lines.push("Row".to_owned());
        // Context is what one can do without.
        let left = room.saturating_sub(lines.len());
        let all = alert.context.len();
        let shown = if all <= left { all } else { left.saturating_sub(1) };
        for fact in &alert.context[..shown] {
            lines.push(format!("  {}  {}", padded(&fact.name, column), fact.value));
        }
        if shown < all {
            lines.push(format!("  and {} more columns", all - shown));
        }
        lines
    }

    fn footer(&self, width: usize) -> Vec<String> {
        let keys = if KEYS.chars().count() <= width { KEYS } else { SHORT_KEYS };
        let line = match (&self.state.writing, &self.state.note, &self.state.message) {
            (Some(text), ..) => format!("note: {text}_"),
            (None, _, Some(message)) => message.clone(),
            (None, Some(note), None) => format!("note for this verdict: {note}"),
            (None, None, None) => String::new(),
        };
        vec![line, "─".repeat(width), keys.to_owned()]
    }
}

/// Two texts at both ends of a line. The second one is the longest that fits, if one does.
fn spread(left: &str, longest_first: &[String], width: usize) -> String {
    let used = |right: &String| left.chars().count() + right.chars().count();
    match longest_first.iter().find(|right| used(right) + 2 <= width) {
        Some(right) => format!("{left}{}{right}", " ".repeat(width - used(right))),
        None => left.to_owned(),
    }
}

fn padded(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let missing = width.saturating_sub(text.chars().count());
    text + &" ".repeat(missing)
}

/// The text without characters that move the cursor, cut to a width.
fn cut(text: &str, width: usize) -> String {
    let printable = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    if text.chars().count() <= width {
        return text.chars().map(printable).collect();
    }
    let kept = text.chars().take(width.saturating_sub(1)).map(printable);
    kept.chain(std::iter::once('…')).take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> Alert {
        let fact = |name: &str, value: &str, usual: &str, effect| Fact {
            name: name.to_owned(),
            value: value.to_owned(),
            usual: usual.to_owned(),
            effect,
        };
        let context = (0..30).map(|n| fact(&format!("column_{n}"), "value", "", 0.0)).collect();
        Alert {
            number: 3,
            headline: "2026-03-02T14:00:00Z, 12 equal rows".to_owned(),
            severity: 99.84,
            score: 0.4312,
            threshold: 0.2896,
            reasons: vec![fact("fail_count_1h", "12", "0", 0.2), fact("is_admin", "true", "false", -0.1)],
            context,
            similar: (3, 1),
            verdict: None,
        }
    }

    fn lines(state: &State, width: usize, height: usize) -> Vec<String> {
        let alert = alert();
        let progress = Progress { judged: 7, suspicious: 3, normal: 4, unsure: 0 };
        Screen { title: "auth_events, isolation-forest", alert: &alert, progress, state }.lines(width, height)
    }

    #[test]
    fn a_screen_fits_every_window() {
        let writing = State { writing: Some("x".repeat(200)), ..State::default() };
        let help = State { is_help: true, ..State::default() };
        for state in [State::default(), writing, help] {
            for (width, height) in [(80, 24), (60, 16), (200, 50), (20, 5), (1, 1)] {
                let lines = lines(&state, width, height);
                assert_eq!(lines.len(), height, "{width} × {height}");
                assert!(
                    lines.iter().all(|line| line.chars().count() <= width),
                    "{width} × {height}: {lines:?}"
                );
            }
        }
    }

    #[test]
    fn the_screen_says_what_why_and_which_keys() {
        let screen = lines(&State::default(), 80, 24).join("\n");
        for words in [
            "7 judged; 3 suspicious, 4 normal",
            "Alert 3: 2026-03-02T14:00:00Z, 12 equal rows",
            "severity 99.8 of 100; score 0.4312, above the threshold 0.2896",
            "similar rows judged: 3 suspicious, 1 normal",
            "fail_count_1h  12, usual 0  +0.200 ████████",
            "is_admin       true, usual false  -0.100 ████",
            "more columns",
            "[s]uspicious",
        ] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
    }

    #[test]
    fn values_cannot_move_the_cursor() {
        assert_eq!(cut("a\u{1b}[2Jb\n", 20), "a\u{fffd}[2Jb\u{fffd}");
    }
}
