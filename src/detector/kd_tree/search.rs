//! The nearest points to all queries of one leaf, in one walk through the tree.
//!
//! No box that may hold a neighbor is skipped, so the result for a query does not depend on the other
//! queries.

use super::bounds::{rounded, rounding_errors, widened};
use super::candidate::Candidate;
use super::candidates::Candidates;
use super::node::{LANES, Node};
use super::tree::Tree;
use crate::detector::simd::{in_widest_vectors, larger, smaller};
use std::ops::Range;

/// The queries of one leaf.
#[derive(Debug)]
pub(super) struct Queries<'a> {
    /// At most [`LANES`].
    pub len: usize,
    /// Column by column, padded with NaN.
    pub panel: &'a [f64],
    /// For each column, the lowest coordinate, rounded down.
    pub low: &'a [f32],
    /// For each column, the highest coordinate, rounded up.
    pub high: &'a [f32],
}

/// A reusable search for the neighbors of up to [`LANES`] queries.
#[derive(Debug)]
pub(super) struct Search {
    /// For each query, its candidates.
    candidates: Vec<Candidates>,
    /// The panel of the queries, rounded to the nearest f32.
    panel: Vec<f32>,
    /// For each query, the distance by which rounding may have moved it.
    rounding_errors: [f64; LANES],
    /// For each query, the largest squared gap to a box that may hold a neighbor; -1 in unused lanes, below
    /// any gap.
    squared_radii: [f32; LANES],
    /// The nodes to visit, the next one last.
    pending: Vec<u32>,
}

impl Search {
    /// A search for `count` neighbors of each query.
    pub fn new(count: usize) -> Self {
        Search {
            candidates: (0..LANES).map(|_| Candidates::new(count)).collect(),
            panel: Vec::new(),
            rounding_errors: [0.0; LANES],
            squared_radii: [0.0; LANES],
            pending: Vec::new(),
        }
    }

    /// Find the neighbors of the queries. If the queries are a leaf of the tree, `home` is that leaf.
    pub fn run(&mut self, tree: &Tree, queries: &Queries, home: Option<u32>) {
        self.candidates.iter_mut().for_each(Candidates::clear);
        self.squared_radii = [-1.0; LANES];
        self.squared_radii[..queries.len].fill(f32::INFINITY);
        if !tree.is_empty() {
            walk(self, tree, queries, home);
        }
    }

    /// The neighbors of one query, sorted by distance and then by index.
    pub fn neighbors(&mut self, lane: usize) -> &[Candidate] {
        self.candidates[lane].sorted()
    }
}

in_widest_vectors! {
    /// Visit all leaves that may hold a neighbor: first the home leaf, then depth-first with the nearer child
    /// first.
    walk(search: &mut Search, tree: &Tree, queries: &Queries, home: Option<u32>) {
        search.panel.clear();
        search.panel.extend(queries.panel.iter().map(|&value| rounded(value)));
        search.rounding_errors = rounding_errors(queries.panel);
        if let Some(leaf) = home {
            visit_leaf(search, tree, queries, leaf, &[true; LANES]);
        }
        search.pending.push(0);
        while let Some(node) = search.pending.pop() {
            let Node { right, leaf, leaves, split_column } = tree.node(node);
            if leaves <= SMALL_SUBTREE {
                visit_small_subtree(search, tree, queries, leaf..leaf + leaves, home);
            } else if within_radius(search, tree, node).contains(&true) {
                let children = [node + 1, right];
                let [nearer, farther] = nearer_first(tree, queries, children, split_column as usize);
                search.pending.push(farther);
                search.pending.push(nearer);
            }
        }
    }
}

/// The boxes of up to this many leaves are tested all at once. This is cheaper than to branch after each,
/// because those branches are unpredictable.
const SMALL_SUBTREE: u32 = 4;

#[inline(always)]
fn visit_small_subtree(
    search: &mut Search,
    tree: &Tree,
    queries: &Queries,
    leaves: Range<u32>,
    home: Option<u32>,
) {
    let mut is_near = [[false; LANES]; SMALL_SUBTREE as usize];
    for (is_near, leaf) in is_near.iter_mut().zip(leaves.clone()) {
        *is_near = within_radius(search, tree, tree.leaves()[leaf as usize]);
    }
    for (is_near, leaf) in is_near.iter().zip(leaves) {
        if is_near.contains(&true) && home != Some(leaf) {
            visit_leaf(search, tree, queries, leaf, is_near);
        }
    }
}

/// The two children of a node, the one on whose side of the split the middle of the queries lies first.
#[inline(always)]
fn nearer_first(tree: &Tree, queries: &Queries, [left, right]: [u32; 2], column: usize) -> [u32; 2] {
    let (left_high, right_low) = (tree.bounds(left).1[column], tree.bounds(right).0[column]);
    let is_left = queries.low[column] + queries.high[column] <= left_high + right_low;
    if is_left { [left, right] } else { [right, left] }
}

/// For each query, whether the box of a node is within its radius.
#[inline(always)]
fn within_radius(search: &Search, tree: &Tree, node: u32) -> [bool; LANES] {
    let (low, high) = tree.bounds(node);
    let mut squared = [0.0; LANES];
    for ((coordinates, &low), &high) in search.panel.as_chunks::<LANES>().0.iter().zip(low).zip(high) {
        for lane in 0..LANES {
            // The distance to the nearest coordinate of the box.
            let gap = coordinates[lane] - smaller(larger(coordinates[lane], low), high);
            squared[lane] += gap * gap;
        }
    }
    let mut is_near = [false; LANES];
    for lane in 0..LANES {
        is_near[lane] = squared[lane] <= search.squared_radii[lane];
    }
    is_near
}

/// Add the points of a leaf to the candidates of the queries that are near, and shrink their radii.
#[inline(always)]
fn visit_leaf(search: &mut Search, tree: &Tree, queries: &Queries, leaf: u32, is_near: &[bool; LANES]) {
    let (panel, indices) = (tree.panel(leaf), tree.indices(leaf));
    for lane in (0..queries.len).filter(|&lane| is_near[lane]) {
        let candidates = &mut search.candidates[lane];
        candidates.add(&squared_distances(panel, queries.panel, lane), indices);
        let rounding_error = search.rounding_errors[lane];
        search.squared_radii[lane] = widened(candidates.squared_radius(), rounding_error, queries.low.len());
    }
}

/// The squared distances from one query to the points of a panel. Distances are computed nowhere else: the
/// order of summation is part of every score's bits.
#[inline(always)]
fn squared_distances(panel: &[f64], queries: &[f64], lane: usize) -> [f64; LANES] {
    let mut squared = [0.0; LANES];
    let (columns, queries) = (panel.as_chunks::<LANES>().0, queries.as_chunks::<LANES>().0);
    for (column, query) in columns.iter().zip(queries) {
        let coordinate = query[lane];
        for at in 0..LANES {
            let difference = coordinate - column[at];
            squared[at] += difference * difference;
        }
    }
    squared
}
