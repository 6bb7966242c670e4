//! Fuzz inputs as packets, and what must hold whatever they are.
//!
//! Also compiled into the tests of `wirereel-dissect`, which read inputs that once failed again.

use wirereel_dissect::record::{
    Body, BodyRequest, DetailRequest, Flow, FlowSpan, SegmentSeen, Side, Sink, StreamPiece,
};
use wirereel_dissect::{Dissector, Limits, LinkType, Packet};

const LINK_TYPES: [u16; 15] = [0, 1, 9, 12, 14, 50, 51, 101, 104, 108, 113, 147, 228, 229, 276];
const RAW: u16 = 101;
const STREAM_LIMIT: usize = 4_096;
const BODY_LIMIT: usize = 1_024;
const SECOND_NS: i64 = 1_000_000_000;

/// Small bounds, so that they are met.
fn limits() -> Limits {
    Limits {
        reorder_bytes_per_flow: 2_000,
        reorder_bytes_total: 5_000,
        max_flows: 5,
        fragment_bytes_total: 5_000,
        span_len: 16,
        problems_per_stage: 20,
        ..Limits::default()
    }
}

/// Checks the rows that come out.
#[derive(Default)]
struct Checking {
    flows: u64,
    positions: u64,
    streamed: usize,
}

impl Sink for Checking {
    fn flow(&mut self, flow: Flow) {
        self.flows += 1;
        assert!(flow.opened_ns <= flow.closed_ns, "a flow ends after it begins");
        if let Some(rtt) = flow.life_rtt {
            assert!(0 <= rtt.min_us && rtt.min_us <= rtt.mean_us && rtt.mean_us <= rtt.max_us && rtt.samples > 0);
        }
    }
    fn flow_span(&mut self, span: FlowSpan) {
        assert!(span.positions.is_sorted(), "positions ascend");
        self.positions += span.positions.len() as u64;
    }
    fn body(&mut self, body: Body) {
        assert!(body.bytes.len() <= BODY_LIMIT, "a body is bounded");
    }
    fn segment(&mut self, segment: SegmentSeen) {
        assert!(segment.verdicts.windows(2).all(|pair| pair[0] < pair[1]), "each verdict once, in order");
    }
    fn stream(&mut self, piece: StreamPiece) {
        self.streamed += piece.bytes.len();
    }
}

/// One packet of an input.
pub struct InputPacket {
    pub at_ns: i64,
    pub link_type: u16,
    pub bytes: Vec<u8>,
    pub wire_len: u32,
}

/// Reads packets in every way in which a dissector can, and checks what comes out.
pub fn dissect(packets: &[InputPacket]) {
    let body = BodyRequest { ordinal: 0, side: Side::Server, limit_bytes: BODY_LIMIT };
    let detail = DetailRequest { segments: true, stream_limit_bytes: STREAM_LIMIT };
    let dissectors = [
        Dissector::new(limits()),
        Dissector::with_body(Limits::default(), body),
        Dissector::with_detail(limits(), detail),
    ];
    for mut dissector in dissectors {
        let mut checking = Checking::default();
        for (position, packet) in (0..).zip(packets) {
            let packet = Packet {
                at_ns: packet.at_ns,
                link_type: LinkType(packet.link_type),
                bytes: &packet.bytes,
                wire_len: packet.wire_len,
                position,
            };
            dissector.push(&packet, &mut checking);
        }
        dissector.finish(&mut checking);
        let figures = dissector.figures();
        assert_eq!(figures.packets, packets.len() as u64);
        assert_eq!((figures.flows, figures.flows_open), (checking.flows, 0), "every flow gives one row");
        assert!(checking.streamed as u64 <= figures.flows * 2 * STREAM_LIMIT as u64, "streams are bounded");
    }
}

/// Takes numbers and bytes from the front of an input; zeros when there is no more.
struct Taking<'a>(&'a [u8]);

impl<'a> Taking<'a> {
    fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }
    fn number(&mut self) -> u16 {
        u16::from(self.byte()) << 8 | u16::from(self.byte())
    }
    fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Frames of any link type: kind, seconds since the last one, bytes cut by the snap length, length, then the bytes.
pub fn frames(input: &[u8]) -> Vec<InputPacket> {
    let (mut taking, mut packets, mut at_ns) = (Taking(input), Vec::new(), 0);
    while !taking.0.is_empty() && packets.len() < 200 {
        let link_type = LINK_TYPES[usize::from(taking.byte()) % LINK_TYPES.len()];
        at_ns += i64::from(taking.byte() as i8) * SECOND_NS / 4;
        let cut = u32::from(taking.byte());
        let len = usize::from(taking.number());
        let bytes = taking.bytes(len).to_vec();
        let wire_len = bytes.len() as u32 + cut;
        packets.push(InputPacket { at_ns, link_type, bytes, wire_len });
    }
    packets
}

