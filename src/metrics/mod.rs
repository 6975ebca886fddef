//! Metrics of a ranking and their uncertainty.
//!
//! Rows are deduplicated: each *distinct* row has one score and counts of positive (suspicious) and negative
//! (benign) rows. Every metric equals that of the expanded rows. Higher scores are more anomalous. An
//! undefined metric is `None`, never 0.
//!
//! ```text
//! scores, LabelCounts ──▶ Scored ──▶ Ranking (sorted once) ──▶ auc, roc_curve, average_precision, …
//!                           └─────▶ Confusion (needs no order)
//! ```

mod chance;
mod chance_groups;
mod change;
mod clusters;
mod confusion;
mod correlation;
mod daily_alerts;
mod delong;
mod drift;
mod flagged;
mod friedman;
mod group_counts;
mod holm;
mod influence;
mod interval;
mod jackknife;
mod measure;
mod practical;
mod precision_recall;
mod prevalence;
mod ranking;
mod roc;
mod sampling;
mod scored;
mod seeds;
mod severity;
mod signed_rank;
mod splits;
mod summary;
mod survival;
mod threshold;
mod top;

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod coverage_clusters;
#[cfg(test)]
mod coverage_top;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod reference_tables;

pub use chance::{ChanceTest, NullDistribution, chance_test};
pub use change::{Change, VariancePart};
pub use confusion::Confusion;
pub use correlation::{pearson, ranks, spearman};
pub use daily_alerts::{AttackAlerts, AttackDay, DAY, DailyAlerts, DailyRow, DailyRows};
pub use delong::{PairedTest, auc_interval, auc_variance, paired_test};
pub use drift::{UsualRange, benjamini_hochberg, jensen_shannon, kolmogorov_smirnov, psi, wasserstein};
pub use flagged::Flagged;
pub use friedman::{Friedman, descending_ranks, friedman};
pub use group_counts::{GroupCell, GroupCounts};
pub use holm::holm;
pub use influence::Influence;
pub use interval::Interval;
pub use measure::{Estimate, Measure};
pub use practical::{Practical, practical};
pub use precision_recall::{PrecisionRecallPoint, average_precision, precision_recall_curve};
pub use prevalence::AtPrevalence;
pub use ranking::Ranking;
pub use roc::{RocPoint, auc, probit, roc_curve};
pub use sampling::{auc_deviations, spearman_deviations};
pub use scored::{LabelCounts, Scored};
pub use seeds::{auc_interval_over_seeds, paired_test_over_seeds};
pub use severity::Severity;
pub use signed_rank::{SignedRank, signed_rank, smallest_p};
pub use splits::{auc_interval_over_splits, paired_test_over_splits};
pub use summary::Summary;
pub use survival::{Observation, SurvivalStep, kaplan_meier, median_time};
pub use threshold::{
    Batch, Calibration, Excesses, NoTail, Tail, TailCheck, ThresholdRule, is_kept, mad_threshold, threshold,
};
pub use top::{partial_auc, precision_at_k};
