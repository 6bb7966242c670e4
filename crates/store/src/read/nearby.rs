//! How far one has to look for the next thing of a rare kind: told by the pulse and the roll-ups, which are small, so that events are read
//! only where there is one.

use wirereel_query::question::Direction;

use super::Reader;
use crate::{
    error::Result,
    schema::{PULSE_MS, WIDTHS_S},
};

/// A kind of thing that roll-ups count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rare {
    /// Any exchange: with a filter, those that match may be rare.
    Exchange,
    /// Exchanges with status 500 and above, or failed.
    Error,
    /// Refused and reset connections.
    BrokenConnection,
    /// Connections tried.
    Connect,
}

/// How many buckets that hold one are looked through at first, and then: a filter, or the place in the first one, may leave all out.
pub(super) const STEPS: [u32; 3] = [2, 32, 512];

impl Reader {
    /// The span, `from_us <= t < to_us`, that reaches from an instant to the end of the so manieth bucket with a thing of a kind, in one
    /// direction; `None` when there are not so many.
    pub(super) fn nearby(&self, kind: Rare, from_us: i64, way: Direction, buckets: u32) -> Result<Option<(i64, i64)>> {
        let minute_s = WIDTHS_S[WIDTHS_S.len() - 1];
        let minutes = format!("raw.rollup_{minute_s}s");
        let (table, column, width_us, condition) = match kind {
            Rare::Exchange => ("raw.pulse", "bucket", PULSE_MS * 1_000, "requests > 0"),
            Rare::Error => ("raw.pulse", "bucket", PULSE_MS * 1_000, "errors > 0"),
            Rare::BrokenConnection => (&*minutes, "bucket_s", minute_s * 1_000_000, "refused + resets > 0"),
            Rare::Connect => (&*minutes, "bucket_s", minute_s * 1_000_000, "connects > 0"),
        };
        // Buckets of the pulse are numbered, those of roll-ups named by their first second.
        let unit_us = if column == "bucket" { width_us } else { 1_000_000 };
        let (beyond, order) = match way {
            Direction::Forward => {
                (format!("{column} >= {}", from_us.div_euclid(width_us) * (width_us / unit_us)), "ASC")
            }
            Direction::Backward => (format!("{column} <= {}", from_us.div_euclid(unit_us)), "DESC"),
        };
        let sql = format!(
            "SELECT DISTINCT {column} FROM {table} WHERE {condition} AND {beyond} ORDER BY {column} {order} LIMIT 1 OFFSET {}",
            buckets.saturating_sub(1)
        );
        let last: Option<i64> = self.first(&sql, [], |row| row.get(0))?;
        Ok(last.map(|bucket| match way {
            Direction::Forward => (from_us, (bucket * unit_us).saturating_add(width_us)),
            Direction::Backward => (bucket * unit_us, from_us),
        }))
    }
}
