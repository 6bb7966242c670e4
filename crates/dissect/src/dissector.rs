//! The way of a packet through the rooms.

use std::slice;
use std::sync::Arc;

use crate::app::{Datagrams, HttpOptions, HttpReading};
use crate::figures::Figures;
use crate::flow::{Detail, Flows, Listening, Message, Outlet, Seen};
use crate::icmp;
use crate::limits::Limits;
use crate::link::{self, Opened, Tags};
use crate::net::{self, Datagram, Fragments, protocol};
use crate::packet::{LinkType, Packet};
use crate::record::{BodyRequest, DetailRequest, Endpoint, Problem, Sink, Stage, Transport};
use crate::tcp::Segment;
use crate::tunnel::{self, Inner};
use crate::wire::{Malformed, Wire, be16};

/// Turns packets into records.
///
/// Packets are pushed in capture order; records come out of the sink as soon as they are complete. Time-outs run on
/// packet time, so flows end when a later packet is pushed, or at [`Dissector::finish`].
pub struct Dissector {
    limits: Limits,
    body: Option<BodyRequest>,
    detail: Option<Detail>,
    http: Arc<HttpReading>,
    flows: Flows,
    datagrams: Datagrams,
    fragments: Fragments,
    figures: Figures,
    /// The latest packet time so far: the clock that time-outs run on never goes back.
    now_ns: i64,
    /// When pending questions are looked at next.
    sweep_ns: i64,
    unsupported: Vec<LinkType>,
    problems: [u64; 3],
}

/// How often pending UDP questions are looked at.
const SWEEP_NS: i64 = 1_000_000_000;

