//! Deduplication: each distinct row once, with its weight. Security tables repeat rows (a million logons have
//! about two thousand distinct feature rows), so every detector works on distinct rows.

use crate::preprocess::novelty::NovelValues;
use crate::rows::{RowHash, WeightedRows};
use hashbrown::HashTable;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip, s};
use rayon::prelude::*;
use std::cmp::Ordering;

/// The distinct rows of a table, and the distinct row of each original row.
#[derive(Clone, Debug)]
pub struct Deduplicated {
    /// The distinct rows in canonical order: the order of their hashes, which depends on the values only. The weight is
    /// the number of copies.
    pub rows: WeightedRows,
    /// For each original row, the index of its distinct row.
    pub index: Vec<u32>,
}

impl Deduplicated {
    /// Merge rows that are equal in every value (−0 equals 0). The distinct rows and their order do not depend on the
    /// order of the original rows.
    pub fn new(matrix: ArrayView2<f64>) -> Self {
        let matrix = matrix.as_standard_layout();
        let hashes = hashes(matrix.view());
        let (mut first_rows, mut index) = by_first_appearance(matrix.view(), &hashes);
        let order = canonical_order(matrix.view(), &hashes, &first_rows);
        let mut positions = vec![0_u32; order.len()];
        order.iter().zip(0..).for_each(|(&slot, position)| positions[slot as usize] = position);
        let mut weights = vec![0; order.len()];
        for slot in &mut index {
            *slot = positions[*slot as usize];
            weights[*slot as usize] += 1;
        }
        first_rows = order.iter().map(|&slot| first_rows[slot as usize]).collect();
        // Adding 0 turns -0 into 0.
        let points = matrix.select(Axis(0), &first_rows) + 0.0;
        Deduplicated { rows: WeightedRows { points, weights }, index }
    }

    /// Merge rows that are equal in every value and have the same novel values, and say which those of each distinct row
    /// are.
    pub fn with_novel(matrix: ArrayView2<f64>, novel: &NovelValues) -> (Self, NovelValues) {
        if novel.is_empty() {
            return (Deduplicated::new(matrix), NovelValues::default());
        }
        let mut marked = Array2::zeros((matrix.nrows(), matrix.ncols() + 1));
        marked.slice_mut(s![.., ..matrix.ncols()]).assign(&matrix);
        marked.column_mut(matrix.ncols()).iter_mut().zip(novel.ids()).for_each(|(mark, id)| *mark = id);
        let mut deduplicated = Deduplicated::new(marked.view());
        let points = &deduplicated.rows.points;
        let novel = novel.with_ids(points.column(matrix.ncols()).iter().copied());
        deduplicated.rows.points = points.slice(s![.., ..matrix.ncols()]).to_owned();
        (deduplicated, novel)
    }

    /// Expand values of the distinct rows to one value per original row.
    pub fn expand(&self, values: ArrayView1<f64>) -> Array1<f64> {
        self.index.iter().map(|&slot| values[slot as usize]).collect()
    }
}

/// For each distinct row its first row, and for each row its distinct row, in order of first appearance.
fn by_first_appearance(matrix: ArrayView2<f64>, hashes: &[u64]) -> (Vec<usize>, Vec<u32>) {
    // Comparing hashes first avoids most comparisons of whole rows.
    let mut slots: HashTable<u32> = HashTable::new();
    let mut first_rows: Vec<usize> = Vec::new();
    let mut index = Vec::with_capacity(matrix.nrows());
    for (row, &hash) in hashes.iter().enumerate() {
        let same = |&slot: &u32| {
            let first = first_rows[slot as usize];
            hashes[first] == hash && matrix.row(first) == matrix.row(row)
        };
        let next = first_rows.len() as u32;
        let slot = *slots.entry(hash, same, |&slot| hashes[first_rows[slot as usize]]).or_insert(next).get();
        if slot == next {
            first_rows.push(row);
        }
        index.push(slot);
    }
    (first_rows, index)
}

/// The distinct rows by hash. Rows that share a hash are in the order of their values.
fn canonical_order(matrix: ArrayView2<f64>, hashes: &[u64], first_rows: &[usize]) -> Vec<u32> {
    let values = |slot: u32| matrix.row(first_rows[slot as usize]);
    let mut keys: Vec<(u64, u32)> =
        first_rows.iter().zip(0..).map(|(&row, slot)| (hashes[row], slot)).collect();
    keys.par_sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| values(a.1).iter().partial_cmp(values(b.1)).unwrap_or(Ordering::Equal))
    });
    keys.into_iter().map(|(_, slot)| slot).collect()
}

/// The hash of each row, on all threads.
fn hashes(matrix: ArrayView2<f64>) -> Vec<u64> {
    let mut hashes = vec![0; matrix.nrows()];
    Zip::from(&mut hashes).and(matrix.rows()).par_for_each(|hash, row| {
        *hash = row.iter().fold(RowHash::default(), |hash, &value| hash.number(value)).value();
    });
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn equal_rows_are_merged_and_counted() {
        let deduplicated = Deduplicated::new(array![[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]].view());
        let Deduplicated { rows, index } = deduplicated;
        assert_eq!((rows.len(), rows.total()), (2, 3));
        let (double, single) = (index[0] as usize, index[1] as usize);
        assert_eq!((index[2] as usize, rows.weights[double], rows.weights[single]), (double, 2, 1));
        assert_eq!(rows.points.row(double).to_vec(), [1.0, 2.0]);
        assert_eq!(rows.points.row(single).to_vec(), [3.0, 4.0]);
    }

    #[test]
    fn the_distinct_rows_do_not_depend_on_the_order_of_the_rows() {
        let value = |row: usize, column: usize| ((row * 7919) % [13, 31][column]) as f64;
        let rows = Array2::from_shape_fn((500, 2), |(row, column)| value(row, column));
        let reversed = Array2::from_shape_fn((500, 2), |(row, column)| value(499 - row, column));
        let (rows, reversed) = (Deduplicated::new(rows.view()), Deduplicated::new(reversed.view()));
        assert_eq!(rows.rows, reversed.rows);
        assert!(rows.index.iter().eq(reversed.index.iter().rev()));
    }

    #[test]
    fn negative_zero_is_zero() {
        assert_eq!(Deduplicated::new(array![[0.0], [-0.0]].view()).rows.len(), 1);
    }

    #[test]
    fn each_original_row_gets_the_value_of_its_distinct_row() {
        let deduplicated = Deduplicated::new(array![[1.0], [2.0], [1.0]].view());
        let values = deduplicated.rows.points.column(0).mapv(|value| 10.0 * value);
        assert_eq!(deduplicated.expand(values.view()), array![10.0, 20.0, 10.0]);
    }
}
