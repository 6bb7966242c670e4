//! Nothing that a file can hold makes dissection fail.

use proptest::prelude::*;
use wirereel_testkit::{CapturedPacket, Conversation, Link, Packets};

use crate::collect::read;

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