impl Dissector {
    /// A dissector for one recording.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            body: None,
            detail: None,
            http: Arc::default(),
            flows: Flows::default(),
            datagrams: Datagrams::new(),
            fragments: Fragments::default(),
            figures: Figures::default(),
            now_ns: i64::MIN,
            sweep_ns: i64::MIN,
            unsupported: Vec::new(),
            problems: [0; 3],
        }
    }

    /// A dissector that reads one flow's packets again and hands out one body through [`Sink::body`].
    pub fn with_body(limits: Limits, request: BodyRequest) -> Self {
        Self { body: Some(request), ..Self::new(limits) }
    }

    /// A dissector that reads one flow's packets again and hands out every packet through [`Sink::segment`] and the bytes of
    /// both directions through [`Sink::stream`], as far as they are asked for.
    ///
    /// Of TCP the verdicts follow the rules that are named at [`crate::record::Verdict`]; datagrams are handed out with
    /// their payload one after the other. Rows of a flow that was picked up mid-stream wait until it is certain which end is the
    /// client, at most 4096 of them.
    pub fn with_detail(limits: Limits, request: DetailRequest) -> Self {
        Self { detail: Some(Detail::new(request)), ..Self::new(limits) }
    }

    /// The same with a say in how HTTP is read.
    #[must_use]
    pub fn with_http(self, options: HttpOptions) -> Self {
        Self { http: Arc::new(HttpReading::with(options)), ..self }
    }

    /// Sockets that are known to listen, to be kept up to date by whoever knows: they say who is the server of a flow whose beginning was
    /// not seen.
    pub fn listening(&mut self) -> &mut Listening {
        self.flows.listening()
    }

    /// Takes in the next packet. What cannot be read is counted and reported as a [`Problem`]; nothing fails.
    pub fn push(&mut self, packet: &Packet<'_>, sink: &mut dyn Sink) {
        let wire = Wire::captured(packet.bytes, packet.wire_len as usize);
        self.figures.packets += 1;
        self.figures.bytes += wire.len() as u64;
        self.figures.truncated += u64::from(wire.cut > 0);
        self.move_clock(packet.at_ns, sink);

        let position = packet.position;
        let mut tags = Tags::default();
        let read = match link::open(packet.link_type, wire, &mut tags) {
            Ok(Opened::Ip(ip)) => {
                let (positions, Tags { vlan, tunnel, .. }) = (slice::from_ref(&position), tags);
                self.network(ip, Seen { at_ns: packet.at_ns, position, positions, vlan, tunnel }, 0, sink)
            }
            Ok(Opened::NotIp) => {
                self.figures.not_ip += 1;
                Ok(())
            }
            Ok(Opened::Unsupported) => {
                self.unsupported(packet, sink);
                Ok(())
            }
            Err(malformed) => Err(malformed),
        };
        if let Err(malformed) = read {
            self.malformed(malformed, packet, sink);
        }
    }

    /// It is now so late, though no packet says so: tells and ends what is due. For live input, where nothing may come for long.
    pub fn advance(&mut self, at_ns: i64, sink: &mut dyn Sink) {
        self.move_clock(at_ns, sink);
    }

    /// The input has ended: ends every flow and hands out all that is pending.
    pub fn finish(&mut self, sink: &mut dyn Sink) {
        let (flows, mut outlet) = self.flows_and_outlet(sink);
        flows.finish(&mut outlet);
        self.datagrams.finish(sink);
    }

    /// What was counted so far.
    pub fn figures(&self) -> Figures {
        let mut figures = self.figures;
        figures.flows = self.flows.begun();
        figures.flows_open = self.flows.open() as u64;
        figures.limits_hit.fragments = self.fragments.dropped;
        figures
    }

    /// Bytes of segments that wait for those before them, of all flows.
    pub fn held_bytes(&self) -> usize {
        self.flows.held_bytes()
    }

    fn move_clock(&mut self, at_ns: i64, sink: &mut dyn Sink) {
        if at_ns <= self.now_ns {
            return;
        }
        self.now_ns = at_ns;
        let (flows, mut outlet) = self.flows_and_outlet(sink);
        flows.expire(at_ns, &mut outlet);
        if at_ns >= self.sweep_ns {
            self.sweep_ns = at_ns.saturating_add(SWEEP_NS);
            self.datagrams.expire(at_ns, sink);
        }
    }

    fn network(&mut self, ip: Wire<'_>, seen: Seen<'_>, depth: u8, sink: &mut dyn Sink) -> Result<(), Malformed> {
        let datagram = net::open(ip)?;
        if datagram.fragment.is_none() {
            return self.transport(&datagram, seen, depth, sink);
        }
        self.figures.fragments += 1;
        let Some(whole) = self.fragments.add(&datagram, seen.position, self.now_ns, &self.limits)? else {
            return Ok(());
        };
        self.figures.reassembled += 1;
        self.transport(&whole.datagram()?, Seen { positions: &whole.positions, ..seen }, depth, sink)
    }

    fn transport(
        &mut self,
        datagram: &Datagram<'_>,
        seen: Seen<'_>,
        depth: u8,
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        match datagram.protocol {
            protocol::TCP => {
                let segment = Segment::parse(datagram.payload)?;
                let (flows, mut outlet) = self.flows_and_outlet(sink);
                flows.segment(datagram.source, datagram.destination, &segment, &seen, &mut outlet);
                Ok(())
            }
            protocol::UDP => self.udp(datagram, seen, depth, sink),
            protocol::ICMP | protocol::ICMPV6 => self.icmp(datagram, seen, sink),
            protocol::NO_NEXT_HEADER => Ok(()),
            number => match tunnel::in_ip(datagram) {
                Some(inner) => self.inner(inner, seen, depth, sink),
                None => {
                    self.message(datagram, Transport::Other(number), [0, 0], datagram.payload, None, seen, sink);
                    Ok(())
                }
            },
        }
    }

    fn udp(
        &mut self,
        datagram: &Datagram<'_>,
        seen: Seen<'_>,
        depth: u8,
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        let (header, payload) = datagram.payload.header::<8>("UDP")?;
        let ports = [be16(header, 0), be16(header, 2)];
        let payload = match usize::from(be16(header, 4)) {
            // A jumbogram, or left to the network card: all there is.
            0 => payload,
            length if length < 8 => return Err(Malformed::Field { layer: "UDP", field: "length", value: length }),
            length => payload.first(length - 8),
        };
        if let Some(inner) = tunnel::in_udp(ports[0], ports[1], payload) {
            return self.inner(inner, seen, depth, sink);
        }
        self.message(datagram, Transport::Udp, ports, payload, None, seen, sink);
        Ok(())
    }

    fn icmp(&mut self, datagram: &Datagram<'_>, seen: Seen<'_>, sink: &mut dyn Sink) -> Result<(), Malformed> {
        let message = icmp::parse(datagram.payload, datagram.protocol == protocol::ICMPV6)?;
        let ports = [message.identifier; 2];
        self.message(datagram, Transport::Icmp, ports, message.payload, message.from_client, seen, sink);
        if let Some(undelivered) = message.undelivered {
            let (flows, mut outlet) = self.flows_and_outlet(sink);
            flows.unreachable(undelivered.source, undelivered.destination, undelivered.sequence, &seen, &mut outlet);
        }
        Ok(())
    }

    fn inner(&mut self, inner: Inner<'_>, seen: Seen<'_>, depth: u8, sink: &mut dyn Sink) -> Result<(), Malformed> {
        if depth >= self.limits.tunnel_depth {
            self.figures.limits_hit.tunnel_depth += 1;
            return Ok(());
        }
        let Some(packet) = inner.packet else { return Ok(()) };
        // The outermost tunnel between addresses counts; what the link itself is wrapped in only when there is none.
        let tunnel = if depth == 0 { Some(inner.name) } else { seen.tunnel };
        let seen = Seen { tunnel, vlan: seen.vlan.or(inner.vlan), ..seen };
        self.network(packet, seen, depth + 1, sink)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one datagram")]
    fn message(
        &mut self,
        datagram: &Datagram<'_>,
        transport: Transport,
        [source_port, destination_port]: [u16; 2],
        payload: Wire<'_>,
        from_client: Option<bool>,
        seen: Seen<'_>,
        sink: &mut dyn Sink,
    ) {
        let source = Endpoint { ip: datagram.source, port: source_port };
        let destination = Endpoint { ip: datagram.destination, port: destination_port };
        let message = Message { source, destination, transport, payload, from_client };
        let mut outlet = Outlet {
            sink,
            limits: &self.limits,
            hits: &mut self.figures.limits_hit,
            body: self.body,
            detail: self.detail.as_mut(),
            http: &self.http,
        };
        self.flows.message(&message, &seen, &mut self.datagrams, &mut outlet);
    }

    fn flows_and_outlet<'a>(&'a mut self, sink: &'a mut dyn Sink) -> (&'a mut Flows, Outlet<'a>) {
        let outlet = Outlet {
            sink,
            limits: &self.limits,
            hits: &mut self.figures.limits_hit,
            body: self.body,
            detail: self.detail.as_mut(),
            http: &self.http,
        };
        (&mut self.flows, outlet)
    }

    fn malformed(&mut self, malformed: Malformed, packet: &Packet<'_>, sink: &mut dyn Sink) {
        let stage = malformed.stage();
        let (count, reported) = match stage {
            Stage::Link => (&mut self.figures.malformed_link, &mut self.problems[0]),
            Stage::Network => (&mut self.figures.malformed_network, &mut self.problems[1]),
            _ => (&mut self.figures.malformed_transport, &mut self.problems[2]),
        };
        *count += 1;
        if *reported >= self.limits.problems_per_stage {
            self.figures.limits_hit.problems += 1;
            return;
        }
        *reported += 1;
        sink.problem(problem(stage, packet, malformed.to_string()));
    }

    fn unsupported(&mut self, packet: &Packet<'_>, sink: &mut dyn Sink) {
        self.figures.unsupported_link += 1;
        if !self.unsupported.contains(&packet.link_type) {
            self.unsupported.push(packet.link_type);
            let message = format!("link type {} ({}) cannot be read", packet.link_type.0, packet.link_type.name());
            sink.problem(problem(Stage::Link, packet, message));
        }
    }
}

