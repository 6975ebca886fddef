//! Signals: SIGINT and SIGTERM end the program, SIGHUP too unless a command reads its files again.

use crate::error::{Error, Result};
use crate::files;
use std::sync::{Mutex, PoisonError};

type Action = Box<dyn FnMut() + Send>;

/// What a running command does on a signal.
struct Actions {
    /// Before the program ends.
    stop: Option<Action>,
    /// On SIGHUP, in place of the end.
    hang_up: Option<Action>,
}

static ACTIONS: Mutex<Actions> = Mutex::new(Actions { stop: None, hang_up: None });

/// Run `stop` before a signal ends the program, and `hang_up` on SIGHUP, until [`clear`].
pub fn on(stop: impl FnMut() + Send + 'static, hang_up: impl FnMut() + Send + 'static) {
    *ACTIONS.lock().unwrap_or_else(PoisonError::into_inner) =
        Actions { stop: Some(Box::new(stop)), hang_up: Some(Box::new(hang_up)) };
}

/// Run no action from now on. Waits for one that is running.
pub fn clear() {
    *ACTIONS.lock().unwrap_or_else(PoisonError::into_inner) = Actions { stop: None, hang_up: None };
}

/// End the program with the exit code that shells report: 128 and the number of the signal.
fn stop(signal: i32) -> ! {
    if let Some(action) = &mut ACTIONS.lock().unwrap_or_else(PoisonError::into_inner).stop {
        action();
    }
    files::discard_unfinished();
    std::process::exit(128 + signal)
}

/// Handle the signals on a thread of their own.
#[cfg(unix)]
pub fn handle() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(unhandled)?;
    let run = move || {
        for signal in signals.forever() {
            match &mut ACTIONS.lock().unwrap_or_else(PoisonError::into_inner).hang_up {
                Some(action) if signal == SIGHUP => {
                    action();
                    continue;
                }
                _ => (),
            }
            stop(signal);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(run).map(drop).map_err(unhandled)
}

/// Handle Ctrl-C on a thread of its own.
#[cfg(not(unix))]
pub fn handle() -> Result<()> {
    const INTERRUPTED: i32 = 2;
    ctrlc::set_handler(|| stop(INTERRUPTED)).map_err(unhandled)
}

fn unhandled(problem: impl std::fmt::Display) -> Error {
    Error::Request(format!("signals cannot be handled: {problem}"))
}
