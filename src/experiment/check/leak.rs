//! Features that reveal the label: one column, or a pair of columns.
//!
//! There is one measure for all of them: the share of the smaller class that a rule separates from the larger class, less
//! the share of the larger class on the wrong side, and whether its Wilson interval reaches 0.99. So 49 of 50 rows are
//! enough, and 48 of 50 are not.
//!
//! A rule is a bound or a set of values. A bound counts *distinct values*, because copies of a row and the events of one
//! attack share their values by chance. A set of values is pure by chance if values rarely repeat. So it counts only
//! if the values of the larger class repeat often.

use super::coded::{Coded, Counts};
use crate::metrics::Interval;
use crate::report::{LeakKind, Warning};
use crate::table::{Column, Table, Values};
use rayon::prelude::*;
use statrs::function::factorial::ln_binomial;

/// A rule separates the classes if the Wilson interval of its share reaches this.
const SEPARATED: f64 = 0.99;

/// With fewer rows than this in a class, separation says little.
const FEWEST_TO_SEPARATE: u64 = 5;

/// A bound counts if fewer than this share of tables without a leak have such a bound on any column.
const CHANCE: f64 = 1e-3;

/// A set of values counts if each value of the larger class occurs at least this often on average.
const REPEATED: u64 = 50;

/// The columns that reveal the label, and the pairs of the other columns that do.
pub(super) fn warnings(table: &Table, labels: &[bool]) -> Vec<Warning> {
    let columns: Vec<Coded> = table.features.par_iter().map(Coded::of).collect();
    let tests = columns.len();
    let kinds: Vec<Option<LeakKind>> = table
        .features
        .iter()
        .zip(&columns)
        .map(|(column, coded)| equals_label(column, labels).or_else(|| separates(coded, labels, tests)))
        .collect();
    let leak = |(column, kind): (&Column, &Option<LeakKind>)| {
        kind.map(|how| Warning::Leak { column: column.name.clone(), how })
    };
    let mut warnings: Vec<Warning> = table.features.iter().zip(&kinds).filter_map(leak).collect();
    let others: Vec<(&str, &Coded)> = table
        .features
        .iter()
        .zip(&columns)
        .zip(&kinds)
        .filter(|((_, coded), kind)| kind.is_none() && coded.distinct() > 1)
        .map(|((column, coded), _)| (column.name.as_str(), coded))
        .collect();
    warnings.extend(pairs(&others, labels));
    warnings
}

/// Whether a column is the label or the inverted label.
fn equals_label(column: &Column, labels: &[bool]) -> Option<LeakKind> {
    if matches!(column.values, Values::Text(_)) {
        return None;
    }
    let number = |label: bool| f64::from(u8::from(label));
    let equals = |inverted: bool| {
        (0..labels.len()).all(|row| column.values.real(row) == number(labels[row] != inverted))
    };
    match () {
        () if equals(false) => Some(LeakKind::EqualsLabel),
        () if equals(true) => Some(LeakKind::OppositeOfLabel),
        () => None,
    }
}

/// Whether one of `tests` columns separates the classes: by a bound, by its values, or by missing values.
fn separates(column: &Coded, labels: &[bool], tests: usize) -> Option<LeakKind> {
    let counts = column.counts(labels);
    let bound = || column.is_ordered().then(|| by_bound(&counts[..column.present()], tests)).flatten();
    let missing = || by_values(&column.missing_counts(&counts));
    let share = by_values(&counts).or_else(missing).or_else(bound)?;
    Some(LeakKind::Separates { share })
}

/// The share of the smaller class that the values of the larger class do not have; `None` if that is no leak.
fn by_values(counts: &[Counts]) -> Option<f64> {
    let [smaller, larger] = by_size(counts);
    let total = |class: usize| counts.iter().map(|count| count[class]).sum::<u64>();
    let values = counts.iter().filter(|count| count[larger] > 0).count() as u64;
    if total(smaller) < FEWEST_TO_SEPARATE || values > (total(larger) / REPEATED).max(1) {
        return None;
    }
    separated(total(smaller), counts.iter().map(|count| count[0].min(count[1])).sum())
}

