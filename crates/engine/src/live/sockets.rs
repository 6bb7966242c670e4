//! Whose sockets the ends of flows are, as the capturing host told.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use wirereel_dissect::{
    Listening,
    record::{Endpoint, Transport},
};
use wirereel_store::Owner;
use wirereel_whisper::{Socket, SocketChanges, SocketEnd, SocketOwner, SocketTransport};

/// A closed socket is remembered so long: the row of a flow comes when the flow has ended for good.
const REMEMBERED_NS: i64 = 600_000_000_000;
/// Ends that are remembered at most: what an agent tells, several times over.
const MOST_ENDS: usize = 65_536;
/// Sockets remembered of one end: ports are used again.
const MOST_PER_END: usize = 8;

/// Sockets of a host over time. Empty for files.
#[derive(Debug, Default)]
pub(crate) struct SocketTable {
    ends: HashMap<SocketEnd, Vec<Known>>,
    addresses: Vec<IpAddr>,
    looked_ns: Option<i64>,
    swept_ns: i64,
}

/// A socket and when it was there.
#[derive(Debug, Clone)]
struct Known {
    /// It was not there before; at the first look that is unknown.
    from_ns: i64,
    /// It was no longer there then.
    until_ns: Option<i64>,
    owner: Option<SocketOwner>,
}

impl SocketTable {
    /// All sockets are known that were open then.
    pub(crate) fn looked_ns(&self) -> Option<i64> {
        self.looked_ns
    }

    /// Takes in what changed.
    pub(crate) fn apply(&mut self, changes: &SocketChanges) {
        if !changes.addresses.is_empty() {
            self.addresses.clone_from(&changes.addresses);
        }
        for end in &changes.closed {
            if let Some(known) = self.ends.get_mut(end).and_then(|known| known.last_mut()) {
                known.until_ns.get_or_insert(changes.at_ns);
            }
        }
        for Socket { end, owner } in &changes.opened {
            if self.ends.len() >= MOST_ENDS && !self.ends.contains_key(end) {
                continue;
            }
            // Of most ends there is never more than one.
            let known = self.ends.entry(*end).or_insert_with(|| Vec::with_capacity(1));
            match known.last_mut() {
                // The same socket, of which more is known now.
                Some(open) if open.until_ns.is_none() => open.owner.clone_from(owner),
                _ => {
                    let from_ns = changes.since_ns.unwrap_or(i64::MIN);
                    known.push(Known { from_ns, until_ns: None, owner: owner.clone() });
                    if known.len() > MOST_PER_END {
                        known.remove(0);
                    }
                }
            }
        }
        self.looked_ns = Some(self.looked_ns.map_or(changes.at_ns, |looked| looked.max(changes.at_ns)));
        self.sweep(changes.at_ns);
    }

    /// All that is open, as a first look would tell it.
    pub(crate) fn open_now(&self) -> SocketChanges {
        let open = self.ends.iter().filter_map(|(end, known)| {
            let last = known.last().filter(|known| known.until_ns.is_none())?;
            Some(Socket { end: *end, owner: last.owner.clone() })
        });
        let mut opened: Vec<_> = open.collect();
        opened.sort_unstable_by_key(|socket| socket.end);
        let at_ns = self.looked_ns.unwrap_or_default();
        SocketChanges { at_ns, since_ns: None, addresses: self.addresses.clone(), opened, closed: Vec::new() }
    }

    /// Whose the end of a flow was that was opened at `at_ns`.
    pub(crate) fn owner(&self, transport: Transport, end: Endpoint, listening: bool, at_ns: i64) -> Option<Owner<'_>> {
        if self.ends.is_empty() {
            return None;
        }
        let transport = told(transport)?;
        let at = |ip: IpAddr| {
            let known = self.ends.get(&SocketEnd { transport, ip, port: end.port, listening })?;
            let there = |known: &&Known| known.from_ns <= at_ns && known.until_ns.is_none_or(|until| at_ns <= until);
            known.iter().rev().find(there)?.owner.as_ref()
        };
        let everywhere = || {
            let is_local = end.ip.is_loopback() || self.addresses.contains(&end.ip);
            let own = if end.ip.is_ipv4() { at(Ipv4Addr::UNSPECIFIED.into()) } else { None };
            own.or_else(|| at(Ipv6Addr::UNSPECIFIED.into())).filter(|_| is_local)
        };
        let owner = at(end.ip).or_else(everywhere)?;
        let serves_port = if listening { 0 } else { owner.serves_port };
        Some(Owner { process: &owner.process, serves_port })
    }

    fn sweep(&mut self, now_ns: i64) {
        if now_ns.saturating_sub(self.swept_ns) < REMEMBERED_NS / 10 {
            return;
        }
        self.swept_ns = now_ns;
        let oldest_ns = now_ns.saturating_sub(REMEMBERED_NS);
        self.ends.retain(|_, known| {
            known.retain(|known| known.until_ns.is_none_or(|until| until >= oldest_ns));
            !known.is_empty()
        });
    }
}

