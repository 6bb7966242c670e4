//! The fields that an encoder told its decoder to remember (RFC 7541 §2.3.2, §4).
//!
//! Where the capture began inside a connection, or lost some of it, part of the table was never seen. Entries are numbered
//! from the newest, so what was added since keeps its right number, and everything older is *unseen*: it is known that
//! something stands there, not what.

use std::collections::VecDeque;

/// What an entry costs beyond its strings (RFC 7541 §4.1).
const ENTRY_OVERHEAD: usize = 32;

/// The size a table has until its encoder says otherwise (RFC 9113 §6.5.2).
pub(super) const INITIAL_CAPACITY: usize = 4096;

/// Bytes remembered of one table. Browsers allow 64 KiB, servers and gRPC 4 KiB; what an encoder would remember beyond it is
/// treated as unseen.
pub(in crate::app::h2) const MAX_BYTES: usize = 64 * 1024;

/// The entries of one direction, newest first.
#[derive(Debug)]
pub(super) struct DynamicTable {
    entries: VecDeque<Entry>,
    /// Of `entries`; at least, when names of some are unseen.
    bytes: usize,
    /// What the encoder keeps at most; `None` when it was never seen to say.
    capacity: Option<usize>,
    /// Older entries exist, or may, that were never seen.
    has_unseen: bool,
    /// An entry went because of our bound and not of the encoder's.
    has_forgotten: bool,
}

#[derive(Debug)]
struct Entry {
    /// Name and value in one piece; `None` when one of them is unseen.
    text: Option<Box<[u8]>>,
    name_bytes: usize,
    size: usize,
}

/// What stands at an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot<'a> {
    Known {
        name: &'a [u8],
        value: &'a [u8],
    },
    Unseen,
    /// Nothing: no encoder would name it.
    Empty,
}

impl Default for DynamicTable {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            capacity: Some(INITIAL_CAPACITY),
            has_unseen: false,
            has_forgotten: false,
        }
    }
}

impl DynamicTable {
    /// Part of the direction was not seen: everything before may have changed.
    pub(super) fn lose(&mut self) {
        *self = Self { entries: VecDeque::new(), bytes: 0, capacity: None, has_unseen: true, ..*self };
    }

    /// The entry at `index`, 0 for the newest.
    pub(super) fn get(&self, index: usize) -> Slot<'_> {
        match self.entries.get(index) {
            Some(Entry { text: Some(text), name_bytes, .. }) => {
                let (name, value) = text.split_at(*name_bytes);
                Slot::Known { name, value }
            }
            Some(_) => Slot::Unseen,
            None if self.has_unseen && index < MAX_BYTES / ENTRY_OVERHEAD => Slot::Unseen,
            None => Slot::Empty,
        }
    }

    /// Adds an entry at the front. One that is larger than the table empties it (RFC 7541 §4.4).
    pub(super) fn add(&mut self, name: &[u8], value: &[u8]) {
        let size = name.len() + value.len() + ENTRY_OVERHEAD;
        let text = (size <= self.room()).then(|| [name, value].concat().into_boxed_slice());
        self.push(Entry { text, name_bytes: name.len(), size });
    }

    /// Adds an entry of which only the length of the value is known.
    pub(super) fn add_unseen(&mut self, value_bytes: usize) {
        self.push(Entry { text: None, name_bytes: 0, size: value_bytes + ENTRY_OVERHEAD });
    }

    /// The encoder changes the table's size (RFC 7541 §4.3).
    pub(super) fn resize(&mut self, capacity: usize) {
        self.capacity = Some(capacity);
        if capacity < ENTRY_OVERHEAD {
            // Not even an empty entry fits, so nothing unseen is left.
            self.has_unseen = false;
        }
        self.evict();
    }

    fn push(&mut self, entry: Entry) {
        self.bytes += entry.size;
        self.entries.push_front(entry);
        self.evict();
    }

    fn room(&self) -> usize {
        self.capacity.unwrap_or(MAX_BYTES).min(MAX_BYTES)
    }

    /// Entries go from the oldest. Unseen ones are older than all others: when one of ours must go, they are gone.
    fn evict(&mut self) {
        while self.bytes > self.room()
            && let Some(oldest) = self.entries.pop_back()
        {
            self.bytes -= oldest.size;
            let is_our_bound = self.capacity.is_none_or(|capacity| capacity > MAX_BYTES);
            self.has_unseen = is_our_bound;
            self.has_forgotten |= is_our_bound;
        }
    }

    /// Whether our bound has ever been hit.
    pub(super) fn has_forgotten(&self) -> bool {
        self.has_forgotten
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<'a>(name: &'a str, value: &'a str) -> Slot<'a> {
        Slot::Known { name: name.as_bytes(), value: value.as_bytes() }
    }

    #[test]
    fn the_newest_entry_comes_first_and_the_oldest_goes_first_rfc_7541_4_4() {
        let mut table = DynamicTable::default();
        table.resize(2 * (ENTRY_OVERHEAD + 2));
        for value in [b"1", b"2", b"3"] {
            table.add(b"n", value);
        }
        assert_eq!([table.get(0), table.get(1), table.get(2)], [known("n", "3"), known("n", "2"), Slot::Empty]);
        table.resize(ENTRY_OVERHEAD + 2);
        assert_eq!([table.get(0), table.get(1)], [known("n", "3"), Slot::Empty]);
        table.add(b"n", b"too large");
        assert_eq!((table.get(0), table.bytes()), (Slot::Empty, 0));
    }

    #[test]
    fn entries_added_since_a_loss_keep_their_numbers_and_older_ones_are_unseen() {
        let mut table = DynamicTable::default();
        table.add(b"a", b"1");
        table.lose();
        assert_eq!(table.get(0), Slot::Unseen);
        table.add(b"b", b"2");
        table.add_unseen(5);
        assert_eq!([table.get(0), table.get(1), table.get(2)], [Slot::Unseen, known("b", "2"), Slot::Unseen]);
        assert_eq!(table.get(MAX_BYTES), Slot::Empty);
    }

    #[test]
    fn a_table_that_was_emptied_has_nothing_unseen() {
        let mut table = DynamicTable::default();
        table.lose();
        table.resize(0);
        table.resize(4096);
        assert_eq!(table.get(0), Slot::Empty);
    }

    #[test]
    fn what_an_encoder_remembers_beyond_our_bound_is_unseen() {
        let mut table = DynamicTable::default();
        table.resize(1 << 20);
        let value = vec![b'v'; 1000];
        for _ in 0..100 {
            table.add(b"n", &value);
        }
        assert!(table.bytes() <= MAX_BYTES);
        assert_eq!(table.get(90), Slot::Unseen);
        assert!(table.has_forgotten());
    }
}
