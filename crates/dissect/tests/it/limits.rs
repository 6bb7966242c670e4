//! Bounds hold, and every time one is hit it is counted.

use wirereel_dissect::Limits;
use wirereel_dissect::record::CloseReason;
use wirereel_testkit::{Conversation, Packets, Side};

use crate::collect::read_within;

#[test]
fn out_of_order_bytes_are_bounded_per_flow() {
    let limits = Limits { reorder_bytes_per_flow: 10_000, ..Limits::default() };
    let story =
        Conversation::tcp("10.0.0.1:40000", "10.0.0.2:9").handshake().unseen(Side::Client, 10).client(&[1; 30_000]);
    let collected = read_within(limits, &story.packets());
    let figures = collected.flow().from_client;
    assert_eq!((figures.bytes, figures.missed_bytes), (30_000, 10));
    assert_eq!((collected.figures.limits_hit.reorder_per_flow, collected.flow().history.as_str()), (1, "ShADG"));
}

#[test]
fn out_of_order_bytes_are_bounded_in_all() {
    let limits = Limits { reorder_bytes_total: 5_000, ..Limits::default() };
    let story = |port: u16| {
        let client = format!("10.0.0.1:{port}");
        Conversation::tcp(&client, "10.0.0.2:9").handshake().unseen(Side::Client, 10).client(&[1; 1_000]).packets()
    };
    let packets = (1..=10).fold(Packets::default(), |packets, port| packets.merge(story(30_000 + port)));
    let collected = read_within(limits, &packets);
    assert_eq!(collected.flows.len(), 10);
    assert_eq!(collected.figures.limits_hit.reorder_total, 5);
    assert_eq!(collected.flows.iter().map(|flow| flow.from_client.missed_bytes).sum::<u64>(), 50);
}

#[test]
fn flows_are_bounded() {
    let limits = Limits { max_flows: 3, ..Limits::default() };
    let syn =
        |port: u16| Conversation::tcp(&format!("10.0.0.1:{port}"), "10.0.0.2:9").wait(i64::from(port)).syn().packets();
    let packets = (1..=5).fold(Packets::default(), |packets, port| packets.merge(syn(port)));
    let collected = read_within(limits, &packets);
    assert_eq!(collected.figures.limits_hit.flows, 2);
    let first_ended: Vec<u16> = collected.flows.iter().map(|flow| flow.client.port).collect();
    assert_eq!(first_ended, [1, 2, 3, 4, 5], "the one nearest to its time-out goes first");
    assert!(collected.flows.iter().all(|flow| flow.close_reason == CloseReason::Unanswered));
}

#[test]
fn spans_are_handed_out_when_they_are_long_enough() {
    let limits = Limits { span_len: 4, ..Limits::default() };
    let packets = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:9").handshake().client(&[1; 10_000]).packets();
    let collected = read_within(limits, &packets);
    let lengths: Vec<usize> = collected.spans.iter().map(|span| span.positions.len()).collect();
    assert_eq!(lengths, [4, 4, 2]);
    let positions: Vec<u64> = collected.spans.iter().flat_map(|span| span.positions.clone()).collect();
    assert_eq!(positions, (0..10).collect::<Vec<u64>>());
    assert_eq!(collected.spans[1].first_ns, packets.0[4].at_ns);
}

#[test]
fn problems_are_reported_up_to_a_bound_and_counted_beyond_it() {
    let limits = Limits { problems_per_stage: 2, ..Limits::default() };
    let packets =
        Conversation::udp("10.0.0.1:40000", "10.0.0.2:9").client(b"x").client(b"x").client(b"x").packets().snap(30);
    let collected = read_within(limits, &packets);
    assert_eq!((collected.problems.len(), collected.figures.limits_hit.problems), (2, 1));
    assert_eq!(collected.figures.malformed_network, 3);
}
