//! The portable kernel: the steps of the AVX-512 kernel, one row at a time. It defines what that kernel must
//! compute.

use super::ranks::{LANES, Lanes};
use super::table::{DEPTH, LEAVES, Table};

/// Add the path length of each row to its total. A panel is `features` consecutive [`Lanes`]: the ranks of
/// [`LANES`] rows, feature by feature.
pub(super) fn add_path_lengths(
    table: &Table,
    panels: &[Lanes],
    features: usize,
    totals: &mut [[f64; LANES]],
) {
    for (panel, totals) in panels.chunks_exact(features).zip(totals) {
        for (lane, total) in totals.iter_mut().enumerate() {
            *total += table.path_lengths[leaf(table, panel, lane) - LEAVES];
        }
    }
}

/// The leaf of one row: descend from the root, node by node.
fn leaf(table: &Table, panel: &[Lanes], lane: usize) -> usize {
    let mut node = 1;
    for _ in 0..DEPTH {
        let rank = panel[usize::from(table.features[node])][lane];
        node = 2 * node + usize::from(rank > table.thresholds[node]);
    }
    node
}
