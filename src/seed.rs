//! Seeds derived by name. Every part of a run has its own random stream: adding a detector, a table or a
//! thread changes no other number.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The root of a random stream. Derive a child by name, then open it with [`Seed::rng`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The root seed of a run.
    pub const fn new(seed: u64) -> Self {
        Seed(seed)
    }

    /// The child seed of a name. It depends on the name only, not on the order of calls.
    pub fn derive(self, name: &str) -> Self {
        let hash = name
            .bytes()
            .fold(FNV_OFFSET ^ self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME));
        Seed(mix(hash))
    }

    /// The child seed of an index, such as that of a tree, a repetition or a day.
    pub fn nth(self, index: u64) -> Self {
        Seed(mix(self.0 ^ mix(index.wrapping_add(GOLDEN_GAMMA))))
    }

    /// The random stream of this seed. ChaCha8 gives the same output on every platform.
    pub fn rng(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }
}

// 64-bit FNV-1a (Fowler, Noll & Vo).
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(GOLDEN_GAMMA);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;

    #[test]
    fn children_depend_on_the_name_and_not_on_the_order() {
        let root = Seed::new(42);
        let first = root.derive("auth").derive("lof");
        root.derive("process");
        assert_eq!(first, root.derive("auth").derive("lof"));
        assert_ne!(first, root.derive("lof").derive("auth"));
        assert_ne!(root.nth(0), root.nth(1));
    }

    #[test]
    fn a_stream_never_changes() {
        // A golden value: if it changes, every recorded result changes too.
        assert_eq!(Seed::new(42).derive("auth").rng().next_u64(), 12_926_800_379_283_762_274);
    }
}
