//! Customers by who they said they were.
//!
//! What everybody did is counted in one pass over exchanges and one over connections without any. A connection counts to everybody that it carried an
//! exchange of, bytes are those of bodies; a connection without exchanges is one of those who said nothing.

use std::cmp::Ordering;

use duckdb::arrow::array::{Array, Int64Array, StringArray};
use foldhash::{HashMap, HashMapExt};
use wirereel_query::customers::{CustomerRow, CustomerSort, Customers, CustomersQuestion};

use super::{Asked, Reader};
use crate::{error::Result, schema::connections_sql};

impl Reader {
    /// How many identities there are.
    pub(super) fn identities(&self, asked: &Asked) -> Result<u64> {
        let sql = format!(
            "SELECT DISTINCT x.client_peer::BIGINT, (hash(x.identity, p.identity_kind) >> 1)::BIGINT FROM raw.http_exchanges x \
             JOIN raw.http_pages p ON p.page_id = x.page_id WHERE x.identity IS NOT NULL AND {}",
            asked.exchanges()
        );
        let mut distinct = std::collections::HashSet::new();
        self.numbers_of(&sql, asked.params(), |[peer, identity]| {
            if asked.address(peer).is_some() {
                distinct.insert(identity);
            }
        })?;
        Ok(distinct.len() as u64)
    }

    /// The page asked for.
    pub(super) fn identity_rows(
        &self,
        asked: &Asked,
        question: &CustomersQuestion,
        answer: &mut Customers,
    ) -> Result<()> {
        let mut everybody = Everybody::default();
        self.count_told(asked, &mut everybody)?;
        // A connection that no exchange of matches a filter is none of these.
        if asked.filtered.is_none() {
            self.count_silent(asked, &mut everybody)?;
        }
        everybody.come_to(asked);
        everybody.page(question, answer);
        Ok(())
    }

    fn count_told(&self, asked: &Asked, everybody: &mut Everybody) -> Result<()> {
        let rows = format!(
            "SELECT x.identity, CASE WHEN x.identity IS NOT NULL THEN p.identity_kind END AS kind, x.client_peer::BIGINT AS peer, \
             x.flow_id::BIGINT AS flow, ({})::BIGINT AS counts, 1::BIGINT AS requests, raw.is_error(x.outcome)::BIGINT AS failed, \
             (coalesce(x.request_body_bytes, p.request_body_bytes, 0) + coalesce(x.response_body_bytes, p.response_body_bytes, 0))::BIGINT \
             AS bytes, x.started_us::BIGINT AS first_us, coalesce(x.response_us, x.started_us)::BIGINT AS last_us \
             FROM raw.http_exchanges x JOIN raw.http_pages p ON p.page_id = x.page_id",
            asked.exchanges()
        );
        let sql = if asked.many.1 {
            format!(
                "SELECT identity, kind, peer, flow, counts, sum(requests)::BIGINT, sum(failed)::BIGINT, sum(bytes)::BIGINT, \
                 min(first_us), max(last_us) FROM ({rows}) GROUP BY ALL"
            )
        } else {
            rows
        };
        self.batches(&sql, duckdb::params_from_iter(asked.params().iter()), |batch| {
            let text = |index: usize| batch.column(index).as_any().downcast_ref::<StringArray>().expect("VARCHAR");
            let (identities, of_kinds) = (text(0), text(1));
            let numbers: [&Int64Array; 8] = std::array::from_fn(|index| {
                batch.column(2 + index).as_any().downcast_ref().expect("every other column is cast to BIGINT")
            });
            for row in 0..batch.num_rows() {
                let [peer, flow, counts, requests, failed, bytes, first_us, last_us] =
                    numbers.map(|column| column.value(row));
                let Some(number) = asked.address(peer) else { continue };
                let who = if identities.is_null(row) {
                    everybody.silent()
                } else {
                    let kind = if of_kinds.is_null(row) { None } else { Some(of_kinds.value(row)) };
                    everybody.named(identities.value(row), kind)
                };
                let did = Did { counts: counts != 0, requests, failed, bytes, first_us, last_us };
                everybody.add(who, number as u32, flow, &did);
            }
        })
    }

    fn count_silent(&self, asked: &Asked, everybody: &mut Everybody) -> Result<()> {
        let sql = format!(
            "SELECT f.client_peer::BIGINT, f.flow_id::BIGINT, ({})::BIGINT, f.bytes::BIGINT, f.opened_us::BIGINT, \
             coalesce(f.closed_us, f.opened_us)::BIGINT FROM ({}) f ANTI JOIN raw.http_exchanges x ON x.flow_id = f.flow_id",
            asked.connections(),
            connections_sql(asked.ongoing)
        );
        self.numbers_of(&sql, &[], |[peer, flow, counts, bytes, first_us, last_us]| {
            let Some(number) = asked.address(peer) else { return };
            let who = everybody.silent();
            everybody.add(
                who,
                number as u32,
                flow,
                &Did { counts: counts != 0, requests: 0, failed: 0, bytes, first_us, last_us },
            );
        })
    }
}

/// What a row adds.
struct Did {
    /// It is in the range, and matches.
    counts: bool,
    requests: i64,
    failed: i64,
    bytes: i64,
    first_us: i64,
    last_us: i64,
}

/// Everybody with one name and kind; `None` is whoever said nothing.
struct Somebody {
    name: Option<Box<str>>,
    row: CustomerRow,
}

