//! What an entity usually does at an hour: its own same hours of the week before.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Discrete, DiscreteCDF, NegativeBinomial, Poisson};

/// Hours of a week.
const WEEK: u32 = 168;
/// The weeks that a baseline looks back.
const WEEKS: u32 = 8;
/// With fewer same hours, a wider basis is taken.
const ENOUGH: u32 = 3;
/// A cell with a smaller p is a burst: it enters the history clipped.
const BURST: f64 = 1e-6;

/// The counts of one entity per hour.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Series {
    /// The first hour since 1970 in which the entity was seen.
    first: u32,
    /// The hours with a count above 0, ascending, not older than the weeks of the baseline.
    hours: Vec<(u32, u32)>,
    /// The hours of the bursts of the last week.
    bursts: Vec<u32>,
    /// The hour at which the level changed; 0 if it did not.
    shifted: u32,
    /// The basis that the sums are about.
    basis: Basis,
    /// Sums for the dispersion: of squared residuals above the Poisson's, and of squared means.
    excess: f64,
    squares: f64,
    /// The last hour that the sums count.
    judged: u32,
}

/// From which hours an expectation comes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub enum Basis {
    /// The same hours of the week, and those beside them at half weight.
    HourOfWeek,
    /// The same hours of the day, because there are fewer than three same hours of the week.
    HourOfDay,
    /// All hours of the entity, because there are fewer than three days.
    #[default]
    AllHours,
    /// As [`Basis::HourOfWeek`], after the level has changed for good.
    LevelShift,
}

impl Basis {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Basis::HourOfWeek => "hour of week",
            Basis::HourOfDay => "hour of day",
            Basis::AllHours => "all hours",
            Basis::LevelShift => "level shift",
        }
    }
}

/// What is usual for an entity at an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// The weighted median of the basis.
    pub median: f64,
    /// max(1.4826 MAD, √(median + 1)): quiet series do not explode.
    pub spread: f64,
    /// The weighted mean of the basis.
    pub mean: f64,
    /// The variance of a new count: the Poisson's, the entity's dispersion, and that of the mean itself.
    pub variance: f64,
    /// The effective number of hours of the basis (Kish 1965).
    pub effective: f64,
    /// From which hours.
    pub basis: Basis,
}

impl Usual {
    /// How many spreads a count lies above the median.
    pub fn z(&self, count: f64) -> f64 {
        (count - self.median) / self.spread
    }

    /// The upper tail of a count, mid-p: P(X > count) + P(X = count) / 2, of a negative binomial with this mean and
    /// variance; of a Poisson if the variance is not larger than the mean.
    pub fn p(&self, count: u32) -> f64 {
        let count = u64::from(count);
        let mid = |above: f64, same: f64| (above + 0.5 * same).clamp(0.0, 1.0);
        if self.variance > self.mean * (1.0 + 1e-9) {
            let (size, success) =
                (self.mean * self.mean / (self.variance - self.mean), self.mean / self.variance);
            if let Ok(law) = NegativeBinomial::new(size, success) {
                return mid(law.sf(count), law.pmf(count));
            }
        }
        Poisson::new(self.mean).map_or(f64::NAN, |law| mid(law.sf(count), law.pmf(count)))
    }

    /// The counts between which 95 % lie, by the approximation of Wilson & Hilferty (1931) with a continuity correction.
    pub fn band(&self) -> (f64, f64) {
        let shape = self.mean * self.mean / self.variance;
        let quantile = |z: f64| {
            let root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
            (self.mean * root.max(0.0).powi(3)).max(0.0)
        };
        ((quantile(-1.96) - 0.5).floor().max(0.0), (quantile(1.96) + 0.5).ceil())
    }
}

impl Series {
    /// A series that begins at an hour.
    pub fn new(first: u32) -> Self {
        Series { first, judged: first, ..Series::default() }
    }

    /// What is usual at an hour, from earlier hours; `None` if the entity is younger than a day.
    pub fn usual(&self, hour: u32) -> Option<Usual> {
        let (basis, cells) = self.basis(hour)?;
        let effective = cells.weight * cells.weight / cells.squares;
        // A mean of 0 says only that the rate is small: half an event in all the hours of the basis.
        let mean = (cells.sum() / cells.weight).max(0.5 / effective);
        let noise = mean + self.dispersion() * mean * mean;
        let (median, mad) = cells.median();
        let basis = if self.has_shifted(hour) { Basis::LevelShift } else { basis };
        Some(Usual {
            median,
            spread: (1.4826 * mad).max((median + 1.0).sqrt()),
            mean,
            variance: noise * (1.0 + 1.0 / effective),
            effective,
            basis,
        })
    }

