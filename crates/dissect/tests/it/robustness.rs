//! Nothing that a file can hold makes dissection fail.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wirereel_dissect::record::DetailRequest;
use wirereel_dissect::{Dissector, Limits};
use wirereel_testkit::{CapturedPacket, Conversation, Link, Packets};

use crate::collect::{read, read_with};

const LINK_TYPES: [u16; 15] = [0, 1, 9, 12, 14, 50, 51, 101, 104, 108, 113, 147, 228, 229, 276];

/// Real packets of every kind, as a start for damage.
fn sound_packets() -> Vec<CapturedPacket> {
    let links = Link::all();
    let stories = links.iter().flat_map(|link| {
        let tcp = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80").link(*link);
        let udp = Conversation::udp("[fd00::1]:40000", "[fd00::2]:4789").link(*link);
        let request = b"GET /search?q=shoes HTTP/1.1\r\nHost: shop\r\n\r\n";
        let response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        [tcp.handshake().client(request).server(response).close().packets(), udp.client(&[8; 80]).packets()]
    });
    stories.flat_map(|packets| packets.0).collect()
}

/// Always the same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// Flips one bit in about one of `one_in` bytes, and drops or repeats a packet now and then.
fn damaged(packets: &Packets, one_in: usize, seed: u64) -> Packets {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut damaged = Vec::new();
    for packet in &packets.0 {
        let mut packet = packet.clone();
        for _ in 0..packet.bytes.len().div_ceil(one_in) {
            let (at, bit) = (dice.below(packet.bytes.len()), dice.below(8));
            packet.bytes[at] ^= 1 << bit;
        }
        match dice.below(20) {
            0 => {}
            1 => damaged.extend([packet.clone(), packet]),
            _ => damaged.push(packet),
        }
    }
    Packets(damaged)
}

#[test]
fn conversations_with_bits_flipped_in_a_thousand_ways_are_read_in_bounded_time() {
    let packets = Packets(sound_packets());
    let request = DetailRequest { segments: true, stream_limit_bytes: 1_000 };
    for seed in 0..1_000 {
        let damaged = damaged(&packets, [10, 50, 200, 1_000][seed as usize % 4], seed);
        let began = Instant::now();
        let plain = read(&damaged);
        let detailed = read_with(Dissector::with_detail(Limits::default(), request), &damaged);
        // Two readings of some three hundred packets take a few milliseconds.
        assert!(began.elapsed() < Duration::from_secs(5), "seed {seed} takes {:?}", began.elapsed());
        assert_eq!((plain.figures.packets as usize, plain.figures.flows_open), (damaged.0.len(), 0));
        assert_eq!((plain.flows, plain.events), (detailed.flows, detailed.events), "seed {seed}");
        assert!(detailed.pieces.iter().all(|piece| piece.bytes.len() <= 1_000), "seed {seed}");
    }
}

#[test]
fn single_byte_segments_in_the_worst_order_are_read_in_bounded_time() {
    let story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:9").largest_segment(1).handshake();
    let mut packets = story.client(&[7; 40_000]).packets();
    // Every other one first, from the back: no two held bytes are neighbours.
    let tail = packets.0.split_off(3);
    packets.0.extend(tail.iter().rev().step_by(2).cloned());
    packets.0.extend(tail.iter().step_by(2).cloned());
    let began = Instant::now();
    let collected = read(&packets);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(collected.figures.limits_hit.reorder_per_flow > 0);
    let figures = collected.flow().from_client;
    assert!(figures.bytes <= 40_000 && figures.bytes + figures.missed_bytes >= 39_999, "{figures:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_of_any_link_type_do_not_panic(
        frames in prop::collection::vec((0..LINK_TYPES.len(), prop::collection::vec(any::<u8>(), 0..200), any::<i64>(), 0u32..70_000), 1..20),
    ) {
        let packets = frames.into_iter().map(|(link, bytes, at_ns, wire_len)| {
            CapturedPacket { at_ns, link_type: LINK_TYPES[link], bytes, wire_len }
        });
        let packets = Packets(packets.collect());
        let collected = read(&packets);
        prop_assert_eq!(collected.figures.packets as usize, packets.0.len());
        prop_assert_eq!(collected.figures.flows_open, 0);
    }

    #[test]
    fn damaged_packets_do_not_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..60),
        cut in prop::collection::vec((any::<prop::sample::Index>(), 0usize..80), 0..10),
    ) {
        let mut packets = sound_packets();
        for (packet, at, value) in damage {
            let count = packets.len();
            let packet = &mut packets[packet.index(count)];
            let len = packet.bytes.len().min(80);
            packet.bytes[at.index(len)] = value;
        }
        for (packet, len) in cut {
            let count = packets.len();
            packets[packet.index(count)].bytes.truncate(len);
        }
        let collected = read(&Packets(packets));
        prop_assert_eq!(collected.figures.flows as usize, collected.flows.len());
        for flow in &collected.flows {
            prop_assert!(flow.opened_ns <= flow.closed_ns);
        }
    }
}
