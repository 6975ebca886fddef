//! The state file: what a baseline remembers, with its version and digest. It holds keys of names, and the names of the
//! entities whose hours are counted, as they are in the store.

use crate::digest::sha256;
use crate::error::{Error, Result};
use crate::event_features::baseline::{Baseline, Hours};
use crate::files;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// The first line of a state file: what it is, and its version.
const HEAD: &str = "whis-lab baseline state 1";

/// The largest state in bytes.
const LARGEST: u64 = 16 << 30;

/// What a run hands to the next.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct State {
    /// The settings, which must stay the same.
    pub settings: String,
    pub baseline: Baseline,
    pub hours: Option<Hours>,
}

/// The bytes of a state: a line with its version, a line with the SHA-256 of the rest, and the rest.
pub(super) fn write(path: &Path, state: &State) -> Result<()> {
    let body = postcard::to_stdvec(state).map_err(|e| Error::output(path, e))?;
    files::write_whole(path, |out| {
        writeln!(out, "{HEAD}\n{}", sha256(&body))?;
        out.write_all(&body)
    })
}

/// Read a state.
///
/// # Errors
/// If the file is none, of another version, or damaged.
pub(super) fn read(path: &Path) -> Result<State> {
    let bytes = files::bytes_up_to(path, LARGEST)?;
    let damaged = || Error::input(path, "the state is damaged; remove it to begin again, or take a copy");
    let (head, rest) = line(&bytes).ok_or_else(|| Error::input(path, "not the state of a baseline"))?;
    if head != HEAD.as_bytes() {
        let is_ours = head.starts_with(b"whis-lab baseline state ");
        let reason = if is_ours {
            "the state is of another version of the program"
        } else {
            "not the state of a baseline"
        };
        return Err(Error::input(path, reason));
    }
    let (digest, body) = line(rest).ok_or_else(damaged)?;
    if digest != sha256(body).as_bytes() {
        return Err(damaged());
    }
    postcard::from_bytes(body).map_err(|_| damaged())
}

fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().take(200).position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_features::baseline::{Options, built_in};
    use proptest::prelude::*;

    fn state() -> State {
        let baseline = Baseline::new(&built_in().unwrap(), &Options::default());
        State { settings: "s".to_owned(), baseline, hours: Some(Hours::new(5)) }
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.state");
        write(&path, &state()).unwrap();
        let mut read = read(&path).unwrap();
        assert!(read.baseline.is_of(&built_in().unwrap()));
        write(&folder.path().join("b.state"), &read).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(folder.path().join("b.state")).unwrap());
    }

    proptest! {
        #[test]
        fn a_damaged_state_is_refused(at in 0..2_000usize, bit in 0..8u8, cut in any::<bool>()) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.state");
            write(&path, &state()).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
            std::fs::write(&path, bytes).unwrap();
            prop_assert!(read(&path).is_err());
        }

        #[test]
        fn a_state_with_a_right_digest_and_a_wrong_body_is_no_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.state");
            let mut bytes = format!("{HEAD}\n{}\n", sha256(&body)).into_bytes();
            bytes.extend(body);
            std::fs::write(&path, bytes).unwrap();
            let _ = read(&path);
        }
    }
}
