//! A column as codes: the position of each value among the distinct values of the column.

use crate::table::{Categories, Column, Values};
use hashbrown::HashMap;

/// The number of normal and of suspicious rows with a value.
pub(super) type Counts = [u64; 2];

/// The code of each row. The codes of numbers are in ascending order.
pub(super) struct Coded {
    codes: Vec<u32>,
    /// The number of distinct values without the missing one, whose code this is.
    present: usize,
    has_missing: bool,
    /// The values of a column of numbers, NaN if missing.
    numbers: Option<Vec<f64>>,
}

impl Coded {
    /// The codes of a column.
    pub fn of(column: &Column) -> Self {
        match &column.values {
            Values::Text(text) => Coded::of_text(text),
            values => Coded::of_numbers(values.reals()),
        }
    }

    fn of_text(text: &Categories) -> Self {
        let present = text.levels.len();
        let code = |&code: &u32| if code == Categories::MISSING { present as u32 } else { code };
        let codes: Vec<u32> = text.codes.iter().map(code).collect();
        Coded { has_missing: codes.contains(&(present as u32)), codes, present, numbers: None }
    }

    /// The codes of numbers; NaN is missing.
    pub fn of_numbers(numbers: Vec<f64>) -> Self {
        // −0 equals 0.
        let bits = |value: &f64| (value + 0.0).to_bits();
        let present = numbers.iter().filter(|value| !value.is_nan());
        let mut codes_of: HashMap<u64, u32> = present.map(|value| (bits(value), 0)).collect();
        let mut distinct: Vec<f64> = codes_of.keys().map(|&bits| f64::from_bits(bits)).collect();
        distinct.sort_unstable_by(f64::total_cmp);
        for (code, value) in (0..).zip(&distinct) {
            codes_of.insert(bits(value), code);
        }
        let present = distinct.len();
        let code = |value: &f64| codes_of.get(&bits(value)).copied().unwrap_or(present as u32);
        let codes: Vec<u32> = numbers.iter().map(code).collect();
        let has_missing = codes.contains(&(present as u32));
        Coded { codes, present, has_missing, numbers: Some(numbers) }
    }

    /// The values of a column of numbers; `None` for text.
    pub fn numbers(&self) -> Option<&[f64]> {
        self.numbers.as_deref()
    }

    /// Whether the codes have an order.
    pub fn is_ordered(&self) -> bool {
        self.numbers.is_some()
    }

    /// The number of distinct values that are not missing.
    pub fn present(&self) -> usize {
        self.present
    }

    /// The number of distinct values, the missing one included.
    pub fn distinct(&self) -> usize {
        self.present + usize::from(self.has_missing)
    }

    /// The counts of each code; the last ones are those of missing values.
    pub fn counts(&self, labels: &[bool]) -> Vec<Counts> {
        let mut counts = vec![[0, 0]; self.present + 1];
        self.codes
            .iter()
            .zip(labels)
            .for_each(|(&code, &label)| counts[code as usize][usize::from(label)] += 1);
        counts
    }

    /// The counts of rows with and without a value, of the counts of each code.
    pub fn missing_counts(&self, counts: &[Counts]) -> [Counts; 2] {
        let (present, missing) = counts.split_at(self.present);
        [present, missing].map(|part| part.iter().fold([0, 0], |sum, c| [sum[0] + c[0], sum[1] + c[1]]))
    }

    /// The counts of each combination with the codes of another column.
    pub fn pair_counts(&self, other: &Coded, labels: &[bool]) -> Vec<Counts> {
        let width = other.present + 1;
        let mut counts = vec![[0, 0]; (self.present + 1) * width];
        for ((&a, &b), &label) in self.codes.iter().zip(&other.codes).zip(labels) {
            counts[a as usize * width + b as usize][usize::from(label)] += 1;
        }
        counts
    }
}
