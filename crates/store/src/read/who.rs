//! Who is who, followed from generation to generation: new names are read, old ones only once names were changed.
//!
//! A million customers are one node. Of each of them a few dozen bytes are kept, so that nothing is counted again when one more comes.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use duckdb::arrow::{
    array::{Int32Array, StringArray, UInt16Array},
    record_batch::RecordBatch,
};
use foldhash::{HashMap, HashMapExt};
use wirereel_query::answer::{AddressBlock, ServiceKind};

use super::{Reader, kind_of};
use crate::{error::Result, store::locked};

/// Addresses listed with a node.
const LISTED_ADDRESSES: usize = 20;
/// Customer blocks listed before `other`.
const LISTED_BLOCKS: usize = 6;
/// The number of an address that is not among those numbered.
const NOBODY: u32 = u32::MAX;

/// A node without its figures.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) kind: ServiceKind,
    pub(super) addresses: Vec<String>,
    pub(super) blocks: Vec<AddressBlock>,
    pub(super) address_count: u64,
}

/// Names as they are in one generation. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Who {
    nodes: Arc<HashMap<i32, Node>>,
    unresolved: Arc<UnresolvedAddresses>,
    by_name: Arc<HashMap<String, i32>>,
    peers: Arc<Peers>,
    customers: Arc<CustomerAddresses>,
}

/// Service and port by number of peer.
#[derive(Debug, Clone, Default)]
struct Peers {
    services: Vec<i32>,
    ports: Vec<u16>,
}

/// Addresses of nodes that have nothing else to be called by, numbered in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct UnresolvedAddresses {
    pub(super) addresses: Vec<IpAddr>,
    /// Nodes by number.
    pub(super) nodes: Vec<i32>,
    /// By node.
    numbers: Vec<u32>,
}

impl UnresolvedAddresses {
    /// The number of a node's address, if it is one of these.
    pub(super) fn number(&self, node: i32) -> Option<usize> {
        let number = *self.numbers.get(usize::try_from(node).ok()?)?;
        (number != NOBODY).then_some(number as usize)
    }

    fn address(&self, node: i32) -> Option<IpAddr> {
        self.number(node).map(|number| self.addresses[number])
    }

    fn add(&mut self, node: i32, ip: IpAddr) {
        let place = usize::try_from(node).unwrap_or_default();
        if self.numbers.len() <= place {
            self.numbers.resize(place + 1, NOBODY);
        }
        if self.numbers[place] == NOBODY {
            self.numbers[place] = self.addresses.len() as u32;
            self.addresses.push(ip);
            self.nodes.push(node);
        }
    }
}

/// Addresses of customers, numbered in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct CustomerAddresses {
    pub(super) addresses: Vec<IpAddr>,
    /// By number of peer.
    numbers: Vec<u32>,
}

impl CustomerAddresses {
    /// The number of a peer's address, if it is a customer's.
    pub(super) fn number(&self, peer: i32) -> Option<usize> {
        let number = *self.numbers.get(usize::try_from(peer).ok()?)?;
        (number != NOBODY).then_some(number as usize)
    }
}

impl Who {
    /// A node by its number.
    pub(super) fn node(&self, id: i32) -> Option<Node> {
        self.nodes.get(&id).cloned().or_else(|| Some(unresolved_node(self.unresolved.address(id)?)))
    }

    pub(super) fn name(&self, id: i32) -> Option<String> {
        self.nodes
            .get(&id)
            .map(|node| node.name.clone())
            .or_else(|| self.unresolved.address(id).map(|ip| ip.to_string()))
    }

    pub(super) fn kind(&self, id: i32) -> Option<ServiceKind> {
        self.nodes
            .get(&id)
            .map(|node| node.kind)
            .or_else(|| self.unresolved.number(id).map(|_| ServiceKind::Unresolved))
    }

    /// Nodes that have a name.
    pub(super) fn named(&self) -> impl Iterator<Item = (i32, &Node)> {
        self.nodes.iter().map(|(id, node)| (*id, node))
    }

    /// The number of a node by its name.
    pub(super) fn id_of(&self, name: &str) -> Option<i32> {
        if let Some(id) = self.by_name.get(name) {
            return Some(*id);
        }
        let ip: IpAddr = name.parse().ok()?;
        let number = self.unresolved.addresses.iter().position(|other| *other == ip)?;
        self.unresolved.nodes.get(number).copied()
    }

    /// The service of a peer; `None` for one that came later.
    pub(super) fn service_of(&self, peer: i32) -> Option<i32> {
        self.peers.services.get(usize::try_from(peer).ok()?).copied()
    }

