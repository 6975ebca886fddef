//! A tree in its file format ([`Outline`]) and in its scoring format ([`Tree`]).

use serde::{Deserialize, Serialize};

/// Rows that descend a tree together. Their steps interleave, so that none waits for another's memory access.
pub(in crate::detector) const LANES: usize = 16;

/// A tree as a model file holds it: the nodes in preorder, each split before its left and then its right
/// subtree.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::detector) struct Outline {
    /// For each node, the feature of its split; none for a leaf.
    features: Vec<Option<u32>>,
    /// For each split, the threshold. Values up to it go left; larger values and NaN go right.
    thresholds: Vec<f64>,
    /// For each leaf, the path length h of a row that ends there.
    path_lengths: Vec<f64>,
}

impl Outline {
    /// Append a split.
    pub fn push_split(&mut self, feature: u32, threshold: f64) {
        self.features.push(Some(feature));
        self.thresholds.push(threshold);
    }

    /// Append a leaf.
    pub fn push_leaf(&mut self, path_length: f64) {
        self.features.push(None);
        self.path_lengths.push(path_length);
    }
}

/// A tree for scoring. Every row takes as many steps as the deepest leaf is deep and stays in its leaf once
/// it is there. The only decision of a step is left or right, so the loop has no branch to mispredict.
#[derive(Clone, Debug)]
pub(in crate::detector) struct Tree {
    /// The root comes first. Invariant of [`Tree::new`]: both children and the feature of every node exist.
    nodes: Vec<Node>,
    /// For each node, the path length of a leaf and 0 of a split.
    path_lengths: Vec<f64>,
    /// Features of a row.
    features: usize,
    /// Steps to the deepest leaf.
    depth: u32,
}

/// A node, as one row sees it.
#[derive(Clone, Copy, Debug)]
pub(in crate::detector) enum Step {
    /// The row ends here.
    Leaf { path_length: f64 },
    /// Values up to the threshold go to node `left`; larger values go to node `left + 1`.
    Split { column: usize, threshold: f64, left: usize },
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// Infinite in a leaf, so that every row goes left.
    threshold: f64,
    /// Where the values of the feature begin in a panel.
    values: u32,
    /// The left child of a split; the right child follows it. A leaf is its own left child.
    left: u32,
}

impl Tree {
    /// The tree of an outline. `None` if the outline is malformed or names a feature of `features` or above.
    pub fn new(outline: &Outline, features: usize) -> Option<Self> {
        let mut thresholds = outline.thresholds.iter().copied();
        let mut path_lengths = outline.path_lengths.iter().copied();
        let mut tree = Tree { nodes: vec![Node::default()], path_lengths: vec![0.0], features, depth: 0 };
        let mut pending = vec![(0, 0)];
        for &feature in &outline.features {
            let (node, depth) = pending.pop()?;
            tree.depth = tree.depth.max(depth);
            match feature {
                None => tree.set_leaf(node, path_lengths.next()?),
                Some(feature) => {
                    let left = tree.set_split(node, feature, thresholds.next()?)?;
                    pending.extend([(left + 1, depth + 1), (left, depth + 1)]);
                }
            }
        }
        let is_complete = pending.is_empty() && thresholds.next().is_none() && path_lengths.next().is_none();
        is_complete.then_some(tree)
    }

    fn set_leaf(&mut self, node: usize, path_length: f64) {
        self.nodes[node] = Node { threshold: f64::INFINITY, values: 0, left: node as u32 };
        self.path_lengths[node] = path_length;
    }

    /// Make a node a split and append its two children. Returns the index of the left child.
    fn set_split(&mut self, node: usize, feature: u32, threshold: f64) -> Option<usize> {
        let left = self.nodes.len();
        let values = feature.checked_mul(LANES as u32).filter(|_| (feature as usize) < self.features)?;
        self.nodes[node] = Node { threshold, values, left: u32::try_from(left + 1).ok()? - 1 };
        self.nodes.resize(left + 2, Node::default());
        self.path_lengths.resize(left + 2, 0.0);
        Some(left)
    }

    /// The node at an index; 0 is the root.
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

    /// The outline from which [`Tree::new`] makes this tree.
    pub fn outline(&self) -> Outline {
        let mut outline = Outline::default();
        let mut pending = vec![0];
        while let Some(at) = pending.pop() {
            match self.step(at) {
                Step::Leaf { path_length } => outline.push_leaf(path_length),
                Step::Split { column, threshold, left } => {
                    outline.push_split(column as u32, threshold);
                    pending.extend([left + 1, left]);
                }
            }
        }
        outline
    }

    /// Add the path length of each row of a panel to its total. A panel holds [`LANES`] values of each
    /// feature; none is NaN.
    pub fn add_path_lengths(&self, panel: &[f64], totals: &mut [f64; LANES]) {
        // A tree of one leaf has no feature, but its steps read one.
        assert!(panel.len() >= LANES * self.features.max(1), "a panel holds all features");
        let mut at = [0_u32; LANES];
        for _ in 0..self.depth {
            for (lane, at) in at.iter_mut().enumerate() {
                // SAFETY: `at` is 0 or was `left` or `left + 1` of a node, and those exist (see `nodes`).
                let node = unsafe { self.nodes.get_unchecked(*at as usize) };
                // SAFETY: the feature exists (see `nodes`), the panel holds its values, and `lane` is below
                // `LANES`.
                let value = unsafe { *panel.get_unchecked(node.values as usize + lane) };
                *at = node.left + u32::from(value > node.threshold);
            }
        }
        for (total, at) in totals.iter_mut().zip(at) {
            *total += self.path_lengths[at as usize];
        }
    }
}
