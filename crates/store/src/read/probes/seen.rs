//! The exchanges that a probe itself was, where they were captured.

use std::collections::HashMap;

use duckdb::types::Value;
use wirereel_query::probes::ProbeRun;

use super::{
    super::{
        Reader,
        results::{PROBES, quoted},
    },
    runs,
};
use crate::error::Result;

/// How far a capturing host's clock may be from the sender's, microseconds.
const CLOCKS_US: i64 = 3_600_000_000;
/// Exchanges of one trace that are looked at.
const MOST_EXCHANGES: u32 = 100;

/// What a [`SeenExchange`] is made of, and its trace.
const COLUMNS: &str = "exchange_id, client_ip, client_port, server_ip, server_port, epoch_ns(started_at), epoch_ns(finished_at), trace_id";

/// An exchange of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenExchange {
    pub exchange_id: u64,
    pub client_ip: String,
    pub client_port: u16,
    pub server_ip: String,
    pub server_port: u16,
    /// The request's first packet, nanoseconds since 1970.
    pub started_ns: i64,
    /// The answer's last packet; `None` when there was none.
    pub finished_ns: Option<i64>,
}

/// A result of whose trace exchanges came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenProbe {
    /// The probe's, as [`Reader::probes_named`] tells.
    pub number: i32,
    pub intended_us: i64,
    /// Those that came, ascending.
    pub exchange_ids: Vec<u64>,
    /// Earlier ones told something already.
    pub is_observed: bool,
}

/// A result as its hops told it, and exchanges of its trace.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldProbe {
    pub number: i32,
    pub run: ProbeRun,
    /// In the order of their beginnings.
    pub exchanges: Vec<SeenExchange>,
}

impl Reader {
    /// Exchanges of a trace about an instant, microseconds since 1970, in the order of their beginnings; a hundred at most.
    pub fn exchanges_of_trace(&self, trace_id: &str, about_us: i64) -> Result<Vec<SeenExchange>> {
        let of_trace = format!("{} AND trace_id = {}", about((about_us, about_us)), quoted([trace_id]));
        Ok(self.traced(&of_trace)?.into_values().next().unwrap_or_default())
    }

    /// The first exchange after one, and the last there is, by their numbers; `None` when no more came.
    pub fn exchanges_after(&self, exchange_id: u64) -> Result<Option<(u64, u64)>> {
        let sql = format!(
            "SELECT min(exchange_id), max(exchange_id) FROM raw.http_exchanges WHERE exchange_id > {exchange_id}"
        );
        let ends = self.first(&sql, [], |row| Ok((row.get::<_, Option<u64>>(0)?, row.get::<_, Option<u64>>(1)?)))?;
        Ok(ends.and_then(|(first, last)| Some((first?, last?))))
    }

