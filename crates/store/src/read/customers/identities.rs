//! Customers by who they said they were.

use std::sync::Arc;

use duckdb::{
    Row,
    arrow::{
        array::{ArrayRef, BooleanArray, Int32Array, UInt32Array},
        record_batch::RecordBatch,
    },
    types::Value,
};
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
        self.proceed()?;
        let done = self.list_customers(asked).and_then(|()| self.listed_identity_rows(asked, question, answer));
        // Whatever happened, the connection goes back without the table.
        let dropped = self.connection().execute_batch("DROP TABLE IF EXISTS customers_now");
        done?;
        Ok(dropped?)
    }

    /// A table of the peers of customers asked for, each with the number of its address and whether that is new.
    fn list_customers(&self, asked: &Asked) -> Result<()> {
        let customers = asked.who.customers();
        let (mut peers, mut numbers, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for peer in 0..customers.peers() {
            if let Some(number) = asked.address(peer) {
                peers.push(peer as i32);
                numbers.push(number as u32);
                new.push(asked.is_in_range(asked.seen.first_us[number]));
            }
        }
        self.connection().execute_batch(
            "CREATE OR REPLACE TEMP TABLE customers_now (peer_id INTEGER, number UINTEGER, is_new BOOLEAN)",
        )?;
        let columns: [(&str, ArrayRef); 3] = [
            ("peer_id", Arc::new(Int32Array::from(peers))),
            ("number", Arc::new(UInt32Array::from(numbers))),
            ("is_new", Arc::new(BooleanArray::from(new))),
        ];
        let rows = RecordBatch::try_from_iter(columns).expect("all are of one list");
        if rows.num_rows() > 0 {
            let mut appender = self.connection().appender_to_catalog_and_db("customers_now", "temp", "main")?;
            appender.append_record_batch(rows)?;
            appender.flush()?;
        }
        Ok(())
    }

    fn listed_identity_rows(&self, asked: &Asked, question: &CustomersQuestion, answer: &mut Customers) -> Result<()> {
        let mut params: Vec<Value> = asked.params().iter().cycle().take(2 * asked.params().len()).cloned().collect();
        let search = question.search.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase);
        let matching = match search {
            None => "true",
            Some(text) => {
                params.push(Value::Text(text));
                "contains(lower(name), ?)"
            }
        };
        let order = order(question.sort, question.descending);
        let sql = format!(
            "WITH matching AS MATERIALIZED (SELECT * FROM ({}) WHERE addresses > 0 AND {matching}), \
             page AS (SELECT * FROM matching ORDER BY {order} LIMIT {} OFFSET {}) \
             SELECT (SELECT count(*) FROM matching)::UBIGINT, name, identity_kind, addresses::UBIGINT, new_addresses::UBIGINT, \
             connections::UBIGINT, requests::UBIGINT, errors::UBIGINT, bytes::UBIGINT, first_us, last_us \
             FROM (SELECT 1) LEFT JOIN page ON true ORDER BY {order}",
            of_identities(asked),
            question.limit,
            question.offset
        );
        self.each(&sql, duckdb::params_from_iter(params.iter()), |row| {
            answer.total = row.get(0)?;
            if row.get::<_, Option<String>>(1)?.is_some() {
                answer.rows.push(customer_row(row)?);
            }
            Ok(())
        })
    }
}

/// A connection counts to everybody that it carried an exchange of, bytes are those of bodies; a connection without exchanges is one of those
/// who said nothing.
fn of_identities(asked: &Asked) -> String {
    let (connections, which, asked_for) = (connections_sql(asked.ongoing), asked.connections(), asked.exchanges());
    // A connection that no exchange of matches a filter is none of these.
    let silent = if asked.filtered.is_some() { "false" } else { "true" };
    format!(
        "WITH did AS (
            SELECT x.identity, p.identity_kind, w.number, w.is_new, x.flow_id, {asked_for} AS counts, 1 AS requests,
                raw.is_error(x.outcome) AS failed, coalesce(x.request_body_bytes, p.request_body_bytes, 0)
                + coalesce(x.response_body_bytes, p.response_body_bytes, 0) AS bytes,
                x.started_us AS first_us, coalesce(x.response_us, x.started_us) AS last_us
            FROM raw.http_exchanges x JOIN raw.http_pages p ON p.page_id = x.page_id JOIN customers_now w ON w.peer_id = x.client_peer
            UNION ALL
            SELECT NULL, NULL, w.number, w.is_new, f.flow_id, {which}, 0, false, f.bytes, f.opened_us, coalesce(f.closed_us, f.opened_us)
            FROM ({connections}) f JOIN customers_now w ON w.peer_id = f.client_peer
            WHERE {silent} AND f.flow_id NOT IN (SELECT flow_id FROM raw.http_exchanges)
         )
         SELECT coalesce(identity, '') AS name, CASE WHEN identity IS NOT NULL THEN identity_kind END AS identity_kind,
            count(DISTINCT number) FILTER (counts) AS addresses, count(DISTINCT number) FILTER (counts AND is_new) AS new_addresses,
            count(DISTINCT flow_id) FILTER (counts) AS connections, coalesce(sum(requests) FILTER (counts), 0) AS requests,
            count(*) FILTER (counts AND failed) AS errors, coalesce(sum(bytes) FILTER (counts), 0) AS bytes,
            min(first_us) AS first_us, max(last_us) AS last_us
         FROM did GROUP BY identity, CASE WHEN identity IS NOT NULL THEN identity_kind END"
    )
}

fn order(sort: CustomerSort, descending: bool) -> String {
    let by = match sort {
        CustomerSort::Name => "name",
        CustomerSort::Addresses => "addresses",
        CustomerSort::Connections => "connections",
        CustomerSort::Requests => "requests",
        CustomerSort::Errors => "errors",
        CustomerSort::Bytes => "bytes",
        CustomerSort::FirstSeen => "first_us",
        CustomerSort::LastSeen => "last_us",
    };
    format!("{by}{} NULLS LAST, name, identity_kind", if descending { " DESC" } else { "" })
}

fn customer_row(row: &Row<'_>) -> duckdb::Result<CustomerRow> {
    Ok(CustomerRow {
        name: row.get(1)?,
        identity_kind: row.get(2)?,
        addresses: row.get(3)?,
        new_addresses: row.get(4)?,
        connections: row.get(5)?,
        requests: row.get(6)?,
        errors: row.get(7)?,
        bytes: row.get(8)?,
        first_seen_us: row.get(9)?,
        last_seen_us: row.get(10)?,
        filter: String::new(),
    })
}