    /// Services by number of peer.
    pub(super) fn services(&self) -> &[i32] {
        &self.peers.services
    }

    /// The port that a peer serves; 0 of one that does not, or that came later.
    pub(super) fn port_of(&self, peer: usize) -> u16 {
        self.peers.ports.get(peer).copied().unwrap_or(0)
    }

    /// Nodes that have no name.
    pub(super) fn unresolved(&self) -> &UnresolvedAddresses {
        &self.unresolved
    }

    pub(super) fn customers(&self) -> &CustomerAddresses {
        &self.customers
    }
}

fn unresolved_node(ip: IpAddr) -> Node {
    Node {
        name: ip.to_string(),
        kind: ServiceKind::Unresolved,
        addresses: vec![ip.to_string()],
        blocks: Vec::new(),
        address_count: 1,
    }
}

/// Names as far as they were read, and what new ones are added to.
#[derive(Debug, Default)]
pub(crate) struct Following {
    /// Of the names that were read; `None` when none were.
    version: Option<u64>,
    peers: usize,
    who: Who,
    /// Addresses of nodes with a name.
    members: HashMap<i32, Members>,
    /// Numbers of customers' addresses.
    numbers: HashMap<IpAddr, u32>,
}

/// Addresses of one node.
#[derive(Debug)]
struct Members {
    name: String,
    kind: ServiceKind,
    /// All of them; customers' are numbered instead.
    all: BTreeSet<IpAddr>,
    /// The lowest.
    listed: BTreeSet<IpAddr>,
    count: u64,
    blocks: HashMap<Block, u64>,
}

/// What customers are counted by in the graph: the first 24 bits of an IPv4 address, the first 32 of an IPv6 one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Block {
    V4(u32),
    V6(u32),
}

impl Block {
    fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::V4(ip.to_bits() >> 8),
            IpAddr::V6(ip) => Self::V6((ip.to_bits() >> 96) as u32),
        }
    }

    fn text(self) -> String {
        match self {
            Self::V4(bits) => format!("{}/24", Ipv4Addr::from_bits(bits << 8)),
            Self::V6(bits) => format!("{}/32", Ipv6Addr::from_bits(u128::from(bits) << 96)),
        }
    }
}

impl Reader {
    /// Names of the present generation.
    pub(super) fn who(&self) -> Result<Who> {
        let mut following = locked(&self.shared.answers.who);
        // Before the rows: a change meanwhile is seen the next time.
        let version = self.shared.names_version();
        if following.version != Some(version) {
            *following = Following { version: Some(version), ..Following::default() };
        }
        let mut read: Vec<RecordBatch> = Vec::new();
        let sql = format!(
            "SELECT peer_id, service_id, service, kind, ip, port FROM raw.peer_names WHERE peer_id >= {}",
            following.peers
        );
        let rows = self.batches(&sql, [], |batch| read.push(batch.clone()));
        if let Err(error) = rows {
            *following = Following::default();
            return Err(error);
        }
        if read.iter().any(|batch| batch.num_rows() > 0) {
            following.add(&read);
        }
        Ok(following.who.clone())
    }
}

impl Following {
    fn add(&mut self, read: &[RecordBatch]) {
        let Who { nodes, unresolved, by_name, peers: known, customers } = &mut self.who;
        let (unresolved, known) = (Arc::make_mut(unresolved), Arc::make_mut(known));
        let customers = Arc::make_mut(customers);
        let mut touched: BTreeSet<i32> = BTreeSet::new();
        for batch in read {
            let integers = |index: usize| batch.column(index).as_any().downcast_ref::<Int32Array>().expect("INTEGER");
            let texts = |index: usize| batch.column(index).as_any().downcast_ref::<StringArray>().expect("VARCHAR");
            let (peers, ids, names, kinds, ips) = (integers(0), integers(1), texts(2), texts(3), texts(4));
            let ports = batch.column(5).as_any().downcast_ref::<UInt16Array>().expect("USMALLINT");
            for row in 0..batch.num_rows() {
                let (id, Ok(ip)) = (ids.value(row), ips.value(row).parse::<IpAddr>()) else { continue };
                let place = usize::try_from(peers.value(row)).unwrap_or_default();
                if known.services.len() <= place {
                    known.services.resize(place + 1, 0);
                    known.ports.resize(place + 1, 0);
                    customers.numbers.resize(place + 1, NOBODY);
                }
                (known.services[place], known.ports[place]) = (id, ports.value(row));
                self.peers = self.peers.max(place + 1);
                let kind = kind_of(kinds.value(row));
                if kind == ServiceKind::Unresolved {
                    unresolved.add(id, ip);
                    continue;
                }
                let members = self.members.entry(id).or_insert_with(|| Members::new(names.value(row), kind));
                let is_new = if kind == ServiceKind::Customers {
                    let next = customers.addresses.len() as u32;
                    let number = *self.numbers.entry(ip).or_insert(next);
                    customers.numbers[place] = number;
                    if number == next {
                        customers.addresses.push(ip);
                    }
                    number == next
                } else {
                    members.all.insert(ip)
                };
                if is_new {
                    members.add(ip);
                    touched.insert(id);
                }
            }
        }
        let (nodes, by_name) = (Arc::make_mut(nodes), Arc::make_mut(by_name));
        for id in touched {
            let node = self.members[&id].node();
            by_name.insert(node.name.clone(), id);
            nodes.insert(id, node);
        }
    }
}

