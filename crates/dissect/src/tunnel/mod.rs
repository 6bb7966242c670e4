//! Encapsulations: a packet whose payload is another packet.
//!
//! Only the inner flow is a flow; it carries the name of the outermost tunnel that it was found in. A payload that does
//! not hold what the port or protocol promises is left to its outer flow.

mod gre;
mod udp;

use crate::link::{self, EtherType, Opened, Tags};
use crate::net::{Datagram, protocol};
use crate::wire::{Malformed, Wire};

pub(crate) use udp::in_udp;

/// What a tunnel carries, and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inner<'a> {
    pub(crate) name: &'static str,
    /// `None` for a tunnel's own signalling: it is no flow, and there is nothing inside.
    pub(crate) packet: Option<Wire<'a>>,
    /// Outermost VLAN id inside the tunnel.
    pub(crate) vlan: Option<u16>,
}

/// Opens encapsulations that are IP protocols of their own.
pub(crate) fn in_ip<'a>(datagram: &Datagram<'a>) -> Option<Inner<'a>> {
    let payload = datagram.payload;
    match datagram.protocol {
        protocol::IPV4 => Inner::ip(if datagram.source.is_ipv4() { "ipip" } else { "4in6" }, payload, 4),
        protocol::IPV6 => Inner::ip(if datagram.source.is_ipv4() { "6in4" } else { "6in6" }, payload, 6),
        protocol::ETHER_IP => ether_ip(payload),
        protocol::ETHERNET => Inner::ethernet("ethernet", payload),
        protocol::GRE => gre::open(payload),
        _ => None,
    }
}

/// A version and reserved bits, then a frame (RFC 3378 §3).
fn ether_ip(payload: Wire<'_>) -> Option<Inner<'_>> {
    const VERSION_3: [u8; 2] = [0x30, 0x00];
    let (header, frame) = payload.header::<2>("EtherIP").ok()?;
    if *header == VERSION_3 { Inner::ethernet("etherip", frame) } else { None }
}

impl<'a> Inner<'a> {
    fn ip(name: &'static str, packet: Wire<'a>, version: u8) -> Option<Self> {
        let first = packet.bytes.first()?;
        (first >> 4 == version).then_some(Self { name, packet: Some(packet), vlan: None })
    }

    fn ethernet(name: &'static str, frame: Wire<'a>) -> Option<Self> {
        Self::opened(name, |tags| link::ethernet(frame, tags))
    }

    fn of_type(name: &'static str, ether_type: EtherType, payload: Wire<'a>) -> Option<Self> {
        match ether_type {
            EtherType::TRANSPARENT_ETHERNET => Self::ethernet(name, payload),
            _ => Self::opened(name, |tags| link::open_ethertype(ether_type, payload, tags)),
        }
    }

    /// The outer tunnel keeps its name whatever else is inside.
    fn opened(name: &'static str, open: impl FnOnce(&mut Tags) -> Result<Opened<'a>, Malformed>) -> Option<Self> {
        let mut tags = Tags::default();
        let opened = open(&mut tags).ok()?;
        let vlan = tags.vlan;
        match opened {
            Opened::Ip(packet) => Some(Self { name, packet: Some(packet), vlan }),
            Opened::NotIp => Some(Self { name, packet: None, vlan }),
            Opened::Unsupported => None,
        }
    }
}
