//! Features of the time of a row: the local hour and day.

use super::column::{Column, Values};
use serde::{Deserialize, Serialize};

/// Where the features from the time of a row come from.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TimeSource {
    /// The time column.
    pub column: String,
    /// Whether the month comes first in dates such as `03/13/2026`.
    pub month_first: bool,
    /// The features, which follow those of other columns.
    pub features: Vec<TimeFeature>,
}

/// A feature of the time of a row.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TimeFeature {
    /// 0 to 23.
    HourOfDay,
    /// 0 for Monday to 6 for Sunday.
    DayOfWeek,
    /// Before 07:00 and from 20:00 on.
    IsOffHours,
}

const HOUR: i64 = 3_600_000_000;

impl TimeSource {
    /// One column per feature from local times in microseconds; [`Values::NO_TIME`] is missing.
    pub fn columns(&self, local: &[i64]) -> Vec<Column> {
        let column =
            |feature: &TimeFeature| Column { name: feature.name().to_owned(), values: feature.values(local) };
        self.features.iter().map(column).collect()
    }
}

impl TimeFeature {
    /// All features, in order.
    pub const ALL: [TimeFeature; 3] =
        [TimeFeature::HourOfDay, TimeFeature::DayOfWeek, TimeFeature::IsOffHours];

    /// The name of the feature.
    pub fn name(self) -> &'static str {
        match self {
            TimeFeature::HourOfDay => "hour_of_day",
            TimeFeature::DayOfWeek => "day_of_week",
            TimeFeature::IsOffHours => "is_off_hours",
        }
    }

    /// The feature of a local time in microseconds since 1970-01-01; NaN without a time.
    pub fn at(self, local: i64) -> f64 {
        if local == Values::NO_TIME {
            return f64::NAN;
        }
        let hour = local.div_euclid(HOUR).rem_euclid(24);
        match self {
            TimeFeature::HourOfDay => hour as f64,
            // 1970-01-01 was a Thursday.
            TimeFeature::DayOfWeek => (local.div_euclid(24 * HOUR) + 3).rem_euclid(7) as f64,
            TimeFeature::IsOffHours => f64::from(u8::from(!(7..20).contains(&hour))),
        }
    }

    fn values(self, local: &[i64]) -> Values {
        match self {
            TimeFeature::IsOffHours if !local.contains(&Values::NO_TIME) => {
                Values::Flag(local.iter().map(|&time| self.at(time) == 1.0).collect())
            }
            _ => Values::Real(local.iter().map(|&time| self.at(time)).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hour_day_and_off_hours_of_a_time() {
        // Reference: date -u -d @… of GNU coreutils 9.1.
        for (seconds, hour, day, off) in [
            (0, 0.0, 3.0, 1.0),              // Thu 00:00:00
            (-1, 23.0, 2.0, 1.0),            // Wed 23:59:59
            (1_772_434_800, 7.0, 0.0, 0.0),  // Mon 2026-03-02 07:00:00
            (1_772_434_799, 6.0, 0.0, 1.0),  // Mon 2026-03-02 06:59:59
            (1_772_999_999, 19.0, 6.0, 0.0), // Sun 2026-03-08 19:59:59
            (1_773_000_000, 20.0, 6.0, 1.0), // Sun 2026-03-08 20:00:00
        ] {
            let at = TimeFeature::ALL.map(|feature| feature.at(seconds * 1_000_000));
            assert_eq!(at, [hour, day, off], "{seconds}");
        }
        assert!(TimeFeature::ALL.iter().all(|feature| feature.at(Values::NO_TIME).is_nan()));
    }
}