fn problem(stage: Stage, packet: &Packet<'_>, message: String) -> Problem {
    Problem { at_ns: packet.at_ns, stage, position: packet.position, flow: None, message }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wirereel_testkit::{Conversation, Packets, Side};

    use super::*;

    struct Nothing;

    impl Sink for Nothing {}

    /// Transfers with holes, shuffled into each other.
    fn holes(seed: u64) -> Packets {
        let transfer = |port: u16| {
            let client = format!("10.0.0.1:{port}");
            let story =
                Conversation::tcp(&client, "10.0.0.2:9").handshake().unseen(Side::Client, 10).client(&[1; 9_000]);
            story.server(&[2; 9_000]).unseen(Side::Server, 10).server(&[3; 9_000]).ack(Side::Client).packets()
        };
        (1..=6).fold(Packets::default(), |packets, port| packets.merge(transfer(port))).shuffle(12, seed)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn held_bytes_are_bounded_and_nothing_is_held_in_the_end(
            seed in any::<u64>(),
            flips in prop::collection::vec((any::<prop::sample::Index>(), 0usize..60, 0u8..8), 0..40),
        ) {
            let limits = Limits { reorder_bytes_per_flow: 4_000, reorder_bytes_total: 10_000, ..Limits::default() };
            let mut packets = holes(seed);
            for (packet, at, bit) in flips {
                let count = packets.0.len();
                let bytes = &mut packets.0[packet.index(count)].bytes;
                let at = at.min(bytes.len() - 1);
                bytes[at] ^= 1 << bit;
            }
            let mut dissector = Dissector::new(limits.clone());
            for (position, packet) in (0..).zip(&packets.0) {
                let (at_ns, bytes, wire_len) = (packet.at_ns, packet.bytes.as_slice(), packet.wire_len);
                let link_type = LinkType(packet.link_type);
                dissector.push(&Packet { at_ns, link_type, bytes, wire_len, position }, &mut Nothing);
                prop_assert!(dissector.flows.held_bytes() <= limits.reorder_bytes_total);
            }
            dissector.finish(&mut Nothing);
            prop_assert_eq!(dissector.flows.held_bytes(), 0);
        }
    }
}
