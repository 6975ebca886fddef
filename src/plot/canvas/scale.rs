//! Scales map values to positions along an axis, and choose round values for its ticks.

use crate::report::{count, rounded};

/// The range of values of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    Linear {
        low: f64,
        high: f64,
    },
    /// Both ends are positive.
    Log {
        low: f64,
        high: f64,
    },
    /// Linear up to about `linear`, which is positive, and logarithmic beyond, on both sides of 0.
    Symlog {
        low: f64,
        high: f64,
        linear: f64,
    },
}

/// The format of tick labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Number,
    /// Integers.
    Count,
    /// Shares in [0, 1], written as percentages.
    Percent,
    /// Numbers on a logarithmic axis, each with its own decimals.
    Decades,
}

impl Scale {
    /// From `low` to `high`. If they are equal (a constant), half a unit around them.
    pub fn linear(low: f64, high: f64) -> Scale {
        // Small enough that differences do not overflow.
        const LARGEST: f64 = 1e300;
        // Without values, or with NaN.
        if low.is_nan() || high.is_nan() || low > high {
            return Scale::Linear { low: 0.0, high: 1.0 };
        }
        let (low, high) = (low.clamp(-LARGEST, LARGEST), high.clamp(-LARGEST, LARGEST));
        // Below this difference, values are equal up to rounding.
        if high - low > low.abs().max(high.abs()) * 1e-12 {
            return Scale::Linear { low, high };
        }
        let half = 0.5_f64.max(low.abs() * 0.01);
        Scale::Linear { low: low - half, high: high + half }
    }

    /// The range of some values, with a margin so that no point lies on the frame.
    pub fn around(values: impl Iterator<Item = f64>, margin: f64) -> Scale {
        let ends = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        match Scale::linear(ends.0, ends.1) {
            Scale::Linear { low, high } => {
                let room = (high - low) * margin;
                Scale::linear(low - room, high + room)
            }
            log => log,
        }
    }

    /// Counts from 1. The lower end is below 1, so that the bar of a single row is visible.
    pub fn counts(most: u64) -> Scale {
        Scale::Log { low: 0.6, high: (most as f64 * 1.6).max(10.0) }
    }

    /// The relative position of a value between the ends, in [0, 1]; values outside are clamped.
    pub fn share(&self, value: f64) -> f64 {
        let share = match *self {
            Scale::Linear { low, high } => (value - low) / (high - low),
            Scale::Log { low, high } => (value.max(low).ln() - low.ln()) / (high.ln() - low.ln()),
            Scale::Symlog { low, high, linear } => {
                let [value, low, high] = [value, low, high].map(|end| (end / linear).asinh());
                (value - low) / (high - low)
            }
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    /// Round values between the ends, at most `at_most`.
    pub fn ticks(&self, at_most: usize) -> Vec<f64> {
        let at_most = at_most.max(1);
        match *self {
            Scale::Linear { low, high } => linear_ticks(low, high, at_most),
            Scale::Log { low, high } => log_ticks(low, high, at_most),
            Scale::Symlog { low, high, linear } => symlog_ticks(low, high, linear, at_most),
        }
    }
}

fn linear_ticks(low: f64, high: f64, at_most: usize) -> Vec<f64> {
    let rough = (high - low) / at_most as f64;
    let power = 10_f64.powi(rough.log10().floor() as i32);
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0].map(|step| step * power);
    let multiples = |step: f64| {
        let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
        (first, ((last - first).max(-1.0) as usize).saturating_add(usize::from(last >= first)))
    };
    let step = steps.into_iter().find(|step| multiples(*step).1 <= at_most).unwrap_or(high - low);
    let (first, ticks) = multiples(step);
    (0..ticks.min(at_most)).map(|tick| (first + tick as f64) * step).collect()
}

fn log_ticks(low: f64, high: f64, at_most: usize) -> Vec<f64> {
    let (first, last) = (low.log10().ceil() as i32, high.log10().floor() as i32);
    let decades = (last - first + 1).max(0) as usize;
    if decades * 3 <= at_most {
        let all = (first - 1..=last).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10_f64.powi(power)));
        return all.filter(|value| (low..=high).contains(value)).collect();
    }
    let each = decades.div_ceil(at_most).max(1);
    (first..=last).step_by(each).map(|power| 10_f64.powi(power)).collect()
}

/// 0 and powers of ten on both sides of it.
fn symlog_ticks(low: f64, high: f64, linear: f64, at_most: usize) -> Vec<f64> {
    let last = low.abs().max(high.abs()).log10().floor() as i32;
    // Smaller powers would be too near to 0.
    let first = (linear.log10().ceil() as i32).min(last);
    let ticks = |step: usize| -> Vec<f64> {
        let powers = (first..=last).rev().step_by(step).map(|power| 10_f64.powi(power));
        let powers: Vec<f64> = powers.collect();
        let negative = powers.iter().map(|power| -power);
        let all = negative.chain([0.0]).chain(powers.iter().rev().copied());
        all.filter(|value| (low..=high).contains(value)).collect()
    };
    let steps = 1..=(last - first + 1).max(1) as usize;
    steps.map(ticks).find(|ticks| ticks.len() <= at_most).unwrap_or_default()
}

