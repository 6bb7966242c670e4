//! How connections begin and end, and what the rows say about it.

use wirereel_dissect::record::{CloseReason, DirectionFigures, Flow, FlowId, Handshake, LifeRtt, Transport};
use wirereel_dissect::{Dissector, Limits};
use wirereel_testkit::{CapturedPacket, Conversation, Link, Packets, Side, ip_packet};

use crate::collect::{endpoint, read, read_with};

const CLIENT: &str = "10.0.0.1:40000";
const SERVER: &str = "10.0.0.2:9";

fn tcp() -> Conversation {
    Conversation::tcp(CLIENT, SERVER)
}

#[test]
fn a_whole_connection_gives_one_row_and_its_life() {
    let packets = tcp().handshake().client(b"hello").server(b"good day").ack(Side::Client).close().packets();
    let (first, last) = (packets.0[0].at_ns, packets.0[8].at_ns);
    let collected = read(&packets);
    let expected = Flow {
        id: FlowId(0),
        transport: Transport::Tcp,
        client: endpoint(CLIENT),
        server: endpoint(SERVER),
        vlan: None,
        tunnel: None,
        opened_ns: first,
        closed_ns: last,
        close_reason: CloseReason::Fin,
        handshake: Handshake::Full,
        direction_known: true,
        rtt_us: Some(2_000),
        // Data and its acknowledgement, once in each direction, a millisecond to either end.
        life_rtt: Some(LifeRtt { min_us: 2_000, mean_us: 2_000, max_us: 2_000, samples: 2 }),
        upgrade: None,
        from_client: DirectionFigures {
            packets: 6,
            bytes: 5,
            missed_bytes: 0,
            retransmits: 0,
            ..DirectionFigures::default()
        },
        from_server: DirectionFigures {
            packets: 3,
            bytes: 8,
            missed_bytes: 0,
            retransmits: 0,
            ..DirectionFigures::default()
        },
        app_protocol: None,
        history: "ShADdFf".into(),
        server_name: None,
    };
    assert_eq!(collected.flow(), &expected);
    assert_eq!(collected.event_names(), ["connect", "accept", "established", "close"]);
    let times: Vec<i64> = collected.events.iter().map(|event| event.at_ns - first).collect();
    assert_eq!(times, [0, 1_000_000, 2_000_000, 7_000_000]);
    assert_eq!(collected.spans.len(), 1);
    assert_eq!(collected.spans[0].positions, (0..9).collect::<Vec<u64>>());
}

#[test]
fn a_reset_in_answer_to_the_syn_is_a_refusal() {
    let collected = read(&tcp().syn().reset(Side::Server).packets());
    let flow = collected.flow();
    assert_eq!(
        (flow.close_reason, flow.handshake, flow.history.as_str()),
        (CloseReason::Refused, Handshake::None, "Sr")
    );
    assert_eq!(collected.event_names(), ["connect", "refused"]);
}

#[test]
fn an_icmp_unreachable_that_quotes_the_syn_is_a_refusal() {
    let syn = tcp().link(Link::Raw).syn().packets();
    let quoted = &syn.0[0].bytes[..28];
    let message = [&[3, 3, 0, 0, 0, 0, 0, 0][..], quoted].concat();
    let bytes = ip_packet("10.0.0.2".parse().unwrap(), "10.0.0.1".parse().unwrap(), 1, &message);
    let answer = CapturedPacket { at_ns: syn.0[0].at_ns + 1, link_type: 101, wire_len: bytes.len() as u32, bytes };
    let collected = read(&Packets([syn.0, vec![answer]].concat()));
    assert_eq!(collected.event_names(), ["connect", "refused"]);
    assert_eq!(collected.flows[0].close_reason, CloseReason::Refused);
    assert_eq!(collected.flows[1].transport, Transport::Icmp);
}

#[test]
fn a_reset_of_an_established_connection_is_a_reset() {
    let collected = read(&tcp().handshake().client(b"x").reset(Side::Server).packets());
    assert_eq!(collected.flow().close_reason, CloseReason::Rst);
    assert_eq!(collected.event_names(), ["connect", "accept", "established", "reset"]);
}

#[test]
fn a_reset_after_both_fins_changes_nothing() {
    let collected = read(&tcp().handshake().close().reset(Side::Client).packets());
    assert_eq!((collected.flow().close_reason, collected.flow().history.as_str()), (CloseReason::Fin, "ShAFfR"));
    assert_eq!(collected.event_names(), ["connect", "accept", "established", "close"]);
}

#[test]
fn syns_without_answer_are_one_unanswered_attempt() {
    let first = tcp().syn().packets();
    let again = first.clone().later(1_000_000_000);
    let collected = read(&first.merge(again));
    let flow = collected.flow();
    assert_eq!(
        (flow.close_reason, flow.handshake, flow.from_client.packets),
        (CloseReason::Unanswered, Handshake::None, 2)
    );
    assert_eq!(collected.event_names(), ["connect"]);
}

#[test]
fn a_connection_still_open_at_the_end_of_input_says_so() {
    assert_eq!(read(&tcp().handshake().packets()).flow().close_reason, CloseReason::Open);
    assert_eq!(read(&tcp().handshake().fin(Side::Server).packets()).flow().close_reason, CloseReason::Fin);
}

