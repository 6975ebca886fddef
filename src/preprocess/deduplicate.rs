//! Deduplication: each distinct row once, with its weight. Security tables repeat rows (a million logons have
//! about two thousand distinct feature rows), so every detector works on distinct rows.

use crate::preprocess::novelty::NovelValues;
use crate::rows::WeightedRows;
use hashbrown::{DefaultHashBuilder, HashTable};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip, s};
use std::hash::{BuildHasher, Hasher};

/// The distinct rows of a table, and the distinct row of each original row.
#[derive(Clone, Debug)]
pub struct Deduplicated {
    /// The distinct rows in order of first appearance; the weight is the number of copies.
    pub rows: WeightedRows,
    /// For each original row, the index of its distinct row.
    pub index: Vec<u32>,
}

impl Deduplicated {
    /// Merge rows that are equal in every value (−0 equals 0), in order of first appearance.
    pub fn new(matrix: ArrayView2<f64>) -> Self {
        let matrix = matrix.as_standard_layout();
        let hashes = hashes(matrix.view());
        // Comparing hashes first avoids most comparisons of whole rows.
        let mut slots: HashTable<u32> = HashTable::new();
        let mut firsts: Vec<usize> = Vec::new();
        let mut weights: Vec<u32> = Vec::new();
        let mut index = Vec::with_capacity(matrix.nrows());
        for (row, &hash) in hashes.iter().enumerate() {
            let same = |&slot: &u32| {
                let first = firsts[slot as usize];
                hashes[first] == hash && matrix.row(first) == matrix.row(row)
            };
            let entry = slots.entry(hash, same, |&slot| hashes[firsts[slot as usize]]);
            let slot = *entry.or_insert(weights.len() as u32).get();
            if slot as usize == weights.len() {
                firsts.push(row);
                weights.push(0);
            }
            weights[slot as usize] += 1;
            index.push(slot);
        }
        let repeated = firsts.len() < matrix.nrows();
        let points = if repeated { matrix.select(Axis(0), &firsts) } else { matrix.into_owned() };
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

/// The hash of each row, on all threads.
fn hashes(matrix: ArrayView2<f64>) -> Vec<u64> {
    let builder = DefaultHashBuilder::default();
    let mut hashes = vec![0; matrix.nrows()];
    Zip::from(&mut hashes).and(matrix.rows()).par_for_each(|hash, row| *hash = hash_row(&builder, row));
    hashes
}

fn hash_row(builder: &impl BuildHasher, row: ArrayView1<f64>) -> u64 {
    let mut hasher = builder.build_hasher();
    for value in row {
        hasher.write_u64((value + 0.0).to_bits());
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn equal_rows_are_merged_and_counted() {
        let deduplicated = Deduplicated::new(array![[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]].view());
        assert_eq!(deduplicated.rows.points, array![[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(deduplicated.rows.weights, [2, 1]);
        assert_eq!(deduplicated.index, [0, 1, 0]);
        assert_eq!(deduplicated.rows.total(), 3);
    }

    #[test]
    fn negative_zero_is_zero() {
        assert_eq!(Deduplicated::new(array![[0.0], [-0.0]].view()).rows.len(), 1);
    }

    #[test]
    fn each_original_row_gets_the_value_of_its_distinct_row() {
        let deduplicated = Deduplicated::new(array![[1.0], [2.0], [1.0]].view());
        assert_eq!(deduplicated.expand(array![10.0, 20.0].view()), array![10.0, 20.0, 10.0]);
    }
}
