//! Puts fragmented datagrams together, within bounds.
//!
//! Where fragments overlap, the bytes that came first stay (RFC 5722 would drop the datagram; a capture tool shows it).

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::{Datagram, ipv6};
use crate::limits::Limits;
use crate::wire::{Malformed, Wire};

/// The longest payload an IP datagram can have.
const LONGEST: usize = 65_535;
/// What a fragment costs besides its bytes, so that empty ones are bounded too.
const OVERHEAD: usize = 64;

/// What the fragments of one datagram have in common (RFC 791 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    /// IPv4 tells datagrams apart by protocol too; IPv6 does not.
    protocol: Option<u8>,
}

#[derive(Debug, Default)]
struct Partial {
    first_ns: i64,
    /// Sorted by offset, never overlapping.
    pieces: Vec<(usize, Vec<u8>)>,
    /// Known once the last fragment was seen.
    total: Option<usize>,
    /// The protocol said by the fragment at offset 0.
    protocol: u8,
    positions: Vec<u64>,
    cost: usize,
}

/// A datagram all of whose fragments were seen.
#[derive(Debug)]
pub(crate) struct Whole {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    bytes: Vec<u8>,
    /// Positions of the packets that carried it, in the order of arrival.
    pub(crate) positions: Vec<u64>,
}

impl Whole {
    /// The datagram as if it had come in one piece.
    pub(crate) fn datagram(&self) -> Result<Datagram<'_>, Malformed> {
        let datagram = Datagram {
            source: self.source,
            destination: self.destination,
            protocol: self.protocol,
            payload: Wire::whole(&self.bytes),
            fragment: None,
        };
        if self.source.is_ipv6() { ipv6::after_reassembly(datagram) } else { Ok(datagram) }
    }
}

/// Incomplete datagrams.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    partial: HashMap<Key, Partial, RandomState>,
    /// In order of first fragment; keys already completed are skipped when met.
    by_age: VecDeque<(i64, Key)>,
    cost: usize,
    /// Incomplete datagrams given up.
    pub(crate) dropped: u64,
}

impl Fragments {
    /// Takes in a fragment; gives the datagram that it completes.
    pub(crate) fn add(
        &mut self,
        datagram: &Datagram<'_>,
        position: u64,
        now_ns: i64,
        limits: &Limits,
    ) -> Option<Whole> {
        let fragment = datagram.fragment?;
        self.drop_old(now_ns, limits);
        let bytes = datagram.payload.bytes;
        let end = fragment.offset + datagram.payload.len();
        if end > LONGEST {
            self.dropped += 1;
            return None;
        }
        let key = Key {
            source: datagram.source,
            destination: datagram.destination,
            identification: fragment.identification,
            protocol: datagram.source.is_ipv4().then_some(datagram.protocol),
        };
        let by_age = &mut self.by_age;
        let partial = self.partial.entry(key).or_insert_with(|| {
            by_age.push_back((now_ns, key));
            Partial { first_ns: now_ns, ..Partial::default() }
        });
        let before = partial.cost;
        partial.positions.push(position);
        partial.insert(fragment.offset, bytes);
        partial.cost += OVERHEAD;
        self.cost += partial.cost - before;
        if fragment.offset == 0 {
            partial.protocol = datagram.protocol;
        }
        if !fragment.more {
            partial.total.get_or_insert(end);
        }
        if !partial.complete() {
            return None;
        }
        let partial = self.partial.remove(&key)?;
        self.cost -= partial.cost;
        Some(Whole {
            source: key.source,
            destination: key.destination,
            protocol: partial.protocol,
            bytes: partial.join(),
            positions: partial.positions,
        })
    }

    fn drop_old(&mut self, now_ns: i64, limits: &Limits) {
        while let Some(&(first_ns, key)) = self.by_age.front() {
            let too_old = now_ns.saturating_sub(first_ns) >= limits.fragment_ns;
            if !too_old
                && self.cost <= limits.fragment_bytes_total
                && self.by_age.len() <= limits.fragment_bytes_total / OVERHEAD
            {
                return;
            }
            self.by_age.pop_front();
            // An identification that has been used again belongs to a later entry of the queue.
            if self.partial.get(&key).is_none_or(|partial| partial.first_ns != first_ns) {
                continue;
            }
            if let Some(partial) = self.partial.remove(&key) {
                self.cost -= partial.cost;
                self.dropped += 1;
            }
        }
    }
}

