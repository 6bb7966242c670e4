//! Single probes with their hops.

use std::collections::HashMap;

use duckdb::Row;
use wirereel_query::probes::{HopReported, ProbeHop, ProbeRun, ProbeRuns, ProbeRunsQuestion};

use super::{
    super::{
        Reader,
        results::{Asked, PROBES, state_of},
    },
    micros,
};
use crate::error::Result;

/// Hops with what packets tell of them.
const KNOWN_HOPS: &str = "raw.known_hops";
/// Hops as they told their times themselves.
pub(super) const TOLD_HOPS: &str = "raw.probe_hops";

/// What [`run`] reads.
const COLUMNS: &str = "r.number, n.name, r.intended_us, r.at_us, r.instants, r.state, r.white_box, r.reason, r.failure, r.probe_id, \
    r.total_ns::BIGINT, r.connect_ns::BIGINT, r.unattributed_ns, coalesce(r.inconsistent, false), \
    coalesce(r.ignored_records, 0)::UINTEGER, r.last_seen, r.grpc_status, r.http_status, r.local, r.remote";

fn run(row: &Row<'_>) -> duckdb::Result<(i32, ProbeRun)> {
    let run = ProbeRun {
        probe: row.get(1)?,
        intended_us: row.get(2)?,
        at_us: row.get(3)?,
        instants: row.get(4)?,
        state: state_of(row.get(5)?),
        white_box: row.get(6)?,
        reason: row.get(7)?,
        failure: row.get(8)?,
        probe_id: row.get(9)?,
        total_us: micros(row.get(10)?),
        connect_us: micros(row.get(11)?),
        unattributed_us: micros(row.get(12)?),
        inconsistent: row.get(13)?,
        ignored_records: row.get(14)?,
        last_seen: row.get(15)?,
        grpc_status: row.get(16)?,
        http_status: row.get(17)?,
        local: row.get(18)?,
        remote: row.get(19)?,
        hops: Vec::new(),
        exchange_ids: Vec::new(),
    };
    Ok((row.get(0)?, run))
}

/// How a hop's times are known, behind its number in rows.
pub(super) fn reported_of(code: u8) -> HopReported {
    match code {
        0 => HopReported::Reported,
        1 => HopReported::Observed,
        _ => HopReported::Opaque,
    }
}

/// A hop, and what no hop explains of the whole result and whether that fits, where packets changed it.
type HopRow = ((i32, i64), ProbeHop, Option<(Option<f64>, bool)>);

fn hop(row: &Row<'_>) -> duckdb::Result<HopRow> {
    let hop = ProbeHop {
        position: row.get(2)?,
        hop: row.get(3)?,
        region: row.get(4)?,
        role: row.get(5)?,
        reported: reported_of(row.get(6)?),
        own_us: micros(row.get(7)?),
        link_us: micros(row.get(8)?),
        queue_us: micros(row.get(9)?),
        backend_us: micros(row.get(10)?),
        received_at_us: row.get::<_, Option<i64>>(11)?.map(|ns| ns.div_euclid(1_000)),
    };
    let whole = if row.get(12)? { Some((micros(row.get(13)?), row.get(14)?)) } else { None };
    Ok(((row.get(0)?, row.get(1)?), hop, whole))
}

impl Reader {
    /// Single probes with their hops, latest first.
    ///
    /// # Errors
    /// `BadQuestion` when more than 500 are asked for.
    pub fn probe_runs(&self, question: &ProbeRunsQuestion) -> Result<ProbeRuns> {
        let asked = Asked {
            name: question.probe.as_deref(),
            range: question.range,
            intended_us: question.intended_us,
            failing: question.failing,
            offset: question.offset,
            limit: question.limit,
        };
        let (total, rows) = PROBES.page(self, COLUMNS, &asked, run)?;
        Ok(ProbeRuns { total, rows: self.with_hops(rows)? })
    }

    /// The results of some probes that were intended at these instants, in any order; those that are not there any more are left out.
    pub fn probe_runs_at(&self, wanted: &[(&str, i64)]) -> Result<Vec<ProbeRun>> {
        self.with_hops(PROBES.at(self, COLUMNS, wanted, run)?)
    }

