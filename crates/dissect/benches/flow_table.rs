//! Finding a packet's flow and keeping its life: small segments of few and of many connections at once.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use wirereel_testkit::{CapturedPacket, Conversation, Packets, Side};

use common::{packets_per_second, quick};

const PACKETS: usize = 200_000;

/// Connections that all open first and then take turns, one small segment each.
fn turns(flows: usize, v6: bool) -> Packets {
    let stories: Vec<Vec<CapturedPacket>> = (0..flows)
        .map(|flow| {
            let (host, port) = (flow / 30_000, 20_000 + flow % 30_000);
            let (client, server) = match v6 {
                true => (format!("[fd00::{host:x}]:{port}"), "[fd00::ffff]:9".to_owned()),
                false => (format!("10.0.{host}.1:{port}"), "10.9.9.9:9".to_owned()),
            };
            let mut story = Conversation::tcp(&client, &server).handshake();
            for _ in 0..(PACKETS / flows).saturating_sub(3).div_ceil(3) {
                story = story.client(b"question").server(b"a longer answer").ack(Side::Client);
            }
            story.packets().0
        })
        .collect();
    let longest = stories.iter().map(Vec::len).max().unwrap_or(0);
    let mut packets: Vec<CapturedPacket> =
        (0..longest).flat_map(|turn| stories.iter().filter_map(move |story| story.get(turn).cloned())).collect();
    for (at, packet) in (0..).zip(&mut packets) {
        packet.at_ns = packets_time(at);
    }
    Packets(packets)
}

/// A packet every two microseconds.
fn packets_time(index: i64) -> i64 {
    1_704_067_200_000_000_000 + index * 2_000
}

/// Connections of eight packets, one after the other: what making and ending a row costs.
fn short_lives() -> Packets {
    let packets = (0..PACKETS / 8).flat_map(|flow| {
        let client = format!("10.{}.{}.1:{}", flow >> 8 & 0xff, flow & 0xff, 20_000 + flow % 40_000);
        let story = Conversation::tcp(&client, "10.9.9.9:9").handshake().client(b"question").server(b"answer");
        story.close().packets().0
    });
    let mut packets: Vec<CapturedPacket> = packets.collect();
    for (at, packet) in (0..).zip(&mut packets) {
        packet.at_ns = packets_time(at);
    }
    Packets(packets)
}

fn flow_table(criterion: &mut Criterion) {
    packets_per_second(criterion, "flow_table", "10-flows", &turns(10, false));
    packets_per_second(criterion, "flow_table", "10000-flows", &turns(10_000, false));
    packets_per_second(criterion, "flow_table", "10000-flows-v6", &turns(10_000, true));
    packets_per_second(criterion, "flow_table", "short-lives", &short_lives());
}

criterion_group! { name = benches; config = quick(); targets = flow_table }
criterion_main!(benches);