    /// Add the count of an hour, which is later than all before. A burst (p < 1e-6) enters clipped at the upper end of the
    /// band; after `adapt` bursts within a week it enters as it is.
    pub fn push(&mut self, hour: u32, count: u32, adapt: u32) {
        self.judge_quiet_hours(hour);
        let usual = self.usual(hour);
        let mut value = count;
        if let Some(usual) = usual {
            self.judge(&usual, count, 1.0);
            if f64::from(count) > usual.mean && usual.p(count) < BURST {
                value = self.after_burst(hour, count, usual.band().1, adapt);
            }
        }
        self.judged = hour;
        self.add(hour, value);
    }

    /// As [`Series::push`], but a burst is a count of six spreads above the median, and the dispersion is not estimated.
    pub(super) fn push_robust(&mut self, hour: u32, count: u32, adapt: u32) {
        const SPREADS: f64 = 6.0;
        let mut value = count;
        if count > 6
            && let Some(usual) = self.usual(hour).filter(|usual| usual.z(f64::from(count)) > SPREADS)
        {
            let limit = (usual.median + SPREADS * usual.spread).ceil();
            value = self.after_burst(hour, count, limit, adapt);
        }
        self.add(hour, value);
    }

    /// What of a burst enters the history.
    fn after_burst(&mut self, hour: u32, count: u32, limit: f64, adapt: u32) -> u32 {
        self.bursts.retain(|burst| burst + WEEK > hour);
        self.bursts.push(hour);
        if self.bursts.len() < adapt.max(1) as usize {
            return count.min(limit as u32);
        }
        // A new level: what was noise around the old one says nothing.
        (self.excess, self.squares, self.shifted) = (0.0, 0.0, hour);
        self.bursts.remove(0);
        count
    }

    fn add(&mut self, hour: u32, value: u32) {
        if value > 0 {
            self.hours.push((hour, value));
        }
        let oldest = hour.saturating_sub(WEEKS * WEEK + 1);
        // Rarely, because it moves all hours.
        if self.hours.first().is_some_and(|(first, _)| first + WEEK < oldest) {
            let old = self.hours.partition_point(|(hour, _)| *hour < oldest);
            self.hours.drain(..old);
        }
    }

    /// The last hour with a count; the first hour without one.
    pub fn last(&self) -> u32 {
        self.hours.last().map_or(self.first, |(hour, _)| *hour)
    }

    /// Whether the level has changed in the weeks of the baseline.
    fn has_shifted(&self, hour: u32) -> bool {
        self.shifted > 0 && hour < self.shifted + WEEKS * WEEK
    }

    /// The dispersion φ of var = μ + φ μ², pooled over the hours of the entity.
    fn dispersion(&self) -> f64 {
        // One squared mean as a prior keeps the first hours from deciding.
        (self.excess / (self.squares + 1.0)).clamp(0.0, 25.0)
    }

    fn judge(&mut self, usual: &Usual, count: u32, weight: f64) {
        let residual = f64::from(count) - usual.mean;
        // A residual beyond five deviations is a burst and not the noise.
        let residual = residual.min(5.0 * usual.variance.sqrt());
        if usual.basis != self.basis {
            // The noise around a wider basis holds the season itself.
            (self.basis, self.excess, self.squares) = (usual.basis, 0.0, 0.0);
        }
        // The mean is uncertain, too.
        self.excess += weight * (residual * residual - usual.mean * (1.0 + 1.0 / usual.effective));
        self.squares += weight * usual.mean * usual.mean;
    }

    /// Count some of the hours without events since the last one, each for several.
    fn judge_quiet_hours(&mut self, hour: u32) {
        const MOST: u32 = 6;
        let quiet = hour.saturating_sub(self.judged + 1);
        let some = quiet.min(MOST);
        for index in 0..some {
            let at = self.judged + 1 + index * quiet / some;
            if let Some(usual) = self.usual(at) {
                self.judge(&usual, 0, f64::from(quiet) / f64::from(some));
            }
        }
    }

