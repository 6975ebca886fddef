//! The evidence of a column's texts for points in time.

use super::time::{DateOrder, TimeText};

/// The evidence of a column's texts for its times. Evidence of parts is additive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeEvidence {
    /// The number of points in time.
    pub times: u64,
    zoned: u64,
    unzoned: u64,
    unsure: u64,
    /// Dates with a first or second number above 12.
    first_is_day: u64,
    second_is_day: u64,
    /// Dates of unknown order whose time of day has AM or PM.
    half_days: u64,
}

impl TimeEvidence {
    /// Add a point in time.
    pub fn see(&mut self, time: TimeText, count: u64) {
        self.times += count;
        match time.is_zoned() {
            Some(true) => self.zoned += count,
            Some(false) => self.unzoned += count,
            None => (),
        }
        if let Some([first, second]) = time.day_and_month_in_unknown_order() {
            self.unsure += count;
            self.first_is_day += if first > 12 { count } else { 0 };
            self.second_is_day += if second > 12 { count } else { 0 };
            self.half_days += if time.has_half_day() { count } else { 0 };
        }
    }

    pub fn merge(&mut self, other: &TimeEvidence) {
        self.times += other.times;
        self.zoned += other.zoned;
        self.unzoned += other.unzoned;
        self.unsure += other.unsure;
        self.first_is_day += other.first_is_day;
        self.second_is_day += other.second_is_day;
        self.half_days += other.half_days;
    }

    /// The order of day and month; `None` if the texts have different forms or do not show the order.
    pub fn order(&self) -> Option<DateOrder> {
        let mixed = self.zoned > 0 && self.unzoned > 0 || self.unsure > 0 && self.unsure < self.times;
        match (self.first_is_day > 0, self.second_is_day > 0) {
            _ if mixed => None,
            _ if self.unsure == 0 => Some(DateOrder::DayFirst),
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            (false, false) if self.is_month_first_by_guess() => Some(DateOrder::MonthFirst),
            _ => None,
        }
    }

    /// Whether no date shows the order, but all times of day have AM or PM: the month is then taken to come first, as in
    /// the United States.
    pub fn is_month_first_by_guess(&self) -> bool {
        let is_shown = self.first_is_day > 0 || self.second_is_day > 0;
        self.unsure > 0 && self.half_days == self.unsure && !is_shown
    }

    /// Why the texts are not read as times, in words; `None` if they are.
    pub fn problem(&self) -> Option<&'static str> {
        match self.order() {
            Some(_) => None,
            None if self.zoned > 0 && self.unzoned > 0 => {
                Some("some of its times have an offset from UTC, and some have none")
            }
            None if self.first_is_day > 0 && self.second_is_day > 0 => {
                Some("some of its dates have the day first, and some have the month first")
            }
            None if self.unsure < self.times => Some("its dates have different forms"),
            None => Some(
                "its dates do not show whether the day or the month comes first; a day after the 12th would show it",
            ),
        }
    }

    /// Whether the texts have offsets from UTC.
    pub fn is_zoned(&self) -> bool {
        self.zoned > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_day_and_month_must_show() {
        let order = |texts: &[&str]| {
            let mut evidence = TimeEvidence::default();
            texts.iter().for_each(|text| evidence.see(TimeText::parse(text).unwrap(), 1));
            evidence.order()
        };
        assert_eq!(order(&["03/01/2024", "03/12/2024"]), None);
        assert_eq!(order(&["03/01/2024", "13/01/2024"]), Some(DateOrder::DayFirst));
        assert_eq!(order(&["03/01/2024", "03/13/2024"]), Some(DateOrder::MonthFirst));
        assert_eq!(order(&["13/01/2024", "01/13/2024"]), None);
        assert_eq!(order(&["03/01/2024 10:00 AM", "03/02/2024 01:00 PM"]), Some(DateOrder::MonthFirst));
        assert_eq!(order(&["03/01/2024 10:00 AM", "13/02/2024 01:00 PM"]), Some(DateOrder::DayFirst));
        assert_eq!(order(&["03/01/2024 10:00 AM", "03/02/2024 01:00"]), None);
        assert_eq!(order(&["2025-01-06T10:00:00", "2025-01-06T10:00:00Z"]), None);
        assert_eq!(order(&["2025-01-06", "2025-01-06 10:00:00"]), Some(DateOrder::DayFirst));
    }
}
