//! From a frame to its transport payload: datagrams of one flow in every framing, so that little else is measured.

mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use wirereel_testkit::{Conversation, Link, Packets};

use common::{packets_per_second, quick};

const PACKETS: usize = 20_000;

fn datagrams(link: Link, client: &str, server: &str) -> Packets {
    let story = Conversation::udp(client, server).link(link);
    (0..PACKETS).fold(story, |story, _| story.client(&[7; 64])).packets()
}

fn decode(criterion: &mut Criterion) {
    let (v4, v6) = (("10.0.0.1:40000", "10.0.0.2:9999"), ("[fd00::1]:40000", "[fd00::2]:9999"));
    for (case, link, (client, server)) in
        [("raw-v4", Link::Raw, v4), ("ethernet-v4", Link::default(), v4), ("ethernet-v6", Link::default(), v6)]
    {
        packets_per_second(criterion, "decode", case, &datagrams(link, client, server));
    }
    let every: Vec<_> = Link::all().into_iter().map(|link| datagrams(link, v4.0, v4.1)).collect();
    let mixed = (0..PACKETS).map(|index| every[index % every.len()].0[index].clone());
    packets_per_second(criterion, "decode", "every-link", &Packets(mixed.collect()));
}

criterion_group! { name = benches; config = quick(); targets = decode }
criterion_main!(benches);
