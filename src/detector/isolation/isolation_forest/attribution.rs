//! What each feature adds to a row's path lengths: exact Shapley values, however many the features.
//!
//! In the game of one tree, a coalition is worth the path length of the row whose features in the coalition are those
//! of the row and whose others are those of a reference row. It comes to a leaf where all features that went the row's
//! way on the path there (`a` of them) are in the coalition, and all that went the reference's way (`b`) are not. So a
//! leaf gives each of the former (a − 1)! b! / (a + b)! times its path length, and takes a! (b − 1)! / (a + b)! times
//! that from each of the latter (Lundberg et al., "From local explanations to global understanding with explainable AI
//! for trees", Nature Machine Intelligence 2020: interventional values, one reference row). Shapley values are additive,
//! so the forest's are the means of its trees'.

use super::tree::{Step, Tree};
use ndarray::ArrayView1;
use std::ops::Range;

/// The exact Shapley value of each feature in the mean path length of a row, beside that of a reference row; they sum
/// to the difference of the two. A feature is a range of columns, and together they are all columns.
pub(super) fn of_path_lengths(
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
        sides: vec![None; features.len()],
        shares: vec![0.0; features.len()],
    };
    trees.iter().for_each(|tree| walk.through(tree));
    walk.shares.iter().map(|share| share / trees.len() as f64).collect()
}

/// Whose value of a feature decided on the way to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Row,
    Reference,
}

/// A walk to all leaves that some mixture of two rows comes to.
struct Walk<'a> {
    row: ArrayView1<'a, f64>,
    reference: ArrayView1<'a, f64>,
    /// Column by column.
    feature_of: Vec<usize>,
    /// Feature by feature; none where the path does not tell the two rows apart by it.
    sides: Vec<Option<Side>>,
    shares: Vec<f64>,
}

/// A node to go to, from a path on which so many features have a side.
struct Visit {
    node: usize,
    behind: usize,
    /// The feature that leads there, where both sides are gone to.
    parting: Option<(usize, Side)>,
}

impl Walk<'_> {
    /// Trees may be as deep as a model file says, so the way is kept here and not on the stack.
    fn through(&mut self, tree: &Tree) {
        let mut path: Vec<(usize, Side)> = Vec::new();
        let mut unvisited = vec![Visit { node: 0, behind: 0, parting: None }];
        while let Some(Visit { node, behind, parting }) = unvisited.pop() {
            for (feature, _) in path.drain(behind..) {
                self.sides[feature] = None;
            }
            if let Some((feature, side)) = parting {
                self.sides[feature] = Some(side);
                path.push((feature, side));
            }
            let behind = path.len();
            match tree.step(node) {
                Step::Leaf { path_length } => self.divide(path_length, &path),
                Step::Split { column, threshold, left } => {
                    // What is no number is larger than any.
                    let child = |value: f64| if value <= threshold { left } else { left + 1 };
                    let feature = self.feature_of[column];
                    let (own, other) = (child(self.row[column]), child(self.reference[column]));
                    let visit = |node, parting| Visit { node, behind, parting };
                    match self.sides[feature] {
                        _ if own == other => unvisited.push(visit(own, None)),
                        Some(Side::Row) => unvisited.push(visit(own, None)),
                        Some(Side::Reference) => unvisited.push(visit(other, None)),
                        None => unvisited.extend([
                            visit(other, Some((feature, Side::Reference))),
                            visit(own, Some((feature, Side::Row))),
                        ]),
                    }
                }
            }
        }
        path.iter().for_each(|&(feature, _)| self.sides[feature] = None);
    }

    /// Give and take what a leaf is worth.
    fn divide(&mut self, path_length: f64, path: &[(usize, Side)]) {
        let own = path.iter().filter(|(_, side)| *side == Side::Row).count();
        let others = path.len() - own;
        let sets = binomial(path.len(), own);
        for &(feature, side) in path {
            self.shares[feature] += match side {
                Side::Row => path_length / (own as f64 * sets),
                Side::Reference => -path_length / (others as f64 * sets),
            };
        }
    }
}

