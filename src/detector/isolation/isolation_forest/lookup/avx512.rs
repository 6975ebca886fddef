//! The AVX-512 kernel: [`LANES`] rows take each step together, and tables are looked up in registers.
//!
//! A table of 256 entries fills eight registers of 32 entries. One instruction looks up 32 entries in one
//! register or in two. Each depth of the tree needs only the registers that hold its nodes.

use super::ranks::{LANES, Lanes};
use super::table::{LEAVES, Table};
use std::arch::x86_64::*;
use std::array;

/// Whether this machine has the instructions.
pub(super) fn is_available() -> bool {
    std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512bw")
}

/// Add the path length of each row to its total. A panel is `features` consecutive [`Lanes`]: the ranks of
/// [`LANES`] rows, feature by feature.
pub(super) fn add_path_lengths(
    table: &Table,
    panels: &[Lanes],
    features: usize,
    totals: &mut [[f64; LANES]],
) {
    assert!(is_available(), "this kernel is chosen only if the instructions are available");
    // The number of features is a constant of the loop, so that the ranks stay in registers.
    macro_rules! for_width {
        ($($width:literal)*) => {
            match features {
                // SAFETY: the assertion above has checked exactly these processor features.
                $($width => unsafe { descend::<$width>(table, panels, totals) },)*
                _ => unreachable!("tables have 1 to 12 features"),
            }
        };
    }
    for_width!(1 2 3 4 5 6 7 8 9 10 11 12)
}

/// Lead every panel from the root, node 1, to its leaves.
#[target_feature(enable = "avx512f,avx512bw")]
fn descend<const WIDTH: usize>(table: &Table, panels: &[Lanes], totals: &mut [[f64; LANES]]) {
    let (thresholds, features) = (load_table(&table.thresholds), load_table(&table.features));
    for (panel, totals) in panels.as_chunks::<WIDTH>().0.iter().zip(totals) {
        let ranks = panel.each_ref().map(|ranks| load(ranks));
        let mut node = _mm512_set1_epi16(1);
        for _ in 0..5 {
            node = child(node, &ranks, nodes_1_to_31(&features, node), nodes_1_to_31(&thresholds, node));
        }
        node = child(node, &ranks, nodes_32_to_63(&features, node), nodes_32_to_63(&thresholds, node));
        node = child(node, &ranks, nodes_64_to_127(&features, node), nodes_64_to_127(&thresholds, node));
        node = child(node, &ranks, nodes_128_to_255(&features, node), nodes_128_to_255(&thresholds, node));
        for (total, leaf) in totals.iter_mut().zip(store(node)) {
            *total += table.path_lengths[usize::from(leaf) % LEAVES];
        }
    }
}

/// The child of each row's node n: 2n, or 2n + 1 if the row's rank of the feature exceeds that of the
/// threshold.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn child<const WIDTH: usize>(
    node: __m512i,
    ranks: &[__m512i; WIDTH],
    feature: __m512i,
    threshold: __m512i,
) -> __m512i {
    let left = _mm512_add_epi16(node, node);
    let is_right = _mm512_cmpgt_epu16_mask(rank_of(feature, ranks), threshold);
    _mm512_mask_add_epi16(left, is_right, left, _mm512_set1_epi16(1))
}

/// Each row's rank of its feature, by a knockout: in round b, bit b of the feature picks the winner of each
/// pair.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn rank_of<const WIDTH: usize>(feature: __m512i, ranks: &[__m512i; WIDTH]) -> __m512i {
    let (mut winners, mut len, mut bit) = (*ranks, WIDTH, 1);
    while len > 1 {
        let is_odd = _mm512_test_epi16_mask(feature, _mm512_set1_epi16(bit));
        for pair in 0..len / 2 {
            winners[pair] = _mm512_mask_blend_epi16(is_odd, winners[2 * pair], winners[2 * pair + 1]);
        }
        // If the number is odd, the last one advances unpaired. If it is even, this entry is not read again.
        winners[len / 2] = winners[len - 1];
        (len, bit) = (len.div_ceil(2), bit << 1);
    }
    winners[0]
}

/// The table's entries for nodes of depths 0 to 4. The instruction uses the low 5 bits of a node.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn nodes_1_to_31(table: &[__m512i; 8], node: __m512i) -> __m512i {
    _mm512_permutexvar_epi16(node, table[0])
}

/// The table's entries for nodes of depth 5. The instruction uses the low 5 bits of a node.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn nodes_32_to_63(table: &[__m512i; 8], node: __m512i) -> __m512i {
    _mm512_permutexvar_epi16(node, table[1])
}

/// The table's entries for nodes of depth 6. The instruction uses the low 6 bits of a node.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn nodes_64_to_127(table: &[__m512i; 8], node: __m512i) -> __m512i {
    _mm512_permutex2var_epi16(table[2], node, table[3])
}

/// The table's entries for nodes of depth 7. Bit 6 of a node picks the lower or the upper half.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn nodes_128_to_255(table: &[__m512i; 8], node: __m512i) -> __m512i {
    let lower = _mm512_permutex2var_epi16(table[4], node, table[5]);
    let upper = _mm512_permutex2var_epi16(table[6], node, table[7]);
    _mm512_mask_blend_epi16(_mm512_test_epi16_mask(node, _mm512_set1_epi16(64)), lower, upper)
}

#[target_feature(enable = "avx512f")]
fn load_table(table: &[u16; LEAVES]) -> [__m512i; 8] {
    let (lanes, _) = table.as_chunks::<LANES>();
    array::from_fn(|at| load(&lanes[at]))
}

#[target_feature(enable = "avx512f")]
fn load(lanes: &Lanes) -> __m512i {
    // SAFETY: the array holds the 64 bytes of a register, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn store(register: __m512i) -> Lanes {
    let mut lanes = [0; LANES];
    // SAFETY: the array has room for the 64 bytes of a register, and the store needs no alignment.
    unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), register) };
    lanes
}
