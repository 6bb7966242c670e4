//! Keyframes: connections open on every edge at the beginning of an interval, so that a later instant is one of them and what happened
//! since.
//!
//! There is one for every interval in which something happened. What comes late makes those after it wrong: they are made anew from the
//! roll-ups, as those that are new.

use super::Writer;
use crate::{
    error::Result,
    schema::{KEYFRAME_S, WIDTHS_S},
};

/// Rows that one making adds at most. A recording with more edges and more intervals than that has a keyframe only every so many intervals:
/// whoever asks starts from the nearest one before.
const MOST_ROWS: i64 = 8_000_000;

impl Writer {
    /// Makes the keyframes that a change at a second, or later, has made wrong or due. Inside a transaction.
    pub(super) fn follow_with_keyframes(&self, changed_s: i64) -> Result<()> {
        let minutes = WIDTHS_S[WIDTHS_S.len() - 1];
        let interval = format!("bucket_s - (bucket_s % {KEYFRAME_S} + {KEYFRAME_S}) % {KEYFRAME_S}");
        self.connection.execute_batch(&format!("DELETE FROM raw.keyframes WHERE frame_s > {changed_s}"))?;
        // The last keyframe that is right, and every change since. Without one everything has happened since.
        let since_s: i64 = self.connection.query_row(
            &format!("SELECT coalesce(max(frame_s), {}) FROM raw.keyframes", -i64::MAX),
            [],
            |row| row.get(0),
        )?;
        self.connection.execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE changes AS
                -- What was opened and ended in one interval is in no keyframe: of a crowd that is nearly all.
                SELECT * FROM (SELECT frame_s, client_id, server_id, sum(change)::BIGINT AS change FROM (
                    SELECT frame_s - 1 AS frame_s, client_id, server_id, open_connections AS change FROM raw.keyframes
                    WHERE frame_s = {since_s} AND client_id > 0
                    UNION ALL
                    SELECT {interval}, client_id, server_id, open_delta FROM raw.rollup_{minutes}s
                    WHERE bucket_s >= {since_s} AND open_delta <> 0
                ) GROUP BY ALL) WHERE change <> 0;
             CREATE OR REPLACE TEMP TABLE frames AS SELECT * FROM (
                SELECT DISTINCT {interval} AS frame_s FROM raw.rollup_{minutes}s WHERE bucket_s >= {since_s}
             ) WHERE frame_s > {since_s};"
        ))?;
        let (frames, edges): (i64, i64) = self.connection.query_row(
            "SELECT (SELECT count(*) FROM frames), (SELECT count(*) FROM (SELECT DISTINCT client_id, server_id FROM changes))",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let every = frames.saturating_mul(edges) / MOST_ROWS + 1;
        self.connection.execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE chosen AS SELECT frame_s FROM (
                SELECT frame_s, row_number() OVER (ORDER BY frame_s) AS number FROM frames
             ) WHERE number % {every} = 0;
             INSERT INTO raw.keyframes SELECT frame_s, client_id, server_id, open_connections FROM (
                -- A mark: the keyframe is there even when nothing is open.
                SELECT frame_s, 0 AS client_id, 0 AS server_id, 0::BIGINT AS open_connections FROM chosen
                UNION ALL
                SELECT f.frame_s, f.client_id, f.server_id, c.open_connections
                FROM (SELECT * FROM chosen, (SELECT DISTINCT client_id, server_id FROM changes)) f
                ASOF JOIN (
                    SELECT frame_s, client_id, server_id,
                        (sum(change) OVER (PARTITION BY client_id, server_id ORDER BY frame_s))::BIGINT AS open_connections
                    FROM changes
                ) c ON f.client_id = c.client_id AND f.server_id = c.server_id AND f.frame_s > c.frame_s
                WHERE c.open_connections <> 0
             ) ORDER BY ALL;
             DROP TABLE changes; DROP TABLE frames; DROP TABLE chosen;"
        ))?;
        Ok(())
    }
}
