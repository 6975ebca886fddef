//! SHA-256: identifies data sets and files, and hides names that must not be readable. A quick hash breaks ties.

use hmac::{Hmac, Mac};
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

/// A hash of 64-bit words: FNV-1a (Fowler, Noll & Vo) over words, finished as SplitMix64 (Steele, Lea & Flood 2014). It is
/// the same on every platform and in every version.
pub fn hash(words: impl Iterator<Item = u64>) -> u64 {
    let mix = |value: u64| {
        let z = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| mix((hash ^ word).wrapping_mul(0x0000_0100_0000_01b3)))
}

/// A secret with which names are hidden. It is not printed.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// A key of any length; 32 random bytes are as safe as SHA-256.
    pub fn new(secret: &[u8]) -> Self {
        let padded = |secret: &[u8]| {
            let mut block = [0; 64];
            block[..secret.len()].copy_from_slice(secret);
            block
        };
        // A secret longer than a block is replaced by its digest, as RFC 2104 says.
        let block = match secret.len() {
            0..=64 => padded(secret),
            _ => padded(&Sha256::digest(secret)),
        };
        Key(<Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into()))
    }

    /// The first 16 hexadecimal characters of HMAC-SHA-256 of a text (RFC 2104).
    pub fn hide(&self, text: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
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
    fn a_hidden_name_equals_the_test_vectors_of_rfc_4231() {
        assert_eq!(Key::new(b"Jefe").hide("what do ya want for nothing?"), "5bdcc146bf60754e");
        let text = "Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(Key::new(&[0xaa; 131]).hide(text), "60e431591ee0b67f");
    }

    #[test]
    fn bytes_may_come_in_pieces() {
        let mut digest = Digest::new();
        digest.update(b"a");
        digest.update(b"bc");
        assert_eq!(digest.hex(), sha256(b"abc"));
    }
}
