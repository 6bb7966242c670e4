//! The host's sockets as `/proc` has them, and what changed since the last look.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io,
    net::SocketAddr,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use procfs::{
    net::UdpState,
    process::{FDTarget, Process, all_processes},
};
use rustix::time::{ClockId, clock_gettime};
use wirereel_whisper::{Socket, SocketChanges, SocketEnd, SocketOwner, SocketTransport};

use super::tcp::TcpSockets;

/// Sockets that are told of at most. Beyond that many connections have no process; what listens comes first.
const MOST_SOCKETS: usize = 8_192;
/// Where the kernel does not tell: Linux's default range for the ports of opening ends.
const EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;
/// After all processes were asked, that is not done for so many times as long as it took of a processor, and not for longer than
/// [`LONGEST_REST`].
const REST_PER_WALK: u32 = 99;
pub(super) const LONGEST_REST: Duration = Duration::from_secs(4);
/// Programs that are nothing without a script.
const INTERPRETERS: [&str; 11] =
    ["python", "node", "nodejs", "ruby", "perl", "php", "java", "dotnet", "bash", "sh", "deno"];

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
        // By inode, whether it listens.
        let wanted: HashMap<u64, bool> = inodes.collect();
        self.owners.retain(|inode, _| wanted.contains_key(inode));
        self.unknown.retain(|inode| wanted.contains_key(inode));
        let known = |table: &Self, inode: &u64| table.owners.contains_key(inode) || table.unknown.contains(inode);
        let mut missing: HashMap<u64, bool> =
            wanted.iter().filter(|(inode, _)| !known(self, inode)).map(|(inode, listens)| (*inode, *listens)).collect();
        if missing.is_empty() {
            return;
        }
        // One that listens may be shared, and is that of the process that made it: everybody has to be asked.
        let may_be_shared = missing.values().any(|listens| *listens);
        let Ok(processes) = all_processes() else { return };
        // What ended meanwhile is passed over.
        let processes: Vec<Process> = processes.flatten().collect();
        let alive: HashSet<i32> = processes.iter().map(|process| process.pid).collect();
        self.processes.retain(|pid, _| alive.contains(pid));
        let (mut likely, others): (Vec<_>, Vec<_>) = processes
            .into_iter()
            .partition(|process| self.processes.contains_key(&process.pid) || !self.alive.contains(&process.pid));
        self.alive = alive;
        // Who has the most sockets opens the most.
        let mut had: HashMap<i32, usize> = HashMap::new();
        self.owners.values().for_each(|pid| *had.entry(*pid).or_default() += 1);
        likely.sort_by_key(|process| std::cmp::Reverse(had.get(&process.pid).copied().unwrap_or(0)));
        for process in &likely {
            if missing.is_empty() && !may_be_shared {
                return;
            }
            self.ask(process, &wanted);
            missing.retain(|inode, _| !self.owners.contains_key(inode));
        }
        if !missing.is_empty() && self.all_from.is_none_or(|from| Instant::now() >= from) {
            let began = processor_time();
            others.iter().for_each(|process| self.ask(process, &wanted));
            let rest = (processor_time().saturating_sub(began) * REST_PER_WALK).min(LONGEST_REST);
            self.all_from = Some(Instant::now() + rest);
            self.unknown = wanted.into_keys().filter(|inode| !self.owners.contains_key(inode)).collect();
        }
    }

    /// Takes the sockets of a process that are wanted. Those of another user's cannot be seen.
    fn ask(&mut self, process: &Process, wanted: &HashMap<u64, bool>) {
        let Ok(files) = process.fd() else { return };
        for file in files.flatten() {
            let FDTarget::Socket(inode) = file.target else { continue };
            if !wanted.contains_key(&inode) {
                continue;
            }
            // A listening socket that is shared belongs to the process that made it, which has the lowest number.
            let pid = self.owners.entry(inode).or_insert(process.pid);
            *pid = process.pid.min(*pid);
            if !self.processes.contains_key(&process.pid)
                && let Some(name) = name_of(process)
            {
                self.processes.insert(process.pid, name);
            }
        }
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

/// The program's name; of an interpreter with its script's.
fn name_of(process: &Process) -> Option<String> {
    let program = process.stat().ok()?.comm;
    let arguments = process.cmdline().unwrap_or_default();
    Some(called(&program, &arguments))
}

fn called(program: &str, arguments: &[String]) -> String {
    let name = base_name(arguments.first().map_or(program, String::as_str)).to_owned();
    let name = if name.is_empty() { program.to_owned() } else { name };
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !INTERPRETERS.contains(&stem) {
        // Programs that write their state over their arguments, as servers do, are known by what the kernel calls them.
        return if name.contains([' ', ':']) { program.to_owned() } else { name };
    }
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-cp" | "-classpath" | "--class-path" => drop(words.next()),
            "-c" | "-e" => return name,
            word if word.starts_with('-') => {}
            script => return format!("{name} {}", base_name(script)),
        }
    }
    name
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
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

    #[test]
    fn interpreters_are_called_with_their_script_and_nobody_with_other_arguments() {
        let called = |program: &str, line: &str| {
            called(program, &line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(called("python3", "/usr/bin/python3.11 -u /srv/shop/cart.py --token s3cret"), "python3.11 cart.py");
        assert_eq!(called("python3", "python3 -m http.server 8000"), "python3 http.server");
        assert_eq!(called("java", "java -Xmx1g -cp a.jar:b.jar com.shop.Cart"), "java com.shop.Cart");
        assert_eq!(called("node", "node -e console.log(process.env.SECRET)"), "node");
        assert_eq!(called("nginx", "nginx: master process /usr/sbin/nginx"), "nginx");
        assert_eq!(called("payment", "/opt/payment --password x"), "payment");
        assert_eq!(called("kthreadd", ""), "kthreadd");
    }
}
