//! The one place that writes numbers for people.

/// What stands for a value that does not exist.
pub const UNDEFINED: &str = "–";

/// A count with thousands separated: 1,000,000.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A value in [0, 1] or a difference of two, to four places.
pub fn fixed(value: Option<f64>) -> String {
    value.map_or(UNDEFINED.to_owned(), |value| format!("{value:.4}"))
}

/// A share as a percentage, to two significant places: 2.1 %, 0.39 %, 35 %.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let places = match value {
        v if v == 0.0 || v >= 10.0 => 0,
        v if v >= 1.0 => 1,
        v if v >= 0.1 => 2,
        _ => 4,
    };
    format!("{value:.places$} %")
}

/// A p-value.
pub fn probability(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_separated() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn small_shares_keep_two_places() {
        assert_eq!([0.0, 0.0039, 0.0213, 0.359].map(percent), ["0 %", "0.39 %", "2.1 %", "36 %"]);
    }

    #[test]
    fn what_does_not_exist_is_a_dash_and_not_zero() {
        assert_eq!(fixed(None), "–");
        assert_eq!(fixed(Some(0.0)), "0.0000");
    }
}
