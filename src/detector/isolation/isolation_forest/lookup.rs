//! Trees as tables of small numbers, through which 32 rows go side by side.
//!
//! A split only asks whether a value is above a threshold. So a value need be known no better than by its rank, how
//! many of the forest's thresholds of that feature it is above, and a threshold by its place among them: 16 bits each.
//! A tree of 256 rows is at most eight splits deep; completed to that depth, its nodes are numbered so that the children
//! of n are 2n and 2n + 1, and its thresholds fit into eight registers of AVX-512, where one instruction finds the one
//! that each of 32 rows is to be compared with. Every row ends in the leaf to which [`Tree::add_path_lengths`] leads it.

use super::tree::{Step, Tree};
use ndarray::{ArrayView2, Axis};

/// Rows that go side by side.
pub(super) const LANES: usize = 32;

/// Splits above the deepest leaf.
const DEPTH: u32 = 8;

/// As many leaves as there are numbers of splits, of which 0 is no split's.
const LEAVES: usize = 1 << DEPTH;

/// With more features it takes longer to pick the one that is asked for than to lead one row after the other.
const MOST_FEATURES: usize = 12;

/// A threshold that no rank is above.
const NEVER: u16 = u16::MAX;

/// Numbers of all rows in one register.
type Lanes = [u16; LANES];

/// A forest for many rows.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    /// The thresholds of each feature.
    ladders: Vec<Ladder>,
    tables: Vec<Table>,
}

/// A tree of [`DEPTH`] splits on every path.
#[derive(Clone, Debug)]
struct Table {
    /// Node by node the threshold, by its place on its feature's ladder.
    thresholds: [u16; LEAVES],
    features: [u16; LEAVES],
    /// Leaf by leaf.
    path_lengths: [f64; LEAVES],
}

/// The thresholds of a feature, ascending, and infinity behind them until they are one fewer than a power of two.
#[derive(Clone, Debug, Default)]
struct Ladder(Vec<f64>);

impl Tables {
    /// The tables of some trees over so many features; none where the trees are too deep or too wide for them, or the
    /// machine has no instruction that looks up numbers of 16 bits.
    pub fn new(trees: &[Tree], features: usize) -> Option<Self> {
        if !kernel::is_there() || !(1..=MOST_FEATURES).contains(&features) {
            return None;
        }
        let mut thresholds = vec![Vec::new(); features];
        trees
            .iter()
            .flat_map(Tree::splits)
            .for_each(|(column, threshold)| thresholds[column].push(threshold));
        let ladders: Vec<Ladder> = thresholds.into_iter().map(Ladder::new).collect::<Option<_>>()?;
        let tables = trees.iter().map(|tree| Table::new(tree, &ladders)).collect::<Option<_>>()?;
        Some(Tables { ladders, tables })
    }

    /// The path lengths of each row, summed over the trees in their order. What is no number is larger than any.
    pub fn path_lengths(&self, rows: ArrayView2<f64>) -> Vec<[f64; LANES]> {
        let panels = self.panels(rows);
        let mut totals = vec![[0.0; LANES]; rows.nrows().div_ceil(LANES)];
        for table in &self.tables {
            kernel::add_path_lengths(table, &panels, self.ladders.len(), &mut totals);
        }
        totals
    }

    /// The ranks of the rows' values, [`LANES`] rows to a panel, feature by feature.
    fn panels(&self, rows: ArrayView2<f64>) -> Vec<Lanes> {
        let mut panels = Vec::with_capacity(rows.nrows().div_ceil(LANES) * self.ladders.len());
        for rows in rows.axis_chunks_iter(Axis(0), LANES) {
            for (column, ladder) in rows.columns().into_iter().zip(&self.ladders) {
                let mut values = [0.0; LANES];
                for (to, &value) in values.iter_mut().zip(column) {
                    *to = if value.is_nan() { f64::INFINITY } else { value };
                }
                panels.push(ladder.ranks(&values));
            }
        }
        panels
    }
}

impl Table {
    /// None where the tree is too deep.
    fn new(tree: &Tree, ladders: &[Ladder]) -> Option<Self> {
        let mut table =
            Table { thresholds: [NEVER; LEAVES], features: [0; LEAVES], path_lengths: [0.0; LEAVES] };
        let mut unwritten = vec![(0, 1_usize)];
        while let Some((at, number)) = unwritten.pop() {
            match tree.step(at) {
                Step::Leaf { path_length } => {
                    // Below it all rows go left.
                    let leaf = number << (DEPTH - number.ilog2());
                    table.path_lengths[leaf - LEAVES] = path_length;
                }
                Step::Split { .. } if number >= LEAVES => return None,
                Step::Split { column, threshold, left } => {
                    table.thresholds[number] = ladders[column].place(threshold);
                    table.features[number] = column as u16;
                    unwritten.extend([(left, 2 * number), (left + 1, 2 * number + 1)]);
                }
            }
        }
        Some(table)
    }
}

