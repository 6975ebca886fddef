//! Verdicts of analysts, in an order that depends on their content only.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The verdict of an analyst on one row.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The row as a detector sees it, encoded and scaled: one finite value per column.
    pub row: Vec<f64>,
    /// Whether the analyst called the row suspicious.
    pub suspicious: bool,
    /// How much the verdict counts, in (0, 1]: 1 unless it is old.
    pub weight: f64,
}

impl Verdict {
    /// A verdict of full weight.
    pub fn new(row: Vec<f64>, suspicious: bool) -> Self {
        Verdict { row, suspicious, weight: 1.0 }
    }

    /// Check that a detector with this many columns can learn from the verdict.
    ///
    /// # Errors
    /// If it has another number of columns, a value that is not finite, or a weight outside (0, 1].
    pub(super) fn check(&self, columns: usize) -> Result<()> {
        let problem = if self.row.len() != columns {
            format!("has {} values, but the detector has {columns} columns", self.row.len())
        } else if let Some(value) = self.row.iter().find(|value| !value.is_finite()) {
            format!("has the value {value}, which is not finite")
        } else if !(self.weight > 0.0 && self.weight <= 1.0) {
            format!("has the weight {}, but it must be above 0 and at most 1", self.weight)
        } else {
            return Ok(());
        };
        Err(Error::Request(format!("a verdict {problem}")))
    }

    /// The order of verdicts: by the values of their rows, then normal before suspicious, then by weight.
    fn order(&self, other: &Verdict) -> Ordering {
        let values = self.row.iter().zip(&other.row).map(|(a, b)| a.total_cmp(b));
        values
            .fold(Ordering::Equal, Ordering::then)
            .then(self.suspicious.cmp(&other.suspicious))
            .then(self.weight.total_cmp(&other.weight))
    }
}

/// The verdicts in canonical order.
///
/// # Errors
/// If there are none, or if the detector cannot learn from one of them.
pub(super) fn canonical(verdicts: &[Verdict], columns: usize) -> Result<Vec<Verdict>> {
    if verdicts.is_empty() {
        return Err(Error::Request("there are no verdicts to learn from".to_owned()));
    }
    verdicts.iter().try_for_each(|verdict| verdict.check(columns))?;
    let mut verdicts = verdicts.to_vec();
    for verdict in &mut verdicts {
        // −0 equals 0.
        verdict.row.iter_mut().for_each(|value| *value += 0.0);
    }
    verdicts.sort_by(Verdict::order);
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_that_cannot_be_learned_is_refused_with_its_value() {
        let refused = |verdict: Verdict| canonical(&[verdict], 2).unwrap_err().to_string();
        let short = refused(Verdict::new(vec![1.0], true));
        assert_eq!(short, "a verdict has 1 values, but the detector has 2 columns");
        assert!(refused(Verdict::new(vec![1.0, f64::NAN], true)).contains("NaN"));
        for weight in [0.0, -1.0, 1.5, f64::NAN] {
            let error = refused(Verdict { weight, ..Verdict::new(vec![1.0, 2.0], true) });
            assert!(error.contains(&weight.to_string()), "{error}");
        }
        assert!(canonical(&[], 2).is_err());
    }

    #[test]
    fn the_order_of_verdicts_is_that_of_their_content() {
        let [a, b, c] = [(1.0, true), (1.0, false), (-2.0, true)]
            .map(|(value, suspicious)| Verdict::new(vec![value, -0.0], suspicious));
        let sorted = canonical(&[a.clone(), b.clone(), c.clone()], 2).unwrap();
        assert_eq!(sorted, [c.clone(), b.clone(), a.clone()]);
        assert_eq!(sorted, canonical(&[b, c, a], 2).unwrap());
        assert!(sorted[0].row[1].is_sign_positive());
    }
}
