//! Where the time of a path goes: hops over a time, and columns of their parts.

use std::collections::HashMap;

use duckdb::Row;
use wirereel_query::{
    checks::CheckTimes,
    probes::{HopFigures, ProbeColumn, ProbePart, ProbePartKind},
};

use super::{
    super::{Reader, results::PROBES},
    runs::reported_of,
};
use crate::error::Result;

/// A path over a time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PathParts {
    /// In the order of the path.
    pub hops: Vec<HopFigures>,
    /// Ascending, without holes.
    pub columns: Vec<ProbeColumn>,
}

/// Count, mean, greatest and percentiles of a part, for a select list. Those that are told as whole microseconds are not negative.
fn times_sql(part: &str) -> String {
    format!(
        "count({part})::UBIGINT, avg({part}) / 1000, greatest(max({part}), 0)::UBIGINT // 1000, \
         greatest(quantile_disc({part}, 0.5), 0)::UBIGINT // 1000, greatest(quantile_disc({part}, 0.95), 0)::UBIGINT // 1000, \
         greatest(quantile_disc({part}, 0.99), 0)::UBIGINT // 1000"
    )
}

/// Columns of [`times_sql`].
const TIMES: usize = 6;

fn times(row: &Row<'_>, from: usize) -> duckdb::Result<CheckTimes> {
    let count: u64 = row.get(from)?;
    if count == 0 {
        return Ok(CheckTimes::default());
    }
    Ok(CheckTimes {
        count,
        avg_us: row.get(from + 1)?,
        max_us: row.get(from + 2)?,
        p50_us: row.get(from + 3)?,
        p95_us: row.get(from + 4)?,
        p99_us: row.get(from + 5)?,
    })
}

impl Reader {
    /// A probe's path from an instant until another, in so many columns at most.
    pub fn probe_parts(&self, probe: &str, (from_us, to_us): (i64, i64), columns: u32) -> Result<PathParts> {
        let condition = PROBES.condition(self, Some(&[probe]))?;
        let within = format!("{condition} AND intended_us >= {from_us} AND intended_us < {to_us}");
        Ok(PathParts { hops: self.hop_figures(&within)?, columns: self.columns(&within, (from_us, to_us), columns)? })
    }