/// How many sets of `k` there are among `n`; infinite where there are too many to count.
fn binomial(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::super::forest::Forest;
    use super::super::growth;
    use super::*;
    use crate::detector::FittedDetector;
    use crate::seed::Seed;
    use ndarray::{Array1, Array2, array};
    use rand::Rng;

    /// Features of one, two and three columns.
    fn features() -> Vec<Range<usize>> {
        vec![0..1, 1..3, 3..4, 4..7, 7..8, 8..9]
    }

    fn rows(n: usize, seed: u64) -> Array2<f64> {
        let mut rng = Seed::new(seed).rng();
        // Few values, so that rows agree in some features and thresholds are met again.
        Array2::from_shape_fn((n, 9), |(_, column)| f64::from(rng.gen_range(0..3 + column as i32)))
    }

    fn trees(points: &Array2<f64>, n: u64, depth: u32) -> Vec<Tree> {
        let grown = |tree: u64| {
            let drawn = (0..points.nrows() as u32).collect();
            growth::grow(points.view(), drawn, depth, &mut Seed::new(tree).rng())
        };
        (0..n).map(|tree| Tree::new(&grown(tree), points.ncols()).unwrap()).collect()
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

    /// By the definition: from the path lengths of all coalitions.
    fn by_enumeration(trees: &[Tree], row: ArrayView1<f64>, reference: ArrayView1<f64>) -> Vec<f64> {
        let features = features();
        let n = features.len();
        let worth = |mask: usize| {
            let mut mixed = reference.to_owned();
            for columns in (0..n).filter(|feature| mask >> feature & 1 == 1).map(|at| features[at].clone()) {
                columns.for_each(|column| mixed[column] = row[column]);
            }
            trees.iter().map(|tree| path_length(tree, &mixed)).sum::<f64>() / trees.len() as f64
        };
        let share = |feature: usize| {
            let without = (0..1 << n).filter(|mask| mask >> feature & 1 == 0);
            let gain = |mask: usize| {
                let weight = 1.0 / (n as f64 * binomial(n - 1, mask.count_ones() as usize));
                weight * (worth(mask | 1 << feature) - worth(mask))
            };
            without.map(gain).sum()
        };
        (0..n).map(share).collect()
    }

    #[test]
    fn they_are_the_shapley_values_of_the_path_length() {
        let points = rows(200, 1);
        for (n, depth) in [(1, 1), (1, 3), (7, 8), (3, 40)] {
            let trees = trees(&points, n, depth);
            for (row, reference) in rows(20, 2).rows().into_iter().zip(rows(20, 3).rows()) {
                let found = of_path_lengths(&trees, row, reference, &features());
                for (found, expected) in found.iter().zip(by_enumeration(&trees, row, reference)) {
                    assert!((found - expected).abs() < 1e-9, "depth {depth}: {found}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn of_one_split_the_feature_that_is_asked_for_gets_all() {
        let outline = serde_json::json!({"features": [1, null, null], "thresholds": [0.5],
            "path_lengths": [3.0, 1.0]});
        let tree = Tree::new(&serde_json::from_value(outline).unwrap(), 2).unwrap();
        let shares = |row: Array1<f64>| {
            of_path_lengths(std::slice::from_ref(&tree), row.view(), array![0.0, 0.0].view(), &[0..1, 1..2])
        };
        assert_eq!(shares(array![9.0, 1.0]), [0.0, -2.0]);
        assert_eq!(shares(array![9.0, 0.5]), [0.0, 0.0]);
        assert_eq!(shares(array![9.0, f64::NAN]), [0.0, -2.0]);
    }

    #[test]
    fn a_tree_of_many_storeys_is_walked() {
        let storeys = 100_000;
        let features: Vec<Option<u32>> =
            (0..2 * storeys + 1).map(|node| (node % 2 == 0 && node < 2 * storeys).then_some(1)).collect();
        let outline = serde_json::json!({"features": features, "thresholds": vec![0.5; storeys],
            "path_lengths": vec![1.0; storeys + 1]});
        let tree = Tree::new(&serde_json::from_value(outline).unwrap(), 2).unwrap();
        let rows = array![[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]];
        for row in rows.rows() {
            assert_eq!(
                of_path_lengths(std::slice::from_ref(&tree), row, rows.row(1), &[0..1, 1..2]),
                [0.0; 2]
            );
        }
    }

    #[test]
    fn contributions_sum_to_the_distance_of_the_scores_at_any_width() {
        let mut rng = Seed::new(4).rng();
        let points = Array2::from_shape_fn((300, 400), |_| rng.gen_range(-1.0..1.0));
        let grown = |tree: u64| {
            let drawn = (0..256).collect();
            growth::grow(points.view(), drawn, 8, &mut Seed::new(tree).rng())
        };
        let forest = Forest::new(256, 400, (0..50).map(grown).collect()).unwrap();
        let features: Vec<Range<usize>> = (0..400).map(|column| column..column + 1).collect();
        let pair = points.slice(ndarray::s![298.., ..]);
        let found = forest.attribution(pair.row(0), pair.row(1), &features).unwrap();
        let scores = forest.score(pair);
        assert!((found.contributions.iter().sum::<f64>() - (scores[0] - scores[1])).abs() < 1e-12);
        assert_eq!(found.trees, 50);
        let same = forest.attribution(pair.row(0), pair.row(0), &features).unwrap();
        assert!(same.contributions.iter().all(|&contribution| contribution == 0.0));
    }
}