/// The classes, the one with fewer rows first.
fn by_size(counts: &[Counts]) -> [usize; 2] {
    let rows = counts.iter().fold([0, 0], |sum, count| [sum[0] + count[0], sum[1] + count[1]]);
    if rows[0] < rows[1] { [0, 1] } else { [1, 0] }
}

/// The share of `whole` that is separated, if its Wilson interval reaches 0.99.
fn separated(whole: u64, errors: u64) -> Option<f64> {
    let right = whole.checked_sub(errors)?;
    let interval = Interval::of_share(right, whole)?;
    (interval.high >= SEPARATED).then_some(right as f64 / whole as f64)
}

/// The share of the distinct values of the smaller class on one side of the best bound. `None` if that is no leak, or
/// not rare enough by chance. `counts` are those of the values in ascending order.
fn by_bound(counts: &[Counts], tests: usize) -> Option<f64> {
    let [smaller, larger] = by_size(counts);
    let has = |class: usize| counts.iter().map(move |count| u64::from(count[class] > 0));
    let wholes = [has(smaller).sum::<u64>(), has(larger).sum::<u64>()];
    if counts.iter().map(|count| count[smaller]).sum::<u64>() < FEWEST_TO_SEPARATE {
        return None;
    }
    let mut below = [0, 0];
    let mut best = (u64::MAX, [0, 0]);
    for (of_smaller, of_larger) in has(smaller).zip(has(larger)) {
        below = [below[0] + of_smaller, below[1] + of_larger];
        let above = [wholes[0] - below[0], wholes[1] - below[1]];
        // The smaller class is on one side: the errors are its values on the other side, and other values on its side.
        for [inside, outside] in [[below, above], [above, below]] {
            best = best.min((outside[0] + inside[1], inside));
        }
    }
    let (errors, inside) = best;
    let share = separated(wholes[0], errors)?;
    (chance(wholes, inside) * tests as f64 <= CHANCE).then_some(share)
}

/// An upper limit of the probability that a bound separates values in random order as well: `inside` of `wholes`
/// values, those of the smaller class first, are on one side. It is the hypergeometric probability of one
/// bound, times the number of bounds on both sides.
fn chance(wholes: [u64; 2], inside: [u64; 2]) -> f64 {
    let all = wholes[0] + wholes[1];
    let side = inside[0] + inside[1];
    let log = |hits: u64| {
        ln_binomial(side, hits) + ln_binomial(all - side, wholes[0] - hits) - ln_binomial(all, wholes[0])
    };
    let tail: f64 = (inside[0]..=wholes[0].min(side)).map(|hits| log(hits).exp()).sum();
    2.0 * all as f64 * tail
}

/// Pairs are checked in tables with at most this many columns.
const MOST_PAIRED: usize = 64;

/// The columns of a pair have at most this many distinct values each, or their sum or difference is checked.
const MOST_VALUES: usize = 64;

/// The pairs of columns that separate the classes: by their combinations of values, or by a bound of their sum or
/// difference.
fn pairs(columns: &[(&str, &Coded)], labels: &[bool]) -> Vec<Warning> {
    if columns.len() > MOST_PAIRED {
        return Vec::new();
    }
    let tests = columns.len() * columns.len().saturating_sub(1) / 2;
    let mut warnings = Vec::new();
    for (at, (first, a)) in columns.iter().enumerate() {
        for (second, b) in &columns[at + 1..] {
            let few = a.distinct() <= MOST_VALUES && b.distinct() <= MOST_VALUES;
            let share = match few {
                true => by_combination(&a.pair_counts(b, labels), tests),
                false => by_sum(a, b, labels, 2 * tests),
            };
            let leak = |share| Warning::LeakOfPair {
                first: (*first).to_owned(),
                second: (*second).to_owned(),
                share,
            };
            warnings.extend(share.map(leak));
        }
    }
    warnings
}

