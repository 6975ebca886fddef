//! The two streams: stdout is the answer, stderr is progress, notes and warnings.

use super::or_closed_pipe;
use crate::error::{Error, Result, printable};
use crate::experiment::Observer;
use crate::report::Protocol;
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

/// What a command prints to. Colour and progress only where a person looks on, and `NO_COLOR` is not set.
pub struct Terminal {
    quiet: bool,
    bar: ProgressBar,
}

/// A line with more characters than this is cut.
const LONGEST_LINE: usize = 2_000;

const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Terminal {
    pub fn new(quiet: bool) -> Self {
        let watched = !quiet && std::io::stderr().is_terminal();
        let target = if watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Terminal { quiet, bar: ProgressBar::with_draw_target(None, target) }
    }

    /// The answer.
    pub fn answer(&mut self, text: &str) -> Result<()> {
        self.bar.finish_and_clear();
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
        self.bar.suspend(|| {
            let _ = writeln!(anstream::stderr().lock(), "{text}");
        });
    }
}

impl Observer for Terminal {
    fn step(&self, table: &str, protocol: Protocol, detector: &str, done: usize, all: usize) {
        const REDRAW: Duration = Duration::from_millis(200);
        if done == 0 {
            let style = ProgressStyle::with_template("{spinner} {pos}/{len} {msg} {elapsed}");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            self.bar.set_length(all as u64);
            self.bar.enable_steady_tick(REDRAW);
        }
        self.bar.set_position(done as u64);
        self.bar.set_message(format!("{table}, {}: {detector}", protocol.id()));
    }
}
