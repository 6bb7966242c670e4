//! What every customer's address did in the range.

use foldhash::{HashSet, HashSetExt};
use wirereel_query::customers::Customers;

use super::{Asked, Reader, curve::Stay, network::Group};
use crate::{
    error::Result,
    schema::{OngoingConnections, connections_sql},
};

/// Sums by the number of an address, and what the curve is made of.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) connections: Vec<u32>,
    pub(super) requests: Vec<u32>,
    pub(super) errors: Vec<u32>,
    pub(super) bytes: Vec<u64>,
    pub(super) stays: Vec<Stay>,
    /// By bucket of the curve.
    pub(super) requests_of_buckets: Vec<u64>,
}

impl Reader {
    pub(super) fn count_customers(&self, asked: &Asked) -> Result<Counted> {
        let count = asked.who.customers().addresses.len();
        let mut counted = Counted {
            connections: vec![0; count],
            requests: vec![0; count],
            errors: vec![0; count],
            bytes: vec![0; count],
            stays: Vec::new(),
            requests_of_buckets: vec![0; asked.axis.buckets],
        };
        let axis = &asked.axis;
        let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        let rows = format!(
            "SELECT client_peer, {} AS first, {} AS last, 1 AS n, bytes FROM ({}) f WHERE {}",
            axis.bucket_sql("f.opened_us"),
            axis.bucket_sql("coalesce(f.closed_us, 9223372036854775807)"),
            connections_sql(asked.ongoing),
            asked.connections()
        );
        let sql = if asked.many.0 {
            format!(
                "SELECT client_peer::BIGINT, first::BIGINT, last::BIGINT, sum(n)::BIGINT, sum(bytes)::BIGINT FROM ({rows}) GROUP BY ALL"
            )
        } else {
            format!("SELECT client_peer::BIGINT, first::BIGINT, last::BIGINT, n::BIGINT, bytes::BIGINT FROM ({rows})")
        };
        self.numbers_of(&sql, asked.params(), |[peer, first, last, n, bytes]| {
            let Some(number) = asked.address(peer) else { return };
            counted.connections[number] = counted.connections[number].saturating_add(small(n));
            counted.bytes[number] += bytes.unsigned_abs();
            if axis.buckets > 0 {
                counted.stays.push((number as u32, first as u16, last as u16));
            }
        })?;
        let rows = format!(
            "SELECT client_peer, {} AS bucket, raw.is_error(outcome)::INTEGER AS failed, 1 AS n FROM raw.http_exchanges x WHERE {}",
            axis.bucket_sql("x.started_us"),
            asked.exchanges()
        );
        let sql = if asked.many.1 {
            format!(
                "SELECT client_peer::BIGINT, bucket::BIGINT, sum(failed)::BIGINT, sum(n)::BIGINT FROM ({rows}) GROUP BY ALL"
            )
        } else {
            format!("SELECT client_peer::BIGINT, bucket::BIGINT, failed::BIGINT, n::BIGINT FROM ({rows})")
        };
        self.numbers_of(&sql, asked.params(), |[peer, bucket, failed, n]| {
            let Some(number) = asked.address(peer) else { return };
            counted.requests[number] = counted.requests[number].saturating_add(small(n));
            counted.errors[number] = counted.errors[number].saturating_add(small(failed));
            if let Some(requests) = counted.requests_of_buckets.get_mut(bucket as usize) {
                *requests += n.unsigned_abs();
                // A connection whose beginning nobody saw has no row until it ends.
                if asked.ongoing == OngoingConnections::Count {
                    counted.stays.push((number as u32, bucket as u16, bucket as u16));
                }
            }
        })?;
        Ok(counted)
    }
}

impl Counted {
    /// Whether an address did anything in the range.
    pub(super) fn is_active(&self, number: usize) -> bool {
        self.connections[number] > 0 || self.requests[number] > 0
    }

    /// Addresses that did anything in the range.
    pub(super) fn active(&self) -> impl Iterator<Item = usize> {
        (0..self.connections.len()).filter(|number| self.is_active(*number))
    }

    pub(super) fn total(&self, asked: &Asked, answer: &mut Customers) {
        let addresses = &asked.who.customers().addresses;
        let mut networks: HashSet<Group> = HashSet::new();
        for number in self.active() {
            answer.addresses += 1;
            answer.new_addresses += u64::from(asked.is_in_range(asked.seen.first_us[number]));
            answer.requests += u64::from(self.requests[number]);
            networks.insert(Group::of(addresses[number]));
        }
        answer.networks = networks.len() as u64;
    }
}