/// Has a dissector know which sockets listen.
pub(crate) fn tell_listening(changes: &SocketChanges, listening: &mut Listening) {
    if !changes.addresses.is_empty() {
        listening.set_local(changes.addresses.iter().copied());
    }
    for end in changes.closed.iter().filter(|end| end.listening) {
        listening.remove(spoken(end.transport), Endpoint { ip: end.ip, port: end.port });
    }
    for end in changes.opened.iter().map(|socket| socket.end).filter(|end| end.listening) {
        listening.insert(spoken(end.transport), Endpoint { ip: end.ip, port: end.port });
    }
}

fn told(transport: Transport) -> Option<SocketTransport> {
    match transport {
        Transport::Tcp => Some(SocketTransport::Tcp),
        Transport::Udp => Some(SocketTransport::Udp),
        _ => None,
    }
}

fn spoken(transport: SocketTransport) -> Transport {
    match transport {
        SocketTransport::Tcp => Transport::Tcp,
        SocketTransport::Udp => Transport::Udp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(ip: &str, port: u16, listening: bool) -> SocketEnd {
        SocketEnd { transport: SocketTransport::Tcp, ip: ip.parse().unwrap(), port, listening }
    }

    fn socket(end: SocketEnd, process: &str, serves_port: u16) -> Socket {
        Socket { end, owner: Some(SocketOwner { process: process.into(), serves_port }) }
    }

    fn changes(at_ns: i64, since_ns: Option<i64>, opened: Vec<Socket>, closed: Vec<SocketEnd>) -> SocketChanges {
        SocketChanges { at_ns, since_ns, addresses: Vec::new(), opened, closed }
    }

    fn owner(table: &SocketTable, ip: &str, port: u16, listening: bool, at_ns: i64) -> Option<(String, u16)> {
        let end = Endpoint { ip: ip.parse().unwrap(), port };
        let owner = table.owner(Transport::Tcp, end, listening, at_ns)?;
        Some((owner.process.to_owned(), owner.serves_port))
    }

    #[test]
    fn a_port_that_is_used_again_belongs_to_whom_it_belonged_then() {
        let own = end("127.0.0.1", 40_000, false);
        let mut table = SocketTable::default();
        table.apply(&changes(100, None, vec![socket(own, "cart", 8_080)], vec![]));
        table.apply(&changes(200, Some(100), vec![], vec![own]));
        table.apply(&changes(300, Some(200), vec![socket(own, "curl", 0)], vec![]));
        let at = |at_ns| owner(&table, "127.0.0.1", 40_000, false, at_ns);
        assert_eq!(at(50), Some(("cart".into(), 8_080)), "it may have been there before the first look");
        assert_eq!(at(150), Some(("cart".into(), 8_080)));
        assert_eq!(at(250), Some(("curl".into(), 0)));
        assert_eq!(at(9_999), Some(("curl".into(), 0)));
        assert_eq!(owner(&table, "127.0.0.1", 40_001, false, 150), None);
        assert_eq!(owner(&table, "127.0.0.1", 40_000, true, 150), None, "it does not listen");
    }

    #[test]
    fn a_socket_on_every_address_is_the_hosts_only() {
        let mut table = SocketTable::default();
        let mut first = changes(100, None, vec![socket(end("0.0.0.0", 80, true), "nginx", 80)], vec![]);
        first.addresses = vec!["10.0.0.5".parse().unwrap()];
        table.apply(&first);
        for ip in ["127.0.0.1", "127.9.9.9", "10.0.0.5"] {
            assert_eq!(owner(&table, ip, 80, true, 150), Some(("nginx".into(), 0)), "{ip}");
        }
        assert_eq!(owner(&table, "10.0.0.6", 80, true, 150), None);
    }

    #[test]
    fn who_serves_later_is_known_to_serve() {
        let own = end("127.0.0.1", 40_000, false);
        let mut table = SocketTable::default();
        table.apply(&changes(100, None, vec![socket(own, "cart", 0)], vec![]));
        table.apply(&changes(200, Some(100), vec![socket(own, "cart", 8_080)], vec![]));
        assert_eq!(owner(&table, "127.0.0.1", 40_000, false, 50), Some(("cart".into(), 8_080)));
    }

    #[test]
    fn what_is_open_now_is_told_as_a_first_look() {
        let (own, served) = (end("127.0.0.1", 40_000, false), end("127.0.0.1", 80, true));
        let mut table = SocketTable::default();
        table.apply(&changes(100, None, vec![socket(own, "curl", 0), socket(served, "nginx", 80)], vec![]));
        table.apply(&changes(200, Some(100), vec![], vec![own]));
        assert_eq!(table.open_now(), changes(200, None, vec![socket(served, "nginx", 80)], vec![]));
    }

    #[test]
    fn what_closed_long_ago_is_forgotten() {
        let own = end("127.0.0.1", 40_000, false);
        let mut table = SocketTable::default();
        table.apply(&changes(100, None, vec![socket(own, "curl", 0)], vec![]));
        table.apply(&changes(200, Some(100), vec![], vec![own]));
        table.apply(&changes(200 + 2 * REMEMBERED_NS, Some(200), vec![], vec![]));
        assert!(table.ends.is_empty());
    }
}
