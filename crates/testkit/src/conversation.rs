//! A TCP or UDP conversation told step by step.

use std::net::SocketAddr;

use crate::frame::{self, Link};
use crate::{CapturedPacket, Packets, Side};

/// 2024-01-01 00:00:00 UTC.
const EPOCH_NS: i64 = 1_704_067_200_000_000_000;
const MILLISECOND_NS: i64 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Tcp,
    Udp,
}

/// Control bits of a TCP segment.
#[derive(Debug, Clone, Copy, Default)]
struct Control {
    syn: bool,
    ack: bool,
    fin: bool,
    rst: bool,
}

const ACK: Control = Control { syn: false, ack: true, fin: false, rst: false };

/// Writes packets, one step after the other, one millisecond apart.
///
/// Sequence and acknowledgement numbers follow from what was said before; every payload is acknowledged by the next
/// segment of the other side only, so [`Conversation::ack`] says explicitly when an acknowledgement was captured.
#[derive(Debug, Clone)]
pub struct Conversation {
    transport: Transport,
    ends: [SocketAddr; 2],
    /// Next sequence number of each side.
    next: [u32; 2],
    link: Link,
    largest_segment: usize,
    at_ns: i64,
    packets: Vec<CapturedPacket>,
}

impl Conversation {
    /// A TCP conversation between addresses such as `10.0.0.1:40000` and `[fd00::1]:80`.
    ///
    /// # Panics
    /// When an address cannot be read: the test itself is wrong.
    pub fn tcp(client: &str, server: &str) -> Self {
        Self::new(Transport::Tcp, client, server)
    }

    /// A UDP conversation.
    ///
    /// # Panics
    /// When an address cannot be read.
    pub fn udp(client: &str, server: &str) -> Self {
        Self::new(Transport::Udp, client, server)
    }

    fn new(transport: Transport, client: &str, server: &str) -> Self {
        Self {
            transport,
            ends: [frame::address(client), frame::address(server)],
            next: [1_000, 5_000_000],
            link: Link::default(),
            largest_segment: 1_448,
            at_ns: EPOCH_NS,
            packets: Vec::new(),
        }
    }

    /// Frames of this kind from here on.
    pub fn link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// The initial sequence numbers; say so before the first step.
    pub fn initial_sequence(mut self, client: u32, server: u32) -> Self {
        self.next = [client, server];
        self
    }

    /// Longer payloads are split into segments of this size.
    pub fn largest_segment(mut self, bytes: usize) -> Self {
        self.largest_segment = bytes.max(1);
        self
    }

    /// The next step happens at this time.
    pub fn at(mut self, at_ns: i64) -> Self {
        self.at_ns = at_ns;
        self
    }

    /// Nothing happens for so long.
    pub fn wait(mut self, for_ns: i64) -> Self {
        self.at_ns += for_ns;
        self
    }

    pub fn syn(self) -> Self {
        self.segment(Side::Client, Control { syn: true, ..Control::default() }, b"")
    }

    pub fn syn_ack(self) -> Self {
        self.segment(Side::Server, Control { syn: true, ..ACK }, b"")
    }

    /// A pure acknowledgement of all that the other side has said.
    pub fn ack(self, side: Side) -> Self {
        self.segment(side, ACK, b"")
    }

    /// SYN, SYN-ACK, ACK.
    pub fn handshake(self) -> Self {
        self.syn().syn_ack().ack(Side::Client)
    }

    /// The client says something.
    pub fn client(self, payload: &[u8]) -> Self {
        self.say(Side::Client, payload)
    }

    /// The server says something.
    pub fn server(self, payload: &[u8]) -> Self {
        self.say(Side::Server, payload)
    }

    /// One side says something, in as many segments as it takes.
    pub fn say(mut self, side: Side, payload: &[u8]) -> Self {
        match self.transport {
            Transport::Tcp => {
                for part in payload.chunks(self.largest_segment) {
                    self = self.segment(side, ACK, part);
                }
                self
            }
            Transport::Udp => self.datagram(side, payload),
        }
    }

    /// A keep-alive probe: the byte before the next one, with no payload.
    pub fn keep_alive(mut self, side: Side) -> Self {
        let next = &mut self.next[side as usize];
        *next = next.wrapping_sub(1);
        self = self.segment(side, ACK, b"");
        let next = &mut self.next[side as usize];
        *next = next.wrapping_add(1);
        self
    }

    /// One side says that it will say no more.
    pub fn fin(self, side: Side) -> Self {
        self.segment(side, Control { fin: true, ..ACK }, b"")
    }

    /// FIN of the client, FIN of the server, last acknowledgement.
    pub fn close(self) -> Self {
        self.fin(Side::Client).fin(Side::Server).ack(Side::Client)
    }

    pub fn reset(self, side: Side) -> Self {
        self.segment(side, Control { rst: true, ..ACK }, b"")
    }

    /// One side sends `bytes` that are never captured.
    pub fn unseen(mut self, side: Side, bytes: u32) -> Self {
        let next = &mut self.next[side as usize];
        *next = next.wrapping_add(bytes);
        self
    }

    /// All that was captured.
    pub fn packets(self) -> Packets {
        Packets(self.packets)
    }

    fn segment(mut self, side: Side, control: Control, payload: &[u8]) -> Self {
        let (source, destination) = self.ends_from(side);
        let sequence = self.next[side as usize];
        let mut builder =
            frame::ip(source.ip(), destination.ip()).tcp(source.port(), destination.port(), sequence, 64_000);
        if control.syn {
            builder = builder.syn();
        }
        if control.ack {
            builder = builder.ack(self.next[side.other() as usize]);
        }
        if control.fin {
            builder = builder.fin();
        }
        if control.rst {
            builder = builder.rst();
        }
        let mut packet = Vec::new();
        builder.write(&mut packet, payload).expect("a segment fits an IP packet");
        let taken = payload.len() as u32 + u32::from(control.syn) + u32::from(control.fin);
        self.next[side as usize] = sequence.wrapping_add(taken);
        self.capture(&packet);
        self
    }

    fn datagram(mut self, side: Side, payload: &[u8]) -> Self {
        let (source, destination) = self.ends_from(side);
        let mut packet = Vec::new();
        let builder = frame::ip(source.ip(), destination.ip()).udp(source.port(), destination.port());
        builder.write(&mut packet, payload).expect("a datagram fits an IP packet");
        self.capture(&packet);
        self
    }

    fn ends_from(&self, side: Side) -> (SocketAddr, SocketAddr) {
        (self.ends[side as usize], self.ends[side.other() as usize])
    }

    fn capture(&mut self, ip: &[u8]) {
        let bytes = self.link.frame(ip);
        let wire_len = bytes.len() as u32;
        self.packets.push(CapturedPacket { at_ns: self.at_ns, link_type: self.link.number(), bytes, wire_len });
        self.at_ns += MILLISECOND_NS;
    }
}
