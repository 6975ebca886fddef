//! Scored rows that equal a training row in every feature: what a detector learned about them it can repeat.

use super::prepared_split::PreparedSplit;
use crate::preprocess::Prepared;
use crate::report::RowsSeen;
use hashbrown::HashMap;
use ndarray::ArrayView1;
use std::hash::{DefaultHasher, Hasher};

/// The shares of scored rows and of suspicious rows that occur in training. `None` if the training rows are scored.
pub(super) fn of(prepared: &PreparedSplit) -> Option<RowsSeen> {
    let scored = prepared.scored.as_ref()?;
    let is_seen = is_seen(&prepared.train, scored);
    let counted = |weights: &[u32]| {
        let (mut seen, mut all) = (0, 0);
        for (&weight, &is_seen) in weights.iter().zip(&is_seen) {
            all += u64::from(weight);
            seen += if is_seen { u64::from(weight) } else { 0 };
        }
        (all > 0).then(|| seen as f64 / all as f64)
    };
    let rows = counted(&scored.deduplicated.rows.weights)?;
    Some(RowsSeen { rows, suspicious: scored.labels.as_ref().and_then(|labels| counted(&labels.positives)) })
}

/// For each distinct scored row, whether it is a training row. A row with a level that training never had is not.
fn is_seen(train: &Prepared, scored: &Prepared) -> Vec<bool> {
    let train = &train.deduplicated.rows.points;
    let rows: HashMap<u64, usize> =
        train.rows().into_iter().enumerate().map(|(at, row)| (hash(row), at)).collect();
    let scored_rows = scored.deduplicated.rows.points.rows().into_iter().enumerate();
    let is_seen = |(at, row): (usize, ArrayView1<f64>)| {
        let equals = |&known: &usize| train.row(known) == row;
        scored.novel.of(at).is_empty() && rows.get(&hash(row)).is_some_and(equals)
    };
    scored_rows.map(is_seen).collect()
}

fn hash(row: ArrayView1<f64>) -> u64 {
    let mut hasher = DefaultHasher::new();
    // −0 equals 0.
    row.iter().for_each(|value| hasher.write_u64((value + 0.0).to_bits()));
    hasher.finish()
}
