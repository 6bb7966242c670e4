//! A page of customers by network or address.

use std::{cmp::Ordering, net::IpAddr};

use foldhash::{HashMap, HashMapExt};
use wirereel_query::customers::{CustomerGrouping, CustomerRow, CustomerSort, Customers, CustomersQuestion};

use super::{Asked, counted::Counted, network::Group};

/// Sums of some addresses.
#[derive(Debug, Clone, Copy)]
struct Sums {
    addresses: u64,
    new_addresses: u64,
    connections: u64,
    requests: u64,
    errors: u64,
    bytes: u64,
    first_us: i64,
    last_us: i64,
}

impl Sums {
    const NONE: Self = Self {
        addresses: 0,
        new_addresses: 0,
        connections: 0,
        requests: 0,
        errors: 0,
        bytes: 0,
        first_us: i64::MAX,
        last_us: i64::MIN,
    };

    fn add(&mut self, other: &Self) {
        self.addresses += other.addresses;
        self.new_addresses += other.new_addresses;
        self.connections += other.connections;
        self.requests += other.requests;
        self.errors += other.errors;
        self.bytes += other.bytes;
        self.first_us = self.first_us.min(other.first_us);
        self.last_us = self.last_us.max(other.last_us);
    }

    /// What it is sorted by; nothing by name.
    fn key(&self, sort: CustomerSort) -> i64 {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        match sort {
            CustomerSort::Name => 0,
            CustomerSort::Addresses => count(self.addresses),
            CustomerSort::Connections => count(self.connections),
            CustomerSort::Requests => count(self.requests),
            CustomerSort::Errors => count(self.errors),
            CustomerSort::Bytes => count(self.bytes),
            CustomerSort::FirstSeen => self.first_us,
            CustomerSort::LastSeen => self.last_us,
        }
    }

    fn row(&self, name: String) -> CustomerRow {
        CustomerRow {
            name,
            identity_kind: None,
            addresses: self.addresses,
            new_addresses: self.new_addresses,
            connections: self.connections,
            requests: self.requests,
            errors: self.errors,
            bytes: self.bytes,
            first_seen_us: self.first_us,
            last_seen_us: self.last_us,
            filter: String::new(),
        }
    }
}

impl Counted {
    /// The page asked for, by network or address.
    pub(super) fn rows(&self, asked: &Asked, question: &CustomersQuestion, answer: &mut Customers) {
        let addresses = &asked.who.customers().addresses;
        if question.by == CustomerGrouping::Address {
            let listed: Vec<(IpAddr, usize)> = self.active().map(|number| (addresses[number], number)).collect();
            let sums = |(_, number): &(IpAddr, usize)| self.sums(asked, *number);
            page(listed, question, answer, sums, |(ip, _)| ip.to_string());
            return;
        }
        // First and last times are of all that were ever there.
        let mut groups: HashMap<Group, Sums> = HashMap::new();
        for (number, ip) in addresses.iter().enumerate() {
            if asked.network.is_none_or(|network| network.contains(*ip)) {
                groups.entry(Group::of(*ip)).or_insert(Sums::NONE).add(&self.sums(asked, number));
            }
        }
        let listed = groups.into_iter().filter(|(_, sums)| sums.addresses > 0).collect();
        page(listed, question, answer, |(_, sums): &(Group, Sums)| *sums, |(group, _)| group.text());
    }

    fn sums(&self, asked: &Asked, number: usize) -> Sums {
        let (first_us, last_us) = (asked.seen.first_us[number], asked.seen.last_us[number]);
        let is_active = self.is_active(number);
        Sums {
            addresses: u64::from(is_active),
            new_addresses: u64::from(is_active && asked.is_in_range(first_us)),
            connections: self.connections[number].into(),
            requests: self.requests[number].into(),
            errors: self.errors[number].into(),
            bytes: self.bytes[number],
            first_us,
            last_us,
        }
    }
}

/// Searches, sorts and cuts. Equals come by name, as numbers.
fn page<T: Copy, N: Ord + Copy>(
    mut listed: Vec<(N, T)>,
    question: &CustomersQuestion,
    answer: &mut Customers,
    sums: impl Fn(&(N, T)) -> Sums,
    name: impl Fn(&(N, T)) -> String,
) {
    if let Some(text) = question.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let text = text.to_lowercase();
        listed.retain(|one| name(one).contains(&text));
    }
    answer.total = listed.len() as u64;
    let first = usize::try_from(question.offset).unwrap_or(usize::MAX).min(listed.len());
    let last = first.saturating_add(question.limit as usize).min(listed.len());
    if first == last {
        return;
    }
    let mut keyed: Vec<(i64, (N, T))> = listed.into_iter().map(|one| (sums(&one).key(question.sort), one)).collect();
    let by_name = question.sort == CustomerSort::Name;
    let order = |a: &(i64, (N, T)), b: &(i64, (N, T))| -> Ordering {
        let (by_key, named) = (a.0.cmp(&b.0), a.1.0.cmp(&b.1.0));
        match (question.descending, by_name) {
            (true, true) => named.reverse(),
            (true, false) => by_key.reverse().then(named),
            (false, _) => by_key.then(named),
        }
    };
    // What is beyond the page need not be in order.
    if last < keyed.len() {
        keyed.select_nth_unstable_by(last, order);
        keyed.truncate(last);
    }
    keyed.sort_unstable_by(order);
    answer.rows = keyed[first..].iter().map(|(_, one)| sums(one).row(name(one))).collect();
}
