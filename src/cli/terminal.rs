//! The two streams: stdout is the answer, stderr is progress, notes and warnings.

use super::or_closed_pipe;
use crate::detector::{Contender, Forecast};
use crate::error::{Error, Result, printable};
use crate::experiment::Observer;
use crate::progress::{Count, Progress};
use crate::report::{Protocol, count};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::cell::OnceCell;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

/// What a command prints to. Colour and progress only where a person looks on, and `NO_COLOR` is not set.
pub struct Terminal {
    quiet: bool,
    /// Made at the first step of long work; short commands never show one.
    bar: OnceCell<ProgressBar>,
    /// How far the running detector is, set from within it.
    gauge: Progress,
}

/// How often what is under way is shown anew.
const REDRAW: Duration = Duration::from_millis(200);

/// A line with more characters than this is cut.
const LONGEST_LINE: usize = 2_000;

const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Terminal {
    pub fn new(quiet: bool) -> Self {
        Terminal { quiet, bar: OnceCell::new(), gauge: Progress::watched() }
    }

    /// The answer.
    pub fn answer(&mut self, text: &str) -> Result<()> {
        self.done();
        let mut out = anstream::stdout().lock();
        or_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Something worth knowing that is no warning.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// A file that was written.
    pub fn wrote(&self, path: &Path) {
        self.note(&format!("wrote {}", path.display()));
    }

    /// Something a reader must know before trusting a number.
    pub fn warning(&self, text: &str) {
        self.line(&format!("{WARNING}warning{WARNING:#}: {}", printable(text, LONGEST_LINE)));
    }

    /// Why the program could not run.
    pub fn error(&self, error: &Error) {
        self.done();
        self.line(&format!("{ERROR}error{ERROR:#}: {}", printable(&error.to_string(), LONGEST_LINE)));
    }

    /// Where nobody can be told that stderr is gone, there is nothing to do about it.
    fn line(&self, text: &str) {
        let write = || drop(writeln!(anstream::stderr().lock(), "{text}"));
        match self.bar.get() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Show how many rows were read, of how many if that is known, where a person looks on, until [`Terminal::done`].
    pub fn watch_rows(&self, read: Count, all: Option<u64>) {
        if !self.is_watched() {
            return;
        }
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {rows}");
        let rows = move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let line = rows_read(read.so_far(), all, state.elapsed().as_secs_f64());
            out.write_str(&line).unwrap_or_default()
        };
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()).with_key("rows", rows));
        bar.enable_steady_tick(REDRAW);
        // Only one thing is ever under way.
        drop(self.bar.set(bar));
    }

    /// What was under way is done, and its bar is gone.
    pub fn done(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    fn is_watched(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// A bar for so many steps, where a person looks on.
    fn new_bar(&self, steps: usize) -> ProgressBar {
        let target =
            if self.is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} {msg}{share} {elapsed}");
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target);
        let gauge = self.gauge.clone();
        let share = move |_: &ProgressState, out: &mut dyn fmt::Write| {
            out.write_str(&under_way(gauge.share())).unwrap_or_default()
        };
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()).with_key("share", share));
        bar.enable_steady_tick(REDRAW);
        bar
    }
}

impl Observer for Terminal {
    fn step(&self, table: &str, protocol: Protocol, detector: &str, done: usize, all: usize) {
        let bar = self.bar.get_or_init(|| self.new_bar(all));
        bar.set_position(done as u64);
        bar.set_message(format!("{table}, {}: {detector}", protocol.id()));
    }

    fn gauge(&self) -> Progress {
        self.gauge.clone()
    }

    fn forecast(&self, table: &str, contender: &Contender, expected: Forecast, least: Forecast) {
        /// Below this nobody waits.
        const WORTH_SAYING: f64 = 10.0;
        if expected.seconds < WORTH_SAYING {
            return;
        }
        let mebibytes = (expected.bytes / f64::from(1 << 20)).max(1.0);
        let advice = match expected.is_worth_sampling(least) {
            true => "--time-limit SECONDS fits it on a sample",
            false => "to fit it on a sample of the rows would save less than half of that",
        };
        self.note(&format!(
            "{table}: {} is expected to take about {} and {mebibytes:.0} MiB on a machine of two cores; {advice}",
            contender.name,
            duration(expected.seconds)
        ));
    }
}

/// A length of time in the unit that suits it.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3600.0),
    }
}

/// A bar with rows, their rate and the time that is left, as far as they are known.
fn rows_read(read: u64, all: Option<u64>, seconds: f64) -> String {
    const WIDTH: usize = 24;
    let rate = read as f64 / seconds.max(1e-3);
    let so_far = format!("{} rows, {} a second", count(read), count(rate as u64));
    let Some(all) = all.filter(|&all| all > 0) else { return so_far };
    let done = (read as f64 / all as f64).min(1.0);
    let filled = (done * WIDTH as f64) as usize;
    let left = match read {
        0 => String::new(),
        read => format!(", {} left", duration(all.saturating_sub(read) as f64 / rate)),
    };
    let (bar, rest) = ("█".repeat(filled), "░".repeat(WIDTH - filled));
    format!("{bar}{rest} {:.0} % of {}: {so_far}{left}", done * 100.0, count(all))
}

/// " 43 %" between beginning and end; most detectors never say how far they are.
fn under_way(share: f64) -> String {
    match share > 0.0 && share < 1.0 {
        true => format!(" {} %", (share * 100.0) as u32),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shown_with_their_rate_and_what_is_left() {
        assert_eq!(rows_read(3_000, None, 2.0), "3,000 rows, 1,500 a second");
        let half = format!(
            "{}{} 50 % of 6,000: 3,000 rows, 1,500 a second, 2 s left",
            "█".repeat(12),
            "░".repeat(12)
        );
        assert_eq!(rows_read(3_000, Some(6_000), 2.0), half);
        let nothing = format!("{} 0 % of 9: 0 rows, 0 a second", "░".repeat(24));
        assert_eq!(rows_read(0, Some(9), 0.0), nothing);
        assert!(
            rows_read(12, Some(9), 1.0).contains("100 % of 9")
                && rows_read(0, Some(0), 0.0).starts_with("0 rows")
        );
    }

    #[test]
    fn a_share_is_shown_only_on_the_way() {
        assert_eq!([0.0, 0.439, 1.0].map(under_way), ["", " 43 %", ""]);
    }
}
