//! What every unresolved address did.

use super::{
    super::{graph::Graph, who::Who},
    Among, Reader,
};
use crate::error::Result;

/// What an address did, at either end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Did {
    pub(super) flows: u64,
    pub(super) requests: u64,
    pub(super) bytes: u64,
    pub(super) first_ns: i64,
    pub(super) last_ns: i64,
    /// It talks to somebody whose name was searched for.
    pub(super) talks_to_searched: bool,
}

impl Did {
    const NOTHING: Self =
        Self { flows: 0, requests: 0, bytes: 0, first_ns: i64::MAX, last_ns: i64::MIN, talks_to_searched: false };

    pub(super) fn anything(&self) -> bool {
        self.flows > 0 || self.requests > 0
    }
}

/// By the number of an address.
pub(super) struct Counted {
    pub(super) did: Vec<Did>,
    /// The most used port of those that are servers, by ascending number.
    pub(super) ports: Vec<(u32, u16)>,
}

/// What is counted into.
struct Counting<'a> {
    who: &'a Who,
    /// Nodes whose name was searched for, by node; `None` without a search.
    searched: Option<Vec<bool>>,
    did: Vec<Did>,
    /// Flows by number of the serving peer.
    served: Vec<u64>,
}

impl Counting<'_> {
    /// Adds to both ends what is between two peers.
    fn add(&mut self, client: i64, server: i64, more: &Did) {
        let ends = [client, server].map(|peer| i32::try_from(peer).ok().and_then(|peer| self.who.service_of(peer)));
        if more.flows > 0
            && let Some(served) = usize::try_from(server).ok().and_then(|server| self.served.get_mut(server))
        {
            *served += more.flows;
        }
        for (end, other) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            let Some(number) = end.and_then(|node| self.who.unresolved().number(node)) else { continue };
            let did = &mut self.did[number];
            did.flows += more.flows;
            did.requests += more.requests;
            did.bytes += more.bytes;
            did.first_ns = did.first_ns.min(more.first_ns);
            did.last_ns = did.last_ns.max(more.last_ns);
            if let (Some(searched), Some(other)) = (&self.searched, other) {
                did.talks_to_searched |= searched.get(other as usize).copied().unwrap_or(false);
            }
        }
    }

    /// The most used port of each address, the lowest of several.
    fn ports(&self) -> Vec<(u32, u16)> {
        let mut used: Vec<(u32, u16, u64)> = Vec::new();
        for (peer, flows) in self.served.iter().enumerate().filter(|(_, flows)| **flows > 0) {
            let port = self.who.port_of(peer);
            let node = i32::try_from(peer).ok().and_then(|peer| self.who.service_of(peer));
            if let Some(number) = node.and_then(|node| self.who.unresolved().number(node))
                && port > 0
            {
                used.push((number as u32, port, *flows));
            }
        }
        used.sort_unstable();
        // Peers of one port may have different names.
        used.dedup_by(|next, kept| {
            let is_same = (next.0, next.1) == (kept.0, kept.1);
            kept.2 += if is_same { next.2 } else { 0 };
            is_same
        });
        used.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.cmp(&a.2)));
        used.dedup_by_key(|used| used.0);
        used.into_iter().map(|(number, port, _)| (number, port)).collect()
    }
}

impl Reader {
    pub(super) fn count_unresolved(&self, graph: &Graph, among: &Among, search: Option<&str>) -> Result<Counted> {
        let who = &graph.who;
        let mut counting = Counting {
            who,
            searched: search.map(|text| searched(who, text)),
            did: vec![Did::NOTHING; who.unresolved().addresses.len()],
            served: vec![0; who.services().len()],
        };
        let many = self.many_rows()?;
        let flows = format!(
            "SELECT client_peer, server_peer, 1 AS n, client_bytes + server_bytes AS bytes, opened_us * 1000 + opened_rest AS a, \
             closed_us * 1000 + closed_rest AS b FROM raw.flows f WHERE ({})",
            among.flows
        );
        self.numbers_of(&rows(&flows, many.0), &among.params, |[client, server, n, bytes, first_ns, last_ns]| {
            let (flows, bytes) = (n.unsigned_abs(), bytes.unsigned_abs());
            counting.add(client, server, &Did { flows, bytes, first_ns, last_ns, ..Did::NOTHING });
        })?;
        let exchanges = format!(
            "SELECT client_peer, server_peer, 1 AS n, 0 AS bytes, started_us * 1000 + started_rest AS a, \
             coalesce(response_us * 1000 + response_rest, started_us * 1000 + started_rest) AS b \
             FROM raw.http_exchanges x WHERE ({})",
            among.exchanges
        );
        self.numbers_of(&rows(&exchanges, many.1), &among.params, |[client, server, n, _, first_ns, last_ns]| {
            let requests = n.unsigned_abs();
            counting.add(client, server, &Did { requests, first_ns, last_ns, ..Did::NOTHING });
        })?;
        let ports = counting.ports();
        Ok(Counted { did: counting.did, ports })
    }
}

/// Rows one by one, or what they come to between each two peers of which one is unresolved.
fn rows(rows: &str, many: bool) -> String {
    if !many {
        return format!(
            "SELECT client_peer::BIGINT, server_peer::BIGINT, n::BIGINT, bytes::BIGINT, a::BIGINT, b::BIGINT FROM ({rows})"
        );
    }
    let unresolved = "(SELECT peer_id FROM raw.peer_names WHERE kind = 'unresolved')";
    format!(
        "SELECT client_peer::BIGINT, server_peer::BIGINT, sum(n)::BIGINT, sum(bytes)::BIGINT, min(a)::BIGINT, max(b)::BIGINT \
         FROM ({rows}) WHERE client_peer IN {unresolved} OR server_peer IN {unresolved} GROUP BY ALL"
    )
}

/// Which nodes have a text in their name.
fn searched(who: &Who, text: &str) -> Vec<bool> {
    let mut searched = Vec::new();
    let mut mark = |node: i32| {
        let place = usize::try_from(node).unwrap_or_default();
        if searched.len() <= place {
            searched.resize(place + 1, false);
        }
        searched[place] = true;
    };
    who.named().filter(|(_, node)| node.name.to_lowercase().contains(text)).for_each(|(id, _)| mark(id));
    let unresolved = who.unresolved();
    let mut buffer = super::page::Text::default();
    for (ip, node) in unresolved.addresses.iter().zip(&unresolved.nodes) {
        if buffer.of(*ip).contains(text) {
            mark(*node);
        }
    }
    searched
}
