//! Sort a few candidates by rank: the rank of a candidate is the number of nearer ones, and all ranks are
//! counted side by side.
//!
//! A comparison sort would mispredict every other branch. Here, a key is the distance rounded down to about
//! 17 significant bits, followed by the position of the candidate. So no two keys are equal and the ranks are
//! a permutation. A key takes 32 bits, and sixteen fit into a vector.

use super::candidate::Candidate;
use crate::detector::simd::in_widest_vectors;

/// The most candidates that are ranked; a power of two.
pub(super) const FEW: usize = 64;

/// Keys that are compared with one other key at once.
const LANES: usize = 32;

/// The bits of a key that hold the position of its candidate.
const POSITION: i32 = FEW as i32 - 1;

/// 2^23: counting in f32 from here leaves the count in the low bits. If it counted in integers, the compiler
/// would vectorize over the other keys, which needs a horizontal sum, and not over the lanes.
const ZERO: f32 = 8_388_608.0;

/// Write the candidates to `ordered`, sorted by their keys. There are at least `count` and at most [`FEW`]
/// candidates.
///
/// Returns an upper bound of the squared distance of the `count` nearest and their ties. It exceeds the
/// largest of these distances by at most 1 in 100,000.
pub(super) fn write_in_order(candidates: &[Candidate], count: usize, ordered: &mut [Candidate]) -> f64 {
    let mut ranks = [0; FEW];
    let last_key = rank(candidates, count, &mut ranks);
    permute(candidates, &ranks, ordered);
    // Keys round distances down, so the next larger rounded distance is an upper bound.
    let bound = f32::from_bits((last_key | POSITION) as u32 + 1);
    if bound.is_nan() { f64::INFINITY } else { f64::from(bound) }
}

/// Sort by distance, then by index. Insertion sort if there are few: they are almost sorted already.
pub(super) fn sort(candidates: &mut [Candidate]) {
    let key = |candidate: &Candidate| (candidate.squared.to_bits(), candidate.index);
    if candidates.len() > FEW {
        return candidates.sort_unstable_by_key(key);
    }
    for from in 1..candidates.len() {
        let (candidate, mut at) = (candidates[from], from);
        while at > 0 && key(&candidates[at - 1]) > key(&candidate) {
            candidates[at] = candidates[at - 1];
            at -= 1;
        }
        candidates[at] = candidate;
    }
}

in_widest_vectors! {
    /// Compute the rank of each candidate. Returns the key of rank `count - 1`.
    rank(candidates: &[Candidate], count: usize, ranks: &mut [u32; FEW]) -> i32 {
        let keys = keys(candidates);
        let mut last_key = [0; LANES];
        let blocks = keys.as_chunks::<LANES>().0.iter().zip(ranks.as_chunks_mut::<LANES>().0);
        for (block, ranks) in blocks.take(candidates.len().div_ceil(LANES)) {
            let counts = smaller_keys(&keys[..candidates.len()], block);
            for lane in 0..LANES {
                ranks[lane] = counts[lane].to_bits() % FEW as u32;
                last_key[lane] |= if ranks[lane] == count as u32 - 1 { block[lane] } else { 0 };
            }
        }
        // At most one lane is not 0.
        last_key.iter().fold(0, |last_key, key| last_key | key)
    }
}

/// The key of each candidate: the bits of its distance in f32, the low ones replaced by its position. The
/// bits of numbers of at least 0 order as the numbers do. Unused keys are larger than all others.
#[inline(always)]
fn keys(candidates: &[Candidate]) -> [i32; FEW] {
    let mut keys = [i32::MAX; FEW];
    for (position, (key, candidate)) in keys.iter_mut().zip(candidates).enumerate() {
        *key = (candidate.squared as f32).to_bits() as i32 & !POSITION | position as i32;
    }
    keys
}

/// For each key of a block the number of smaller keys, counted from [`ZERO`].
#[inline(always)]
fn smaller_keys(keys: &[i32], block: &[i32; LANES]) -> [f32; LANES] {
    let mut counts = [ZERO; LANES];
    for key in keys {
        for lane in 0..LANES {
            counts[lane] = if *key < block[lane] { counts[lane] + 1.0 } else { counts[lane] };
        }
    }
    counts
}

/// Write each candidate at its rank. This is not part of [`rank`], because stores to computed positions are
/// slower in code for wide vectors.
#[inline(never)]
fn permute(candidates: &[Candidate], ranks: &[u32; FEW], ordered: &mut [Candidate]) {
    for (candidate, &rank) in candidates.iter().zip(ranks) {
        ordered[rank as usize] = *candidate;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng;

    fn candidates(len: usize, squared: impl FnMut() -> f64) -> Vec<Candidate> {
        let squared = std::iter::repeat_with(squared).take(len);
        (0..).zip(squared).map(|(index, squared)| Candidate { squared, index }).collect()
    }

    fn distances(candidates: &[Candidate]) -> Vec<f64> {
        candidates.iter().map(|candidate| candidate.squared).collect()
    }

    /// Write the candidates in order and check the guarantees of [`write_in_order`] and [`sort`].
    fn order_and_check(candidates: &[Candidate], count: usize) {
        let mut sorted = distances(candidates);
        sorted.sort_unstable_by(f64::total_cmp);
        let (last, len) = (sorted[count - 1], candidates.len());
        let mut ordered = candidates.to_vec();
        let bound = write_in_order(candidates, count, &mut ordered);
        let within = |some: &[Candidate]| some.iter().filter(|one| one.squared <= bound).count();
        assert_eq!(within(&ordered[..count]), count, "{sorted:?}");
        assert!(bound >= last * (1.0 + 1e-9), "{bound} for {last}");
        let is_tight = within(&ordered) == len || bound <= last * (1.0 + 1e-5) || last < 1e-36;
        assert!(is_tight, "{bound} for {last}");
        sort(&mut ordered);
        assert_eq!(distances(&ordered), sorted);
        let mut indices: Vec<u32> = ordered.iter().map(|candidate| candidate.index).collect();
        indices.sort_unstable();
        assert_eq!(indices, (0..len as u32).collect::<Vec<_>>());
    }

    #[test]
    fn the_nearest_come_first_and_the_bound_holds_their_ties() {
        let mut rng = Seed::new(3).rng();
        for len in 1..=FEW {
            for count in [1, len.div_ceil(2), len] {
                order_and_check(&candidates(len, || rng.r#gen()), count);
                order_and_check(&candidates(len, || f64::from(rng.gen_range(0..4))), count);
                order_and_check(&candidates(len, || 1.0 + f64::from(rng.gen_range(0..9)) * 1e-8), count);
                order_and_check(&candidates(len, || 10_f64.powi(rng.gen_range(-300..300))), count);
                order_and_check(&candidates(len, || 1e300), count);
            }
        }
    }

    #[test]
    fn equal_distances_are_sorted_by_index() {
        let mut tied = candidates(FEW + 9, || 2.0);
        tied.reverse();
        for len in [5, FEW + 9] {
            sort(&mut tied[..len]);
            assert!(tied[..len].is_sorted_by_key(|candidate| candidate.index));
        }
    }
}
