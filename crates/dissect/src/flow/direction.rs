//! Which end of a new flow is the client, and how sure that is.

use std::net::IpAddr;

use super::listening::Listening;
use super::ports::{ServerBy, server_by_ports};
use super::table::Message;
use crate::record::{Endpoint, Transport};
use crate::tcp::Segment;

/// How sure it is which end is the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// A handshake, the host's table of listening sockets, an application's first bytes or an ICMP type said so.
    Certain,
    /// One of the ports did.
    Ports,
    /// The end that was seen first is taken for the client.
    FirstSeen,
}

/// Who is the client of a connection that begins with this segment: whether its source is the server, and how sure.
pub(super) fn direction_of_segment(
    segment: &Segment<'_>,
    source: Endpoint,
    destination: Endpoint,
    listening: &Listening,
) -> (bool, Direction) {
    if segment.flags.syn() {
        return (segment.flags.ack(), Direction::Certain);
    }
    direction_by_listening(listening.server(Transport::Tcp, source, destination))
        .unwrap_or_else(|| direction_by_ports(source.port, destination.port))
}

/// The same for a datagram.
pub(super) fn direction_of_message(message: &Message<'_>, listening: &Listening) -> (bool, Direction) {
    if let Some(from_client) = message.from_client {
        return (!from_client, Direction::Certain);
    }
    let by_listening = listening.server(message.transport, message.source, message.destination);
    if let Some(direction) = direction_by_listening(by_listening) {
        return direction;
    }
    let to_many = match message.destination.ip {
        IpAddr::V4(ip) => ip.is_broadcast() || ip.is_multicast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    };
    match direction_by_ports(message.source.port, message.destination.port) {
        (true, _) if to_many => (false, Direction::FirstSeen),
        direction => direction,
    }
}

fn direction_by_listening(server: ServerBy) -> Option<(bool, Direction)> {
    match server {
        ServerBy::Source => Some((true, Direction::Certain)),
        ServerBy::Destination => Some((false, Direction::Certain)),
        ServerBy::Unknown => None,
    }
}

fn direction_by_ports(source: u16, destination: u16) -> (bool, Direction) {
    match server_by_ports(source, destination) {
        ServerBy::Source => (true, Direction::Ports),
        ServerBy::Destination => (false, Direction::Ports),
        ServerBy::Unknown => (false, Direction::FirstSeen),
    }
}
