//! Attribution of a row's mean path length to its features: exact Shapley values, for any number of features.
//!
//! Lundberg et al., "From local explanations to global understanding with explainable AI for trees", Nature
//! Machine Intelligence 2020: interventional values with one reference row. In the game of one tree, the
//! players are the features. A coalition takes its features from the row and all others from the reference.
//! Its worth is the path length of the row that results.
//!
//! On the path to a leaf, some features decide as only the row does, and others as only the reference does.
//! Let a and b be their numbers. A coalition ends in the leaf if it contains all of the former and none of
//! the latter. So the leaf adds its path length to each of the former, with the weight (a − 1)! b! / (a +
//! b)!. It subtracts its path length from each of the latter, with the weight a! (b − 1)! / (a + b)!. Shapley
//! values are additive: those of the forest are the means of those of its trees.

use super::tree::{Step, Tree};
use ndarray::ArrayView1;
use std::ops::Range;

/// The Shapley value of each feature in the difference of the mean path lengths: that of `row` less that of
/// `reference`. A feature is a range of columns; the features partition the columns.
pub(super) fn shapley_values(
    trees: &[Tree],
    row: ArrayView1<f64>,
    reference: ArrayView1<f64>,
    features: &[Range<usize>],
) -> Vec<f64> {
    let columns_of = |(feature, columns): (usize, &Range<usize>)| columns.clone().map(move |_| feature);
    let mut walk = Walk {
        row: row.reborrow(),
        reference: reference.reborrow(),
        feature_of: features.iter().enumerate().flat_map(columns_of).collect(),
        path: Vec::new(),
        sources: vec![None; features.len()],
        values: vec![0.0; features.len()],
    };
    trees.iter().for_each(|tree| walk.visit_leaves(tree));
    walk.values.iter().map(|value| value / trees.len() as f64).collect()
}

/// Which of the two rows decides on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Row,
    Reference,
}

/// A depth-first walk to the leaves that any coalition reaches.
struct Walk<'a> {
    row: ArrayView1<'a, f64>,
    reference: ArrayView1<'a, f64>,
    /// For each column, its feature.
    feature_of: Vec<usize>,
    /// The features that separate the two rows on the path to the current node, in order.
    path: Vec<(usize, Source)>,
    /// For each feature, its source on the path; none if it does not separate the two rows there.
    sources: Vec<Option<Source>>,
    /// For each feature, the sum of its Shapley values over the trees.
    values: Vec<f64>,
}

/// A node to visit.
struct Visit {
    node: usize,
    /// Length of the path to its parent.
    parent_path: usize,
    /// The last element of its own path, if its parent separates the two rows.
    decision: Option<(usize, Source)>,
}

impl Walk<'_> {
    /// Share out the path length of every leaf. The stack is explicit: a model file may hold a tree of any
    /// depth.
    fn visit_leaves(&mut self, tree: &Tree) {
        let mut pending = vec![Visit { node: 0, parent_path: 0, decision: None }];
        while let Some(visit) = pending.pop() {
            self.backtrack(visit.parent_path);
            self.decide(visit.decision);
            match tree.step(visit.node) {
                Step::Leaf { path_length } => self.share_out(path_length),
                Step::Split { column, threshold, left } => {
                    self.push_children(column, threshold, left, &mut pending);
                }
            }
        }
        self.backtrack(0);
    }

    /// Shorten the path to `len` decisions.
    fn backtrack(&mut self, len: usize) {
        for (feature, _) in self.path.drain(len..) {
            self.sources[feature] = None;
        }
    }

    /// Extend the path by a decision, if there is one.
    fn decide(&mut self, decision: Option<(usize, Source)>) {
        if let Some((feature, source)) = decision {
            self.sources[feature] = Some(source);
            self.path.push((feature, source));
        }
    }

    /// Push the children that any coalition reaches. The child of the row comes last and is visited first.
    fn push_children(&self, column: usize, threshold: f64, left: usize, pending: &mut Vec<Visit>) {
        // NaN counts as +infinity.
        let child = |value: f64| if value <= threshold { left } else { left + 1 };
        let (row_child, reference_child) = (child(self.row[column]), child(self.reference[column]));
        let feature = self.feature_of[column];
        let visit = |node, decision| Visit { node, parent_path: self.path.len(), decision };
        match self.sources[feature] {
            _ if row_child == reference_child => pending.push(visit(row_child, None)),
            Some(Source::Row) => pending.push(visit(row_child, None)),
            Some(Source::Reference) => pending.push(visit(reference_child, None)),
            None => pending.extend([
                visit(reference_child, Some((feature, Source::Reference))),
                visit(row_child, Some((feature, Source::Row))),
            ]),
        }
    }

    /// Share out the path length of a leaf among the features on its path. The factorials of the module's doc
    /// are binomials here: (a − 1)! b! / (a + b)! is 1 / (a · C(a + b, a)).
    fn share_out(&mut self, path_length: f64) {
        let a = self.path.iter().filter(|(_, source)| *source == Source::Row).count();
        let b = self.path.len() - a;
        let subsets = binomial(self.path.len(), a);
        for &(feature, source) in &self.path {
            self.values[feature] += match source {
                Source::Row => path_length / (a as f64 * subsets),
                Source::Reference => -path_length / (b as f64 * subsets),
            };
        }
    }
}

