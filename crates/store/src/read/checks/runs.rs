//! Single checks.

use duckdb::Row;
use wirereel_query::checks::{
    CheckCertificate, CheckHop, CheckPhases, CheckRun, CheckRuns, CheckRunsQuestion, CheckState,
};

use super::{super::Reader, quoted};
use crate::error::{Result, StoreError};

const MOST_ROWS: u32 = 500;
/// Checks that are so far apart, microseconds, are looked up one by one.
const NEAR_US: i64 = 600_000_000;

/// What [`run`] reads.
const COLUMNS: &str = "w.name, r.intended_us, r.at_us, r.instants, r.state, r.reason, r.failure, r.status, r.dns_us, r.connect_us, \
    r.proxy_us, r.tls_us, r.write_us, r.ttfb_us, r.transfer_us, r.unattributed_us, r.stopped_in, r.stopped_after_us, r.total_us, \
    r.http_version, r.remote, r.local, r.body_bytes, coalesce(r.reused_connection, false), r.tls_version, r.tls_cipher, \
    r.certificate, r.hops";

/// The state behind its number in rows.
pub(in super::super) fn state_of(code: u8) -> CheckState {
    match code {
        0 => CheckState::Up,
        1 => CheckState::Down,
        2 => CheckState::Overrun,
        _ => CheckState::SelfOffline,
    }
}

fn run(row: &Row<'_>) -> duckdb::Result<CheckRun> {
    let micros =
        |index: usize| -> duckdb::Result<Option<f64>> { Ok(row.get::<_, Option<u64>>(index)?.map(|us| us as f64)) };
    let certificate: Option<String> = row.get(26)?;
    let hops: Option<String> = row.get(27)?;
    Ok(CheckRun {
        website: row.get(0)?,
        intended_us: row.get(1)?,
        at_us: row.get(2)?,
        instants: row.get(3)?,
        state: state_of(row.get(4)?),
        reason: row.get(5)?,
        failure: row.get(6)?,
        status: row.get(7)?,
        phases: CheckPhases {
            dns_us: micros(8)?,
            connect_us: micros(9)?,
            proxy_us: micros(10)?,
            tls_us: micros(11)?,
            write_us: micros(12)?,
            ttfb_us: micros(13)?,
            transfer_us: micros(14)?,
            unattributed_us: micros(15)?,
        },
        stopped_in: row.get(16)?,
        stopped_after_us: row.get(17)?,
        total_us: row.get(18)?,
        http_version: row.get(19)?,
        remote: row.get(20)?,
        local: row.get(21)?,
        body_bytes: row.get(22)?,
        reused_connection: row.get(23)?,
        tls_version: row.get(24)?,
        tls_cipher: row.get(25)?,
        // What this program wrote itself can be read, or is of no use to anybody.
        certificate: certificate.and_then(|text| serde_json::from_str::<CheckCertificate>(&text).ok()),
        hops: hops.and_then(|text| serde_json::from_str::<Vec<CheckHop>>(&text).ok()).unwrap_or_default(),
        flow_id: None,
        exchange_id: None,
    })
}

impl Reader {
    /// Single checks, latest first, with the flows and exchanges that were captured of them.
    ///
    /// # Errors
    /// `BadQuestion` when more than 500 are asked for.
    pub fn check_runs(&self, question: &CheckRunsQuestion) -> Result<CheckRuns> {
        if question.limit > MOST_ROWS {
            let limit = question.limit;
            return Err(StoreError::BadQuestion(format!("{limit} rows: allowed are {MOST_ROWS} at most")));
        }
        let mut conditions = vec![match &question.website {
            Some(website) => self.check_condition(Some(&[website.as_str()]))?,
            None => "TRUE".into(),
        }];
        if let Some(range) = question.range {
            conditions.push(format!("intended_us >= {} AND intended_us < {}", range.from_us, range.to_us));
        }
        if question.failing {
            conditions.push("state <> 0".into());
        }
        let conditions = conditions.join(" AND ");
        let total = self
            .first(&format!("SELECT count(*)::UBIGINT FROM raw.check_results WHERE {conditions}"), [], |row| {
                row.get(0)
            })?
            .unwrap_or(0);
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT * FROM raw.check_results WHERE {conditions} \
             ORDER BY intended_us DESC, website_id LIMIT {} OFFSET {}) r \
             JOIN raw.check_websites w ON w.website_id = r.website_id ORDER BY r.intended_us DESC, r.website_id",
            question.limit, question.offset
        );
        let mut rows = self.rows(&sql, [], run)?;
        self.find_captured(&mut rows)?;
        Ok(CheckRuns { total, rows })
    }

    /// The checks of some websites that were intended at these instants, in any order; those that are not there any more are left out.
    pub fn check_runs_at(&self, wanted: &[(&str, i64)]) -> Result<Vec<CheckRun>> {
        let mut wanted = wanted.to_vec();
        wanted.sort_by_key(|(_, at_us)| *at_us);
        let mut found = Vec::new();
        for near in wanted.chunk_by(|(_, one), (_, next)| next - one < NEAR_US) {
            let (Some(first), Some(last)) = (near.first(), near.last()) else { continue };
            let pairs: Vec<String> =
                near.iter().map(|(name, at_us)| format!("({}, {at_us})", quoted([*name]))).collect();
            let sql = format!(
                "SELECT {COLUMNS} FROM (VALUES {}) t(name, at_us) JOIN raw.check_websites w ON w.name = t.name \
                 JOIN raw.check_results r ON r.website_id = w.website_id AND r.intended_us = t.at_us \
                 WHERE r.intended_us BETWEEN {} AND {}",
                pairs.join(", "),
                first.1,
                last.1
            );
            found.extend(self.rows(&sql, [], run)?);
        }
        Ok(found)
    }
}
