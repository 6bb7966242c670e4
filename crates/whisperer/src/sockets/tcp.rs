//! TCP sockets of this network namespace, as the kernel tells them when it is asked; where it cannot be, as `/proc` has them.
//!
//! The table of connections has room for hundreds of thousands, and `/proc/net/tcp` locks each of its places in turn. A dump by `sock_diag(7)`
//! passes over those that are empty: with few connections it takes a twentieth of the time.

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
    let mut sockets = Vec::new();
    for (family, socket_id) in [(AF_INET, SocketId::new_v4()), (AF_INET6, SocketId::new_v6())] {
        let question = InetRequest {
            family,
            protocol: IPPROTO_TCP,
            extensions: ExtensionFlags::empty(),
            // These are of no process any more, or of none yet.
            states: StateFlags::all() - StateFlags::TIME_WAIT - StateFlags::SYN_RECV,
            socket_id,
        };
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(question).into());
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        rustix::io::write(kernel, &bytes)?;
        hear(kernel, &mut sockets)?;
    }
    Ok(sockets)
}

/// Takes in the parts of an answer until its end.
fn hear(kernel: &OwnedFd, sockets: &mut Vec<TcpSocket>) -> io::Result<()> {
    let mut part = vec![0; PART_BYTES];
    loop {
        let received = rustix::io::read(kernel, &mut part[..])?;
        let mut left = &part[..received];
        while !left.is_empty() {
            let message = NetlinkMessage::<SockDiagMessage>::deserialize(left).map_err(io::Error::other)?;
            match message.payload {
                NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(told)) => {
                    let told = told.header;
                    if told.inode != 0 {
                        sockets.push(TcpSocket {
                            local: SocketAddr::new(told.socket_id.source_address, told.socket_id.source_port),
                            listens: told.state == TCP_LISTEN,
                            inode: told.inode.into(),
                        });
                    }
                }
                NetlinkPayload::Done(_) => return Ok(()),
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
    fn where_the_kernel_cannot_be_asked_proc_is_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let deaf = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty()).unwrap();
        let mut sockets = TcpSockets { kernel: Some(deaf) };
        let local = listener.local_addr().unwrap();
        assert!(sockets.read().unwrap().iter().any(|socket| socket.local == local && socket.listens));
        assert!(sockets.kernel.is_none(), "it is not asked again");
    }
}