#[test]
fn a_new_syn_after_the_close_is_a_new_flow() {
    let first = tcp().handshake().client(b"one").close().packets();
    let second =
        tcp().initial_sequence(70_000, 80_000).handshake().client(b"three").close().packets().later(1_000_000_000);
    let collected = read(&first.merge(second));
    let bytes: Vec<(FlowId, u64)> = collected.flows.iter().map(|flow| (flow.id, flow.from_client.bytes)).collect();
    assert_eq!(bytes, [(FlowId(0), 3), (FlowId(1), 5)]);
}

#[test]
fn a_new_syn_on_an_open_connection_is_a_new_flow_and_a_repeated_one_is_not() {
    let open = tcp().handshake().client(b"one").packets();
    let reused = tcp().initial_sequence(70_000, 80_000).handshake().packets().later(1_000_000_000);
    assert_eq!(read(&open.clone().merge(reused)).flows.len(), 2);
    assert_eq!(read(&open.duplicate(0)).flows.len(), 1);
}

#[test]
fn an_answer_captured_before_its_question_does_not_split_the_connection() {
    let collected = read(&tcp().handshake().client(b"hi").close().packets().move_to(0, 1));
    assert_eq!(collected.flow().client, endpoint(CLIENT));
    assert_eq!(collected.flow().history, "^hSADFf");
}

#[test]
fn late_segments_after_the_close_belong_to_the_flow_for_a_while() {
    let story = tcp().handshake().close();
    let collected = read(&story.clone().wait(4_000_000_000).ack(Side::Client).packets());
    assert_eq!(collected.flow().from_client.packets, 5);
    assert_eq!(read(&story.wait(6_000_000_000).ack(Side::Client).packets()).flows.len(), 2);
}

#[test]
fn without_a_handshake_the_direction_is_told_by_the_port() {
    let packets = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:5432").server(b"row").client(b"next").packets();
    let collected = read(&packets);
    let flow = collected.flow();
    assert_eq!(
        (flow.server, flow.direction_known, flow.handshake),
        (endpoint("10.0.0.2:5432"), true, Handshake::MidStream)
    );
    assert_eq!(flow.history, "^dD");
    assert_eq!(collected.event_names(), ["established"]);
}

#[test]
fn without_a_handshake_or_a_known_port_the_first_sender_is_taken_for_the_client() {
    let collected = read(&Conversation::tcp("10.0.0.1:40000", "10.0.0.2:41000").server(b"?").packets());
    assert_eq!((collected.flow().client, collected.flow().direction_known), (endpoint("10.0.0.2:41000"), false));
}

#[test]
fn without_a_handshake_the_listening_socket_tells_the_direction() {
    let packets = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:41000").server(b"\0\x01?").client(b"\0\x02").packets();
    let mut dissector = Dissector::new(Limits::default());
    dissector.listening().insert(Transport::Tcp, endpoint("10.0.0.2:41000"));
    let collected = read_with(dissector, &packets);
    let flow = collected.flow();
    assert_eq!((flow.client, flow.direction_known), (endpoint("10.0.0.1:40000"), true));
}

#[test]
fn without_a_handshake_a_request_tells_the_direction() {
    let request = b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
    let collected =
        read(&Conversation::tcp("10.0.0.1:40000", "10.0.0.2:41000").server(b"\0\x01?").client(request).packets());
    assert_eq!((collected.flow().client, collected.flow().direction_known), (endpoint("10.0.0.1:40000"), true));
}

#[test]
fn a_syn_ack_tells_the_direction_whatever_the_ports() {
    let packets = Conversation::tcp("10.0.0.1:80", "10.0.0.2:50000").syn_ack().ack(Side::Client).packets();
    assert_eq!(read(&packets).flow().client, endpoint("10.0.0.1:80"));
}

#[test]
fn datagrams_make_flows_whose_opener_is_the_client() {
    let collected =
        read(&Conversation::udp("10.0.0.1:40000", "10.0.0.2:9999").client(b"ping").server(b"pong!").packets());
    let flow = collected.flow();
    assert_eq!((flow.transport, flow.from_client.bytes, flow.from_server.bytes), (Transport::Udp, 4, 5));
    assert_eq!((flow.history.as_str(), flow.handshake), ("Dd", Handshake::None));
    assert!(collected.events.is_empty());
}

#[test]
fn an_answer_from_a_known_port_is_seen_as_one_unless_it_goes_to_everybody() {
    let flow = |from: &str, to: &str| read(&Conversation::udp(from, to).client(b"x").packets()).flow().clone();
    assert_eq!(flow("10.0.0.1:67", "10.0.0.2:68").client, endpoint("10.0.0.2:68"));
    assert_eq!(flow("10.0.0.1:67", "255.255.255.255:68").client, endpoint("10.0.0.1:67"));
}

#[test]
fn echoes_are_one_flow_per_identifier() {
    let echo = |from: &str, to: &str, kind: u8, identifier: u8| {
        let bytes =
            ip_packet(from.parse().unwrap(), to.parse().unwrap(), 1, &[kind, 0, 0, 0, 0, identifier, 0, 1, 9, 9, 9]);
        CapturedPacket { at_ns: 0, link_type: 101, wire_len: bytes.len() as u32, bytes }
    };
    let (a, b) = ("10.0.0.1", "10.0.0.2");
    let collected = read(&Packets(vec![echo(b, a, 0, 7), echo(a, b, 8, 7), echo(a, b, 8, 8)]));
    assert_eq!(collected.flows.len(), 2);
    let flow = &collected.flows[0];
    assert_eq!((flow.client, flow.server), (endpoint("10.0.0.1:7"), endpoint("10.0.0.2:7")));
    assert_eq!((flow.from_client.bytes, flow.from_server.bytes), (3, 3));
}
