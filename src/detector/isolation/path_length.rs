//! The average path length that both isolation forests use to normalize scores.

/// c(m), the average path length of an unsuccessful search in a binary search tree of m rows (Liu, Ting &
/// Zhou 2008, eq. 1). As in the paper, the harmonic number H(i) is approximated as ln(i) + 0.5772156649
/// (Euler's constant).
pub(super) fn average_path_length(rows: u64) -> f64 {
    const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let m = rows as f64;
            2.0 * ((m - 1.0).ln() + EULER_GAMMA) - 2.0 * (m - 1.0) / m
        }
    }
}
