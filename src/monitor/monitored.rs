//! What a comparison says.

use serde::Serialize;

/// What changed about a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Nearly all rows have one value, and training does not.
    Constant,
    /// Many values are missing.
    Missing,
    /// Most numbers are outside the range of training.
    Unit,
    /// The hours of the rows moved by this number.
    Clock(i8),
    /// Levels that training does not have.
    NewLevel,
    /// The number of rows a day.
    Volume,
    /// The mean.
    Shift,
    /// The spread.
    Scale,
    /// The shares of known values.
    Mix,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The days are like those of training.
    Usual,
    /// Single unusual days, as in an attack.
    Burst,
    /// The feed of the data broke.
    Broken,
    /// A new site or service, or another number of sources.
    NewSource,
    /// The world changed.
    Changed,
}

/// New data compared with the training data of a model. Undefined values are `None`, null in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Monitored {
    /// The version of the JSON format.
    pub format: u32,
    /// The table's name.
    pub table: String,
    /// How days are judged.
    pub rule: Rule,
    /// The number of training days; 0 without times.
    pub training_days: usize,
    /// The number of new rows.
    pub rows: u64,
    /// What happened.
    pub verdict: Verdict,
    /// Whether there is a run of unusual days.
    pub drift: bool,
    /// The verdict, the reasons and the action in sentences.
    pub words: Vec<String>,
    /// The alerts before and now.
    pub alerts: Alerts,
    /// One per feature, score, hour and number of rows: drifting ones first, by their size.
    pub features: Vec<FeatureDrift>,
    /// One per day, in order; one without times.
    pub days: Vec<Day>,
}

/// How days are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// By the distances between the training days.
    TrainingDays,
    /// By the conventional limit of the PSI, 0.25, because training has fewer than seven days.
    Conventional,
}

/// The alerts of training and of the new data.
#[derive(Clone, Debug, Serialize)]
pub struct Alerts {
    /// Alerts a day in training; `None` without times.
    pub training_per_day: Option<f64>,
    /// Alerts a day since the drift began, or on all days without drift.
    pub per_day: Option<f64>,
    /// The budget of the model in alerts a day, if it has one.
    pub budget: Option<f64>,
    /// The share of training rows above the threshold; `None` in older models.
    pub training_share: Option<f64>,
    /// The share of new rows above the threshold on the same days.
    pub share: Option<f64>,
    /// The share of these alerts beyond the training share, in [0, 1].
    pub excess: Option<f64>,
}

/// How a feature differs from training, on its days since the drift began or on all days without drift.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureDrift {
    /// The feature, `(score)`, `(hour)` or `(rows)`.
    pub feature: String,
    /// Whether there is a run of unusual days.
    pub drift: bool,
    /// The first day of the run.
    pub since: Option<String>,
    /// The number of unusual days.
    pub unusual_days: usize,
    /// What changed, if the feature drifts.
    pub cause: Option<Cause>,
    /// The mean distance of the days, in standard deviations of the training days.
    pub size: Option<f64>,
    /// The population stability index.
    pub psi: Option<f64>,
    /// The Jensen–Shannon distance.
    pub jensen_shannon: Option<f64>,
    /// The Kolmogorov–Smirnov distance, of numbers.
    pub kolmogorov_smirnov: Option<f64>,
    /// The Wasserstein distance, of numbers, on the smallest value of each bin.
    pub wasserstein: Option<f64>,
    /// The share of missing values in training and now.
    pub missing: Option<[f64; 2]>,
    /// The share of new levels, or of numbers outside the range of training.
    pub outside: Option<f64>,
    /// The mean in training and now, of numbers.
    pub mean: Option<[f64; 2]>,
    /// The bins in training and now; empty for the number of rows.
    pub bins: Vec<Bin>,
}

/// A bin of a feature.
#[derive(Clone, Debug, Serialize)]
pub struct Bin {
    /// The level, or the range of the numbers.
    pub name: String,
    /// The share of training rows.
    pub training: f64,
    /// The share of new rows.
    pub now: f64,
}

/// A day of new data.
#[derive(Clone, Debug, Serialize)]
pub struct Day {
    /// The date (UTC), or `all` without times.
    pub day: String,
    /// The number of rows.
    pub rows: u64,
    /// The number of rows above the threshold.
    pub alerts: u64,
    /// Whether it has too few rows to be judged: less than a fifth of the usual number.
    pub few_rows: bool,
    /// One per feature, score, hour and number of rows, in the order of the model.
    pub features: Vec<DayFeature>,
}

/// A feature on a day.
#[derive(Clone, Debug, Serialize)]
pub struct DayFeature {
    /// The feature.
    pub feature: String,
    /// The Jensen–Shannon distance from the training days of the same kind; the number of rows for `(rows)`.
    pub distance: Option<f64>,
    /// The distance in standard deviations of the training days.
    pub size: Option<f64>,
    /// The p-value, adjusted over features and days by Benjamini & Hochberg.
    pub p: Option<f64>,
    /// Whether the day is unusual.
    pub unusual: bool,
}

/// The name of the number of rows among the features.
pub const ROWS: &str = "(rows)";
