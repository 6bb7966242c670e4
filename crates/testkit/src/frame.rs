//! Link headers and IP packets around payloads.

use std::net::{IpAddr, SocketAddr};

use etherparse::{IpHeaders, IpNumber, PacketBuilder, PacketBuilderStep};

/// What frames a conversation is captured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    #[default]
    Ethernet,
    /// Ethernet with one 802.1Q tag.
    Vlan(u16),
    /// Ethernet with an outer 802.1ad and an inner 802.1Q tag.
    QinQ(u16, u16),
    /// IEEE 802.3 with LLC and SNAP.
    Snap,
    /// BSD loopback, little-endian.
    Null,
    /// OpenBSD loopback.
    Loop,
    Raw,
    LinuxSll,
    LinuxSll2,
    /// Ethernet, PPPoE session, PPP.
    Pppoe,
}

impl Link {
    /// libpcap's `LINKTYPE_` number.
    pub fn number(self) -> u16 {
        match self {
            Self::Ethernet | Self::Vlan(_) | Self::QinQ(..) | Self::Snap | Self::Pppoe => 1,
            Self::Null => 0,
            Self::Loop => 108,
            Self::Raw => 101,
            Self::LinuxSll => 113,
            Self::LinuxSll2 => 276,
        }
    }

    /// Every kind, for tests that must hold for all.
    pub fn all() -> [Self; 10] {
        [
            Self::Ethernet,
            Self::Vlan(100),
            Self::QinQ(100, 7),
            Self::Snap,
            Self::Null,
            Self::Loop,
            Self::Raw,
            Self::LinuxSll,
            Self::LinuxSll2,
            Self::Pppoe,
        ]
    }

    /// Puts an IP packet into a frame. Ethernet frames are padded to their least size of 60 bytes.
    pub fn frame(self, ip: &[u8]) -> Vec<u8> {
        let v6 = ip.first().is_some_and(|first| first >> 4 == 6);
        let ether_type: [u8; 2] = if v6 { [0x86, 0xdd] } else { [0x08, 0x00] };
        let family: u32 = if v6 { 30 } else { 2 };
        let addresses = [[2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1]].concat();
        let mut frame = match self {
            Self::Ethernet => [&addresses[..], &ether_type].concat(),
            Self::Vlan(id) => [&addresses[..], &[0x81, 0x00], &id.to_be_bytes(), &ether_type].concat(),
            Self::QinQ(outer, inner) => {
                [&addresses[..], &[0x88, 0xa8], &outer.to_be_bytes(), &[0x81, 0x00], &inner.to_be_bytes(), &ether_type]
                    .concat()
            }
            Self::Snap => {
                let length = (ip.len() as u16 + 8).to_be_bytes();
                [&addresses[..], &length, &[0xaa, 0xaa, 3, 0, 0, 0], &ether_type].concat()
            }
            Self::Null => family.to_le_bytes().to_vec(),
            Self::Loop => family.to_be_bytes().to_vec(),
            Self::Raw => Vec::new(),
            Self::LinuxSll => [&[0, 4, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0][..], &ether_type].concat(),
            Self::LinuxSll2 => [&ether_type[..], &[0; 18]].concat(),
            Self::Pppoe => {
                let length = (ip.len() as u16 + 2).to_be_bytes();
                let protocol: [u8; 2] = if v6 { [0x00, 0x57] } else { [0x00, 0x21] };
                [&addresses[..], &[0x88, 0x64, 0x11, 0, 0, 1], &length, &protocol].concat()
            }
        };
        frame.extend_from_slice(ip);
        if self.number() == 1 && frame.len() < 60 {
            frame.resize(60, 0);
        }
        frame
    }
}

/// An IP packet of `protocol` between two addresses of the same family.
///
/// # Panics
/// When the families differ or the payload is too long for an IP packet: the test itself is wrong.
pub fn ip_packet(source: IpAddr, destination: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    ip(source, destination).write(&mut packet, IpNumber(protocol), payload).expect("payload fits an IP packet");
    packet
}

/// An IP packet that carries a UDP datagram.
///
/// # Panics
/// As [`ip_packet`].
pub fn udp(source: &str, destination: &str, payload: &[u8]) -> Vec<u8> {
    let (source, destination) = (address(source), address(destination));
    let mut packet = Vec::new();
    let step = ip(source.ip(), destination.ip()).udp(source.port(), destination.port());
    step.write(&mut packet, payload).expect("payload fits a UDP datagram");
    packet
}

pub(crate) fn ip(source: IpAddr, destination: IpAddr) -> PacketBuilderStep<IpHeaders> {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => PacketBuilder::ipv4(source.octets(), destination.octets(), 64),
        (IpAddr::V6(source), IpAddr::V6(destination)) => PacketBuilder::ipv6(source.octets(), destination.octets(), 64),
        _ => panic!("{source} and {destination} are not of one family"),
    }
}

/// `10.0.0.1:80` or `[fd00::1]:80`.
pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap_or_else(|error| panic!("{text:?} is not an address with a port: {error}"))
}
