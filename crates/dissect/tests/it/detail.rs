//! A flow read again in detail: a row per packet with its verdicts, and the bytes in reading order.

use wirereel_dissect::record::{self, DetailRequest, Verdict};
use wirereel_dissect::{Dissector, Limits};
use wirereel_testkit::{Conversation, Packets, Side};

use crate::collect::{Collected, read, read_with};
use crate::segments::{ACK, FIN, Raw, SYN, captured, opened, raw};

use Side::{Client, Server};

const EVERYTHING: DetailRequest = DetailRequest { segments: true, stream_limit_bytes: 1 << 20 };

fn detail(packets: &Packets) -> Collected {
    read_with(Dissector::with_detail(Limits::default(), EVERYTHING), packets)
}

/// The verdicts of every segment behind the handshake.
fn verdicts(after_handshake: &[Raw]) -> Vec<Vec<Verdict>> {
    let collected = detail(&captured(&[opened(), after_handshake.to_vec()].concat()));
    collected.segments.into_iter().skip(3).map(|segment| segment.verdicts).collect()
}

/// Bytes of one side as text, holes as `[n]`.
fn text(collected: &Collected, side: record::Side) -> String {
    let pieces = collected.pieces.iter().filter(|piece| piece.side == side);
    pieces.fold(String::new(), |mut text, piece| {
        if piece.missed_bytes > 0 {
            text += &format!("[{}]", piece.missed_bytes);
        }
        text + &String::from_utf8_lossy(&piece.bytes)
    })
}

#[test]
fn every_packet_is_told_of_with_numbers_that_start_at_the_first_byte() {
    let mut segments = vec![
        raw(Client, SYN, 0, 0).scale(7).window(64_000),
        raw(Server, SYN | ACK, 0, 0).scale(2).window(64_000),
        raw(Client, ACK, 0, 0),
        raw(Client, ACK, 0, 0).says(b"hello"),
        raw(Server, ACK, 0, 5).says(b"hi"),
    ];
    segments.push(raw(Client, ACK | FIN, 5, 2));
    let collected = detail(&captured(&segments));
    let row = |segment: &record::SegmentSeen| {
        (segment.side, segment.sequence, segment.acknowledgement, segment.payload_bytes, segment.window_bytes)
    };
    let rows: Vec<_> = collected.segments.iter().map(row).collect();
    let (client, server) = (record::Side::Client, record::Side::Server);
    assert_eq!(
        rows,
        [
            (client, 0, None, 0, Some(64_000)),
            (server, 0, Some(0), 0, Some(64_000)),
            (client, 0, Some(0), 0, Some(500 << 7)),
            (client, 0, Some(0), 5, Some(500 << 7)),
            (server, 0, Some(5), 2, Some(500 << 2)),
            (client, 5, Some(2), 0, Some(500 << 7)),
        ]
    );
    let flags: Vec<u8> = collected.segments.iter().map(|segment| segment.flags).collect();
    assert_eq!(flags, [0x02, 0x12, 0x10, 0x10, 0x10, 0x11]);
    let positions: Vec<u64> = collected.segments.iter().map(|segment| segment.position).collect();
    assert_eq!(positions, [0, 1, 2, 3, 4, 5]);
    assert!(collected.segments.iter().all(|segment| segment.verdicts.is_empty()));
    assert_eq!((text(&collected, client).as_str(), text(&collected, server).as_str()), ("hello", "hi"));
}

#[test]
fn a_window_is_not_scaled_when_one_end_named_no_scale() {
    let segments = [raw(Client, SYN, 0, 0).scale(7), raw(Server, SYN | ACK, 0, 0), raw(Client, ACK, 0, 0)];
    assert_eq!(detail(&captured(&segments)).segments[2].window_bytes, Some(500));
}

#[test]
fn order_and_repetition_have_their_verdicts() {
    let (a, b) = (raw(Client, ACK, 0, 0).says(b"abc"), raw(Client, ACK, 3, 0).says(b"def"));
    let longer = raw(Client, ACK, 3, 0).says(b"defgh");
    let other = raw(Client, ACK, 3, 0).says(b"dXf");
    assert_eq!(
        verdicts(&[b, a.clone(), a, longer, other]),
        [
            vec![],
            vec![Verdict::OutOfOrder],
            vec![Verdict::Retransmission],
            vec![Verdict::Overlap],
            vec![Verdict::Retransmission, Verdict::ConflictingOverlap],
        ]
    );
}

