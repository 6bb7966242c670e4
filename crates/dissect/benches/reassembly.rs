//! Putting the bytes of large transfers in order: as sent, reordered, repeated, and with losses.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use wirereel_testkit::{Conversation, Packets, Side};

use common::{packets_per_second, quick};

const SEGMENTS: usize = 30_000;

/// A download with an acknowledgement for every second segment.
fn download() -> Packets {
    let mut story = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:9").handshake();
    for _ in 0..SEGMENTS / 2 {
        story = story.server(&[7; 2 * 1_448]).ack(Side::Client);
    }
    story.packets()
}

fn reassembly(criterion: &mut Criterion) {
    let packets = download();
    packets_per_second(criterion, "reassembly", "in-order", &packets);
    packets_per_second(criterion, "reassembly", "shuffled", &packets.clone().shuffle(8, 42));
    let repeated = packets.0.iter().enumerate().flat_map(|(index, packet)| {
        let times = if index % 20 == 19 { 2 } else { 1 };
        std::iter::repeat_n(packet.clone(), times)
    });
    packets_per_second(criterion, "reassembly", "repeated", &Packets(repeated.collect()));
    let mut index = 0;
    let lossy = packets.lose_if(|_| {
        index += 1;
        index % 50 == 49
    });
    packets_per_second(criterion, "reassembly", "lossy", &lossy);
}

criterion_group! { name = benches; config = quick(); targets = reassembly }
criterion_main!(benches);
