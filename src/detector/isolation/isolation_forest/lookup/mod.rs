//! Isolation trees as lookup tables: the path lengths of 32 rows at a time.
//!
//! A split only asks whether a value exceeds a threshold. So the rank of the value among the forest's
//! thresholds of that feature is enough, and so is the rank of the threshold. A rank takes 16 bits. A tree of
//! 256 rows has at most eight levels of splits. Completed to that depth, its thresholds fill eight AVX-512
//! registers, where one instruction looks up the thresholds of 32 rows. Every row ends in the same leaf as in
//! [`Tree::add_path_lengths`].
//!
//! There are two kernels with the same steps: one for AVX-512 and a portable one. The portable kernel is
//! slower than the plain trees; it says what the other computes, and tests compare both.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod ranks;
mod scalar;
mod table;

use super::tree::Tree;
use ndarray::{ArrayView2, Axis};
use ranks::{LANES, Lanes, SortedThresholds};
use table::Table;

/// The most features of a forest with tables. With more, it takes longer to select a row's rank than to
/// descend the plain trees.
const MOST_FEATURES: usize = 12;

/// Adds the path lengths of all rows in one table to their totals. The arguments are the table, the panels of
/// ranks, the number of features and the totals.
type Kernel = fn(&Table, &[Lanes], usize, &mut [[f64; LANES]]);

/// A forest as tables.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    /// For each feature, all thresholds of the forest.
    sorted_thresholds: Vec<SortedThresholds>,
    /// For each tree, its table.
    tables: Vec<Table>,
}

/// Whether tables are faster than plain trees on this machine.
pub(super) fn is_fast() -> bool {
    avx512_kernel().is_some()
}

fn avx512_kernel() -> Option<Kernel> {
    #[cfg(target_arch = "x86_64")]
    {
        avx512::is_available().then_some(avx512::add_path_lengths as Kernel)
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        None
    }
}

impl Tables {
    /// The tables of trees over `features` features. `None` if a tree is too deep, or if there are too many
    /// features or thresholds.
    pub fn new(trees: &[Tree], features: usize) -> Option<Self> {
        if !(1..=MOST_FEATURES).contains(&features) {
            return None;
        }
        let mut thresholds = vec![Vec::new(); features];
        for (column, threshold) in trees.iter().flat_map(Tree::splits) {
            thresholds[column].push(threshold);
        }
        let sorted_thresholds: Vec<SortedThresholds> =
            thresholds.into_iter().map(SortedThresholds::new).collect::<Option<_>>()?;
        let tables = trees.iter().map(|tree| Table::new(tree, &sorted_thresholds)).collect::<Option<_>>()?;
        Some(Tables { sorted_thresholds, tables })
    }

    /// The total path length of each row over the trees, [`LANES`] rows to an element. NaN counts as
    /// +infinity. After the last row, the values have no meaning.
    pub fn path_lengths(&self, rows: ArrayView2<f64>) -> Vec<[f64; LANES]> {
        self.path_lengths_by(avx512_kernel().unwrap_or(scalar::add_path_lengths), rows)
    }

    fn path_lengths_by(&self, kernel: Kernel, rows: ArrayView2<f64>) -> Vec<[f64; LANES]> {
        let panels = self.panels(rows);
        let mut totals = vec![[0.0; LANES]; rows.nrows().div_ceil(LANES)];
        for table in &self.tables {
            kernel(table, &panels, self.sorted_thresholds.len(), &mut totals);
        }
        totals
    }

