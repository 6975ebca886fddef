//! The nearest points to all places of one leaf, found in one walk through the tree.
//!
//! The gap between a place and a box is summed up over the columns in the order in which a distance is, and each of
//! its terms is at most the term of any point in the box, rounded or not: no box is passed over that holds a
//! neighbour, and what is found does not depend on the places that are searched for together.

use super::candidates::{Candidate, Candidates};
use super::tree::{LANES, Node, Tree};
use crate::detector::vector::in_widest_vectors;

/// The places of one leaf.
#[derive(Debug)]
pub(super) struct Places<'a> {
    /// At most [`LANES`].
    pub len: usize,
    /// Column by column, filled up with what is no number.
    pub panel: &'a [f64],
    /// The lowest coordinate of each column.
    pub low: &'a [f64],
    /// The highest coordinate of each column.
    pub high: &'a [f64],
}

/// A search for the neighbours of up to [`LANES`] places; can be used again and again.
#[derive(Debug)]
pub(super) struct Search {
    lanes: Vec<Candidates>,
    /// The reach of each place; less than any distance where there is no place.
    reaches: [f64; LANES],
    /// The nodes still to be looked into, the next one last.
    open: Vec<Open>,
}

/// A node and the squared gap between its box and that of the places.
#[derive(Clone, Copy, Debug)]
struct Open {
    gap: f64,
    node: u32,
}

impl Search {
    /// For `count` neighbours of each place.
    pub fn new(count: usize) -> Self {
        let lanes = (0..LANES).map(|_| Candidates::new(count)).collect();
        Search { lanes, reaches: [0.0; LANES], open: Vec::new() }
    }

    /// Find the neighbours in a tree; `home` is the leaf that the places are, if they are one.
    pub fn run(&mut self, tree: &Tree, places: &Places, home: Option<u32>) {
        self.lanes.iter_mut().for_each(Candidates::clear);
        self.reaches = [-1.0; LANES];
        self.reaches[..places.len].fill(f64::INFINITY);
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
        if let Some(leaf) = home {
            look_into(search, tree, places, leaf, &[true; LANES]);
        }
        search.open.push(Open { gap: 0.0, node: 0 });
        let mut reach = furthest(&search.reaches);
        while let Some(Open { gap, node }) = search.open.pop() {
            if gap > reach {
                continue;
            }
            let near = within_reach(search, tree, places, node);
            if !near.contains(&true) {
                continue;
            }
            match tree.node(node) {
                Node { right: 0, leaf } if home == Some(leaf) => (),
                Node { right: 0, leaf } => {
                    look_into(search, tree, places, leaf, &near);
                    reach = furthest(&search.reaches);
                }
                Node { right, .. } => open_children(search, tree, places, [node + 1, right]),
            }
        }
    }
}

#[inline(always)]
fn furthest(reaches: &[f64; LANES]) -> f64 {
    reaches.iter().fold(-1.0, |furthest, &reach| larger(furthest, reach))
}

/// The nearer child is the next to be looked into.
#[inline(always)]
fn open_children(search: &mut Search, tree: &Tree, places: &Places, children: [u32; 2]) {
    let [left, right] = children.map(|node| Open { gap: gap(tree, places, node), node });
    let [further, nearer] = if left.gap <= right.gap { [right, left] } else { [left, right] };
    search.open.push(further);
    search.open.push(nearer);
}

/// The squared gap between the box of a node and that of the places.
#[inline(always)]
fn gap(tree: &Tree, places: &Places, node: u32) -> f64 {
    let (low, high) = tree.bounds(node);
    let mut squared = 0.0;
    for column in 0..low.len() {
        let below = low[column] - places.high[column];
        let above = places.low[column] - high[column];
        let gap = larger(larger(below, above), 0.0);
        squared += gap * gap;
    }
    squared
}

/// Which places have the box of a node within their reach.
#[inline(always)]
fn within_reach(search: &Search, tree: &Tree, places: &Places, node: u32) -> [bool; LANES] {
    let (low, high) = tree.bounds(node);
    let mut squared = [0.0; LANES];
    for ((coordinates, &low), &high) in places.panel.chunks_exact(LANES).zip(low).zip(high) {
        for lane in 0..LANES {
            let gap = larger(larger(low - coordinates[lane], coordinates[lane] - high), 0.0);
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
        search.reaches[lane] = search.lanes[lane].reach();
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

/// The larger of two numbers, neither of which is odd: one instruction.
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
