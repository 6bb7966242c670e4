//! Puts fragmented datagrams together, within bounds.
//!
//! Receivers differ in what they make of fragments that overlap, and attackers know it: a datagram whose fragments disagree
//! is given up and reported, and so is an IPv6 one whose fragments overlap at all (RFC 8200 §4.5, RFC 5722 §4). What was
//! sent twice in the same way is one fragment.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::{Datagram, ipv6};
use crate::limits::Limits;
use crate::wire::{Malformed, Wire};

/// The longest payload an IP datagram can have.
const LONGEST: usize = 65_535;
/// Fragments of one datagram that are taken in, repeated ones included: as many as a datagram can be cut into.
const MOST_FRAGMENTS: usize = LONGEST.div_ceil(FRAGMENT_UNIT);
/// Every fragment but the last is a multiple of this long, in bytes (RFC 791 §3.2).
const FRAGMENT_UNIT: usize = 8;
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
    /// Bytes in all pieces.
    held: usize,
    /// Given up: what else comes of it is passed over until it is too old (RFC 5722 §4).
    refused: bool,
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
    ///
    /// # Errors
    /// When it cannot be a part of a datagram, or of this one.
    pub(crate) fn add(
        &mut self,
        datagram: &Datagram<'_>,
        position: u64,
        now_ns: i64,
        limits: &Limits,
    ) -> Result<Option<Whole>, Malformed> {
        let Some(fragment) = datagram.fragment else { return Ok(None) };
        self.drop_old(now_ns, limits);
        let layer = if datagram.source.is_ipv4() { "IPv4" } else { "IPv6" };
        let (length, end) = (datagram.payload.len(), fragment.offset + datagram.payload.len());
        if end > LONGEST {
            return Err(Malformed::Field { layer, field: "fragment end", value: end });
        }
        if fragment.more && length % FRAGMENT_UNIT != 0 {
            return Err(Malformed::Field { layer, field: "fragment length", value: length });
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
        if partial.refused {
            return Ok(None);
        }
        let (before, strict) = (partial.cost, datagram.source.is_ipv6());
        let at = fragment.offset;
        let fits = partial.fits(at, datagram.payload.bytes, strict) && partial.set_end(end, fragment.more);
        if !fits || partial.positions.len() >= MOST_FRAGMENTS {
            *partial = Partial { first_ns: partial.first_ns, refused: true, ..Partial::default() };
            self.cost -= before;
            self.dropped += 1;
            return if fits { Ok(None) } else { Err(Malformed::Fragments { layer, at }) };
        }
        partial.positions.push(position);
        partial.insert(at, datagram.payload.bytes);
        partial.cost += OVERHEAD;
        self.cost += partial.cost - before;
        if at == 0 {
            partial.protocol = datagram.protocol;
        }
        if partial.total != Some(partial.held) {
            return Ok(None);
        }
        let Some(partial) = self.partial.remove(&key) else { return Ok(None) };
        self.cost -= partial.cost;
        Ok(Some(Whole {
            source: key.source,
            destination: key.destination,
            protocol: partial.protocol,
            bytes: partial.pieces.into_iter().flat_map(|(_, piece)| piece).collect(),
            positions: partial.positions,
        }))
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
                self.dropped += u64::from(!partial.refused);
            }
        }
    }
}

impl Partial {
    /// Whether these bytes agree with those that are there. When `strict`, only the same fragment again may overlap.
    fn fits(&self, offset: usize, bytes: &[u8], strict: bool) -> bool {
        let end = offset + bytes.len();
        let first = self.pieces.partition_point(|(start, piece)| start + piece.len() <= offset);
        let mut overlapping = self.pieces[first..].iter().take_while(|(start, _)| *start < end);
        overlapping.all(|(start, piece)| {
            let (from, to) = (offset.max(*start), end.min(start + piece.len()));
            let is_repeated = *start == offset && piece.len() == bytes.len();
            bytes[from - offset..to - offset] == piece[from - start..to - start] && (is_repeated || !strict)
        })
    }