/// The number of subsets of size `k` among `n`; infinite if it exceeds the range of f64.
fn binomial(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::super::growth;
    use super::*;
    use crate::seed::Seed;
    use ndarray::{Array1, Array2, array};
    use rand::Rng;

    /// Features of one, two or three columns.
    fn features() -> Vec<Range<usize>> {
        vec![0..1, 1..3, 3..4, 4..7, 7..8, 8..9]
    }

    fn rows(n: usize, seed: u64) -> Array2<f64> {
        let mut rng = Seed::new(seed).rng();
        // Few distinct values, so that rows agree in some features and thresholds repeat.
        Array2::from_shape_fn((n, 9), |(_, column)| f64::from(rng.gen_range(0..3 + column as i32)))
    }

    fn trees(points: &Array2<f64>, n: u64, depth: u32) -> Vec<Tree> {
        let outline = |tree: u64| {
            let sample = (0..points.nrows() as u32).collect();
            growth::grow(points.view(), sample, depth, &mut Seed::new(tree).rng())
        };
        (0..n).map(|tree| Tree::new(&outline(tree), points.ncols()).unwrap()).collect()
    }

    fn path_length(tree: &Tree, row: &Array1<f64>) -> f64 {
        let mut node = 0;
        loop {
            match tree.step(node) {
                Step::Leaf { path_length } => return path_length,
                Step::Split { column, threshold, left } => node = left + usize::from(row[column] > threshold),
            }
        }
    }

    /// Shapley values by their definition, from the worth of every coalition.
    fn by_definition(trees: &[Tree], row: ArrayView1<f64>, reference: ArrayView1<f64>) -> Vec<f64> {
        let features = features();
        let n = features.len();
        let worth = |mask: usize| {
            let mut hybrid = reference.to_owned();
            for columns in (0..n).filter(|feature| mask >> feature & 1 == 1).map(|at| features[at].clone()) {
                columns.for_each(|column| hybrid[column] = row[column]);
            }
            trees.iter().map(|tree| path_length(tree, &hybrid)).sum::<f64>() / trees.len() as f64
        };
        let value = |feature: usize| {
            let without = (0..1 << n).filter(|mask| mask >> feature & 1 == 0);
            let gain = |mask: usize| {
                let weight = 1.0 / (n as f64 * binomial(n - 1, mask.count_ones() as usize));
                weight * (worth(mask | 1 << feature) - worth(mask))
            };
            without.map(gain).sum()
        };
        (0..n).map(value).collect()
    }

    #[test]
    fn the_values_are_those_of_the_definition() {
        let points = rows(200, 1);
        for (n, depth) in [(1, 1), (1, 3), (7, 8), (3, 40)] {
            let trees = trees(&points, n, depth);
            for (row, reference) in rows(20, 2).rows().into_iter().zip(rows(20, 3).rows()) {
                let values = shapley_values(&trees, row, reference, &features());
                for (value, expected) in values.iter().zip(by_definition(&trees, row, reference)) {
                    assert!((value - expected).abs() < 1e-9, "depth {depth}: {value}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn the_feature_of_the_only_split_gets_the_whole_difference() {
        let outline = serde_json::json!({"features": [1, null, null], "thresholds": [0.5],
            "path_lengths": [3.0, 1.0]});
        let tree = Tree::new(&serde_json::from_value(outline).unwrap(), 2).unwrap();
        let values = |row: Array1<f64>| {
            shapley_values(std::slice::from_ref(&tree), row.view(), array![0.0, 0.0].view(), &[0..1, 1..2])
        };
        assert_eq!(values(array![9.0, 1.0]), [0.0, -2.0]);
        assert_eq!(values(array![9.0, 0.5]), [0.0, 0.0]);
        assert_eq!(values(array![9.0, f64::NAN]), [0.0, -2.0]);
    }

    #[test]
    fn a_tree_of_100_000_levels_does_not_exhaust_the_stack() {
        let levels = 100_000;
        let features: Vec<Option<u32>> =
            (0..2 * levels + 1).map(|node| (node % 2 == 0 && node < 2 * levels).then_some(1)).collect();
        let outline = serde_json::json!({"features": features, "thresholds": vec![0.5; levels],
            "path_lengths": vec![1.0; levels + 1]});
        let tree = Tree::new(&serde_json::from_value(outline).unwrap(), 2).unwrap();
        let rows = array![[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]];
        for row in rows.rows() {
            assert_eq!(
                shapley_values(std::slice::from_ref(&tree), row, rows.row(1), &[0..1, 1..2]),
                [0.0; 2]
            );
        }
    }
}
