//! An ICMP echo (RFC 792, RFC 4443 §4), where this machine may send one: without rights where the system allows it, else with them.

use std::net::IpAddr;

use url::Host;

use super::{Checker, Failure, Phase, check::Check, resolve::resolve, trace::Trace};
use crate::config::Endpoint;

impl Checker {
    /// Sends an echo and waits for its reply, which is the phase of the first byte.
    pub(crate) async fn echo(&self, check: &Check, host: &Host, trace: &mut Trace) -> Result<(), Failure> {
        let at = Endpoint { host: host.clone(), port: 0 };
        let addresses = resolve(&at, check.website.address_family, check.resolver, self.lookups(), trace).await?;
        let Some(address) = addresses.first() else {
            return Err(Failure::NoAddress { host: host.to_string(), family: "IP".into() });
        };
        trace.known.remote = Some(*address);
        trace.enter(Phase::Ttfb);
        echo(address.ip()).await?;
        trace.leave();
        Ok(())
    }
}

#[cfg(not(unix))]
async fn echo(_: IpAddr) -> Result<(), Failure> {
    Err(Failure::Unsupported { reason: "ICMP echoes need a system that lets programs send them".into() })
}

#[cfg(unix)]
async fn echo(to: IpAddr) -> Result<(), Failure> {
    use std::{
        net::SocketAddr,
        sync::atomic::{AtomicU16, Ordering},
        time::Duration,
    };

    use tokio::net::UdpSocket;
    use wirereel_dial::quoted;

    use super::connect::io_failure;

    /// An echo that nobody answered is sent again.
    const PATIENCE: Duration = Duration::from_secs(1);
    static SEQUENCE: AtomicU16 = AtomicU16::new(0);

    let not_allowed = |error: std::io::Error| Failure::IcmpNotAllowed { reason: quoted(&error.to_string()) };
    let (socket, kernel_has_the_id) = socket(to).map_err(not_allowed)?;
    let socket = UdpSocket::from_std(socket).map_err(not_allowed)?;
    socket.connect(SocketAddr::new(to, 0)).await.map_err(|error| unreachable(to, &error))?;
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
    let id = std::process::id() as u16;
    let mut buffer = [0; 512];
    loop {
        socket.send(&request(to, id, sequence)).await.map_err(|error| unreachable(to, &error))?;
        let reply = async {
            loop {
                let length = socket.recv(&mut buffer).await.map_err(|error| io_failure(Phase::Ttfb, &error))?;
                let id = (!kernel_has_the_id).then_some(id);
                if is_reply(to, buffer.get(..length).unwrap_or_default(), id, sequence) {
                    return Ok::<(), Failure>(());
                }
            }
        };
        if let Ok(replied) = tokio::time::timeout(PATIENCE, reply).await {
            return replied;
        }
    }
}

#[cfg(unix)]
fn unreachable(to: IpAddr, error: &std::io::Error) -> Failure {
    Failure::Unreachable { address: to.to_string(), reason: wirereel_dial::quoted(&error.to_string()) }
}

/// A socket for echoes, and whether the kernel chooses their identifier and shows only their replies.
#[cfg(unix)]
fn socket(to: IpAddr) -> std::io::Result<(std::net::UdpSocket, bool)> {
    use socket2::{Domain, Protocol, Socket, Type};
    let (domain, protocol) =
        if to.is_ipv4() { (Domain::IPV4, Protocol::ICMPV4) } else { (Domain::IPV6, Protocol::ICMPV6) };
    let (socket, without_rights) = match Socket::new(domain, Type::DGRAM, Some(protocol)) {
        Ok(socket) => (socket, true),
        Err(_) => (Socket::new(domain, Type::RAW, Some(protocol))?, false),
    };
    socket.set_nonblocking(true)?;
    Ok((socket.into(), without_rights && cfg!(target_os = "linux")))
}

#[cfg(any(unix, test))]
fn request(to: IpAddr, id: u16, sequence: u16) -> [u8; 16] {
    let mut packet = [0; 16];
    packet[0] = if to.is_ipv4() { 8 } else { 128 };
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet[6..8].copy_from_slice(&sequence.to_be_bytes());
    packet[8..].copy_from_slice(b"wirereel");
    // Of ICMPv6 the kernel fills in the sum, as it covers the addresses.
    if to.is_ipv4() {
        let sum = packet.chunks_exact(2).fold(0_u32, |sum, pair| sum + (u32::from(pair[0]) << 8 | u32::from(pair[1])));
        let folded = (sum & 0xffff) + (sum >> 16);
        let checksum = !((folded & 0xffff) + (folded >> 16)) as u16;
        packet[2..4].copy_from_slice(&checksum.to_be_bytes());
    }
    packet
}

/// Whether these bytes are the reply; a raw socket for IPv4 shows them behind their IP header.
#[cfg(any(unix, test))]
fn is_reply(to: IpAddr, bytes: &[u8], id: Option<u16>, sequence: u16) -> bool {
    let bytes = match bytes.first() {
        Some(first) if to.is_ipv4() && first >> 4 == 4 => bytes.get(usize::from(first & 15) * 4..).unwrap_or_default(),
        _ => bytes,
    };
    let word = |at: usize| bytes.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    bytes.first() == Some(if to.is_ipv4() { &0 } else { &129 })
        && id.is_none_or(|id| word(4) == Some(id))
        && word(6) == Some(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_known_by_its_type_identifier_and_sequence() {
        let to = IpAddr::from([127, 0, 0, 1]);
        let mut packet = request(to, 7, 9);
        let sum = packet.chunks_exact(2).fold(0_u32, |sum, pair| sum + (u32::from(pair[0]) << 8 | u32::from(pair[1])));
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff, "the sum with its checksum is all ones (RFC 1071)");
        assert!(!is_reply(to, &packet, Some(7), 9), "the request itself is none");
        packet[0] = 0;
        assert!(is_reply(to, &packet, Some(7), 9) && is_reply(to, &packet, None, 9));
        assert!(!is_reply(to, &packet, Some(8), 9) && !is_reply(to, &packet, Some(7), 8));
        let with_header = [&[0x45][..], &[0; 19], &packet].concat();
        assert!(is_reply(to, &with_header, Some(7), 9));
        for cut in 0..packet.len() {
            is_reply(to, &packet[..cut], Some(7), 9);
        }
    }
}
