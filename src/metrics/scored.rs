//! The input of every metric: one score and the label counts of each distinct row.

use crate::error::{Error, Result};

/// Scores and label counts. All three slices have one entry per distinct row.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    scores: &'a [f64],
    positives: &'a [u32],
    negatives: &'a [u32],
}

/// The number of positive and negative rows of each distinct row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelCounts {
    /// The number of positive rows of each distinct row.
    pub positives: Vec<u32>,
    /// The number of negative rows of each distinct row.
    pub negatives: Vec<u32>,
}

impl<'a> Scored<'a> {
    /// Finite scores, higher is more anomalous, and their label counts. A distinct row with both counts 0 is
    /// ignored.
    ///
    /// # Errors
    /// If the lengths differ, a score is not finite, or there are more than 2³² − 1 rows. With more rows, the
    /// integer sums of this module could overflow.
    pub fn new(scores: &'a [f64], counts: &'a LabelCounts) -> Result<Self> {
        let LabelCounts { positives, negatives } = counts;
        check_lengths(scores.len(), positives.len(), negatives.len())?;
        check_finite(scores)?;
        check_total(positives, negatives)?;
        Ok(Scored { scores, positives, negatives })
    }

    /// The score of each distinct row.
    pub fn scores(&self) -> &'a [f64] {
        self.scores
    }

    /// The number of positives of each distinct row.
    pub fn positives(&self) -> &'a [u32] {
        self.positives
    }

    /// The number of negatives of each distinct row.
    pub fn negatives(&self) -> &'a [u32] {
        self.negatives
    }

    /// The score, positives and negatives of each distinct row.
    pub fn rows(&self) -> impl Iterator<Item = (f64, u32, u32)> + 'a {
        let counts = self.positives.iter().zip(self.negatives);
        let rows = self.scores.iter().zip(counts);
        rows.map(|(&score, (&positives, &negatives))| (score, positives, negatives))
    }
}

impl LabelCounts {
    /// The counts of expanded rows: 1 for the label of each row.
    pub fn plain(labels: &[bool]) -> Self {
        LabelCounts {
            positives: labels.iter().map(|&label| u32::from(label)).collect(),
            negatives: labels.iter().map(|&label| u32::from(!label)).collect(),
        }
    }

    /// The counts of deduplicated rows. `index` holds the distinct row of each label, below `distinct`.
    pub fn deduplicated(labels: &[bool], index: &[u32], distinct: usize) -> Self {
        let mut counts = LabelCounts { positives: vec![0; distinct], negatives: vec![0; distinct] };
        for (&label, &row) in labels.iter().zip(index) {
            let class = if label { &mut counts.positives } else { &mut counts.negatives };
            class[row as usize] += 1;
        }
        counts
    }
}

fn check_lengths(scores: usize, positives: usize, negatives: usize) -> Result<()> {
    if scores == positives && scores == negatives {
        return Ok(());
    }
    Err(Error::Request(format!(
        "metrics need one score per distinct row, but there are {scores} scores for {positives} counts of \
         positives and {negatives} of negatives"
    )))
}

fn check_finite(scores: &[f64]) -> Result<()> {
    let invalid = scores.iter().enumerate().find(|(_, score)| !score.is_finite());
    invalid.map_or(Ok(()), |(row, score)| {
        Err(Error::Request(format!("metrics need finite scores, but distinct row {row} has {score}")))
    })
}

fn check_total(positives: &[u32], negatives: &[u32]) -> Result<()> {
    let total: u64 = positives.iter().chain(negatives).map(|&count| u64::from(count)).sum();
    if u32::try_from(total).is_ok() {
        return Ok(());
    }
    Err(Error::Request(format!("metrics count at most {} rows, but there are {total}", u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(positives: &[u32], negatives: &[u32]) -> LabelCounts {
        LabelCounts { positives: positives.to_vec(), negatives: negatives.to_vec() }
    }

    #[test]
    fn plain_labels_count_one_row_each() {
        assert_eq!(LabelCounts::plain(&[true, false]), counts(&[1, 0], &[0, 1]));
    }

    #[test]
    fn labels_are_counted_at_their_distinct_row() {
        let deduplicated = LabelCounts::deduplicated(&[true, false, true, false], &[1, 0, 1, 1], 3);
        assert_eq!(deduplicated, counts(&[0, 2, 0], &[1, 1, 0]));
    }

    #[test]
    fn lengths_that_differ_are_an_error() {
        let text = Scored::new(&[1.0], &counts(&[], &[])).unwrap_err().to_string();
        assert_eq!(
            text,
            "metrics need one score per distinct row, but there are 1 scores for 0 counts of positives and \
             0 of negatives"
        );
    }

    #[test]
    fn a_score_that_is_not_finite_is_an_error_naming_its_row() {
        let counts = LabelCounts::plain(&[true, false]);
        let text = Scored::new(&[1.0, f64::NAN], &counts).unwrap_err().to_string();
        assert_eq!(text, "metrics need finite scores, but distinct row 1 has NaN");
    }

    #[test]
    fn more_rows_than_the_sums_can_hold_are_an_error() {
        let counts = counts(&[u32::MAX], &[1]);
        let text = Scored::new(&[1.0], &counts).unwrap_err().to_string();
        assert!(text.contains("4294967296"), "{text}");
    }
}
