//! TCP sockets of this network namespace, as the kernel tells them when it is asked; where it cannot be, as `/proc` has them.
//!
//! The table of connections has room for hundreds of thousands, and `/proc/net/tcp` locks each of its places in turn. A dump by `sock_diag(7)`
//! passes over those that are empty: with few connections it takes a twentieth of the time. It passes over all of them for each family, so
//! those of IPv6 are passed over only where there are connections of IPv6.

use std::{io, net::SocketAddr, os::fd::OwnedFd, time::Duration};

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::{
    SockDiagMessage,
    constants::{AF_INET, AF_INET6, IPPROTO_TCP, TCP_LISTEN},
    inet::{ExtensionFlags, InetRequest, SocketId, StateFlags},
};
use procfs::net::TcpState;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, netlink, socket_with,
    sockopt::{Timeout, set_socket_timeout},
};

/// The kernel sends parts of at most half of this.
const PART_BYTES: usize = 64 << 10;
/// It answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// A TCP socket of some process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TcpSocket {
    pub(super) local: SocketAddr,
    pub(super) listens: bool,
    pub(super) inode: u64,
}

/// Whom to ask for sockets.
pub(super) struct TcpSockets {
    kernel: Option<OwnedFd>,
}

impl TcpSockets {
    /// Call it before rights are given up: afterwards nothing is opened but files.
    pub(super) fn open() -> Self {
        let kernel =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(netlink::SOCK_DIAG));
        let kernel = kernel.ok().filter(|kernel| set_socket_timeout(kernel, Timeout::Recv, Some(PATIENCE)).is_ok());
        Self { kernel }
    }

    /// All that are there now. Where the kernel does not answer, it is not asked again.
    pub(super) fn read(&mut self) -> io::Result<Vec<TcpSocket>> {
        if let Some(kernel) = &self.kernel {
            match ask(kernel) {
                Ok(sockets) => return Ok(sockets),
                Err(_) => self.kernel = None,
            }
        }
        from_proc()
    }
}

fn ask(kernel: &OwnedFd) -> io::Result<Vec<TcpSocket>> {
    // The others are of no process any more, or of none yet.
    let wanted = || StateFlags::all() - StateFlags::TIME_WAIT - StateFlags::SYN_RECV;
    let mut sockets = Vec::new();
    ask_for(kernel, AF_INET, wanted(), &mut sockets)?;
    // Those that listen are in a table of their own, which is small.
    let listening = ask_for(kernel, AF_INET6, StateFlags::LISTEN, &mut sockets)?;
    if in_use_of_ipv6().is_none_or(|all| all > listening) {
        ask_for(kernel, AF_INET6, wanted() - StateFlags::LISTEN, &mut sockets)?;
    }
    Ok(sockets)
}

/// How many sockets of TCP over IPv6 there are, but for those that only wait for late packets; `None` where the kernel does not tell.
fn in_use_of_ipv6() -> Option<usize> {
    match std::fs::read_to_string("/proc/net/sockstat6") {
        Ok(text) => in_use(&text),
        // A kernel without IPv6.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(0),
        Err(_) => None,
    }
}

fn in_use(text: &str) -> Option<usize> {
    text.lines().find_map(|line| line.strip_prefix("TCP6: inuse "))?.trim().parse().ok()
}

/// Adds a family's sockets in some states that have a process; gives how many there are with those that have none.
fn ask_for(kernel: &OwnedFd, family: u8, states: StateFlags, sockets: &mut Vec<TcpSocket>) -> io::Result<usize> {
    let socket_id = if family == AF_INET6 { SocketId::new_v6() } else { SocketId::new_v4() };
    let extensions = ExtensionFlags::empty();
    let question = InetRequest { family, protocol: IPPROTO_TCP, extensions, states, socket_id };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(question).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    rustix::io::write(kernel, &bytes)?;
    hear(kernel, sockets)
}

/// Takes in the parts of an answer until its end.
fn hear(kernel: &OwnedFd, sockets: &mut Vec<TcpSocket>) -> io::Result<usize> {
    let mut part = vec![0; PART_BYTES];
    let mut told_of = 0;
    loop {
        let received = rustix::io::read(kernel, &mut part[..])?;
        let mut left = &part[..received];
        while !left.is_empty() {
            let message = NetlinkMessage::<SockDiagMessage>::deserialize(left).map_err(io::Error::other)?;
            match message.payload {
                NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(told)) => {
                    let told = told.header;
                    told_of += 1;
                    if told.inode != 0 {
                        sockets.push(TcpSocket {
                            local: SocketAddr::new(told.socket_id.source_address, told.socket_id.source_port),
                            listens: told.state == TCP_LISTEN,
                            inode: told.inode.into(),
                        });
                    }
                }
                NetlinkPayload::Done(_) => return Ok(told_of),
                NetlinkPayload::Error(error) => return Err(error.to_io()),
                _ => {}
            }
            // Messages begin at multiples of four.
            let length = (message.header.length as usize).next_multiple_of(4).max(4);
            left = left.get(length..).unwrap_or_default();
        }
        if received == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn from_proc() -> io::Result<Vec<TcpSocket>> {
    let entries = procfs::net::tcp().map_err(io::Error::other)?;
    let entries = entries.into_iter().chain(procfs::net::tcp6().unwrap_or_default());
    let socket = |entry: procfs::net::TcpNetEntry| TcpSocket {
        local: entry.local_address,
        listens: entry.state == TcpState::Listen,
        inode: entry.inode,
    };
    Ok(entries.filter(|entry| entry.inode != 0).map(socket).collect())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_kernel_tells_what_proc_has() {
        let open: Vec<_> = ["127.0.0.1:0", "[::1]:0"]
            .into_iter()
            .filter_map(|address| {
                let listener = TcpListener::bind(address).ok()?;
                let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
                let accepted = listener.accept().unwrap().0;
                Some((listener, client, accepted))
            })
            .collect();
        let ours = |sockets: Vec<TcpSocket>| {
            let ends = open.iter().flat_map(|(listener, client, accepted)| {
                let (listener, client) = (listener.local_addr().unwrap(), client.local_addr().unwrap());
                [(listener, true), (client, false), (accepted.local_addr().unwrap(), false)]
            });
            ends.map(|(local, listens)| {
                let found = sockets.iter().find(|socket| socket.local == local && socket.listens == listens);
                found.unwrap_or_else(|| panic!("{local} is not among {sockets:?}")).inode
            })
            .collect::<Vec<_>>()
        };
        let mut sockets = TcpSockets::open();
        let told = ours(sockets.read().unwrap());
        assert_eq!(told, ours(from_proc().unwrap()));
        assert!(told.iter().all(|inode| *inode != 0) && !told.is_empty());
        if sockets.kernel.is_none() {
            eprintln!("This kernel has no sock_diag: nothing was compared.");
        }
    }

    #[test]
    fn what_is_in_use_is_read_and_anything_else_is_not_known() {
        assert_eq!(in_use("TCP6: inuse 3\nUDP6: inuse 1\n"), Some(3));
        assert_eq!((in_use("TCP6: inuse many"), in_use("")), (None, None));
    }

    #[test]
    fn where_the_kernel_cannot_be_asked_proc_is_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let deaf = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty()).unwrap();
        let mut sockets = TcpSockets { kernel: Some(deaf) };
        let local = listener.local_addr().unwrap();
        assert!(sockets.read().unwrap().iter().any(|socket| socket.local == local && socket.listens));
        assert!(sockets.kernel.is_none(), "it is not asked again");
    }
}
