//! What all benchmarks share: a sink that keeps nothing, and packets pushed through a dissector.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use wirereel_dissect::record::{Flow, FlowSpan, HttpExchange, Sink};
use wirereel_dissect::{Dissector, Limits, LinkType, Packet};
use wirereel_testkit::Packets;

/// Counts what it is given, so that nothing can be optimised away.
#[derive(Default)]
struct Counting {
    flows: u64,
    positions: u64,
    exchanges: u64,
}

impl Sink for Counting {
    fn flow(&mut self, flow: Flow) {
        self.flows += 1;
        black_box(flow);
    }
    fn flow_span(&mut self, span: FlowSpan) {
        self.positions += span.positions.len() as u64;
    }
    fn http_exchange(&mut self, exchange: HttpExchange) {
        self.exchanges += 1;
        black_box(exchange);
    }
}

/// Reads `packets` once with a fresh dissector; returns the rows it gave, of all kinds together.
pub(crate) fn read(packets: &Packets) -> u64 {
    let (mut dissector, mut sink) = (Dissector::new(Limits::default()), Counting::default());
    for (position, packet) in (0..).zip(&packets.0) {
        let packet = Packet {
            at_ns: packet.at_ns,
            link_type: LinkType(packet.link_type),
            bytes: &packet.bytes,
            wire_len: packet.wire_len,
            position,
        };
        dissector.push(&packet, &mut sink);
    }
    dissector.finish(&mut sink);
    sink.flows + sink.positions + sink.exchanges
}

/// Settings under which all cases of one file together take less than half a minute.
pub(crate) fn quick() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(2_500))
}

/// Measures how many packets (`elem/s`) of `packets` are read per second, and says how many bytes that is.
pub(crate) fn packets_per_second(criterion: &mut Criterion, group: &str, case: &str, packets: &Packets) {
    let bytes: u64 = packets.0.iter().map(|packet| packet.bytes.len() as u64).sum();
    assert!(read(packets) > 0, "{group}/{case} reads nothing");
    let mut group = criterion.benchmark_group(group);
    for (unit, throughput) in
        [("packets", Throughput::Elements(packets.0.len() as u64)), ("bytes", Throughput::Bytes(bytes))]
    {
        group.throughput(throughput);
        group.bench_with_input(BenchmarkId::new(case, unit), packets, |bencher, packets| {
            bencher.iter(|| read(black_box(packets)));
        });
    }
    group.finish();
}
