//! What DNS had said about an address by a given time.

use std::{net::IpAddr, sync::Arc};

use foldhash::HashMap;
use wirereel_dissect::record::{DnsAnswer, DnsQuery};

/// Addresses remembered; beyond it new ones are not, and counted. A day of a large site resolves some ten thousand.
const ADDRESSES: usize = 1 << 20;

/// Names kept per address; an address that changes its name more often keeps the newest.
const NAMES_PER_ADDRESS: usize = 16;

/// Names that DNS answers gave to addresses, with the time of the answer.
#[derive(Debug, Default)]
pub(super) struct DnsNames {
    names: HashMap<IpAddr, Vec<(i64, Arc<str>)>>,
    /// Addresses that found no room.
    pub(super) forgotten: u64,
}

impl DnsNames {
    /// Remembers what an answer says: the name that was asked for belongs to each address in it, through any chain of aliases.
    pub(super) fn learn(&mut self, query: &DnsQuery) {
        let Some(at_ns) = query.answered_ns else { return };
        let mut name: Option<Arc<str>> = None;
        for answer in &query.answers {
            let DnsAnswer::Address(ip) = answer else { continue };
            if self.names.len() >= ADDRESSES && !self.names.contains_key(ip) {
                self.forgotten += 1;
                continue;
            }
            let name = name.get_or_insert_with(|| Arc::from(query.name.as_str()));
            let known = self.names.entry(*ip).or_default();
            if known.last().is_some_and(|(_, last)| last == name) {
                continue;
            }
            if known.len() == NAMES_PER_ADDRESS {
                known.remove(0);
            }
            known.push((at_ns, name.clone()));
        }
    }

    /// The name an address had at a time: the newest answer that is not later.
    pub(super) fn name_at(&self, ip: IpAddr, at_ns: i64) -> Option<&str> {
        let known = self.names.get(&ip)?;
        known.iter().rev().find(|(learned, _)| *learned <= at_ns).map(|(_, name)| &**name)
    }
}

#[cfg(test)]
mod tests {
    use wirereel_dissect::record::{DnsCarrier, Endpoint};

    use super::*;

    fn answer(at_ns: i64, name: &str, ip: &str) -> DnsQuery {
        let end = Endpoint { ip: "10.0.0.53".parse().expect("valid"), port: 53 };
        DnsQuery {
            at_ns,
            answered_ns: Some(at_ns),
            client: end,
            server: end,
            carrier: DnsCarrier::Udp,
            name: name.into(),
            kind: "A".into(),
            rcode: Some("NOERROR".into()),
            answers: vec![DnsAnswer::Name("alias.test".into()), DnsAnswer::Address(ip.parse().expect("valid"))],
        }
    }

    #[test]
    fn a_name_holds_from_its_answer_until_the_next_one() {
        let mut names = DnsNames::default();
        let ip = "10.0.0.1".parse().expect("valid");
        names.learn(&answer(100, "old", "10.0.0.1"));
        names.learn(&answer(200, "new", "10.0.0.1"));
        assert_eq!(names.name_at(ip, 99), None, "an answer says nothing about flows before it");
        assert_eq!(names.name_at(ip, 100), Some("old"));
        assert_eq!(names.name_at(ip, 500), Some("new"));
    }

    #[test]
    fn an_address_that_changes_names_for_ever_costs_bounded_memory() {
        let mut names = DnsNames::default();
        for i in 0..100 {
            names.learn(&answer(i, &format!("n{i}"), "10.0.0.1"));
        }
        assert_eq!(names.names.values().map(Vec::len).sum::<usize>(), NAMES_PER_ADDRESS);
    }
}