    /// Results by their probes' numbers and instants, with hops of such a table.
    pub(super) fn runs_of(&self, wanted: &[(i32, i64)], hops: &str) -> Result<Vec<(i32, ProbeRun)>> {
        let (Some(first_us), Some(last_us)) =
            (wanted.iter().map(|one| one.1).min(), wanted.iter().map(|one| one.1).max())
        else {
            return Ok(Vec::new());
        };
        let pairs: Vec<String> = wanted.iter().map(|(number, at_us)| format!("({number}, {at_us})")).collect();
        let sql = format!(
            "SELECT {COLUMNS} FROM (VALUES {}) t(number, at_us) \
             JOIN raw.probe_results r ON r.number = t.number AND r.intended_us = t.at_us \
             JOIN raw.probe_names n ON n.number = r.number WHERE r.intended_us BETWEEN {first_us} AND {last_us}",
            pairs.join(", ")
        );
        let rows = self.rows(&sql, [], run)?;
        self.with_hops_of(rows, hops)
    }

    /// The result whose total is the median of those that succeeded in a time; of an even number, the lower one.
    pub fn median_probe(&self, probe: &str, (from_us, to_us): (i64, i64)) -> Result<Option<ProbeRun>> {
        let condition = PROBES.condition(self, Some(&[probe]))?;
        let sql = format!(
            "SELECT intended_us FROM raw.probe_results WHERE {condition} AND intended_us >= {from_us} AND intended_us < {to_us} \
             AND state = 0 AND total_ns IS NOT NULL ORDER BY total_ns, intended_us \
             LIMIT 1 OFFSET (SELECT greatest(count(*) - 1, 0) // 2 FROM raw.probe_results WHERE {condition} \
             AND intended_us >= {from_us} AND intended_us < {to_us} AND state = 0 AND total_ns IS NOT NULL)"
        );
        match self.first(&sql, [], |row| row.get::<_, i64>(0))? {
            Some(intended_us) => Ok(self.probe_runs_at(&[(probe, intended_us)])?.pop()),
            None => Ok(None),
        }
    }

    fn with_hops(&self, rows: Vec<(i32, ProbeRun)>) -> Result<Vec<ProbeRun>> {
        Ok(self.with_hops_of(rows, KNOWN_HOPS)?.into_iter().map(|(_, run)| run).collect())
    }

    fn with_hops_of(&self, rows: Vec<(i32, ProbeRun)>, table: &str) -> Result<Vec<(i32, ProbeRun)>> {
        let wanted: Vec<(i32, i64)> = rows.iter().map(|(number, run)| (*number, run.intended_us)).collect();
        let (Some(first_us), Some(last_us)) =
            (wanted.iter().map(|one| one.1).min(), wanted.iter().map(|one| one.1).max())
        else {
            return Ok(Vec::new());
        };
        let pairs: Vec<String> = wanted.iter().map(|(number, at_us)| format!("({number}, {at_us})")).collect();
        let sql = format!(
            "SELECT h.number, h.intended_us, h.position::UINTEGER, h.hop, coalesce(h.region, ''), coalesce(raw.hop_role(h.role), ''), \
             h.reported, h.own_ns, h.link_ns, h.queue_ns::BIGINT, h.backend_ns::BIGINT, h.received_at_ns, {} FROM {table} h \
             JOIN (VALUES {}) t(number, at_us) ON t.number = h.number AND t.at_us = h.intended_us \
             WHERE h.intended_us BETWEEN {first_us} AND {last_us} ORDER BY h.position",
            if table == KNOWN_HOPS {
                "h.observed_result, h.unattributed_ns, h.inconsistent"
            } else {
                "false, NULL::BIGINT, false"
            },
            pairs.join(", ")
        );
        let mut hops: HashMap<(i32, i64), Vec<ProbeHop>> = HashMap::new();
        let mut observed: HashMap<(i32, i64), (Option<f64>, bool)> = HashMap::new();
        for (of, hop, whole) in self.rows(&sql, [], hop)? {
            hops.entry(of).or_default().push(hop);
            observed.extend(whole.map(|whole| (of, whole)));
        }
        let rows = rows.into_iter().map(|(number, run)| {
            let of = (number, run.intended_us);
            let hops = hops.remove(&of).unwrap_or_default();
            let (unattributed_us, inconsistent) =
                observed.remove(&of).unwrap_or((run.unattributed_us, run.inconsistent));
            (number, ProbeRun { hops, unattributed_us, inconsistent, ..run })
        });
        Ok(rows.collect())
    }
}
