//! Bytes in order, whatever the capture did to their packets.

use proptest::prelude::*;
use wirereel_dissect::record::Flow;
use wirereel_testkit::{Conversation, Packets, Side};

use crate::collect::{Collected, read};

fn tcp() -> Conversation {
    Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80")
}

fn flow(packets: &Packets) -> Flow {
    read(packets).flow().clone()
}

/// The figures of what the client sent: bytes, missed, retransmitted.
fn client_figures(packets: &Packets) -> (u64, u64, u64) {
    let figures = flow(packets).from_client;
    (figures.bytes, figures.missed_bytes, figures.retransmits)
}

#[test]
fn a_repeated_segment_counts_once_and_is_a_retransmission() {
    let packets = tcp().handshake().client(b"abc").client(b"def").close().packets();
    assert_eq!(client_figures(&packets.clone().duplicate(3)), (6, 0, 1));
    assert_eq!(flow(&packets.duplicate(3)).history, "ShADTFf");
}

#[test]
fn segments_out_of_order_are_neither_missed_nor_retransmitted() {
    let packets = tcp().handshake().client(b"abc").client(b"def").client(b"ghi").ack(Side::Server).close().packets();
    assert_eq!(client_figures(&packets.move_to(5, 3)), (9, 0, 0));
}

#[test]
fn a_gap_is_declared_when_the_peer_acknowledges_past_it() {
    let story = tcp().handshake().client(b"abc").unseen(Side::Client, 1_000).client(b"def");
    let unacknowledged = flow(&story.clone().packets());
    assert_eq!((unacknowledged.from_client.bytes, unacknowledged.from_client.missed_bytes), (6, 0));
    let acknowledged = flow(&story.ack(Side::Server).packets());
    assert_eq!((acknowledged.from_client.bytes, acknowledged.from_client.missed_bytes), (6, 1_000));
    assert_eq!(acknowledged.history, "ShADaG");
}

#[test]
fn a_response_of_which_only_the_fin_was_captured_is_missed_in_full() {
    let packets = tcp().handshake().client(b"GET").unseen(Side::Server, 2_902).fin(Side::Server).close().packets();
    let flow = flow(&packets);
    assert_eq!((flow.from_server.bytes, flow.from_server.missed_bytes), (0, 2_902));
}

#[test]
fn keep_alive_probes_are_not_data() {
    let packets =
        tcp().handshake().client(b"abc").ack(Side::Server).keep_alive(Side::Client).ack(Side::Server).packets();
    assert_eq!(client_figures(&packets), (3, 0, 0));
    let mid_stream = tcp().keep_alive(Side::Client).ack(Side::Server).client(b"abc").ack(Side::Server).packets();
    assert_eq!(client_figures(&mid_stream), (3, 0, 0));
}

#[test]
fn sequence_numbers_wrap_in_mid_connection() {
    let packets = tcp()
        .initial_sequence(u32::MAX - 5, u32::MAX)
        .handshake()
        .client(&[7; 5_000])
        .server(&[8; 3_000])
        .close()
        .packets();
    let flow = flow(&packets);
    assert_eq!((flow.from_client.bytes, flow.from_server.bytes), (5_000, 3_000));
}

#[test]
fn what_the_snap_length_took_is_missed_once_it_is_acknowledged() {
    let packets = tcp().handshake().client(&[7; 500]).ack(Side::Server).close().packets().snap(54 + 100);
    assert_eq!(client_figures(&packets), (100, 400, 0));
    assert_eq!(read(&packets).figures.truncated, 1);
}

#[test]
fn a_syn_may_carry_data() {
    // TCP Fast Open (RFC 7413): the same bytes as a handshake and a first segment, in one packet.
    let mut packets = tcp().handshake().client(b"early").packets();
    let mut early = packets.0[3].clone();
    early.at_ns = packets.0[0].at_ns;
    // Sequence number of the SYN, flags SYN: offsets inside the TCP header behind Ethernet and IPv4.
    let sequence = packets.0[0].bytes[38..42].to_vec();
    early.bytes[38..42].copy_from_slice(&sequence);
    early.bytes[47] = 0x02;
    packets.0 = vec![early, packets.0[1].clone(), packets.0[2].clone()];
    assert_eq!(client_figures(&packets), (5, 0, 0));
}

fn exchanges(collected: &Collected) -> Vec<(Option<String>, u64, u64, bool)> {
    let row = |exchange: &wirereel_dissect::record::HttpExchange| {
        (
            exchange.target.as_deref().map(str::to_owned),
            exchange.request_body_bytes,
            exchange.response_body_bytes,
            exchange.complete,
        )
    };
    collected.exchanges.iter().map(row).collect()
}

#[test]
fn an_exchange_reads_the_same_from_shuffled_packets() {
    let body = "0123456789".repeat(60);
    let request = format!("POST /orders HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let story = tcp().largest_segment(50).handshake().client(request.as_bytes());
    let story = story.server(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok").close();
    let in_order = story.packets();
    let expected = vec![(Some("/orders".to_owned()), 600, 2, true)];
    assert_eq!(exchanges(&read(&in_order)), expected);
    let last = in_order.0.len() - 5;
    assert_eq!(exchanges(&read(&in_order.duplicate(6).move_to(last, 3).move_to(9, 4))), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_and_repetition_gives_the_same_flow(
        seed in any::<u64>(),
        window in 1usize..12,
        repeated in prop::collection::vec(3usize..14, 0..6),
        start in any::<u32>(),
    ) {
        let story = tcp().initial_sequence(start, !start).largest_segment(50).handshake().client(&[9; 600]);
        let mut said = story.packets();
        let tail = said.0.split_off(3);
        let mut shuffled = Packets(tail).shuffle(window, seed);
        for index in repeated {
            let count = shuffled.0.len();
            shuffled = shuffled.duplicate(index % count);
        }
        said.0.extend(shuffled.0);
        let collected = read(&said);
        let figures = collected.flow().from_client;
        prop_assert_eq!((figures.bytes, figures.missed_bytes), (600, 0));
        prop_assert_eq!(figures.packets as usize, said.0.len() - 1);
    }
}