/// As [`by_values`], for one of `tests` pairs. A new combination of known values is no surprise, so the combinations of
/// the smaller class must be more than one attack with a rare combination.
fn by_combination(counts: &[Counts], tests: usize) -> Option<f64> {
    const RARE: u64 = 5;
    const NEW: f64 = 0.01;
    let share = by_values(counts)?;
    let [smaller, larger] = by_size(counts);
    let rows: u64 = counts.iter().map(|count| count[larger]).sum();
    let rare: u64 = counts.iter().map(|count| count[larger]).filter(|&rows| rows <= RARE).sum();
    let combinations = counts.iter().filter(|count| count[smaller] > count[larger]).count();
    // Good & Turing: the share of rows that have a rare combination estimates that of rows with a new one.
    let new = ((rare + 1) as f64 / (rows + 1) as f64).powi(combinations as i32);
    (new * tests as f64 <= NEW).then_some(share)
}

/// As [`by_bound`], for the sum and the difference of two columns of numbers.
fn by_sum(a: &Coded, b: &Coded, labels: &[bool], tests: usize) -> Option<f64> {
    let (a, b) = (a.numbers()?, b.numbers()?);
    let sums = |sign: f64| a.iter().zip(b).map(move |(a, b)| a + sign * b);
    let bound = |sign: f64| {
        let coded = Coded::of_numbers(sums(sign).collect());
        by_bound(&coded.counts(labels)[..coded.present()], tests)
    };
    [1.0, -1.0].into_iter().filter(|&sign| may_separate(|| sums(sign), labels)).find_map(bound)
}