impl Members {
    fn new(name: &str, kind: ServiceKind) -> Self {
        let (all, listed, blocks) = (BTreeSet::new(), BTreeSet::new(), HashMap::new());
        Self { name: name.to_owned(), kind, all, listed, count: 0, blocks }
    }

    /// An address that it did not have.
    fn add(&mut self, ip: IpAddr) {
        self.count += 1;
        if self.listed.len() < LISTED_ADDRESSES || self.listed.last().is_some_and(|last| ip < *last) {
            self.listed.insert(ip);
            if self.listed.len() > LISTED_ADDRESSES {
                self.listed.pop_last();
            }
        }
        if self.kind == ServiceKind::Customers {
            *self.blocks.entry(Block::of(ip)).or_default() += 1;
        }
    }

    fn node(&self) -> Node {
        Node {
            name: self.name.clone(),
            kind: self.kind,
            addresses: self.listed.iter().map(ToString::to_string).collect(),
            blocks: listed_blocks(&self.blocks),
            address_count: self.count,
        }
    }
}

/// The blocks with most addresses, largest first; what is beyond the list is `other`.
fn listed_blocks(counts: &HashMap<Block, u64>) -> Vec<AddressBlock> {
    let mut blocks: Vec<(u64, Block)> = counts.iter().map(|(block, addresses)| (*addresses, *block)).collect();
    let larger = |a: &(u64, Block), b: &(u64, Block)| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1));
    if blocks.len() > LISTED_BLOCKS {
        blocks.select_nth_unstable_by(LISTED_BLOCKS, larger);
    }
    let rest: u64 = blocks.iter().skip(LISTED_BLOCKS).map(|block| block.0).sum();
    blocks.truncate(LISTED_BLOCKS);
    blocks.sort_unstable_by(larger);
    let mut listed: Vec<AddressBlock> =
        blocks.into_iter().map(|(addresses, block)| AddressBlock { block: block.text(), addresses }).collect();
    if rest > 0 {
        listed.push(AddressBlock { block: "other".into(), addresses: rest });
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_counted_by_block_and_the_rest_is_other() {
        let mut ips: Vec<String> = (1..=3).map(|n| format!("192.0.2.{n}")).collect();
        ips.extend((0..8).map(|n| format!("198.51.{n}.1")));
        ips.push("2001:db8::1".into());
        let mut members = Members::new("customers", ServiceKind::Customers);
        ips.iter().for_each(|ip| members.add(ip.parse().unwrap()));
        let node = members.node();
        assert_eq!(node.blocks[0], AddressBlock { block: "192.0.2.0/24".into(), addresses: 3 });
        assert_eq!(node.blocks.len(), LISTED_BLOCKS + 1);
        assert_eq!(node.blocks[LISTED_BLOCKS], AddressBlock { block: "other".into(), addresses: 4 });
        assert_eq!(Block::of("2001:db8::1".parse().unwrap()).text(), "2001:db8::/32");
        assert_eq!((node.address_count, node.addresses.len()), (12, 12));
    }

    #[test]
    fn the_lowest_addresses_of_many_are_listed() {
        let mut members = Members::new("shop", ServiceKind::Service);
        (0..100_u8).rev().for_each(|last| members.add([10, 0, 0, last].into()));
        let node = members.node();
        assert_eq!((node.address_count, node.addresses.len()), (100, LISTED_ADDRESSES));
        assert_eq!((node.addresses[0].as_str(), node.addresses[19].as_str()), ("10.0.0.0", "10.0.0.19"));
        assert!(node.blocks.is_empty());
    }
}
