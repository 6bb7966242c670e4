//! Single checks.

use duckdb::Row;
use wirereel_query::checks::{CheckCertificate, CheckHop, CheckPhases, CheckRun, CheckRuns, CheckRunsQuestion};

use super::super::{
    Reader,
    results::{Asked, CHECKS, state_of},
};
use crate::error::Result;

/// What [`run`] reads.
const COLUMNS: &str = "n.name, r.intended_us, r.at_us, r.instants, r.state, r.reason, r.failure, r.status, r.dns_us, r.connect_us, \
    r.proxy_us, r.tls_us, r.write_us, r.ttfb_us, r.transfer_us, r.unattributed_us, r.stopped_in, r.stopped_after_us, r.total_us, \
    r.http_version, r.remote, r.local, r.body_bytes, coalesce(r.reused_connection, false), r.tls_version, r.tls_cipher, \
    r.certificate, r.hops";

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
        let asked = Asked {
            name: question.website.as_deref(),
            range: question.range,
            intended_us: None,
            failing: question.failing,
            offset: question.offset,
            limit: question.limit,
        };
        let (total, mut rows) = CHECKS.page(self, COLUMNS, &asked, run)?;
        self.find_captured(&mut rows)?;
        Ok(CheckRuns { total, rows })
    }

    /// The checks of some websites that were intended at these instants, in any order; those that are not there any more are left out.
    pub fn check_runs_at(&self, wanted: &[(&str, i64)]) -> Result<Vec<CheckRun>> {
        CHECKS.at(self, COLUMNS, wanted, run)
    }
}
