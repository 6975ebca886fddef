//! A tree as it is written down, and the same tree as rows are led through it.

use serde::{Deserialize, Serialize};

/// Rows that are led through a tree together, step by step, so that none has to wait for another's memory.
pub(super) const LANES: usize = 16;

/// A tree as it is written down: the root first, behind each split all that is left of it, and then all that is right.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outline {
    /// Node by node, the feature that a split asks for; none in a leaf.
    features: Vec<Option<u32>>,
    /// Split by split: rows with a value up to this go left, the others, and those without a value, right.
    thresholds: Vec<f64>,
    /// Leaf by leaf, the path length h of a row that ends there.
    path_lengths: Vec<f64>,
}

impl Outline {
    /// Write down a split behind all that is there.
    pub fn split(&mut self, feature: u32, threshold: f64) {
        self.features.push(Some(feature));
        self.thresholds.push(threshold);
    }

    /// Write down a leaf behind all that is there.
    pub fn leaf(&mut self, path_length: f64) {
        self.features.push(None);
        self.path_lengths.push(path_length);
    }
}

/// A tree to lead rows through. Every row takes as many steps as the deepest leaf is deep: it stays in its leaf when
/// it is there, so that there is nothing to decide but left or right.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The root first. What [`Tree::new`] sees to: both children of a node exist, and so do the features asked for.
    nodes: Vec<Node>,
    /// Node by node; 0 where there is a split.
    path_lengths: Vec<f64>,
    /// How many features a row has.
    features: usize,
    /// How many steps lead to the deepest leaf.
    depth: u32,
}

/// A node as one row is led through the tree.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The end.
    Leaf { path_length: f64 },
    /// Rows with a value of the column up to the threshold go to `left`, all others to the node behind it.
    Split { column: usize, threshold: f64, left: usize },
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// Infinite in a leaf, so that every row goes left.
    threshold: f64,
    /// Where the values of the feature begin in a panel.
    values: u32,
    /// The left child, which is the leaf itself in a leaf; the right child of a split stands behind it.
    left: u32,
}

impl Tree {
    /// The tree of an outline; none where the outline does not hold together or asks for more than the features.
    pub fn new(outline: &Outline, features: usize) -> Option<Self> {
        let mut thresholds = outline.thresholds.iter().copied();
        let mut lengths = outline.path_lengths.iter().copied();
        let mut tree = Tree { nodes: vec![Node::default()], path_lengths: vec![0.0], features, depth: 0 };
        let mut unwritten = vec![(0, 0)];
        for &feature in &outline.features {
            let (node, depth) = unwritten.pop()?;
            tree.depth = tree.depth.max(depth);
            match feature {
                None => tree.set_leaf(node, lengths.next()?),
                Some(feature) => {
                    let left = tree.set_split(node, feature, thresholds.next()?)?;
                    unwritten.extend([(left + 1, depth + 1), (left, depth + 1)]);
                }
            }
        }
        let all_used = unwritten.is_empty() && thresholds.next().is_none() && lengths.next().is_none();
        all_used.then_some(tree)
    }

    fn set_leaf(&mut self, node: usize, path_length: f64) {
        self.nodes[node] = Node { threshold: f64::INFINITY, values: 0, left: node as u32 };
        self.path_lengths[node] = path_length;
    }

    /// Make room for two children; where the left one stands.
    fn set_split(&mut self, node: usize, feature: u32, threshold: f64) -> Option<usize> {
        let left = self.nodes.len();
        let values = feature.checked_mul(LANES as u32).filter(|_| (feature as usize) < self.features)?;
        self.nodes[node] = Node { threshold, values, left: u32::try_from(left + 1).ok()? - 1 };
        self.nodes.resize(left + 2, Node::default());
        self.path_lengths.resize(left + 2, 0.0);
        Some(left)
    }

    /// What there is at a node; 0 is the root.
    pub fn step(&self, at: usize) -> Step {
        let Node { threshold, values, left } = self.nodes[at];
        match left as usize {
            left if left == at => Step::Leaf { path_length: self.path_lengths[at] },
            left => Step::Split { column: values as usize / LANES, threshold, left },
        }
    }

    /// The column and the threshold of each split.
    pub fn splits(&self) -> impl Iterator<Item = (usize, f64)> {
        (0..self.nodes.len()).filter_map(|at| match self.step(at) {
            Step::Leaf { .. } => None,
            Step::Split { column, threshold, .. } => Some((column, threshold)),
        })
    }

    /// The outline of which [`Tree::new`] makes this tree.
    pub fn outline(&self) -> Outline {
        let mut outline = Outline::default();
        let mut unwritten = vec![0];
        while let Some(at) = unwritten.pop() {
            match self.step(at) {
                Step::Leaf { path_length } => outline.leaf(path_length),
                Step::Split { column, threshold, left } => {
                    outline.split(column as u32, threshold);
                    unwritten.extend([left + 1, left]);
                }
            }
        }
        outline
    }

    /// Add the path length of each row of a panel to its total. A panel holds [`LANES`] values of each feature, none
    /// of them NaN.
    pub fn add_path_lengths(&self, panel: &[f64], totals: &mut [f64; LANES]) {
        // A tree of one leaf asks for no feature, but looks at one all the same.
        assert!(panel.len() >= LANES * self.features.max(1), "a panel holds all features");
        let mut at = [0_u32; LANES];
        for _ in 0..self.depth {
            for (lane, at) in at.iter_mut().enumerate() {
                // SAFETY: `at` is 0 or was `left` or `left + 1` of a node, and those exist (see `nodes`).
                let node = unsafe { self.nodes.get_unchecked(*at as usize) };
                // SAFETY: the feature exists (see `nodes`), the panel holds its values, and `lane` is below `LANES`.
                let value = unsafe { *panel.get_unchecked(node.values as usize + lane) };
                *at = node.left + u32::from(value > node.threshold);
            }
        }
        for (total, at) in totals.iter_mut().zip(at) {
            *total += self.path_lengths[at as usize];
        }
    }
}