    fn basis(&self, hour: u32) -> Option<(Basis, Cells)> {
        let age = hour.checked_sub(self.first)?;
        match age {
            _ if age >= ENOUGH * WEEK => Some((Basis::HourOfWeek, self.same_hours(hour, WEEK, WEEKS))),
            _ if age >= ENOUGH * 24 => Some((Basis::HourOfDay, self.same_hours(hour, 24, 28))),
            _ if age >= 24 => {
                let counts = self.hours.iter().filter(|(at, _)| *at < hour);
                let nonzero = counts.map(|(_, count)| (f64::from(*count), 1.0)).collect();
                let weight = f64::from(age);
                Some((Basis::AllHours, Cells { nonzero, weight, squares: weight }))
            }
            _ => None,
        }
    }

    /// The hours at this distance, and those beside them at half weight. Hours without a count are not looked up.
    fn same_hours(&self, hour: u32, step: u32, most: u32) -> Cells {
        let (mut weight, mut squares) = (0.0, 0.0);
        for centre in (1..=most).map_while(|back| hour.checked_sub(back * step)) {
            for (at, share) in [(centre.wrapping_sub(1), 0.5), (centre, 1.0), (centre + 1, 0.5)] {
                if (self.first..hour).contains(&at) {
                    weight += share;
                    squares += share * share;
                }
            }
        }
        let oldest = hour.saturating_sub(most * step + 1);
        let recent = self.hours.partition_point(|(at, _)| *at < oldest);
        let share = |at: u32| match (hour - at) % step {
            0 => 1.0,
            1 if hour - at > 1 => 0.5,
            rest if rest == step - 1 => 0.5,
            _ => 0.0,
        };
        let counts = self.hours[recent..].iter().take_while(|(at, _)| *at < hour);
        let weighted = counts.map(|(at, count)| (f64::from(*count), share(*at)));
        Cells { nonzero: weighted.filter(|cell| cell.1 > 0.0).collect(), weight, squares }
    }
}

/// Weighted counts of hours. Those that are 0 are only part of the weight.
#[derive(Debug)]
struct Cells {
    nonzero: Vec<(f64, f64)>,
    /// The sum of all weights, and of their squares.
    weight: f64,
    squares: f64,
}

impl Cells {
    fn sum(&self) -> f64 {
        self.nonzero.iter().map(|cell| cell.0 * cell.1).sum()
    }

    /// The weighted median, and the weighted median of the distances from it.
    fn median(mut self) -> (f64, f64) {
        let zeros = self.weight - self.nonzero.iter().map(|cell| cell.1).sum::<f64>();
        if zeros >= 0.5 * self.weight {
            return (0.0, 0.0);
        }
        self.nonzero.push((0.0, zeros));
        let median = median(&mut self.nonzero);
        self.nonzero.iter_mut().for_each(|cell| cell.0 = (cell.0 - median).abs());
        (median, self::median(&mut self.nonzero))
    }
}

