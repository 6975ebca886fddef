//! The two output streams: the answer on stdout; progress, notes and warnings on stderr.

use super::hint::message;
use crate::detector::{CostEstimate, DetectorSpec};
use crate::error::{Error, Result, printable};
use crate::experiment::Observer;
use crate::progress::{Count, Progress};
use crate::report::{Protocol, count};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::cell::OnceCell;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

/// The output of a command. Color and progress appear only on a terminal; `NO_COLOR` turns color off.
pub struct Terminal {
    quiet: bool,
    /// Created at the first step of long work; short commands never show one.
    bar: OnceCell<ProgressBar>,
    /// The progress of the running detector, which the detector sets.
    progress: Progress,
}

/// The time between two redraws of the progress bar.
const REDRAW: Duration = Duration::from_millis(200);

/// The largest number of characters in a line; longer lines are cut.
const LONGEST_LINE: usize = 2_000;

const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Terminal {
    pub fn new(quiet: bool) -> Self {
        Terminal { quiet, bar: OnceCell::new(), progress: Progress::watched() }
    }

    /// A terminal for another thread, which shows notes as this one does.
    pub fn alike(&self) -> Self {
        Terminal::new(self.quiet)
    }

    /// Print the answer to stdout.
    pub fn answer(&mut self, text: &str) -> Result<()> {
        self.done();
        let mut out = anstream::stdout().lock();
        or_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Print a note, unless `--quiet` is set.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Print the path of a written file, unless `--quiet` is set.
    pub fn wrote(&self, path: &Path) {
        self.note(&format!("wrote {}", path.display()));
    }

    /// Print what a reader must know before trusting a number.
    pub fn warning(&self, text: &str) {
        self.line(&format!("{WARNING}warning{WARNING:#}: {}", printable(text, LONGEST_LINE)));
    }

    /// The way out of a problem that the answer mentions.
    pub fn hint(&self, text: &str) {
        self.line(&format!("hint: {}", printable(text, LONGEST_LINE)));
    }

    /// Why the program could not run.
    pub fn error(&self, error: &Error) {
        self.done();
        self.line(&format!("{ERROR}error{ERROR:#}: {}", printable(&message(error), LONGEST_LINE)));
    }

    /// Print a line to stderr. A failure is ignored: there is no other place to report it.
    fn line(&self, text: &str) {
        let write = || drop(writeln!(anstream::stderr().lock(), "{text}"));
        match self.bar.get() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Show the number of rows read so far on a terminal, until [`Terminal::done`]. `all` is the total, if
    /// known.
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
        // Only one task runs at a time.
        drop(self.bar.set(bar));
    }

    /// Remove the progress bar.
    pub fn done(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    fn is_watched(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// A progress bar for this number of steps; hidden if stderr is not a terminal.
    fn new_bar(&self, steps: usize) -> ProgressBar {
        let target =
            if self.is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} {msg}{share} {elapsed}");
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target);
        let progress = self.progress.clone();
        let share = move |_: &ProgressState, out: &mut dyn fmt::Write| {
            out.write_str(&share_done(progress.share())).unwrap_or_default()
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

    fn progress(&self) -> Progress {
        self.progress.clone()
    }

    fn estimate(&self, table: &str, spec: &DetectorSpec, expected: CostEstimate, least: CostEstimate) {
        /// Shorter runs get no estimate, in seconds.
        const LONG: f64 = 10.0;
        if expected.seconds < LONG {
            return;
        }
        let mebibytes = (expected.bytes / f64::from(1 << 20)).max(1.0);
        let advice = match expected.is_worth_sampling(least) {
            true => "--time-limit SECONDS fits it on a sample",
            false => "fitting a sample of the rows would save less than half of that",
        };
        self.note(&format!(
            "{table}: {} is expected to take about {} and {mebibytes:.0} MiB on a machine of two cores; {advice}",
            spec.name,
            duration(expected.seconds)
        ));
    }
}

/// A duration in seconds, minutes or hours.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3600.0),
    }
}

/// The number of rows and their rate; with a known total also a bar and the time left.
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

/// The share done, such as " 43 %"; empty at 0 and 1. Most detectors report no progress.
fn share_done(share: f64) -> String {
    match share > 0.0 && share < 1.0 {
        true => format!(" {} %", (share * 100.0) as u32),
        false => String::new(),
    }
}

/// Turn a closed stdout pipe (`whis-lab … | head`) into success.
fn or_closed_pipe(result: io::Result<()>) -> Result<()> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Error::output("stdout", e)),
        _ => Ok(()),
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
    fn a_share_is_shown_only_between_start_and_end() {
        assert_eq!([0.0, 0.439, 1.0].map(share_done), ["", " 43 %", ""]);
    }
}