/// The labels of ticks, with as many decimals as needed to distinguish adjacent ticks.
pub fn labels(ticks: &[f64], unit: Unit) -> Vec<String> {
    if unit == Unit::Decades {
        return ticks.iter().map(|tick| decade(*tick)).collect();
    }
    let (factor, sign) = if unit == Unit::Percent { (100.0, " %") } else { (1.0, "") };
    let ticks: Vec<f64> = ticks.iter().map(|tick| tick * factor).collect();
    let step = ticks.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(f64::INFINITY, f64::min);
    let largest = ticks.iter().fold(0.0_f64, |most, tick| most.max(tick.abs()));
    let step = if step.is_finite() { step } else { largest };
    ticks.iter().map(|tick| label(*tick, step, largest) + sign).collect()
}

/// 0.001, 100, 10,000 or 1e7.
fn decade(tick: f64) -> String {
    let size = tick.abs();
    let text = if (1.0..LARGE).contains(&size) { count(size.round() as u64) } else { rounded(size, 3) };
    if tick < 0.0 { format!("−{text}") } else { text }
}

/// From this size, labels use scientific notation.
const LARGE: f64 = 1e7;

fn label(tick: f64, step: f64, largest: f64) -> String {
    let digits = |value: f64| value.log10().floor();
    if largest == 0.0 || tick.abs() < step * 1e-6 {
        return "0".to_owned();
    }
    let text = if !(1e-4..LARGE).contains(&largest) {
        let places = (digits(tick.abs()) - digits(step) + 1e-9).clamp(0.0, 15.0) as usize;
        format!("{:.places$e}", tick.abs())
    } else if step >= 1.0 {
        count(tick.abs().round() as u64)
    } else {
        format!("{:.*}", (-digits(step * 1.000_001)).clamp(0.0, 15.0) as usize, tick.abs())
    };
    if tick < 0.0 { format!("−{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick_labels(scale: Scale, at_most: usize) -> Vec<String> {
        labels(&scale.ticks(at_most), Unit::Number)
    }

    #[test]
    fn ticks_are_round_and_at_most_as_many_as_allowed() {
        let expected = ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(zero);
        assert_eq!(tick_labels(Scale::linear(0.0, 1.0), 6), expected);
        assert_eq!(tick_labels(Scale::linear(-3.7, 8.1), 4), ["0", "5"]);
        assert_eq!(tick_labels(Scale::linear(0.0, 31_000.0), 4), ["0", "10,000", "20,000", "30,000"]);
        for at_most in 1..20 {
            assert!(Scale::linear(-0.3, 17.9).ticks(at_most).len() <= at_most);
        }
    }

    fn zero(text: &str) -> String {
        if text == "0.0" { "0".to_owned() } else { text.to_owned() }
    }

    #[test]
    fn ticks_of_counts_are_powers_of_ten_with_thousands_separators() {
        assert_eq!(tick_labels(Scale::counts(30_000), 5), ["1", "10", "100", "1,000", "10,000"]);
        assert_eq!(tick_labels(Scale::counts(2_000_000), 4), ["1", "100", "10,000", "1,000,000"]);
        assert_eq!(tick_labels(Scale::counts(1), 9), ["1", "2", "5", "10"]);
    }

    #[test]
    fn percentages_and_very_large_and_small_values_stay_short() {
        assert_eq!(labels(&[0.0, 0.01, 0.02], Unit::Percent), ["0 %", "1 %", "2 %"]);
        assert_eq!(labels(&[0.0, 0.005], Unit::Percent), ["0 %", "0.5 %"]);
        assert_eq!(labels(&[1e9, 1.5e9], Unit::Number), ["1.0e9", "1.5e9"]);
        assert_eq!(labels(&[-2e-7, 0.0, 2e-7], Unit::Number), ["−2e-7", "0", "2e-7"]);
    }

    #[test]
    fn an_axis_of_both_signs_has_powers_of_ten_on_both_sides_of_0() {
        let scale = Scale::Symlog { low: -30.0, high: 80_000.0, linear: 1.0 };
        let ticks = scale.ticks(9);
        assert_eq!(labels(&ticks, Unit::Decades), ["−10", "−1", "0", "1", "10", "100", "1,000", "10,000"]);
        let shares: Vec<f64> = ticks.iter().map(|tick| scale.share(*tick)).collect();
        assert!(shares.is_sorted() && shares[0] > 0.0 && shares[7] < 1.0, "{shares:?}");
        assert!(scale.ticks(3).len() <= 3 && !scale.ticks(3).is_empty());
    }

    #[test]
    fn a_logarithmic_axis_of_small_shares_has_labels_with_their_own_decimals() {
        let scale = Scale::Log { low: 0.000_5, high: 1.0 };
        assert_eq!(labels(&scale.ticks(5), Unit::Decades), ["0.001", "0.01", "0.1", "1"]);
    }

    #[test]
    fn constants_and_the_largest_numbers_have_an_axis_too() {
        for (low, high) in
            [(0.0, 0.0), (1e9, 1e9), (-1e308, 1e308), (f64::NAN, 1.0), (f64::INFINITY, f64::NEG_INFINITY)]
        {
            let scale = Scale::linear(low, high);
            assert!(
                !scale.ticks(5).is_empty() && scale.ticks(5).iter().all(|tick| tick.is_finite()),
                "{scale:?}"
            );
            assert!((0.0..=1.0).contains(&scale.share(low)));
        }
    }
}
