//! What a crowd of connections costs while it is held.

use std::fs;

use proptest::prelude::*;
use wirereel_dissect::record::{FlowEvent, FlowEventKind, Sink};
use wirereel_dissect::{Dissector, Limits, LinkType, Packet};
use wirereel_testkit::{CapturedPacket, Conversation, Packets, Side};

use crate::collect::read_within;

/// Enough that what is there anyway does not matter.
const CONNECTIONS: usize = 20_000;
/// Of a connection that has asked once over HTTP and was answered. Measured: see `docs/load.md`.
const MOST_BYTES: u64 = 1_000;
/// Between two packets: a thousand connections are opened in a second, so that most of them have rested when the last one comes.
const PACE_NS: i64 = 166_000;

/// Counts what is active and keeps nothing.
#[derive(Default)]
struct Active(i64);

impl Sink for Active {
    fn flow_event(&mut self, event: FlowEvent) {
        self.0 += match event.kind {
            FlowEventKind::Established | FlowEventKind::Resume => 1,
            FlowEventKind::Close | FlowEventKind::Reset | FlowEventKind::Idle => -1,
            _ => 0,
        };
    }
}

/// A connection that opens, asks and is answered; the last two packets close it.
fn story(number: usize) -> Vec<CapturedPacket> {
    let client = format!("127.80.{}.1:{}", number / 500, 20_000 + number % 500);
    let request = format!("GET /hold/{number} HTTP/1.1\r\nHost: api-gateway\r\nUser-Agent: crowd\r\n\r\n");
    let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
    Conversation::tcp(&client, "127.0.1.11:8080")
        .handshake()
        .client(request.as_bytes())
        .server(answer)
        .ack(Side::Client)
        .close()
        .packets()
        .0
}

/// Resident memory of this process in bytes; `None` where the system does not tell.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1_024)
}

#[test]
fn a_held_connection_takes_less_than_a_kilobyte_and_counts_as_active_until_it_closes() {
    let (mut dissector, mut active) = (Dissector::new(Limits::default()), Active::default());
    let mut at_ns = 1_704_067_200_000_000_000;
    let mut position = 0;
    let mut push = |packet: &CapturedPacket, active: &mut Active| {
        (at_ns, position) = (at_ns + PACE_NS, position + 100);
        let (link_type, wire_len) = (LinkType(packet.link_type), packet.wire_len);
        dissector.push(&Packet { at_ns, position, link_type, wire_len, bytes: &packet.bytes }, active);
    };
    let before = resident_bytes();
    for number in 0..CONNECTIONS {
        let story = story(number);
        story.iter().take(6).for_each(|packet| push(packet, &mut active));
    }
    let held = resident_bytes();
    assert_eq!(active.0, CONNECTIONS as i64);
    if let (Some(before), Some(held)) = (before, held) {
        let each = held.saturating_sub(before) / CONNECTIONS as u64;
        println!("{each} bytes for each of {CONNECTIONS} connections");
        assert!(each <= MOST_BYTES, "{each} bytes for each connection");
    }
    for number in 0..CONNECTIONS {
        story(number).iter().skip(6).for_each(|packet| push(packet, &mut active));
    }
    assert_eq!(active.0, 0);
}

/// What a connection may do next.
#[derive(Debug, Clone, Copy)]
enum Act {
    Ask,
    AskInHalves,
    Answer,
    AnswerInChunks,
    Upgrade,
    Noise,
    Ack(bool),
    KeepAlive(bool),
    Unseen(bool),
    Close,
    Reset,
    Again,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => Just(Act::Ask),
        1 => Just(Act::AskInHalves),
        6 => Just(Act::Answer),
        2 => Just(Act::AnswerInChunks),
        1 => Just(Act::Upgrade),
        1 => Just(Act::Noise),
        6 => any::<bool>().prop_map(Act::Ack),
        2 => any::<bool>().prop_map(Act::KeepAlive),
        1 => any::<bool>().prop_map(Act::Unseen),
        1 => Just(Act::Close),
        1 => Just(Act::Reset),
        1 => Just(Act::Again),
    ];
    prop::collection::vec(act, 1..40)
}

fn told(acts: &[Act], opens: bool) -> Packets {
    let side = |client| if client { Side::Client } else { Side::Server };
    let begun = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:80");
    let begun = if opens { begun.handshake() } else { begun };
    let story = acts.iter().fold(begun, |story, act| match act {
        Act::Ask => story.client(b"POST /cart HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nabc"),
        Act::AskInHalves => story.client(b"GET /products HTTP/1.1\r\nHo").client(b"st: shop\r\n\r\n"),
        Act::Answer => story.server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        Act::AnswerInChunks => {
            story.server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc").server(b"\r\n0\r\n\r\n")
        }
        Act::Upgrade => story
            .client(b"GET /live HTTP/1.1\r\nHost: shop\r\nUpgrade: websocket\r\n\r\n")
            .server(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
        Act::Noise => story.server(b"\x01\x02\x03"),
        Act::Ack(client) => story.ack(side(*client)),
        Act::KeepAlive(client) => story.keep_alive(side(*client)),
        Act::Unseen(client) => story.unseen(side(*client), 7),
        Act::Close => story.close(),
        Act::Reset => story.reset(Side::Server),
        Act::Again => story.initial_sequence(9_000, 8_000).handshake(),
    });
    story.packets()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_that_is_told_shows_that_a_connection_rested(
        acts in acts(),
        opens in any::<bool>(),
        window in 1usize..4,
        lost in prop::option::of(0usize..60),
        twice in prop::option::of(0usize..60),
    ) {
        let packets = told(&acts, opens).shuffle(window, 7);
        let within = |at: Option<usize>| at.filter(|at| *at < packets.0.len());
        let packets = within(twice).map_or(packets.clone(), |at| packets.clone().duplicate(at));
        let packets = within(lost).map_or(packets.clone(), |at| packets.clone().lose(at));
        // Packets are a millisecond apart: with the one it rests between any two of them, with the other never.
        let read = |rest_ns| {
            let mut collected = read_within(Limits { rest_ns, ..Limits::default() }, &packets);
            // The one thing that is forgotten at rest: beginnings of segments that came long ago.
            for figures in collected.flows.iter_mut().flat_map(|flow| [&mut flow.from_client, &mut flow.from_server]) {
                figures.conflicting_bytes = 0;
            }
            collected.problems.retain(|problem| !problem.message.contains("sent again with other contents"));
            collected
        };
        prop_assert_eq!(format!("{:?}", read(1)), format!("{:?}", read(i64::MAX / 2)));
    }
}
