//! Roll-ups of what was counted while it was collected: nothing is read for them, and a few rows are appended.
//!
//! What they say is what [`super::rollups`] makes of the rows themselves; a test holds one against the other.

use std::{collections::BTreeMap, sync::Arc};

use duckdb::arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, ListBuilder, StringArray, UInt16Builder, UInt32Builder,
};

use super::{Naming, Writer, append_columns, rollups::ROWS_FOR_NOTHING};
use crate::{
    error::Result,
    rows::{Counts, PeerId, Tally},
    schema::{COUNTERS, KEYFRAME_S},
};

/// Begin of a bucket in seconds since 1970, client and server by their services' numbers.
type Bucket = (i64, i32, i32);

impl Writer {
    /// Takes the sums of all batches that the roll-ups lack into them, and commits them together with rows that wait for it. False, and
    /// nothing is changed, when the database must do it: where a width may have become too many rows.
    pub(super) fn follow_tally(&mut self, tally: &Tally) -> Result<bool> {
        let to = self.next_batch;
        if self.rolled_up_to >= to {
            return Ok(true);
        }
        let mut widths = match self.widths.take() {
            Some(widths) => widths,
            None => self.widths_with_rows()?,
        };
        let mut buckets = Vec::with_capacity(widths.len());
        for (width, rows) in &mut widths {
            let of_width = self.by_service(tally, *width);
            *rows += of_width.len() as u64;
            if *rows > ROWS_FOR_NOTHING {
                return Ok(false);
            }
            buckets.push((*width, of_width));
        }
        self.commit_with(|writer| {
            for (width, buckets) in &buckets {
                writer.append_buckets(*width, buckets)?;
            }
            writer.append_protocols(tally)?;
            writer.set_meta("rolled_up_to", &to.to_string())?;
            let seconds = tally.edges.keys().map(|(second, ..)| *second);
            match (seconds.clone().min(), seconds.max()) {
                (Some(first_s), Some(last_s)) if writer.keyframes_are_due(first_s, last_s)? => {
                    writer.follow_with_keyframes(first_s)
                }
                _ => Ok(()),
            }
        })?;
        (self.rolled_up_to, self.widths) = (to, Some(widths));
        self.naming.rolled_up();
        Ok(true)
    }

    /// Stored widths with the rows that they have.
    fn widths_with_rows(&self) -> Result<Vec<(i64, u64)>> {
        let rows_of = |width: i64| {
            let sql = format!("SELECT count(*)::UBIGINT FROM raw.rollup_{width}s");
            Ok((width, self.connection.query_row(&sql, [], |row| row.get(0))?))
        };
        self.stored_widths()?.into_iter().map(rows_of).collect()
    }

    /// Counts by bucket and service.
    fn by_service(&self, tally: &Tally, width: i64) -> BTreeMap<Bucket, Counts> {
        let mut buckets: BTreeMap<Bucket, Counts> = BTreeMap::new();
        for ((second, client, server), counts) in &tally.edges {
            let Some((client, server)) = self.naming.services_of(*client, *server) else { continue };
            buckets.entry((second - second.rem_euclid(width), client, server)).or_default().add(counts);
        }
        buckets
    }

    fn append_buckets(&self, width: i64, buckets: &BTreeMap<Bucket, Counts>) -> Result<()> {
        let keys = |buckets: &[&Bucket]| -> [(&'static str, ArrayRef); 3] {
            [
                ("bucket_s", Arc::new(Int64Array::from_iter_values(buckets.iter().map(|key| key.0)))),
                ("client_id", Arc::new(Int32Array::from_iter_values(buckets.iter().map(|key| key.1)))),
                ("server_id", Arc::new(Int32Array::from_iter_values(buckets.iter().map(|key| key.2)))),
            ]
        };
        let all: Vec<&Bucket> = buckets.keys().collect();
        let counters = COUNTERS.iter().enumerate().map(|(place, name)| {
            let values = Int64Array::from_iter_values(buckets.values().map(|counts| counts.counters[place]));
            (*name, Arc::new(values) as ArrayRef)
        });
        append_columns(&self.connection, &format!("rollup_{width}s"), keys(&all).into_iter().chain(counters))?;

        let answered: Vec<(&Bucket, &Counts)> =
            buckets.iter().filter(|(_, counts)| !counts.classes.is_empty()).collect();
        let (mut classes, mut numbers) =
            (ListBuilder::new(UInt16Builder::new()), ListBuilder::new(UInt32Builder::new()));
        for (_, counts) in &answered {
            classes.append_value(counts.classes.keys().map(|class| Some(*class)));
            numbers.append_value(counts.classes.values().map(|n| Some(*n)));
        }
        let lists: [(&'static str, ArrayRef); 2] =
            [("classes", Arc::new(classes.finish())), ("counts", Arc::new(numbers.finish()))];
        let answered: Vec<&Bucket> = answered.into_iter().map(|(bucket, _)| bucket).collect();
        append_columns(&self.connection, &format!("histogram_{width}s"), keys(&answered).into_iter().chain(lists))
    }

    fn append_protocols(&self, tally: &Tally) -> Result<()> {
        let mut spoken: BTreeMap<(i32, i32, &'static str, bool), i64> = BTreeMap::new();
        for ((client, server, protocol, is_exchange), n) in &tally.protocols {
            let Some((client, server)) = self.naming.services_of(*client, *server) else { continue };
            *spoken.entry((client, server, protocol, *is_exchange)).or_default() += n;
        }
        let columns: [(&'static str, ArrayRef); 5] = [
            ("client_id", Arc::new(Int32Array::from_iter_values(spoken.keys().map(|key| key.0)))),
            ("server_id", Arc::new(Int32Array::from_iter_values(spoken.keys().map(|key| key.1)))),
            ("protocol", Arc::new(StringArray::from_iter_values(spoken.keys().map(|key| key.2)))),
            ("is_exchange", Arc::new(BooleanArray::from_iter(spoken.keys().map(|key| Some(key.3))))),
            ("n", Arc::new(Int64Array::from_iter_values(spoken.values().copied()))),
        ];
        append_columns(&self.connection, "edge_protocols", columns)
    }

    /// Whether a change from one second to another makes a keyframe wrong, or the next one due.
    fn keyframes_are_due(&self, first_s: i64, last_s: i64) -> Result<bool> {
        let mut newest = self.connection.prepare_cached("SELECT max(frame_s) FROM raw.keyframes")?;
        let newest: Option<i64> = newest.query_row([], |row| row.get(0))?;
        Ok(newest.is_none_or(|frame_s| frame_s > first_s || last_s - last_s.rem_euclid(KEYFRAME_S) > frame_s))
    }
}

impl Naming {
    /// The services of two peers.
    fn services_of(&self, client: PeerId, server: PeerId) -> Option<(i32, i32)> {
        let service = |peer: PeerId| self.service_of(usize::try_from(peer.0).ok()?);
        Some((service(client)?, service(server)?))
    }
}