#[test]
fn probes_and_windows_have_their_verdicts() {
    let data = raw(Client, ACK, 0, 0).says(b"abc");
    let probe = raw(Client, ACK, 3, 0).before();
    let answer = raw(Server, ACK, 0, 3);
    assert_eq!(
        verdicts(&[
            data,
            answer.clone(),
            probe.clone(),
            answer.clone(),
            answer.clone().window(0),
            probe,
            raw(Client, ACK, 3, 0).says(b"d"),
            raw(Server, ACK, 0, 4),
        ]),
        [
            vec![],
            vec![],
            vec![Verdict::KeepAlive],
            vec![Verdict::KeepAliveAck],
            vec![Verdict::ZeroWindow],
            vec![Verdict::ZeroWindowProbe],
            vec![Verdict::ZeroWindowProbe],
            vec![Verdict::WindowUpdate],
        ]
    );
}

#[test]
fn the_same_acknowledgement_again_is_a_duplicate_while_more_is_under_way() {
    let ack = raw(Server, ACK, 0, 3);
    let segments = [
        raw(Client, ACK, 0, 0).says(b"abc"),
        ack.clone(),
        ack.clone(),
        raw(Client, ACK, 6, 0).says(b"ghi"),
        ack.clone(),
        ack.clone().window(400),
        ack.says(b"data"),
    ];
    let duplicate = vec![Verdict::DuplicateAck];
    assert_eq!(verdicts(&segments), [vec![], vec![], vec![], vec![], duplicate, vec![], vec![]]);
}

#[test]
fn what_was_never_captured_is_told_where_it_is_acknowledged_and_where_it_is_read() {
    let segments = [raw(Client, ACK, 0, 0).says(b"abc"), raw(Client, ACK, 13, 0).says(b"def"), raw(Server, ACK, 0, 20)];
    let collected = detail(&captured(&[opened(), segments.to_vec()].concat()));
    let last = collected.segments.last().unwrap();
    assert_eq!((last.verdicts.as_slice(), last.missed_bytes), (&[Verdict::GapBefore][..], 10 + 4));
    assert_eq!(text(&collected, record::Side::Client), "abc[10]def[4]");
}

#[test]
fn a_segment_beyond_any_window_is_told() {
    assert_eq!(verdicts(&[raw(Client, ACK, 1 << 31, 0).says(b"?")]), [vec![Verdict::OutOfWindow]]);
}

#[test]
fn a_repeated_syn_or_fin_is_a_retransmission() {
    let segments = [raw(Client, SYN, 0, 0), raw(Client, SYN, 0, 0)];
    assert_eq!(detail(&captured(&segments)).segments[1].verdicts, [Verdict::Retransmission]);
    let fin = raw(Client, ACK | FIN, 0, 0);
    assert_eq!(verdicts(&[fin.clone(), fin]), [vec![], vec![Verdict::Retransmission]]);
}

#[test]
fn streams_are_bounded_per_direction() {
    let packets = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:9").handshake().client(&[b'a'; 5_000]).server(b"hi");
    let request = DetailRequest { segments: false, stream_limit_bytes: 2_000 };
    let collected = read_with(Dissector::with_detail(Limits::default(), request), &packets.packets());
    assert!(collected.segments.is_empty());
    assert_eq!(text(&collected, record::Side::Client).len(), 2_000);
    assert_eq!(text(&collected, record::Side::Server), "hi");
}

#[test]
fn datagrams_are_told_of_as_well() {
    let packets = Conversation::udp("10.0.0.1:40000", "10.0.0.2:9999").client(b"ping").server(b"pong!").packets();
    let collected = detail(&packets);
    let lengths: Vec<_> = collected.segments.iter().map(|segment| (segment.side, segment.payload_bytes)).collect();
    assert_eq!(lengths, [(record::Side::Client, 4), (record::Side::Server, 5)]);
    assert_eq!((collected.segments[0].window_bytes, collected.segments[0].flags), (None, 0));
    assert_eq!(text(&collected, record::Side::Server), "pong!");
}

#[test]
fn rows_wait_until_it_is_certain_who_the_client_is() {
    let request = b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
    let story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:41000").server(b"\0\x01?").client(request);
    let collected = detail(&story.packets());
    let sides: Vec<_> = collected.segments.iter().map(|segment| segment.side).collect();
    assert_eq!(sides, [record::Side::Server, record::Side::Client]);
    assert_eq!(text(&collected, record::Side::Server), "\0\u{1}?");
}

#[test]
fn reading_in_detail_changes_no_row() {
    let packets = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:9").handshake().client(&[1; 9_000]).ack(Server).close();
    let packets = packets.packets().duplicate(4).move_to(7, 3);
    let (plain, detailed) = (read(&packets), detail(&packets));
    assert_eq!((plain.flows, plain.events, plain.figures), (detailed.flows, detailed.events, detailed.figures));
}