/// Numbers by name.
type Numbers = HashMap<Box<str>, u32>;

/// Everybody, by a number.
#[derive(Default)]
struct Everybody {
    /// Numbers by kind, and by name.
    named: Vec<(Option<Box<str>>, Numbers)>,
    silent: Option<u32>,
    all: Vec<Somebody>,
    /// Who had part in which connection, and came from which address; each at least once.
    connections: Vec<(u32, i64)>,
    addresses: Vec<(u32, u32)>,
}

impl Everybody {
    fn silent(&mut self) -> u32 {
        if let Some(number) = self.silent {
            return number;
        }
        let number = self.new_one(None, None);
        self.silent = Some(number);
        number
    }

    fn named(&mut self, name: &str, kind: Option<&str>) -> u32 {
        let place = self.named.iter().position(|(known, _)| known.as_deref() == kind);
        let place = place.unwrap_or_else(|| {
            self.named.push((kind.map(Into::into), HashMap::new()));
            self.named.len() - 1
        });
        if let Some(number) = self.named[place].1.get(name) {
            return *number;
        }
        let number = self.new_one(Some(name), kind);
        self.named[place].1.insert(name.into(), number);
        number
    }

    fn new_one(&mut self, name: Option<&str>, kind: Option<&str>) -> u32 {
        let row = CustomerRow {
            name: String::new(),
            identity_kind: kind.map(str::to_owned),
            addresses: 0,
            new_addresses: 0,
            connections: 0,
            requests: 0,
            errors: 0,
            bytes: 0,
            first_seen_us: i64::MAX,
            last_seen_us: i64::MIN,
            filter: String::new(),
        };
        self.all.push(Somebody { name: name.map(Into::into), row });
        (self.all.len() - 1) as u32
    }

    fn add(&mut self, who: u32, address: u32, connection: i64, did: &Did) {
        let row = &mut self.all[who as usize].row;
        row.first_seen_us = row.first_seen_us.min(did.first_us);
        row.last_seen_us = row.last_seen_us.max(did.last_us);
        if !did.counts {
            return;
        }
        row.requests += did.requests.unsigned_abs();
        row.errors += did.failed.unsigned_abs();
        row.bytes += did.bytes.unsigned_abs();
        // Most rows follow another one of the same connection, or come in order.
        if self.connections.last() != Some(&(who, connection)) {
            self.connections.push((who, connection));
        }
        if self.addresses.last() != Some(&(who, address)) {
            self.addresses.push((who, address));
        }
    }

    /// Counts connections and addresses once each.
    fn come_to(&mut self, asked: &Asked) {
        self.connections.sort_unstable();
        self.connections.dedup();
        for (who, _) in &self.connections {
            self.all[*who as usize].row.connections += 1;
        }
        self.addresses.sort_unstable();
        self.addresses.dedup();
        for (who, address) in &self.addresses {
            let row = &mut self.all[*who as usize].row;
            row.addresses += 1;
            row.new_addresses += u64::from(asked.is_in_range(asked.seen.first_us[*address as usize]));
        }
    }

    /// Searches, sorts and cuts. Equals come by name, then by kind.
    fn page(mut self, question: &CustomersQuestion, answer: &mut Customers) {
        let search = question.search.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
        self.all.retain(|one| {
            let name = one.name.as_deref().unwrap_or_default();
            one.row.addresses > 0 && search.as_ref().is_none_or(|text| name.to_lowercase().contains(text))
        });
        answer.total = self.all.len() as u64;
        let first = usize::try_from(question.offset).unwrap_or(usize::MAX).min(self.all.len());
        let last = first.saturating_add(question.limit as usize).min(self.all.len());
        if first == last {
            return;
        }
        let order = |a: &Somebody, b: &Somebody| order(a, b, question.sort, question.descending);
        // What is beyond the page need not be in order.
        if last < self.all.len() {
            self.all.select_nth_unstable_by(last, order);
            self.all.truncate(last);
        }
        self.all.sort_unstable_by(order);
        let rows = self.all.into_iter().skip(first);
        answer.rows =
            rows.map(|one| CustomerRow { name: one.name.map_or_else(String::new, Into::into), ..one.row }).collect();
    }
}

fn order(a: &Somebody, b: &Somebody, sort: CustomerSort, descending: bool) -> Ordering {
    let by_name = || a.name.as_deref().unwrap_or_default().cmp(b.name.as_deref().unwrap_or_default());
    let by_key = match sort {
        CustomerSort::Name => by_name(),
        CustomerSort::Addresses => a.row.addresses.cmp(&b.row.addresses),
        CustomerSort::Connections => a.row.connections.cmp(&b.row.connections),
        CustomerSort::Requests => a.row.requests.cmp(&b.row.requests),
        CustomerSort::Errors => a.row.errors.cmp(&b.row.errors),
        CustomerSort::Bytes => a.row.bytes.cmp(&b.row.bytes),
        CustomerSort::FirstSeen => a.row.first_seen_us.cmp(&b.row.first_seen_us),
        CustomerSort::LastSeen => a.row.last_seen_us.cmp(&b.row.last_seen_us),
    };
    let by_key = if descending { by_key.reverse() } else { by_key };
    // Whoever has no kind comes last.
    let kind = |one: &Somebody| (one.row.identity_kind.is_none(), one.row.identity_kind.clone());
    by_key.then_with(by_name).then_with(|| kind(a).cmp(&kind(b)))
}
