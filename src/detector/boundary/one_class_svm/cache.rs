//! Kernel rows of a working set, computed when first asked for and kept within a bound of bytes.

use super::kernel::Panels;

/// The least recently used row makes room for a new one.
#[derive(Debug)]
pub(super) struct RowCache<'a> {
    points: &'a Panels,
    /// How many rows may be kept; at least 2, for a step of the solver looks at two.
    capacity: usize,
    values: Vec<f32>,
    slots: Vec<Slot>,
    slot_of: Vec<Option<usize>>,
    clock: u64,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    row: usize,
    last_used: u64,
}

impl<'a> RowCache<'a> {
    /// An empty cache over these points that stays within `bytes`, or within two rows if they need more.
    pub fn new(points: &'a Panels, bytes: usize) -> Self {
        let row_bytes = size_of::<f32>() * points.padded_len().max(1);
        let capacity = (bytes / row_bytes).min(points.len()).max(2);
        RowCache {
            points,
            capacity,
            values: Vec::new(),
            slots: Vec::new(),
            slot_of: vec![None; points.len()],
            clock: 0,
        }
    }

    /// Make sure that a row is here, and that the one asked for before it stays.
    pub fn fetch(&mut self, row: usize) {
        self.clock += 1;
        let slot = match self.slot_of[row] {
            Some(slot) => slot,
            None => self.compute(row),
        };
        self.slots[slot].last_used = self.clock;
    }

    /// A row that was among the last two fetched, filled up to whole panels.
    pub fn row(&self, row: usize) -> &[f32] {
        let slot = self.slot_of[row].expect("the row was fetched just before");
        let width = self.points.padded_len();
        &self.values[slot * width..(slot + 1) * width]
    }

    fn compute(&mut self, row: usize) -> usize {
        let slot = self.free_slot(row);
        self.slot_of[row] = Some(slot);
        let width = self.points.padded_len();
        let values = &mut self.values[slot * width..(slot + 1) * width];
        self.points.kernel_row(row, values);
        slot
    }

    fn free_slot(&mut self, row: usize) -> usize {
        let fresh = Slot { row, last_used: self.clock };
        if self.slots.len() < self.capacity {
            self.slots.push(fresh);
            self.values.resize(self.slots.len() * self.points.padded_len(), 0.0);
            return self.slots.len() - 1;
        }
        let oldest = (0..self.slots.len()).min_by_key(|&slot| self.slots[slot].last_used).unwrap_or(0);
        self.slot_of[self.slots[oldest].row] = None;
        self.slots[oldest] = fresh;
        oldest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_rows_stay_however_small_the_cache() {
        let points = Panels::new(1, 20, |index, point| point[0] = index as f32 * 0.1);
        let mut cache = RowCache::new(&points, 0);
        for row in 1..20 {
            cache.fetch(row - 1);
            cache.fetch(row);
            assert_eq!((cache.row(row - 1)[row - 1], cache.row(row)[row]), (1.0, 1.0));
        }
        assert_eq!(cache.values.len(), 2 * points.padded_len());
    }

    #[test]
    fn the_row_used_longest_ago_makes_room() {
        let points = Panels::new(1, 16, |index, point| point[0] = index as f32);
        let mut cache = RowCache::new(&points, 3 * 16 * size_of::<f32>());
        [0, 1, 2, 0, 3].into_iter().for_each(|row| cache.fetch(row));
        assert_eq!(cache.slot_of[1], None);
        assert!([0, 2, 3].into_iter().all(|row| cache.slot_of[row].is_some()));
    }
}
