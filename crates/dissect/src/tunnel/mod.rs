//! Encapsulations: a packet whose payload is another packet.
//!
//! Only the inner flow is a flow; it carries the name of the outermost tunnel that it was found in. A payload that does
//! not hold what the port or protocol promises is left to its outer flow.

mod gre;
mod udp;

use crate::link::{self, Opened};
use crate::net::{Datagram, protocol};
use crate::wire::Wire;

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
        protocol::IPV4 => Inner::ip("ipip", payload, 4),
        protocol::IPV6 => Inner::ip("6in4", payload, 6),
        protocol::ETHERNET => Inner::ethernet("etherip", payload),
        protocol::GRE => gre::open(payload),
        _ => None,
    }
}

impl<'a> Inner<'a> {
    fn ip(name: &'static str, packet: Wire<'a>, version: u8) -> Option<Self> {
        let first = packet.bytes.first()?;
        (first >> 4 == version).then_some(Self { name, packet: Some(packet), vlan: None })
    }

    fn ethernet(name: &'static str, frame: Wire<'a>) -> Option<Self> {
        let mut vlan = None;
        let opened = link::ethernet(frame, &mut vlan).ok()?;
        Self::opened(name, opened, vlan)
    }

    fn opened(name: &'static str, opened: Opened<'a>, vlan: Option<u16>) -> Option<Self> {
        match opened {
            Opened::Ip(packet) => Some(Self { name, packet: Some(packet), vlan }),
            Opened::NotIp => Some(Self { name, packet: None, vlan }),
            Opened::Unsupported => None,
        }
    }
}
