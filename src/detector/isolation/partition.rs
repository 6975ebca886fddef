//! Partition row indices in place at a split.

/// Move the rows that satisfy a condition to the front. Returns the number of those rows.
pub(super) fn partition(rows: &mut [u32], is_left: impl Fn(u32) -> bool) -> usize {
    let mut middle = 0;
    for at in 0..rows.len() {
        if is_left(rows[at]) {
            rows.swap(at, middle);
            middle += 1;
        }
    }
    middle
}
