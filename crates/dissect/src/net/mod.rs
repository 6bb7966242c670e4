//! From an IP packet to its transport payload.

mod fragments;
mod ipv4;
mod ipv6;

use std::net::IpAddr;

pub(crate) use fragments::Fragments;

use crate::wire::{Malformed, Wire};

/// An IP packet with its headers stripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Datagram<'a> {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    /// The IP protocol number of `payload`.
    pub(crate) protocol: u8,
    pub(crate) payload: Wire<'a>,
    /// Set when `payload` is only a part.
    pub(crate) fragment: Option<Fragment>,
}

/// Which part of a datagram a fragment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) identification: u32,
    /// In bytes.
    pub(crate) offset: usize,
    pub(crate) more: bool,
}

/// IP protocol numbers (IANA) that have a room of their own.
pub(crate) mod protocol {
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const IPV4: u8 = 4;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const IPV6: u8 = 41;
    pub(crate) const GRE: u8 = 47;
    pub(crate) const ICMPV6: u8 = 58;
    pub(crate) const NO_NEXT_HEADER: u8 = 59;
    pub(crate) const ETHER_IP: u8 = 97;
    pub(crate) const ETHERNET: u8 = 143;
}

/// Reads an IP packet of either version.
pub(crate) fn open(packet: Wire<'_>) -> Result<Datagram<'_>, Malformed> {
    match packet.bytes.first().map(|first| first >> 4) {
        Some(4) => ipv4::open(packet),
        Some(6) => ipv6::open(packet),
        Some(other) => Err(Malformed::Field { layer: "IP", field: "version", value: other.into() }),
        None => Err(Malformed::Short { layer: "IP", needed: 1, found: 0 }),
    }
}