impl Ladder {
    /// None where there are too many thresholds to number.
    fn new(mut thresholds: Vec<f64>) -> Option<Self> {
        thresholds.sort_unstable_by(f64::total_cmp);
        thresholds.dedup();
        if thresholds.len() >= usize::from(NEVER) {
            return None;
        }
        thresholds.resize((thresholds.len() + 1).next_power_of_two() - 1, f64::INFINITY);
        Some(Ladder(thresholds))
    }

    /// How many thresholds there are below one that is on the ladder.
    fn place(&self, threshold: f64) -> u16 {
        self.0.partition_point(|&known| known < threshold) as u16
    }

    /// How many thresholds each value is above. Every search takes as many steps, so that none has to wait for another.
    fn ranks(&self, values: &[f64; LANES]) -> Lanes {
        let mut ranks = [0; LANES];
        let mut step = self.0.len().div_ceil(2);
        while step > 0 {
            for (rank, &value) in ranks.iter_mut().zip(values) {
                let is_above = self.0[*rank + step - 1] < value;
                *rank = std::hint::select_unpredictable(is_above, *rank + step, *rank);
            }
            step /= 2;
        }
        ranks.map(|rank| rank as u16)
    }
}

#[cfg(target_arch = "x86_64")]
mod kernel {
    use super::{LANES, LEAVES, Lanes, Table};
    use std::arch::x86_64::*;
    use std::array;

    /// Whether the machine has the instructions.
    pub fn is_there() -> bool {
        std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512bw")
    }

    /// Add the path length of each row of the panels, each of so many features, to its total.
    pub fn add_path_lengths(table: &Table, panels: &[Lanes], features: usize, totals: &mut [[f64; LANES]]) {
        assert!(is_there(), "tables are made only where the instructions are");
        macro_rules! of_width {
            ($($width:literal)*) => {
                match features {
                    // SAFETY: the line above has asked the processor for exactly these features.
                    $($width => unsafe { lead::<$width>(table, panels, totals) },)*
                    _ => unreachable!("tables are made only for so many features"),
                }
            };
        }
        of_width!(1 2 3 4 5 6 7 8 9 10 11 12)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    fn lead<const WIDTH: usize>(table: &Table, panels: &[Lanes], totals: &mut [[f64; LANES]]) {
        let (thresholds, features) = (registers(&table.thresholds), registers(&table.features));
        for (ranks, totals) in panels.as_chunks::<WIDTH>().0.iter().zip(totals) {
            let ranks = ranks.each_ref().map(|ranks| vector(ranks));
            let mut node = _mm512_set1_epi16(1);
            for _ in 0..5 {
                let asked = _mm512_permutexvar_epi16(node, features[0]);
                node = child(node, &ranks, asked, _mm512_permutexvar_epi16(node, thresholds[0]));
            }
            let asked = _mm512_permutexvar_epi16(node, features[1]);
            node = child(node, &ranks, asked, _mm512_permutexvar_epi16(node, thresholds[1]));
            node = child(node, &ranks, of_64(&features, node), of_64(&thresholds, node));
            node = child(node, &ranks, of_128(&features, node), of_128(&thresholds, node));
            for (total, node) in totals.iter_mut().zip(numbers(node)) {
                *total += table.path_lengths[usize::from(node) % LEAVES];
            }
        }
    }

    /// Where each row goes from its node, by the feature that is asked for and the threshold.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn child<const WIDTH: usize>(
        node: __m512i,
        ranks: &[__m512i; WIDTH],
        asked: __m512i,
        threshold: __m512i,
    ) -> __m512i {
        // Of each two neighbours the one is kept that a bit of the number tells, until one is left.
        let (mut left, mut len, mut bit) = (*ranks, WIDTH, 1);
        while len > 1 {
            let is_odd = _mm512_test_epi16_mask(asked, _mm512_set1_epi16(bit));
            for pair in 0..len / 2 {
                left[pair] = _mm512_mask_blend_epi16(is_odd, left[2 * pair], left[2 * pair + 1]);
            }
            left[len / 2] = left[len - 1];
            (len, bit) = (len.div_ceil(2), bit << 1);
        }
        let child = _mm512_add_epi16(node, node);
        let is_right = _mm512_cmpgt_epu16_mask(left[0], threshold);
        _mm512_mask_add_epi16(child, is_right, child, _mm512_set1_epi16(1))
    }

