//! The two streams: stdout is the answer, stderr is progress, notes and warnings.

use super::or_closed_pipe;
use crate::detector::{Contender, Forecast};
use crate::error::{Error, Result, printable};
use crate::experiment::Observer;
use crate::progress::Progress;
use crate::report::Protocol;
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
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
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

    /// A bar for so many steps, where a person looks on.
    fn new_bar(&self, steps: usize) -> ProgressBar {
        const REDRAW: Duration = Duration::from_millis(200);
        let watched = !self.quiet && std::io::stderr().is_terminal();
        let target = if watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
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

    fn forecast(&self, table: &str, contender: &Contender, expected: Forecast) {
        /// Below this nobody waits.
        const WORTH_SAYING: f64 = 10.0;
        if expected.seconds < WORTH_SAYING {
            return;
        }
        let mebibytes = (expected.bytes / f64::from(1 << 20)).max(1.0);
        self.note(&format!(
            "{table}: {} is expected to take about {} and {mebibytes:.0} MiB on a machine of two cores; --time-limit \
             SECONDS fits it on a sample",
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
    fn a_share_is_shown_only_on_the_way() {
        assert_eq!([0.0, 0.439, 1.0].map(under_way), ["", " 43 %", ""]);
    }
}
