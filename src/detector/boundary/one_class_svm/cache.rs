//! A cache of kernel rows of a working set, bounded in bytes.

use super::kernel::Blocks;

/// A least-recently-used cache: a row is computed when it is first fetched.
#[derive(Debug)]
pub(super) struct RowCache<'a> {
    points: &'a Blocks,
    /// The number of rows that fit; at least 2, because a step of the solver reads two.
    capacity: usize,
    /// Slot by slot.
    values: Vec<f32>,
    slots: Vec<Slot>,
    /// For each row, its slot if it is cached.
    slot_of: Vec<Option<usize>>,
    /// The number of fetches so far.
    clock: u64,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    row: usize,
    last_used: u64,
}

impl<'a> RowCache<'a> {
    /// An empty cache for these points. It uses at most `bytes`, or two rows if they are larger.
    pub fn new(points: &'a Blocks, bytes: usize) -> Self {
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

    /// Compute a row if it is not cached. The row fetched before it stays cached.
    pub fn fetch(&mut self, row: usize) {
        self.clock += 1;
        let slot = match self.slot_of[row] {
            Some(slot) => slot,
            None => self.compute(row),
        };
        self.slots[slot].last_used = self.clock;
    }

    /// One of the last two rows fetched, padded to whole blocks.
    pub fn row(&self, row: usize) -> &[f32] {
        let slot = self.slot_of[row].expect("the last two rows fetched stay cached");
        let width = self.points.padded_len();
        &self.values[slot * width..(slot + 1) * width]
    }

    /// Compute a row into a free slot. Returns the slot.
    fn compute(&mut self, row: usize) -> usize {
        let slot = self.free_slot(row);
        self.slot_of[row] = Some(slot);
        let width = self.points.padded_len();
        let values = &mut self.values[slot * width..(slot + 1) * width];
        self.points.kernel_row(row, values);
        slot
    }

    /// Assign a new slot to a row, or that of the least recently used row. Returns the slot.
    fn free_slot(&mut self, row: usize) -> usize {
        let slot = Slot { row, last_used: self.clock };
        if self.slots.len() < self.capacity {
            self.slots.push(slot);
            self.values.resize(self.slots.len() * self.points.padded_len(), 0.0);
            return self.slots.len() - 1;
        }
        let oldest = (0..self.slots.len()).min_by_key(|&slot| self.slots[slot].last_used).unwrap_or(0);
        self.slot_of[self.slots[oldest].row] = None;
        self.slots[oldest] = slot;
        oldest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_rows_stay_in_a_cache_of_any_size() {
        let points = Blocks::new(1, 20, |index, point| point[0] = index as f32 * 0.1);
        let mut cache = RowCache::new(&points, 0);
        for row in 1..20 {
            cache.fetch(row - 1);
            cache.fetch(row);
            assert_eq!((cache.row(row - 1)[row - 1], cache.row(row)[row]), (1.0, 1.0));
        }
        assert_eq!(cache.values.len(), 2 * points.padded_len());
    }

    #[test]
    fn the_least_recently_used_row_makes_room() {
        let points = Blocks::new(1, 16, |index, point| point[0] = index as f32);
        let mut cache = RowCache::new(&points, 3 * 16 * size_of::<f32>());
        [0, 1, 2, 0, 3].into_iter().for_each(|row| cache.fetch(row));
        assert_eq!(cache.slot_of[1], None);
        assert!([0, 2, 3].into_iter().all(|row| cache.slot_of[row].is_some()));
    }
}