    fn hop_figures(&self, within: &str) -> Result<Vec<HopFigures>> {
        let parts = ["own_ns", "link_ns", "queue_ns", "backend_ns"].map(times_sql).join(", ");
        let sql = format!(
            "SELECT hop, coalesce(region, ''), coalesce(raw.hop_role(max(role)), ''), mode(reported), count(*)::UBIGINT, {parts} \
             FROM raw.known_hops WHERE {within} GROUP BY hop, region ORDER BY avg(position), hop"
        );
        let mut hops = self.rows(&sql, [], |row| {
            Ok(HopFigures {
                hop: row.get(0)?,
                region: row.get(1)?,
                role: row.get(2)?,
                reported: reported_of(row.get(3)?),
                seen: row.get(4)?,
                lost: None,
                own: times(row, 5)?,
                link: times(row, 5 + TIMES)?,
                queue: times(row, 5 + 2 * TIMES)?,
                backend: times(row, 5 + 3 * TIMES)?,
            })
        })?;
        let sql = format!(
            "SELECT last_seen, count(*)::UBIGINT FROM raw.probe_results WHERE {within} AND last_seen IS NOT NULL GROUP BY ALL LIMIT 1000"
        );
        for (words, count) in self.rows(&sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?)))? {
            // Of two of which one begins like the other, the longer is meant.
            let named = hops.iter_mut().filter(|hop| !hop.hop.is_empty() && words.contains(&hop.hop));
            if let Some(hop) = named.max_by_key(|hop| hop.hop.len()) {
                *hop.lost.get_or_insert(0) += count;
            }
        }
        Ok(hops)
    }

    fn columns(&self, within: &str, (from_us, to_us): (i64, i64), columns: u32) -> Result<Vec<ProbeColumn>> {
        let length_us = to_us.saturating_sub(from_us).max(0);
        let columns = i64::from(columns);
        if columns == 0 || length_us == 0 {
            return Ok(Vec::new());
        }
        let step_us = (length_us + columns - 1) / columns;
        let count = (length_us + step_us - 1) / step_us;
        let begin = |column: i64| from_us + column * step_us;
        let mut told: Vec<ProbeColumn> = (0..count)
            .map(|column| ProbeColumn {
                begin_us: begin(column),
                end_us: begin(column + 1).min(to_us),
                ..ProbeColumn::default()
            })
            .collect();
        let column = format!("((intended_us - {from_us}) // {step_us})::UINTEGER");
        let sums = format!(
            "SELECT {column}, coalesce(sum(instants) FILTER (state = 0), 0)::UINTEGER, \
             coalesce(sum(instants) FILTER (state = 1), 0)::UINTEGER, coalesce(sum(instants) FILTER (state > 1), 0)::UINTEGER, \
             avg(total_ns) FILTER (state = 0) / 1000, count(total_ns) FILTER (state = 0)::UBIGINT \
             FROM raw.probe_results WHERE {within} GROUP BY 1"
        );
        let mut measured: HashMap<u32, u64> = HashMap::new();
        let sums = self.rows(&sums, [], |row| {
            Ok((
                row.get::<_, u32>(0)?,
                (row.get(1)?, row.get(2)?, row.get(3)?),
                row.get::<_, Option<f64>>(4)?,
                row.get(5)?,
            ))
        })?;
        for (column, (up, down, unknown), total_us, count) in sums {
            measured.insert(column, count);
            if let Some(told) = told.get_mut(column as usize) {
                (told.up, told.down, told.unknown, told.total_us) = (up, down, unknown, total_us);
            }
        }
        // A part's mean is over all that succeeded: means sum up to that of the total, and what no hop explains is what is left of it.
        let sql = format!(
            "SELECT {column} AS col, hop, avg(position) AS place, sum(link_ns) FILTER (NOT not_split) / 1000.0::DOUBLE, \
             sum(link_ns) FILTER (not_split) / 1000.0::DOUBLE, sum(own_ns) / 1000.0::DOUBLE, coalesce(max(role), 0) = 2 FROM ( \
                SELECT h.*, h.reported = 2 OR coalesce(lag(h.reported) OVER (PARTITION BY h.intended_us ORDER BY h.position), 0) = 2 \
                    AS not_split \
                FROM (SELECT * FROM raw.known_hops WHERE {within}) h \
                JOIN (SELECT intended_us FROM raw.probe_results WHERE {within} AND state = 0) r ON r.intended_us = h.intended_us \
             ) GROUP BY col, hop ORDER BY col, place, hop"
        );
        let parts = self.rows(&sql, [], |row| {
            Ok((
                row.get::<_, u32>(0)?,
                row.get::<_, String>(1)?,
                [row.get::<_, Option<f64>>(3)?, row.get(4)?, row.get(5)?],
                row.get::<_, bool>(6)?,
            ))
        })?;
        for (column, hop, [wire, not_split, own], is_service) in parts {
            let (Some(told), Some(count)) = (told.get_mut(column as usize), measured.get(&column)) else { continue };
            let own_kind = if is_service { ProbePartKind::Service } else { ProbePartKind::Hop };
            for (sum, part) in [(wire, ProbePartKind::Wire), (not_split, ProbePartKind::NotSplit), (own, own_kind)] {
                if let Some(sum) = sum {
                    told.parts.push(ProbePart { hop: hop.clone(), part, mean_us: sum / (*count).max(1) as f64 });
                }
            }
        }
        for column in &mut told {
            let Some(total_us) = column.total_us else { continue };
            let rest_us = total_us - column.parts.iter().map(|part| part.mean_us).sum::<f64>();
            // Less than a nanosecond is what sums are rounded by.
            if rest_us >= 1e-3 {
                column.parts.push(ProbePart { hop: String::new(), part: ProbePartKind::NotSplit, mean_us: rest_us });
            }
        }
        Ok(told)
    }
}
