//! The way back from rows to bytes: which packets of which source.

use std::{collections::BTreeMap, path::PathBuf};

use duckdb::types::Value;
use wirereel_query::question::Scope;

use super::{
    Reader,
    scope::{Condition, nanos},
};
use crate::{
    error::{Result, StoreError},
    rows::{SourceId, decode_into, source_and_flow},
};

/// Where a source's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePath {
    pub source: SourceId,
    /// `file`, `interface` or `upload`.
    pub kind: String,
    pub name: String,
    pub path: PathBuf,
    /// Time of its earliest packet; `None` before there is one.
    pub started_ns: Option<i64>,
}

impl Reader {
    /// Where the bytes of a source are.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn source(&self, source: SourceId) -> Result<SourcePath> {
        let sql = "SELECT kind, name, path, epoch_ns(started_at) FROM raw.sources WHERE source_id = ?";
        let found = self.first(sql, [source.0], |row| {
            let path: String = row.get(2)?;
            let (kind, name, started_ns) = (row.get(0)?, row.get(1)?, row.get(3)?);
            Ok(SourcePath { source, kind, name, path: path.into(), started_ns })
        })?;
        found.ok_or_else(|| StoreError::NotFound(format!("source {}", source.0)))
    }

    /// The flow an exchange ran on, and its place among the flow's exchanges, from 0.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn place_of_exchange(&self, exchange_id: u64) -> Result<(u64, u32)> {
        let sql = "SELECT flow_id, ordinal FROM raw.http_exchanges WHERE exchange_id = ?";
        let found = self.first(sql, [exchange_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.ok_or_else(|| StoreError::NotFound(format!("exchange {exchange_id}")))
    }

    /// Where the bytes of every source are, in the order in which they began.
    pub fn source_paths(&self) -> Result<Vec<PathBuf>> {
        let sql = "SELECT path FROM raw.sources ORDER BY source_id";
        self.rows(sql, [], |row| Ok(PathBuf::from(row.get::<_, String>(0)?)))
    }

    /// The first place among a flow's exchanges that is on record: not 0 when earlier ones were removed.
    pub fn first_ordinal(&self, flow_id: u64) -> Result<u32> {
        let sql = "SELECT min(ordinal) FROM raw.http_exchanges WHERE flow_id = ?";
        let first: Option<Option<u32>> = self.first(sql, [flow_id], |row| row.get(0))?;
        Ok(first.flatten().unwrap_or(0))
    }

    /// Positions of a flow's packets in its source, ascending; empty for a flow without packets on record.
    pub fn positions(&self, flow_id: u64) -> Result<Vec<u64>> {
        let sql = "SELECT positions FROM raw.flow_spans WHERE flow_id = ?";
        let mut positions = Vec::new();
        for span in self.rows(sql, [flow_id], |row| row.get::<_, Vec<u8>>(0))? {
            decode_into(&span, &mut positions);
        }
        positions.sort_unstable();
        Ok(positions)
    }

    /// Positions of the packets of all flows of a scope, per source, ascending: flows with packets in the range, and with a
    /// filter only those that match it. A span may reach beyond the range: who reads the packets looks at their time.
    pub fn positions_where(&self, scope: &Scope) -> Result<Vec<(SourceId, Vec<u64>)>> {
        let mut parts = vec!["true".to_owned()];
        if let Some(range) = scope.range {
            parts.push(format!(
                "last_at >= make_timestamp_ns({}) AND first_at < make_timestamp_ns({})",
                nanos(range.from_us),
                nanos(range.to_us)
            ));
        }
        let matching = Condition::of_flows(scope)?;
        if matching.is_filtered() {
            parts.push(format!("flow_id IN (SELECT flow_id FROM raw.named_flows WHERE {})", matching.sql()));
        }
        let params: &[Value] = if matching.is_filtered() { &matching.params } else { &[] };
        let sql = format!("SELECT flow_id, positions FROM raw.flow_spans WHERE {}", parts.join(" AND "));
        let mut sources: BTreeMap<SourceId, Vec<u64>> = BTreeMap::new();
        self.each(&sql, duckdb::params_from_iter(params), |row| {
            let (source, _) = source_and_flow(row.get(0)?);
            let span: Vec<u8> = row.get(1)?;
            decode_into(&span, sources.entry(source).or_default());
            Ok(())
        })?;
        for positions in sources.values_mut() {
            positions.sort_unstable();
        }
        Ok(sources.into_iter().collect())
    }
}
