//! The host's sockets as `/proc` has them, and what changed since the last look.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
    io,
    net::SocketAddr,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use procfs::net::UdpState;
use rustix::time::{ClockId, clock_gettime};
use wirereel_whisper::{Socket, SocketChanges, SocketEnd, SocketOwner, SocketTransport};

use super::{processes, tcp::TcpSockets};

/// Sockets that are told of at most. Beyond that many connections have no process; what listens comes first.
const MOST_SOCKETS: usize = 8_192;
/// Where the kernel does not tell: Linux's default range for the ports of opening ends.
const EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;
/// After all processes were asked, that is not done for so many times as long as it took of a processor, and not for longer than
/// [`LONGEST_REST`].
const REST_PER_WALK: u32 = 99;
pub(super) const LONGEST_REST: Duration = Duration::from_secs(4);
/// What the last look found.
pub(super) struct Table {
    tcp: TcpSockets,
    sockets: BTreeMap<SocketEnd, Option<SocketOwner>>,
    /// Processes by the inode of a socket, and by their number.
    owners: HashMap<u64, i32>,
    processes: HashMap<i32, String>,
    /// Inodes whose process cannot be found: another user's.
    unknown: HashSet<u64>,
    /// Processes that were there when somebody was last looked for.
    alive: HashSet<i32>,
    looked_ns: Option<i64>,
    /// Everybody may be asked again then.
    all_from: Option<Instant>,
}

impl Table {
    pub(super) fn of(tcp: TcpSockets) -> Self {
        Self {
            tcp,
            sockets: BTreeMap::new(),
            owners: HashMap::new(),
            processes: HashMap::new(),
            unknown: HashSet::new(),
            alive: HashSet::new(),
            looked_ns: None,
            all_from: None,
        }
    }

    /// Looks again.
    pub(super) fn look(&mut self, at_ns: i64) -> io::Result<SocketChanges> {
        let found = read_ends(&mut self.tcp)?;
        self.find_owners(found.iter().map(|(end, inode)| (*inode, end.listening)));
        let mut serves: HashMap<i32, u16> = HashMap::new();
        for (end, inode) in &found {
            if let (true, SocketTransport::Tcp, Some(&pid)) = (end.listening, end.transport, self.owners.get(inode)) {
                serves.entry(pid).and_modify(|port| *port = end.port.min(*port)).or_insert(end.port);
            }
        }
        let now: BTreeMap<_, _> = found
            .into_iter()
            .map(|(end, inode)| {
                let owner = self.owners.get(&inode).and_then(|pid| {
                    let process = self.processes.get(pid)?.clone();
                    Some(SocketOwner { process, serves_port: serves.get(pid).copied().unwrap_or(0) })
                });
                (end, owner)
            })
            .collect();
        let changed = now.iter().filter(|(end, owner)| self.sockets.get(end) != Some(owner));
        let opened = changed.map(|(end, owner)| Socket { end: *end, owner: owner.clone() }).collect();
        let closed = self.sockets.keys().filter(|end| !now.contains_key(end)).copied().collect();
        self.sockets = now;
        let since_ns = self.looked_ns.replace(at_ns);
        Ok(SocketChanges { at_ns, since_ns, addresses: Vec::new(), opened, closed })
    }

    /// Finds the processes of inodes. A new socket is mostly of a process that has some already, or of a new process: these are asked first,
    /// all others only when that does not tell, and not often: that takes long.
    fn find_owners(&mut self, inodes: impl Iterator<Item = (u64, bool)>) {
        let mut wanted = Wanted { all: HashSet::new(), missing: HashSet::new(), may_be_shared: false };
        for (inode, listens) in inodes {
            wanted.all.insert(inode);
            if !self.owners.contains_key(&inode) && !self.unknown.contains(&inode) {
                wanted.missing.insert(inode);
                wanted.may_be_shared |= listens;
            }
        }
        self.owners.retain(|inode, _| wanted.all.contains(inode));
        self.unknown.retain(|inode| wanted.all.contains(inode));
        if wanted.missing.is_empty() {
            return;
        }
        // Who has the most sockets opens the most.
        let mut had: HashMap<i32, usize> = HashMap::new();
        self.owners.values().for_each(|pid| *had.entry(*pid).or_default() += 1);
        let mut known: Vec<i32> = self.processes.keys().copied().collect();
        known.sort_unstable_by_key(|pid| (Reverse(had.get(pid).copied().unwrap_or(0)), *pid));
        if self.ask_while_missing(&known, &mut wanted) {
            return;
        }
        let Ok(alive) = processes::all() else { return };
        let (others, new): (Vec<i32>, Vec<i32>) =
            alive.iter().filter(|pid| !self.processes.contains_key(pid)).partition(|pid| self.alive.contains(pid));
        self.alive = alive;
        if self.ask_while_missing(&new, &mut wanted) || wanted.missing.is_empty() {
            return;
        }
        if self.all_from.is_none_or(|from| Instant::now() >= from) {
            let began = processor_time();
            others.iter().for_each(|pid| self.ask(*pid, &mut wanted));
            let rest = (processor_time().saturating_sub(began) * REST_PER_WALK).min(LONGEST_REST);
            self.all_from = Some(Instant::now() + rest);
            self.unknown = wanted.all.into_iter().filter(|inode| !self.owners.contains_key(inode)).collect();
        }
    }

    /// Asks processes one by one; true when nobody else need be asked.
    fn ask_while_missing(&mut self, pids: &[i32], wanted: &mut Wanted) -> bool {
        for pid in pids {
            if wanted.is_found() {
                break;
            }
            self.ask(*pid, wanted);
        }
        wanted.is_found()
    }