/// Whether one class mostly has the higher values, by its first rows: a cheap check that saves sorting most pairs.
fn may_separate<I: Iterator<Item = f64>>(values: impl Fn() -> I, labels: &[bool]) -> bool {
    const MOST: usize = 500;
    let class = |label: bool| {
        let rows = values().zip(labels).filter(move |(value, of)| **of == label && !value.is_nan());
        rows.map(|(value, _)| value).take(MOST).collect::<Vec<f64>>()
    };
    let (normal, suspicious) = (class(false), class(true));
    let pairs = (normal.len() * suspicious.len()) as f64;
    let wins = |value: &f64| normal.iter().filter(|other| value > other).count();
    let losses = |value: &f64| normal.iter().filter(|other| value < other).count();
    let above: usize = suspicious.iter().map(wins).sum();
    let below: usize = suspicious.iter().map(losses).sum();
    above.max(below) as f64 >= 0.8 * pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;

    fn reals(name: &str, values: Vec<f64>) -> Column {
        Column { name: name.into(), values: Values::Real(values) }
    }

    fn table(features: Vec<Column>) -> Table {
        Table { name: "t".into(), features, ..Table::default() }
    }

    fn kinds(features: Vec<Column>, labels: &[bool]) -> Vec<&'static str> {
        warnings(&table(features), labels).iter().map(Warning::kind).collect()
    }

    fn noise(rows: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        (0..rows).map(|_| rng.r#gen()).collect()
    }

    /// Numbers from 0 on, of which small ones are frequent, as hosts and ports are.
    fn levels(rows: usize, levels: f64, rng: &mut ChaCha8Rng) -> Vec<f64> {
        (0..rows).map(|_| (levels.powf(rng.r#gen::<f64>()) - 1.0).floor()).collect()
    }

    /// Columns of `rows` values, continuous and of few and many levels.
    fn columns(rows: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        let few = [3.0, 20.0, 300.0].map(|most| levels(rows, most, rng));
        [noise(rows, rng), noise(rows, rng)].into_iter().chain(few).collect()
    }

    #[test]
    fn copies_of_noise_are_no_leak() {
        let mut rng = Seed::new(1).rng();
        let mut checked = 0;
        for table in 0..210 {
            let (copies, positives) = (1 + table % 5, [5, 10, 50][table % 3]);
            let columns = columns(400, &mut rng);
            checked += columns.len();
            let repeat = |values: &Vec<f64>| {
                values.iter().flat_map(|&value| std::iter::repeat_n(value, copies)).collect()
            };
            let labels: Vec<bool> = (0..400 * copies).map(|row| row < positives * copies).collect();
            let features = columns.iter().map(|values| reals("x", repeat(values))).collect();
            assert_eq!(kinds(features, &labels), [""; 0], "table {table}");
        }
        assert!(checked >= 1_000);
    }

    #[test]
    fn values_that_the_events_of_an_attack_share_are_no_leak() {
        let mut rng = Seed::new(2).rng();
        for table in 0..210 {
            let (attacks, events) = ([2, 5, 10, 20][table % 4], 4 + table % 7);
            let of_attack = |values: &Vec<f64>| {
                let shared = |row: usize| if row < attacks * events { row / events } else { row };
                (0..values.len()).map(|row| values[shared(row)]).collect()
            };
            let columns = columns(2_000, &mut rng);
            let labels: Vec<bool> = (0..2_000).map(|row| row < attacks * events).collect();
            let features = columns.iter().map(|values| reals("x", of_attack(values))).collect();
            assert_eq!(kinds(features, &labels), [""; 0], "table {table}");
        }
    }

    #[test]
    fn one_of_fifty_on_the_wrong_side_is_found_and_three_are_not() {
        let mut rng = Seed::new(3).rng();
        for (wrong, expected) in [(0, 1), (1, 1), (3, 0)] {
            let labels: Vec<bool> = (0..2_000).map(|row| row < 50).collect();
            let shifted =
                |row: usize| rng.r#gen::<f64>() + if (wrong..50).contains(&row) { 2.0 } else { 0.0 };
            let bound: Vec<f64> = (0..2_000).map(shifted).collect();
            let level = |row: usize| if (wrong..50).contains(&row) { 1.0 } else { (row % 2 * 2) as f64 };
            let set: Vec<f64> = (0..2_000).map(level).collect();
            let gap: Vec<f64> = (0..2_000)
                .map(|row| if (wrong..50).contains(&row) { f64::NAN } else { (row % 1_000) as f64 })
                .collect();
            for values in [bound.iter().map(|value| -value).collect(), bound, set, gap] {
                assert_eq!(kinds(vec![reals("x", values)], &labels).len(), expected, "{wrong}");
            }
        }
    }

    #[test]
    fn names_of_attacks_are_a_leak_and_numbers_of_rows_are_not() {
        let labels: Vec<bool> = (0..600).map(|row| row % 20 == 0).collect();
        let name =
            |row: usize| if row.is_multiple_of(20) { ["scan", "flood"][row % 40 / 20] } else { "normal" };
        let names = Values::Text((0..600).map(|row| Some(name(row))).collect());
        let numbers = Values::Text(
            (0..600)
                .map(|row| Some(row.to_string()))
                .collect::<Vec<_>>()
                .iter()
                .map(|text| text.as_deref())
                .collect(),
        );
        let column = |values| vec![Column { name: "c".into(), values }];
        assert_eq!(kinds(column(names), &labels), ["leak"]);
        assert_eq!(kinds(column(numbers), &labels), [""; 0]);
    }

    #[test]
    fn a_pair_of_columns_that_gives_the_label_away_is_found() {
        let mut rng = Seed::new(4).rng();
        let flags = |rng: &mut ChaCha8Rng| -> Vec<f64> {
            (0..2_000).map(|_| f64::from(u8::from(rng.gen_bool(0.4)))).collect()
        };
        let (a, b) = (flags(&mut rng), flags(&mut rng));
        let different: Vec<bool> = a.iter().zip(&b).map(|(a, b)| a != b).collect();
        let pair = || vec![reals("a", a.clone()), reals("b", b.clone())];
        assert_eq!(kinds(pair(), &different), ["leak-of-pair"]);
        let random: Vec<bool> = (0..2_000).map(|_| rng.gen_bool(0.1)).collect();
        assert_eq!(kinds(pair(), &random), [""; 0]);
        let (x, y) = (noise(2_000, &mut rng), noise(2_000, &mut rng));
        let above: Vec<bool> = x.iter().zip(&y).map(|(x, y)| x - y > 0.7).collect();
        let pair = || vec![reals("x", x.clone()), reals("y", y.clone())];
        assert_eq!(kinds(pair(), &above), ["leak-of-pair"]);
        assert_eq!(kinds(pair(), &random), [""; 0]);
    }

    #[test]
    fn a_few_rows_are_separated_by_chance() {
        let labels: Vec<bool> = (0..200).map(|row| row < 4).collect();
        let values = (0..200).map(|row| if row < 4 { 9.0 } else { f64::from(row % 3) }).collect();
        assert_eq!(kinds(vec![reals("x", values)], &labels), [""; 0]);
    }
}