    /// Notes where a fragment ends; whether it can, given where the datagram does.
    fn set_end(&mut self, end: usize, more: bool) -> bool {
        let last_end = self.pieces.last().map_or(0, |(start, piece)| start + piece.len());
        match self.total {
            Some(total) => end <= total && (more || end == total),
            None if more => true,
            None => {
                self.total = Some(end);
                last_end <= end
            }
        }
    }

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
                self.held += hole_end - at;
                index += 1;
            }
            at = self.pieces.get(index).map_or(end, |(start, piece)| start + piece.len()).max(hole_end);
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

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

    fn v6(datagram: Datagram<'_>) -> Datagram<'_> {
        Datagram { source: "fd00::1".parse().unwrap(), destination: "fd00::2".parse().unwrap(), ..datagram }
    }

    /// What comes of the last of these fragments, of the one version and of the other.
    fn add_all(parts: &[(usize, bool, &[u8])]) -> [Result<Option<Vec<u8>>, Malformed>; 2] {
        [false, true].map(|is_v6| {
            let (mut fragments, mut last) = (Fragments::default(), Ok(None));
            for (position, (offset, more, bytes)) in (0..).zip(parts) {
                let fragment = fragment(*offset, *more, bytes);
                let fragment = if is_v6 { v6(fragment) } else { fragment };
                last = fragments.add(&fragment, position, 0, &Limits::default());
            }
            last.map(|whole| whole.map(|whole| whole.bytes))
        })
    }

    const DISAGREE_V4: Result<Option<Vec<u8>>, Malformed> = Err(Malformed::Fragments { layer: "IPv4", at: 8 });
    const DISAGREE_V6: Result<Option<Vec<u8>>, Malformed> = Err(Malformed::Fragments { layer: "IPv6", at: 8 });

    #[test]
    fn fragments_join_in_any_order() {
        let parts: [(usize, bool, &[u8]); 3] = [(0, true, &[1; 8]), (8, true, &[2; 8]), (16, false, &[3; 3])];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let whole = Ok(Some([&[1; 8][..], &[2; 8], &[3; 3]].concat()));
            assert_eq!(add_all(&order.map(|i| parts[i])), [whole.clone(), whole]);
        }
    }

    #[test]
    fn fragments_that_disagree_are_refused_and_so_is_what_follows_rfc_5722_4() {
        let parts: [(usize, bool, &[u8]); 4] =
            [(0, true, &[1; 16]), (8, true, &[2; 8]), (16, false, &[3; 8]), (0, true, &[1; 16])];
        assert_eq!(add_all(&parts[..2]), [DISAGREE_V4, DISAGREE_V6]);
        assert_eq!(add_all(&parts), [Ok(None), Ok(None)]);
    }

    #[test]
    fn the_same_fragment_again_is_one_and_only_ipv4_may_overlap_in_the_same_bytes() {
        let whole = Ok(Some(vec![1; 24]));
        let again: [(usize, bool, &[u8]); 3] = [(0, true, &[1; 16]), (0, true, &[1; 16]), (16, false, &[1; 8])];
        assert_eq!(add_all(&again), [whole.clone(), whole.clone()]);
        let overlapping: [(usize, bool, &[u8]); 2] = [(0, true, &[1; 16]), (8, false, &[1; 16])];
        assert_eq!(add_all(&overlapping), [whole, DISAGREE_V6]);
    }

    #[test]
    fn nothing_lies_behind_the_last_fragment() {
        let last: (usize, bool, &[u8]) = (8, false, &[1; 4]);
        for other in [(8, true, &[1; 8][..]), (8, false, &[1; 5])] {
            assert_eq!(add_all(&[last, other]), [DISAGREE_V4, DISAGREE_V6]);
        }
        assert_eq!(add_all(&[(16, true, &[1; 8]), last]), [DISAGREE_V4, DISAGREE_V6]);
    }

    #[test]
    fn the_smallest_fragments_join_and_a_longer_datagram_than_there_can_be_is_refused() {
        let bytes: Vec<u8> = (0..=255).cycle().take(LONGEST).collect();
        let count = bytes.chunks(FRAGMENT_UNIT).count();
        let mut fragments = Fragments::default();
        let mut whole = None;
        for (index, part) in bytes.chunks(FRAGMENT_UNIT).enumerate().rev() {
            let fragment = fragment(index * FRAGMENT_UNIT, index + 1 < count, part);
            whole = fragments.add(&fragment, 0, 0, &Limits::default()).unwrap();
        }
        assert_eq!((count, whole.unwrap().bytes), (MOST_FRAGMENTS, bytes));
        let add =
            |offset, more, bytes| Fragments::default().add(&fragment(offset, more, bytes), 0, 0, &Limits::default());
        let too_long = Malformed::Field { layer: "IPv4", field: "fragment end", value: 65_536 };
        assert_eq!(add(65_528, false, &[0; 8]).unwrap_err(), too_long);
        let uneven = Malformed::Field { layer: "IPv4", field: "fragment length", value: 7 };
        assert_eq!(add(0, true, &[0; 7]).unwrap_err(), uneven);
    }

    #[test]
    fn repeated_fragments_are_bounded_and_a_datagram_given_up_is_counted_once() {
        let (mut fragments, limits) = (Fragments::default(), Limits::default());
        for _ in 0..2 * MOST_FRAGMENTS {
            assert!(fragments.add(&fragment(0, true, &[1; 8]), 0, 0, &limits).unwrap().is_none());
        }
        assert_eq!((fragments.dropped, fragments.cost), (1, 0));
        fragments.add(&fragment(8, true, &[1; 8]), 0, limits.fragment_ns, &limits).unwrap();
        assert_eq!((fragments.dropped, fragments.partial.len()), (1, 1), "and its place is free again");
    }

    #[test]
    fn a_hole_keeps_the_datagram_waiting_until_it_is_too_old() {
        let mut fragments = Fragments::default();
        let limits = Limits::default();
        assert!(fragments.add(&fragment(8, false, &[2; 8]), 0, 0, &limits).unwrap().is_none());
        assert!(fragments.add(&fragment(0, true, &[1; 8]), 1, limits.fragment_ns, &limits).unwrap().is_none());
        assert_eq!(fragments.dropped, 1);
    }

    #[test]
    fn waiting_bytes_are_bounded() {
        let limits = Limits { fragment_bytes_total: 10_000, ..Limits::default() };
        let mut fragments = Fragments::default();
        for identification in 0..1_000 {
            let mut datagram = fragment(0, true, &[0; 1_000]);
            datagram.fragment = Some(Fragment { identification, offset: 0, more: true });
            fragments.add(&datagram, 0, 0, &limits).unwrap();
        }
        assert!(fragments.cost <= 12_000 && fragments.by_age.len() < 20, "{} bytes", fragments.cost);
    }

    proptest! {
        #[test]
        fn any_cut_and_order_joins_to_what_was_cut(
            bytes in prop::collection::vec(any::<u8>(), 1..400),
            cuts in prop::collection::vec(0usize..50, 0..10),
            order in any::<prop::sample::Index>(),
            again in any::<prop::sample::Index>(),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut * FRAGMENT_UNIT).filter(|cut| *cut < bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            cuts.dedup();
            let mut parts: Vec<_> =
                cuts.windows(2).map(|ends| fragment(ends[0], ends[1] < bytes.len(), &bytes[ends[0]..ends[1]])).collect();
            let count = parts.len();
            parts.rotate_left(order.index(count));
            parts.insert(again.index(count), parts[0]);
            let mut fragments = Fragments::default();
            let whole = parts.iter().find_map(|part| fragments.add(part, 0, 0, &Limits::default()).unwrap());
            prop_assert_eq!(whole.map(|whole| whole.bytes), Some(bytes));
        }

        #[test]
        fn arbitrary_fragments_never_panic_and_costs_add_up(
            parts in prop::collection::vec((0usize..6, any::<bool>(), prop::collection::vec(0u8..2, 0..30), any::<bool>()), 0..30),
        ) {
            let mut fragments = Fragments::default();
            for (offset, more, bytes, is_v6) in &parts {
                let part = fragment(offset * FRAGMENT_UNIT, *more, bytes);
                let _ = fragments.add(&if *is_v6 { v6(part) } else { part }, 0, 0, &Limits::default());
            }
            prop_assert_eq!(fragments.cost, fragments.partial.values().map(|partial| partial.cost).sum::<usize>());
        }
    }
}
