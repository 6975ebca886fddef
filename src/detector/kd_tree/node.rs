//! Nodes and leaves of the tree.

/// Points in a leaf. Every leaf but the last is full, and its points lie side by side for vector
/// instructions.
pub(super) const LANES: usize = 16;

/// A node of the tree. Nodes are in preorder: the left child of a node follows it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    /// The index of the right child; unused in a leaf.
    pub right: u32,
    /// The first leaf below the node. For a leaf, its own number.
    pub leaf: u32,
    /// The number of leaves below the node; 1 for a leaf.
    pub leaves: u32,
    /// The column that the node splits; unused in a leaf.
    pub split_column: u32,
}

/// The number of nodes, leaves included, above this many points: every node but a leaf has two children.
pub(super) fn node_count(points: usize) -> usize {
    (2 * points.div_ceil(LANES)).saturating_sub(1)
}