    /// Takes the sockets of a process that are wanted. Those of another user's cannot be seen.
    fn ask(&mut self, pid: i32, wanted: &mut Wanted) {
        let (owners, mut has_any) = (&mut self.owners, false);
        let asked = processes::each_socket(pid, |inode| {
            if wanted.all.contains(&inode) {
                has_any = true;
                wanted.missing.remove(&inode);
                // A listening socket that is shared belongs to the process that made it, which has the lowest number.
                let owner = owners.entry(inode).or_insert(pid);
                *owner = pid.min(*owner);
            }
        });
        if asked.is_err() {
            // It has ended, or may no longer be asked.
            self.processes.remove(&pid);
        } else if has_any
            && !self.processes.contains_key(&pid)
            && let Some(name) = processes::name(pid)
        {
            self.processes.insert(pid, name);
        }
    }
}

/// Sockets whose processes are looked for.
struct Wanted {
    all: HashSet<u64>,
    /// Nobody has been found that has them.
    missing: HashSet<u64>,
    /// One that listens may be shared, and is that of the process that made it: everybody who may be it has to be asked.
    may_be_shared: bool,
}

impl Wanted {
    fn is_found(&self) -> bool {
        self.missing.is_empty() && !self.may_be_shared
    }
}

/// What this process has taken of processors so far.
pub(super) fn processor_time() -> Duration {
    let taken = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(taken.tv_sec.unsigned_abs(), taken.tv_nsec.unsigned_abs() as u32)
}

/// Local ends with their inodes: what listens, and what was opened from here.
fn read_ends(tcp: &mut TcpSockets) -> io::Result<BTreeMap<SocketEnd, u64>> {
    let mut ends = Vec::new();
    let end = |transport, local: SocketAddr, listening| SocketEnd {
        transport,
        ip: local.ip().to_canonical(),
        port: local.port(),
        listening,
    };
    let tcp = tcp.read()?;
    let served: HashSet<u16> = tcp.iter().filter(|socket| socket.listens).map(|socket| socket.local.port()).collect();
    for socket in tcp {
        // Accepted ends have the port of the socket that accepted them.
        if socket.listens || !served.contains(&socket.local.port()) {
            ends.push((end(SocketTransport::Tcp, socket.local, socket.listens), socket.inode));
        }
    }
    let ephemeral = ephemeral_ports();
    let udp = procfs::net::udp().map_err(io::Error::other)?;
    for entry in udp.into_iter().chain(procfs::net::udp6().unwrap_or_default()) {
        let waits = entry.state == UdpState::Close && entry.remote_address.port() == 0;
        let port = entry.local_address.port();
        ends.push((end(SocketTransport::Udp, entry.local_address, waits && !ephemeral.contains(&port)), entry.inode));
    }
    // The oldest next, by their inodes: which are told stays the same when more come, and nobody is looked for anew.
    ends.sort_by_key(|(end, inode)| (!end.listening, *inode));
    ends.truncate(MOST_SOCKETS);
    Ok(ends.into_iter().collect())
}

fn ephemeral_ports() -> RangeInclusive<u16> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ports = text.split_whitespace().map(str::parse);
    match (ports.next(), ports.next()) {
        (Some(Ok(first)), Some(Ok(last))) => first..=last,
        _ => EPHEMERAL,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream, UdpSocket};

    use super::*;

    fn ours(changes: &SocketChanges, port: u16) -> Vec<(&SocketEnd, Option<&SocketOwner>)> {
        let sockets = changes.opened.iter().filter(|socket| socket.end.port == port);
        sockets.map(|socket| (&socket.end, socket.owner.as_ref())).collect()
    }

    #[test]
    fn sockets_are_found_with_their_process_and_told_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let served = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let accepted = listener.accept().unwrap();
        let mut table = Table::of(TcpSockets::open());

        let first = table.look(1).unwrap();
        let [(end, Some(owner))] = ours(&first, served)[..] else { panic!("{first:?}") };
        assert!(end.listening, "the accepted end is not told beside it");
        assert!(owner.process.starts_with("wirereel_whisp"), "{owner:?}");
        let own_port = client.local_addr().unwrap().port();
        let [(end, Some(owner))] = ours(&first, own_port)[..] else { panic!("{first:?}") };
        assert!(!end.listening);
        assert!(owner.serves_port > 0 && owner.serves_port <= served, "this process serves: {owner:?}");

        let second = table.look(2).unwrap();
        assert!(ours(&second, served).is_empty() && ours(&second, own_port).is_empty(), "{second:?}");

        drop((client, accepted, listener));
        let third = table.look(3).unwrap();
        assert!(third.closed.iter().any(|end| end.port == served && end.listening), "{third:?}");
    }

    #[test]
    fn connections_that_come_later_are_found_with_their_process_too() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut table = Table::of(TcpSockets::open());
        table.look(1).unwrap();
        let later = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let changes = table.look(2).unwrap();
        let [(_, Some(owner))] = ours(&changes, later.local_addr().unwrap().port())[..] else { panic!("{changes:?}") };
        assert!(owner.process.starts_with("wirereel_whisp"), "{owner:?}");
    }

    #[test]
    fn a_datagram_socket_on_a_chosen_port_listens_and_one_on_any_port_does_not() {
        let any = UdpSocket::bind("127.0.0.1:0").unwrap();
        // Below the ports that the kernel gives away.
        let chosen = (20_000..30_000).find_map(|port| UdpSocket::bind(("127.0.0.1", port)).ok()).unwrap();
        let changes = Table::of(TcpSockets::open()).look(1).unwrap();
        let listens = |socket: &UdpSocket| ours(&changes, socket.local_addr().unwrap().port())[0].0.listening;
        assert_eq!((listens(&any), listens(&chosen)), (false, true));
    }
}