impl Partial {
    /// Keeps those bytes that are not there yet.
    fn insert(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        let mut at = offset;
        let mut index = self.pieces.partition_point(|(start, piece)| start + piece.len() <= offset);
        while at < end {
            let hole_end = self.pieces.get(index).map_or(end, |(start, _)| (*start).min(end));
            if at < hole_end {
                self.pieces.insert(index, (at, bytes[at - offset..hole_end - offset].to_vec()));
                self.cost += hole_end - at;
                index += 1;
            }
            at = self.pieces.get(index).map_or(end, |(start, piece)| start + piece.len()).max(hole_end);
            index += 1;
        }
    }

    fn complete(&self) -> bool {
        let Some(total) = self.total else { return false };
        let mut next = 0;
        for (start, piece) in &self.pieces {
            if *start > next {
                return false;
            }
            next = start + piece.len();
        }
        next >= total
    }

    fn join(&self) -> Vec<u8> {
        let mut whole: Vec<u8> = self.pieces.iter().flat_map(|(_, piece)| piece).copied().collect();
        whole.truncate(self.total.unwrap_or(whole.len()));
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::Fragment;
    use super::*;

    fn fragment(offset: usize, more: bool, bytes: &[u8]) -> Datagram<'_> {
        Datagram {
            source: Ipv4Addr::new(10, 0, 0, 1).into(),
            destination: Ipv4Addr::new(10, 0, 0, 2).into(),
            protocol: 17,
            payload: Wire::whole(bytes),
            fragment: Some(Fragment { identification: 7, offset, more }),
        }
    }

    fn add_all(parts: &[(usize, bool, &[u8])]) -> Option<Whole> {
        let mut fragments = Fragments::default();
        let mut whole = None;
        for (position, (offset, more, bytes)) in parts.iter().enumerate() {
            whole = fragments.add(&fragment(*offset, *more, bytes), position as u64, 0, &Limits::default());
        }
        whole
    }

    #[test]
    fn fragments_join_in_any_order() {
        let parts: [(usize, bool, &[u8]); 3] = [(0, true, &[1; 8]), (8, true, &[2; 8]), (16, false, &[3; 3])];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let whole = add_all(&order.map(|i| parts[i])).unwrap();
            assert_eq!(whole.bytes, [&[1; 8][..], &[2; 8], &[3; 3]].concat());
            assert_eq!(whole.positions, [0, 1, 2]);
        }
    }

    #[test]
    fn where_fragments_overlap_the_first_bytes_stay() {
        let whole = add_all(&[(8, true, &[2; 8]), (0, true, &[1; 24]), (16, false, &[3; 8])]).unwrap();
        assert_eq!(whole.bytes, [&[1; 8][..], &[2; 8], &[1; 8]].concat());
    }

    #[test]
    fn a_hole_keeps_the_datagram_waiting_until_it_is_too_old() {
        let mut fragments = Fragments::default();
        let limits = Limits::default();
        assert!(fragments.add(&fragment(8, false, &[2; 8]), 0, 0, &limits).is_none());
        assert!(fragments.add(&fragment(0, true, &[1; 8]), 1, limits.fragment_ns, &limits).is_none());
        assert_eq!(fragments.dropped, 1);
    }

    #[test]
    fn waiting_bytes_are_bounded() {
        let limits = Limits { fragment_bytes_total: 10_000, ..Limits::default() };
        let mut fragments = Fragments::default();
        for identification in 0..1_000 {
            let mut datagram = fragment(0, true, &[0; 1_000]);
            datagram.fragment = Some(Fragment { identification, offset: 0, more: true });
            fragments.add(&datagram, 0, 0, &limits);
        }
        assert!(fragments.cost <= 12_000 && fragments.by_age.len() < 20, "{} bytes", fragments.cost);
    }
}