fn median(cells: &mut [(f64, f64)]) -> f64 {
    cells.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = cells.iter().map(|cell| cell.1).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (value, weight) in &*cells {
        below += weight;
        if below >= half {
            return *value;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// A Poisson draw by waiting times.
    fn poisson(mean: f64, random: &mut ChaCha8Rng) -> u32 {
        let (mut count, mut waited) = (0, 0.0);
        loop {
            waited -= random.r#gen::<f64>().max(1e-300).ln();
            if waited > mean {
                return count;
            }
            count += 1;
        }
    }

    /// A gamma-mixed Poisson draw with dispersion 1 / shape; the shape is a whole number.
    fn negative_binomial(mean: f64, shape: u32, random: &mut ChaCha8Rng) -> u32 {
        let gamma: f64 = (0..shape).map(|_| -random.r#gen::<f64>().max(1e-300).ln()).sum();
        poisson(mean * gamma / f64::from(shape), random)
    }

    fn seasonal(mean: f64, hour: u32) -> f64 {
        mean * (1.0 + 0.8 * (f64::from(hour % 24) / 24.0 * std::f64::consts::TAU).sin())
    }

    /// The distance of Kolmogorov & Smirnov from the uniform law.
    fn distance(mut values: Vec<f64>) -> f64 {
        values.sort_unstable_by(f64::total_cmp);
        let n = values.len() as f64;
        let at = |(index, value): (usize, &f64)| {
            (value - index as f64 / n).abs().max(((index + 1) as f64 / n - value).abs())
        };
        values.iter().enumerate().map(at).fold(0.0, f64::max)
    }

    /// p of 10,000 cells after four weeks, with a random part of the count's own probability: uniform if the law is right.
    fn p_values(mean: f64, shape: Option<u32>) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut all = Vec::new();
        for _ in 0..15 {
            let mut series = Series::new(0);
            for hour in 0..1_340 {
                let mean = seasonal(mean, hour);
                let count = match shape {
                    Some(shape) => negative_binomial(mean, shape, &mut random),
                    None => poisson(mean, &mut random),
                };
                if hour >= 4 * WEEK {
                    let usual = series.usual(hour).unwrap();
                    let above = 2.0 * usual.p(count) - upper(&usual, count);
                    all.push(above + random.r#gen::<f64>() * (upper(&usual, count) - above));
                }
                series.push(hour, count, 5);
            }
        }
        all.truncate(10_000);
        all
    }

    /// P(X >= count), from mid-p values: p(k) = P(X > k) + P(X = k) / 2.
    fn upper(usual: &Usual, count: u32) -> f64 {
        let mut upper = 1.0;
        for k in 0..count {
            upper -= 2.0 * (upper - usual.p(k));
        }
        upper
    }

    #[test]
    fn p_is_nearly_uniform_on_simulated_seasons() {
        for (mean, shape) in [(2.0, None), (5.0, None), (20.0, None), (5.0, Some(4)), (20.0, Some(4))] {
            let p = p_values(mean, shape);
            let distance = distance(p);
            // The limit at 1 % for 10,000 independent values is 0.0163; cells of a season share their past.
            assert!(distance < 0.03, "mean {mean}, shape {shape:?}: {distance}");
        }
    }

    #[test]
    fn a_threefold_burst_of_an_hour_is_found() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut found = 0;
        for _ in 0..200 {
            let mut series = Series::new(0);
            (0..6 * WEEK).for_each(|hour| series.push(hour, poisson(20.0, &mut random), 5));
            let burst = poisson(60.0, &mut random);
            found += u32::from(series.usual(6 * WEEK).unwrap().p(burst) < 1e-4);
        }
        assert!(found >= 190, "{found} of 200");
    }

    #[test]
    fn a_burst_does_not_teach_but_a_lasting_change_does() {
        let mut series = Series::new(0);
        (0..6 * WEEK).for_each(|hour| series.push(hour, 10, 5));
        series.push(6 * WEEK, 500, 5);
        let before = series.usual(7 * WEEK).unwrap();
        assert!(before.mean < 14.0, "{before:?}");
        for hour in 7 * WEEK..9 * WEEK {
            series.push(hour, 60, 5);
        }
        let after = series.usual(9 * WEEK + 50).unwrap();
        assert!(after.mean > 18.0, "{after:?}");
    }

    #[test]
    fn an_entity_has_no_baseline_on_its_first_day() {
        let series = Series::new(1000);
        assert_eq!(series.usual(1010), None);
        assert_eq!(series.usual(900), None);
        let basis = |hour| series.usual(hour).map(|usual| usual.basis);
        assert_eq!(basis(1030), Some(Basis::AllHours));
        assert_eq!(basis(1000 + 72), Some(Basis::HourOfDay));
        assert_eq!(basis(1000 + 3 * WEEK), Some(Basis::HourOfWeek));
    }

    #[test]
    fn the_tail_is_that_of_scipy() {
        // scipy 1.17.1: nbinom(4, 0.4).sf(9) + nbinom(4, 0.4).pmf(9) / 2; poisson(3).sf(6) + poisson(3).pmf(6) / 2.
        let usual = |mean, variance| {
            let (median, spread, effective) = (0.0, 1.0, 1.0);
            Usual { median, spread, mean, variance, effective, basis: Basis::AllHours }
        };
        assert!((usual(6.0, 15.0).p(9) - 0.196958490624).abs() < 1e-10);
        assert!((usual(3.0, 3.0).p(6) - 0.05871323867007233).abs() < 1e-10);
    }
}
