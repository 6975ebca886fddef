//! SHA-256: identifies data sets and files, and hides names that must not be readable.

use sha2::{Digest as _, Sha256};
use std::fmt::Write;

/// An incremental SHA-256 hash.
#[derive(Clone, Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// A hash of no bytes.
    pub fn new() -> Self {
        Digest::default()
    }

    /// Add bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The 32 bytes of the digest of all bytes.
    pub fn bytes(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    /// The digest of all bytes, as 64 lowercase hexadecimal characters.
    pub fn hex(self) -> String {
        let mut text = String::new();
        for byte in self.0.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// The SHA-256 of some bytes, as 64 lowercase hexadecimal characters.
pub fn sha256(bytes: &[u8]) -> String {
    let mut digest = Digest::new();
    digest.update(bytes);
    digest.hex()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_equals_the_test_vector_of_the_standard() {
        // The test vector of FIPS 180-4 for "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
    }

    #[test]
    fn bytes_may_come_in_pieces() {
        let mut digest = Digest::new();
        digest.update(b"a");
        digest.update(b"bc");
        assert_eq!(digest.hex(), sha256(b"abc"));
    }
}
