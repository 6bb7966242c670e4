//! From when to when a segment's packets are.

use super::Segment;
use crate::{error::CaptureError, file::CaptureFile};

/// Time of the segment's first packet, nanoseconds since 1970; `None` without one.
///
/// # Errors
/// As [`CaptureFile::open`].
pub fn begins_ns(segment: &Segment) -> Result<Option<i64>, CaptureError> {
    Ok(CaptureFile::open(&segment.path)?.next()?.map(|packet| packet.at_ns))
}

/// Earliest and latest time of the segment's packets, nanoseconds since 1970; `None` without packets. Reads all of it: interfaces deliver
/// in blocks, so the latest packet need not be the last.
///
/// # Errors
/// As [`CaptureFile::open`].
pub fn span_ns(segment: &Segment) -> Result<Option<(i64, i64)>, CaptureError> {
    let mut file = CaptureFile::open(&segment.path)?;
    let mut span: Option<(i64, i64)> = None;
    while let Some(packet) = file.next()? {
        let (first, last) = span.unwrap_or((packet.at_ns, packet.at_ns));
        span = Some((first.min(packet.at_ns), last.max(packet.at_ns)));
    }
    Ok(span)
}