    /// The ranks of the rows' values in panels of [`LANES`] rows, feature by feature.
    fn panels(&self, rows: ArrayView2<f64>) -> Vec<Lanes> {
        let mut panels = Vec::with_capacity(rows.nrows().div_ceil(LANES) * self.sorted_thresholds.len());
        for rows in rows.axis_chunks_iter(Axis(0), LANES) {
            for (column, thresholds) in rows.columns().into_iter().zip(&self.sorted_thresholds) {
                let mut values = [0.0; LANES];
                for (to, &value) in values.iter_mut().zip(column) {
                    *to = if value.is_nan() { f64::INFINITY } else { value };
                }
                panels.push(thresholds.ranks(&values));
            }
        }
        panels
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{LANES as TREE_LANES, Outline};
    use super::table::DEPTH;
    use super::*;
    use crate::seed::Seed;
    use ndarray::Array2;
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;

    /// A tree at most `depth` deep, with leaves at any depth. Thresholds lie among the values, between them
    /// and beyond.
    fn random_tree(features: u32, depth: u32, rng: &mut ChaCha8Rng) -> Outline {
        fn grow(outline: &mut Outline, features: u32, depth: u32, rng: &mut ChaCha8Rng) {
            if depth == 0 || rng.gen_bool(0.1) {
                return outline.push_leaf(rng.gen_range(0.0..20.0));
            }
            outline.push_split(rng.gen_range(0..features), f64::from(rng.gen_range(-12..12)) / 2.0);
            grow(outline, features, depth - 1, rng);
            grow(outline, features, depth - 1, rng);
        }
        let mut outline = Outline::default();
        grow(&mut outline, features, depth, rng);
        outline
    }

    fn random_trees(features: usize, depth: u32, rng: &mut ChaCha8Rng) -> Vec<Tree> {
        let tree = |_| Tree::new(&random_tree(features as u32, depth, rng), features).unwrap();
        (0..30).map(tree).collect()
    }

    /// Rows whose values meet the thresholds of [`random_tree`], with the special values of f64.
    fn random_rows(features: usize, rng: &mut ChaCha8Rng) -> Array2<f64> {
        let mut rows = Array2::from_shape_fn((500, features), |_| f64::from(rng.gen_range(-16..16)) / 4.0);
        for (row, value) in [(7, f64::NAN), (8, f64::INFINITY), (9, f64::NEG_INFINITY), (10, -0.0)] {
            rows[[row, 0]] = value;
        }
        rows
    }

    /// The total path length of one row in the plain trees.
    fn in_plain_trees(trees: &[Tree], row: &[f64]) -> f64 {
        let without_nan = |value: f64| if value.is_nan() { f64::INFINITY } else { value };
        let panel: Vec<f64> = row.iter().flat_map(|&value| [without_nan(value); TREE_LANES]).collect();
        let mut totals = [0.0; TREE_LANES];
        trees.iter().for_each(|tree| tree.add_path_lengths(&panel, &mut totals));
        totals[0]
    }

    #[test]
    fn a_row_has_the_path_lengths_of_the_plain_trees() {
        for features in 1..=MOST_FEATURES {
            let mut rng = Seed::new(features as u64).rng();
            let trees = random_trees(features, DEPTH, &mut rng);
            let tables = Tables::new(&trees, features).unwrap();
            let rows = random_rows(features, &mut rng);
            let totals = tables.path_lengths_by(scalar::add_path_lengths, rows.view());
            for (row, total) in rows.rows().into_iter().zip(totals.as_flattened()) {
                assert_eq!(*total, in_plain_trees(&trees, &row.to_vec()), "{row}");
            }
        }
    }

    #[test]
    fn the_kernel_of_this_machine_gives_the_bits_of_the_scalar_kernel() {
        for features in 1..=MOST_FEATURES {
            let mut rng = Seed::new(100 + features as u64).rng();
            let tables = Tables::new(&random_trees(features, DEPTH, &mut rng), features).unwrap();
            let rows = random_rows(features, &mut rng);
            let expected = tables.path_lengths_by(scalar::add_path_lengths, rows.view());
            assert_eq!(tables.path_lengths(rows.view()), expected, "{features} features");
        }
    }

    #[test]
    fn trees_that_are_too_deep_or_too_wide_have_no_tables() {
        let mut rng = Seed::new(1).rng();
        assert!(Tables::new(&random_trees(3, DEPTH, &mut rng), 3).is_some());
        assert!(Tables::new(&random_trees(3, DEPTH + 4, &mut rng), 3).is_none());
        let wide = MOST_FEATURES + 1;
        assert!(Tables::new(&random_trees(wide, 3, &mut rng), wide).is_none());
    }

    #[test]
    fn a_tree_of_one_leaf_has_a_table() {
        let mut outline = Outline::default();
        outline.push_leaf(3.5);
        let tables = Tables::new(&[Tree::new(&outline, 2).unwrap()], 2).unwrap();
        let totals = tables.path_lengths(ndarray::array![[0.0, f64::INFINITY], [f64::NAN, -1.0]].view());
        assert_eq!(totals[0][..2], [3.5, 3.5]);
    }
}