    /// What a table holds for nodes of the depth of 64: the numbers from 64 on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn of_64(table: &[__m512i; 8], nodes: __m512i) -> __m512i {
        _mm512_permutex2var_epi16(table[2], nodes, table[3])
    }

    /// What a table holds for nodes of the depth of 128: the numbers from 128 on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn of_128(table: &[__m512i; 8], nodes: __m512i) -> __m512i {
        let lower = _mm512_permutex2var_epi16(table[4], nodes, table[5]);
        let upper = _mm512_permutex2var_epi16(table[6], nodes, table[7]);
        _mm512_mask_blend_epi16(_mm512_test_epi16_mask(nodes, _mm512_set1_epi16(64)), lower, upper)
    }

    #[target_feature(enable = "avx512f")]
    fn registers(table: &[u16; LEAVES]) -> [__m512i; 8] {
        let (lanes, _) = table.as_chunks::<LANES>();
        array::from_fn(|at| vector(&lanes[at]))
    }

    #[target_feature(enable = "avx512f")]
    fn vector(numbers: &Lanes) -> __m512i {
        // SAFETY: any 64 bytes are a register, and these are read from where they stand.
        unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx512f")]
    fn numbers(vector: __m512i) -> Lanes {
        let mut numbers = [0; LANES];
        // SAFETY: there is room for the 64 bytes of a register.
        unsafe { _mm512_storeu_si512(numbers.as_mut_ptr().cast(), vector) };
        numbers
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod kernel {
    use super::{LANES, Lanes, Table};

    pub fn is_there() -> bool {
        false
    }

    pub fn add_path_lengths(_: &Table, _: &[Lanes], _: usize, _: &mut [[f64; LANES]]) {
        unreachable!("tables are made only where the instructions are")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{LANES as ROWS, Outline};
    use super::*;
    use crate::seed::Seed;
    use ndarray::Array2;
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;

    /// A tree at most so deep, with leaves at any depth, that asks for values there are, between them and beyond them.
    fn random_tree(features: u32, depth: u32, rng: &mut ChaCha8Rng) -> Outline {
        fn grow(outline: &mut Outline, features: u32, depth: u32, rng: &mut ChaCha8Rng) {
            if depth == 0 || rng.gen_bool(0.1) {
                return outline.leaf(rng.gen_range(0.0..20.0));
            }
            outline.split(rng.gen_range(0..features), f64::from(rng.gen_range(-12..12)) / 2.0);
            grow(outline, features, depth - 1, rng);
            grow(outline, features, depth - 1, rng);
        }
        let mut outline = Outline::default();
        grow(&mut outline, features, depth, rng);
        outline
    }

    fn trees(features: usize, depth: u32, rng: &mut ChaCha8Rng) -> Vec<Tree> {
        let tree = |_| Tree::new(&random_tree(features as u32, depth, rng), features).unwrap();
        (0..30).map(tree).collect()
    }

    /// The path lengths of one row, by the trees themselves.
    fn one_by_one(trees: &[Tree], row: &[f64]) -> f64 {
        let panel: Vec<f64> = row
            .iter()
            .flat_map(|&value| [if value.is_nan() { f64::INFINITY } else { value }; ROWS])
            .collect();
        let mut totals = [0.0; ROWS];
        trees.iter().for_each(|tree| tree.add_path_lengths(&panel, &mut totals));
        totals[0]
    }

    #[test]
    fn a_row_ends_in_the_leaves_to_which_the_trees_lead_it() {
        for features in [1, 2, 5, MOST_FEATURES] {
            let mut rng = Seed::new(features as u64).rng();
            let trees = trees(features, DEPTH, &mut rng);
            let Some(tables) = Tables::new(&trees, features) else {
                assert!(!kernel::is_there());
                return;
            };
            let mut rows =
                Array2::from_shape_fn((500, features), |_| f64::from(rng.gen_range(-16..16)) / 4.0);
            rows[[7, 0]] = f64::NAN;
            rows[[8, 0]] = f64::INFINITY;
            rows[[9, 0]] = f64::NEG_INFINITY;
            rows[[10, 0]] = -0.0;
            let totals = tables.path_lengths(rows.view());
            for (row, total) in rows.rows().into_iter().zip(totals.as_flattened()) {
                assert_eq!(*total, one_by_one(&trees, &row.to_vec()), "{row}");
            }
        }
    }

    #[test]
    fn trees_that_are_too_deep_or_too_wide_have_no_tables() {
        let mut rng = Seed::new(1).rng();
        assert!(Tables::new(&trees(3, DEPTH + 4, &mut rng), 3).is_none());
        let wide = MOST_FEATURES + 1;
        assert!(Tables::new(&trees(wide, 3, &mut rng), wide).is_none());
    }

    #[test]
    fn a_rank_is_how_many_thresholds_a_value_is_above() {
        for thresholds in 0..70 {
            let ladder = Ladder::new((0..thresholds).map(f64::from).collect()).unwrap();
            let values: [f64; LANES] = std::array::from_fn(|at| at as f64 * 3.5 - 7.0);
            for (value, rank) in values.iter().zip(ladder.ranks(&values)) {
                let above = (0..thresholds).filter(|&threshold| *value > f64::from(threshold)).count();
                assert_eq!(usize::from(rank), above, "{thresholds} {value}");
            }
        }
    }
}
