//! ICMP (RFC 792) and ICMPv6 (RFC 4443): echoes, and what error messages quote.

use crate::net::{self, protocol};
use crate::record::Endpoint;
use crate::wire::{Malformed, Wire, be16, be32};

/// What an ICMP message says about flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IcmpMessage<'a> {
    /// Of an echo; 0 otherwise.
    pub(crate) identifier: u16,
    /// An echo's request comes from the client, its reply from the server.
    pub(crate) from_client: Option<bool>,
    /// Behind the eight header bytes.
    pub(crate) payload: Wire<'a>,
    /// The TCP segment that could not be delivered.
    pub(crate) undelivered: Option<Undelivered>,
}

/// A quoted TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undelivered {
    pub(crate) source: Endpoint,
    pub(crate) destination: Endpoint,
    pub(crate) sequence: u32,
}

/// Reads a message of either version.
pub(crate) fn parse(packet: Wire<'_>, v6: bool) -> Result<IcmpMessage<'_>, Malformed> {
    let (header, payload) = packet.header::<8>("ICMP")?;
    let (request, reply, unreachable) = if v6 { (128, 129, 1) } else { (8, 0, 3) };
    let kind = header[0];
    let from_client = (kind == request || kind == reply).then_some(kind == request);
    Ok(IcmpMessage {
        identifier: if from_client.is_some() { be16(header, 4) } else { 0 },
        from_client,
        payload,
        undelivered: if kind == unreachable { quoted(payload) } else { None },
    })
}

/// The quoted packet is often cut after eight bytes of its payload: enough for ports and sequence number.
fn quoted(payload: Wire<'_>) -> Option<Undelivered> {
    let datagram = net::open(payload).ok()?;
    let first = datagram.fragment.is_none_or(|fragment| fragment.offset == 0);
    if datagram.protocol != protocol::TCP || !first {
        return None;
    }
    let (segment, _) = datagram.payload.header::<8>("TCP").ok()?;
    Some(Undelivered {
        source: Endpoint { ip: datagram.source, port: be16(segment, 0) },
        destination: Endpoint { ip: datagram.destination, port: be16(segment, 2) },
        sequence: be32(segment, 4),
    })
}
