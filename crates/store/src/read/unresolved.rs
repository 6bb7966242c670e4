//! Addresses nobody could name.

use duckdb::types::Value;
use wirereel_query::{answer::UnresolvedAddress, question::Scope};

use super::{Reader, scope::Condition};
use crate::{error::Result, schema};

impl Reader {
    /// Unresolved addresses with a flow in the range; with a filter, only flows with a matching exchange count.
    pub fn unresolved(&self, scope: &Scope) -> Result<Vec<UnresolvedAddress>> {
        let mut parts = Vec::new();
        if let Some(range) = scope.range {
            parts.push(format!("f.closed_us >= {} AND f.opened_us < {}", range.from_us, range.to_us));
        }
        let mut params: Vec<Value> = Vec::new();
        if !scope.filter.trim().is_empty() {
            let matching = Condition::of(scope)?;
            parts.push(format!("f.flow_id IN (SELECT flow_id FROM raw.exchanges WHERE {})", matching.sql()));
            params = matching.params;
        }
        let condition = if parts.is_empty() { "true".to_owned() } else { parts.join(" AND ") };
        // The condition stands twice in the query: for the server's end and for the client's.
        params.extend(params.clone());
        let sql = format!(
            "SELECT ip, port, epoch_ns(first_seen) // 1000, epoch_ns(last_seen) // 1000, flows::UBIGINT, bytes::UBIGINT, \
             array_to_string(talks_to, chr(30)), hint FROM ({})",
            schema::unresolved_sql(&condition)
        );
        self.rows(&sql, duckdb::params_from_iter(params.iter()), |row| {
            let talks_to: String = row.get(6)?;
            Ok(UnresolvedAddress {
                ip: row.get(0)?,
                port: row.get(1)?,
                first_seen_us: row.get(2)?,
                last_seen_us: row.get(3)?,
                flows: row.get(4)?,
                bytes: row.get(5)?,
                talks_to: talks_to.split('\u{1e}').map(str::to_owned).collect(),
                hint: row.get(7)?,
            })
        })
    }
}
