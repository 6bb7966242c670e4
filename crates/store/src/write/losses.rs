//! Packets that were lost before anybody could keep them, by the second: missing data, which must never look like silence.

use duckdb::params;

use super::Writer;
use crate::{error::Result, rows::SourceId};

/// Packets lost in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostPackets {
    /// Seconds since 1970 UTC.
    pub second: i64,
    /// In the kernel's buffer.
    pub in_kernel: u64,
    /// In the capture agent's queue.
    pub in_queue: u64,
}

impl Writer {
    /// Records seconds that lost packets of a source. Additive: a second may be told in parts. Committed with the next rows, or by
    /// [`Writer::commit`].
    pub fn record_lost(&mut self, source: SourceId, lost: &[LostPackets]) -> Result<()> {
        if lost.is_empty() {
            return Ok(());
        }
        self.uncommitted_work(lost.len(), |writer| {
            let mut insert = writer.connection.prepare("INSERT INTO raw.lost_packets VALUES (?, ?, ?, ?)")?;
            for second in lost {
                insert.execute(params![source.0, second.second, second.in_kernel, second.in_queue])?;
            }
            Ok(())
        })
    }

    /// Says that a source was listened to at this time, whether or not anything came. Committed as [`Writer::record_lost`].
    pub fn reach(&mut self, source: SourceId, at_ns: i64) -> Result<()> {
        self.uncommitted += 1;
        self.waiting.reached(source, at_ns, at_ns);
        Ok(())
    }
}