/// Segments of one connection, five numbers each: who and what (side, options), control bits, sequence and acknowledgement
/// relative to the last ones, payload length.
pub fn segments(input: &[u8]) -> Vec<InputPacket> {
    let (mut taking, mut packets) = (Taking(input), Vec::new());
    let mut next = [u32::MAX - 20, 1_000];
    while !taking.0.is_empty() && packets.len() < 400 {
        let kind = taking.byte();
        let flags = taking.byte();
        let sequence_by = taking.number() as i16;
        let acknowledged_by = taking.number() as i16;
        let len = usize::from(taking.byte());
        // A byte of the input fills the payload, so that copies can differ.
        let payload = vec![taking.byte(); len];
        let from = usize::from(kind & 1);
        let scale = if kind & 2 == 0 { 1 } else { 1 << 15 };
        let sequence = next[from].wrapping_add_signed(i32::from(sequence_by) * scale);
        let acknowledgement = next[1 - from].wrapping_add_signed(i32::from(acknowledged_by) * scale);
        let options: &[u8] = match kind >> 2 & 3 {
            0 => &[],
            1 => &[1, 1, 8, 10, 0, 0, 0, kind, 0, 0, 0, flags],
            2 => &[2, 4, 5, 0xb4, 1, 3, 3, 7],
            _ => &[3, 3, 200, 8],
        };
        let window = if kind & 0x10 == 0 { 500 } else { 0 };
        if kind & 0x20 == 0 {
            next[from] = sequence.wrapping_add(len as u32);
        }
        let bytes = tcp(from == 0, sequence, acknowledgement, flags, window, options, &payload);
        let at_ns = packets.len() as i64 * SECOND_NS / 8;
        let wire_len = bytes.len() as u32;
        packets.push(InputPacket { at_ns, link_type: RAW, bytes, wire_len });
    }
    packets
}

/// What two applications say to each other over one connection in order: side and length, then the bytes. `client_first` is
/// said before anything else.
pub fn conversation(client_first: &[u8], input: &[u8]) -> Vec<InputPacket> {
    let mut taking = Taking(input);
    let mut next = [1_000, 1_000];
    let mut packets = Vec::new();
    let mut say = |from: usize, payload: &[u8]| {
        let bytes = tcp(from == 0, next[from], next[1 - from], 0x10, 500, &[], payload);
        next[from] = next[from].wrapping_add(payload.len() as u32);
        let at_ns = packets.len() as i64 * SECOND_NS / 1_000;
        let wire_len = bytes.len() as u32;
        packets.push(InputPacket { at_ns, link_type: RAW, bytes, wire_len });
        packets.len()
    };
    if !client_first.is_empty() {
        say(0, client_first);
    }
    while !taking.0.is_empty() {
        let head = taking.number();
        let payload = taking.bytes(usize::from(head >> 1).min(1_400));
        if say(usize::from(head & 1), payload) >= 200 {
            break;
        }
    }
    packets
}

/// Datagrams of a resolver on port 53, or of anybody: side and kind, length, then the bytes.
pub fn datagrams(input: &[u8]) -> Vec<InputPacket> {
    let (mut taking, mut packets) = (Taking(input), Vec::new());
    while !taking.0.is_empty() && packets.len() < 200 {
        let kind = taking.byte();
        let len = usize::from(taking.number()).min(1_400);
        let payload = taking.bytes(len);
        let port: u16 = if kind & 2 == 0 { 53 } else { 9_999 };
        let ports = if kind & 1 == 0 { [40_000, port] } else { [port, 40_000] };
        let header = [ports[0], ports[1], payload.len() as u16 + 8, 0].map(u16::to_be_bytes).concat();
        let bytes = ip(kind & 1 == 0, 17, &[&header, payload].concat());
        let at_ns = packets.len() as i64 * SECOND_NS / 4;
        let wire_len = bytes.len() as u32;
        packets.push(InputPacket { at_ns, link_type: RAW, bytes, wire_len });
    }
    packets
}

fn tcp(
    from_client: bool,
    sequence: u32,
    acknowledgement: u32,
    flags: u8,
    window: u16,
    options: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    let ports: [u16; 2] = if from_client { [40_000, 80] } else { [80, 40_000] };
    let mut segment = ports.map(u16::to_be_bytes).concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend(acknowledgement.to_be_bytes());
    segment.extend([(((20 + options.len()) / 4) << 4) as u8, flags]);
    segment.extend(window.to_be_bytes());
    segment.extend([0; 4]);
    segment.extend(options);
    segment.extend(payload);
    ip(from_client, 6, &segment)
}

fn ip(from_client: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [a, b] = if from_client { [1, 2] } else { [2, 1] };
    let length = (payload.len() as u16 + 20).to_be_bytes();
    let header = [0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, a, 10, 0, 0, b];
    [&header, payload].concat()
}