    /// Results of these probes of whose trace there are exchanges after the first until the second, unless those told something already.
    pub fn probes_seen(&self, probes: &[&str], (after, until): (u64, u64)) -> Result<Vec<SeenProbe>> {
        let of_probes = PROBES.condition(self, Some(probes))?;
        let within = format!("exchange_id > {after} AND exchange_id <= {until} AND trace_id IS NOT NULL");
        let ends = format!("SELECT min(started_us), max(started_us) FROM raw.http_exchanges WHERE {within}");
        let ends = self.first(&ends, [], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)))?;
        let Some((Some(first_us), Some(last_us))) = ends else { return Ok(Vec::new()) };
        let (from_us, to_us) = (first_us.saturating_sub(CLOCKS_US), last_us.saturating_add(CLOCKS_US));
        let sql = format!(
            "SELECT r.number, r.intended_us, list(x.exchange_id ORDER BY x.exchange_id), bool_or(o.number IS NOT NULL) \
             FROM (SELECT exchange_id, trace_id, started_us FROM raw.http_exchanges WHERE {within}) x \
             JOIN (SELECT number, intended_us, at_us, probe_id FROM raw.probe_results \
                WHERE {of_probes} AND intended_us BETWEEN {from_us} AND {to_us} AND probe_id IS NOT NULL) r ON r.probe_id = x.trace_id \
             LEFT JOIN (SELECT number, intended_us, newest_exchange FROM raw.probe_observed \
                WHERE position = 0 AND intended_us BETWEEN {from_us} AND {to_us}) o ON o.number = r.number AND o.intended_us = r.intended_us \
             WHERE x.started_us BETWEEN r.at_us - {CLOCKS_US} AND r.at_us + {CLOCKS_US} \
             GROUP BY r.number, r.intended_us HAVING max(x.exchange_id) > coalesce(max(o.newest_exchange), 0)"
        );
        self.rows(&sql, [], |row| {
            Ok(SeenProbe {
                number: row.get(0)?,
                intended_us: row.get(1)?,
                exchange_ids: numbers(row.get(2)?),
                is_observed: row.get(3)?,
            })
        })
    }

    /// These results as their hops told them, with the exchanges that were seen, or with all of their traces; those that are not there any
    /// more are left out.
    pub fn probes_told(&self, seen: &[SeenProbe], all: bool) -> Result<Vec<ToldProbe>> {
        let of: Vec<(i32, i64)> = seen.iter().map(|seen| (seen.number, seen.intended_us)).collect();
        let runs = self.runs_of(&of, runs::TOLD_HOPS)?;
        let instants = || runs.iter().map(|(_, run)| run.at_us);
        let (Some(first_us), Some(last_us)) = (instants().min(), instants().max()) else { return Ok(Vec::new()) };
        let traces = quoted(runs.iter().filter_map(|(_, run)| run.probe_id.as_deref()));
        let mut condition = format!("{} AND trace_id IN ({traces})", about((first_us, last_us)));
        let ids = || seen.iter().flat_map(|seen| &seen.exchange_ids);
        if let (false, Some(first), Some(last)) = (all, ids().min(), ids().max()) {
            condition = format!("{condition} AND exchange_id BETWEEN {first} AND {last}");
        }
        let mut traced = self.traced(&condition)?;
        let told = runs.into_iter().map(|(number, run)| {
            let mut exchanges = run.probe_id.as_ref().and_then(|id| traced.remove(id)).unwrap_or_default();
            let is_near =
                |seen: &SeenExchange| (seen.started_ns / 1_000).abs_diff(run.at_us) <= CLOCKS_US.unsigned_abs();
            exchanges.retain(is_near);
            ToldProbe { number, run, exchanges }
        });
        Ok(told.collect())
    }

    /// Exchanges that satisfy a condition, by their traces.
    fn traced(&self, condition: &str) -> Result<HashMap<String, Vec<SeenExchange>>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM raw.exchanges WHERE {condition} \
             QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY started_at, exchange_id) <= {MOST_EXCHANGES} \
             ORDER BY started_at, exchange_id"
        );
        let mut traced: HashMap<String, Vec<SeenExchange>> = HashMap::new();
        self.each(&sql, [], |row| {
            let seen = SeenExchange {
                exchange_id: row.get(0)?,
                client_ip: row.get(1)?,
                client_port: row.get(2)?,
                server_ip: row.get(3)?,
                server_port: row.get(4)?,
                started_ns: row.get(5)?,
                finished_ns: row.get(6)?,
            };
            traced.entry(row.get(7)?).or_default().push(seen);
            Ok(())
        })?;
        Ok(traced)
    }
}

/// A condition on exchanges that are of the time about two instants.
fn about((first_us, last_us): (i64, i64)) -> String {
    format!("started_us BETWEEN {} AND {}", first_us.saturating_sub(CLOCKS_US), last_us.saturating_add(CLOCKS_US))
}

/// A list of numbers.
fn numbers(list: Value) -> Vec<u64> {
    let Value::List(items) = list else { return Vec::new() };
    let numbers = items.into_iter().filter_map(|item| match item {
        Value::UBigInt(number) => Some(number),
        _ => None,
    });
    numbers.collect()
}
