//! Few candidates put in order: the rank of each is how many are nearer, all ranks counted side by side.
//!
//! Sorting with branches would guess wrong about every other comparison. Keys are distances cut to some seventeen
//! bits, the place of the candidate behind them: no two are equal, so that ranks are a permutation, and sixteen fit
//! into a vector.

use super::candidates::Candidate;
use crate::detector::simd::in_widest_vectors;

/// The most candidates that are ranked; a power of two.
pub(super) const FEW: usize = 64;

/// Candidates that are compared with another one at once.
const LANES: usize = 32;

/// The bits of a key that say which candidate it is of.
const PLACE: i32 = FEW as i32 - 1;

/// Where counting begins: so large a number that its last bits are what was added to it. Counted in whole numbers, the
/// compiler would sum up across the other keys instead of side by side.
const NONE: f32 = 8_388_608.0;

/// Write at least `count` candidates, and at most [`FEW`], roughly in order; how far, squared, any of the `count`
/// nearest and all that are as near may be away, which is too far by 1 in 100,000 at most.
pub(super) fn write_in_order(held: &[Candidate], count: usize, ordered: &mut [Candidate]) -> f64 {
    let mut ranks = [0; FEW];
    let last = rank(held, count, &mut ranks);
    permute(held, &ranks, ordered);
    // A distance was rounded by less than what the next larger cut distance is away.
    let beyond = f32::from_bits((last | PLACE) as u32 + 1);
    if beyond.is_nan() { f64::INFINITY } else { f64::from(beyond) }
}

/// By distance, then by index; fast where they are few and roughly in order already.
pub(super) fn sort(held: &mut [Candidate]) {
    let key = |candidate: &Candidate| (candidate.squared.to_bits(), candidate.index);
    if held.len() > FEW {
        return held.sort_unstable_by_key(key);
    }
    for from in 1..held.len() {
        let (candidate, mut at) = (held[from], from);
        while at > 0 && key(&held[at - 1]) > key(&candidate) {
            held[at] = held[at - 1];
            at -= 1;
        }
        held[at] = candidate;
    }
}

in_widest_vectors! {
    /// The rank of each candidate, and the key of the last of the `count` nearest.
    rank(held: &[Candidate], count: usize, ranks: &mut [u32; FEW]) -> i32 {
        let mut keys = [i32::MAX; FEW];
        for (place, (key, candidate)) in keys.iter_mut().zip(held).enumerate() {
            *key = (candidate.squared as f32).to_bits() as i32 & !PLACE | place as i32;
        }
        let mut last = [0; LANES];
        let blocks = keys.as_chunks::<LANES>().0.iter().zip(ranks.as_chunks_mut::<LANES>().0);
        for (own, ranks) in blocks.take(held.len().div_ceil(LANES)) {
            let mut nearer = [NONE; LANES];
            for key in &keys[..held.len()] {
                for lane in 0..LANES {
                    nearer[lane] = if *key < own[lane] { nearer[lane] + 1.0 } else { nearer[lane] };
                }
            }
            for lane in 0..LANES {
                ranks[lane] = nearer[lane].to_bits() % FEW as u32;
                last[lane] |= if ranks[lane] == count as u32 - 1 { own[lane] } else { 0 };
            }
        }
        last.iter().fold(0, |last, key| last | key)
    }
}

/// Not part of [`rank`]: stores to places that are computed are slower in wide vectors.
#[inline(never)]
fn permute(held: &[Candidate], ranks: &[u32; FEW], ordered: &mut [Candidate]) {
    for (candidate, &rank) in held.iter().zip(ranks) {
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

    /// Orders them and checks what is promised of it.
    fn order_and_check(candidates: &[Candidate], count: usize) {
        let mut held = candidates.to_vec();
        let mut sorted: Vec<f64> = held.iter().map(|held| held.squared).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (last, len) = (sorted[count - 1], held.len());
        let reach = write_in_order(candidates, count, &mut held);
        let found = held.iter().filter(|held| held.squared <= reach).count();
        let front = held[..count].iter().filter(|held| held.squared <= reach).count();
        assert_eq!(front, count, "{sorted:?}");
        assert!(reach >= last * (1.0 + 1e-9), "{reach} for {last}");
        assert!(found == len || reach <= last * (1.0 + 1e-5) || last < 1e-36, "{reach} for {last}");
        sort(&mut held);
        let ordered: Vec<f64> = held.iter().map(|held| held.squared).collect();
        assert_eq!(ordered, sorted);
        let mut indices: Vec<u32> = held.iter().map(|held| held.index).collect();
        indices.sort_unstable();
        assert_eq!(indices, (0..len as u32).collect::<Vec<_>>());
    }

    #[test]
    fn the_nearest_come_in_front_and_ties_with_them_are_within_reach() {
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
        let mut held = candidates(FEW + 9, || 2.0);
        held.reverse();
        for len in [5, FEW + 9] {
            sort(&mut held[..len]);
            assert!(held[..len].is_sorted_by_key(|held| held.index));
        }
    }
}
