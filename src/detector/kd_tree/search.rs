//! The nearest points to all places of one leaf, found in one walk through the tree.
//!
//! No box is passed over that holds a neighbour, and what is found does not depend on the places that are searched for
//! together.

use super::bounds::{lengthened, rounded, slips};
use super::candidates::{Candidate, Candidates};
use super::tree::{LANES, Node, Tree};
use crate::detector::simd::{in_widest_vectors, larger, smaller};
use std::ops::Range;

/// The places of one leaf.
#[derive(Debug)]
pub(super) struct Places<'a> {
    /// At most [`LANES`].
    pub len: usize,
    /// Column by column, filled up with what is no number.
    pub panel: &'a [f64],
    /// The lowest coordinate of each column, or a little less.
    pub low: &'a [f32],
    /// The highest coordinate of each column, or a little more.
    pub high: &'a [f32],
}

/// A search for the neighbours of up to [`LANES`] places; can be used again and again.
#[derive(Debug)]
pub(super) struct Search {
    lanes: Vec<Candidates>,
    /// The places' panel, rounded to the nearest number.
    panel: Vec<f32>,
    slips: [f64; LANES],
    /// The lengthened reach of each place; less than any gap where there is no place.
    reaches: [f32; LANES],
    /// The nodes still to be looked into, the next one last.
    open: Vec<u32>,
}

impl Search {
    /// For `count` neighbours of each place.
    pub fn new(count: usize) -> Self {
        let lanes = (0..LANES).map(|_| Candidates::new(count)).collect();
        Search { lanes, panel: Vec::new(), slips: [0.0; LANES], reaches: [0.0; LANES], open: Vec::new() }
    }

    /// Find the neighbours in a tree; `home` is the leaf that the places are, if they are one.
    pub fn run(&mut self, tree: &Tree, places: &Places, home: Option<u32>) {
        self.lanes.iter_mut().for_each(Candidates::clear);
        self.reaches = [-1.0; LANES];
        self.reaches[..places.len].fill(f32::INFINITY);
        if !tree.is_empty() {
            walk(self, tree, places, home);
        }
    }

    /// The neighbours of one of the places, ordered by distance and then by index.
    pub fn found(&mut self, lane: usize) -> &[Candidate] {
        self.lanes[lane].ordered()
    }
}

in_widest_vectors! {
    walk(search: &mut Search, tree: &Tree, places: &Places, home: Option<u32>) {
        search.panel.clear();
        search.panel.extend(places.panel.iter().map(|&value| rounded(value)));
        search.slips = slips(places.panel);
        if let Some(leaf) = home {
            look_into(search, tree, places, leaf, &[true; LANES]);
        }
        search.open.push(0);
        while let Some(node) = search.open.pop() {
            let Node { right, leaf, leaves, cut } = tree.node(node);
            if leaves <= TWIG {
                look_into_twig(search, tree, places, leaf..leaf + leaves, home);
            } else if within_reach(search, tree, node).contains(&true) {
                let [nearer, further] = nearer_first(tree, places, [node + 1, right], cut as usize);
                search.open.push(further);
                search.open.push(nearer);
            }
        }
    }
}

/// So few leaves are looked at one beside the other: cheaper than to decide after each what comes next, where that is a
/// matter of luck.
const TWIG: u32 = 4;

#[inline(always)]
fn look_into_twig(search: &mut Search, tree: &Tree, places: &Places, leaves: Range<u32>, home: Option<u32>) {
    let mut near = [[false; LANES]; TWIG as usize];
    for (near, leaf) in near.iter_mut().zip(leaves.clone()) {
        *near = within_reach(search, tree, tree.leaves()[leaf as usize]);
    }
    for (near, leaf) in near.iter().zip(leaves) {
        if near.contains(&true) && home != Some(leaf) {
            look_into(search, tree, places, leaf, near);
        }
    }
}

/// The halves of a node that is cut across a column, the one on whose side the places lie first.
#[inline(always)]
fn nearer_first(tree: &Tree, places: &Places, [left, right]: [u32; 2], cut: usize) -> [u32; 2] {
    let (left_high, right_low) = (tree.bounds(left).1[cut], tree.bounds(right).0[cut]);
    if places.low[cut] + places.high[cut] <= left_high + right_low { [left, right] } else { [right, left] }
}

/// Which places have the box of a node within their reach.
#[inline(always)]
fn within_reach(search: &Search, tree: &Tree, node: u32) -> [bool; LANES] {
    let (low, high) = tree.bounds(node);
    let mut squared = [0.0; LANES];
    for ((coordinates, &low), &high) in search.panel.as_chunks::<LANES>().0.iter().zip(low).zip(high) {
        for lane in 0..LANES {
            // Away from the nearest coordinate inside the box.
            let gap = coordinates[lane] - smaller(larger(coordinates[lane], low), high);
            squared[lane] += gap * gap;
        }
    }
    let mut near = [false; LANES];
    for lane in 0..LANES {
        near[lane] = squared[lane] <= search.reaches[lane];
    }
    near
}

/// Show the points of a leaf to those places that are near.
#[inline(always)]
fn look_into(search: &mut Search, tree: &Tree, places: &Places, leaf: u32, near: &[bool; LANES]) {
    let (panel, indices) = (tree.panel(leaf), tree.indices(leaf));
    for lane in (0..places.len).filter(|&lane| near[lane]) {
        search.lanes[lane].see(&squared_distances(panel, places.panel, lane), indices);
        search.reaches[lane] = lengthened(search.lanes[lane].reach(), search.slips[lane], places.low.len());
    }
}

/// The one place where distances are computed; the order of summation is part of every score's bits.
#[inline(always)]
fn squared_distances(panel: &[f64], places: &[f64], lane: usize) -> [f64; LANES] {
    let mut squared = [0.0; LANES];
    let (columns, places) = (panel.as_chunks::<LANES>().0, places.as_chunks::<LANES>().0);
    for (column, place) in columns.iter().zip(places) {
        let coordinate = place[lane];
        for at in 0..LANES {
            let difference = coordinate - column[at];
            squared[at] += difference * difference;
        }
    }
    squared
}
