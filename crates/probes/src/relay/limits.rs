//! What one caller, connection and call may take of a relay.

use std::time::Duration;

/// Bytes of one call in each direction that nobody has read yet. What more is sent waits with its sender (RFC 9113 §5.2).
pub(super) const STREAM_WINDOW: u32 = 128 * 1024;
/// The same of all calls of a connection: 512 that are stuck hold up the others. Half of it is also what h2 grants to frames of less than
/// 256 bytes that nobody has read, at 256 bytes each, before it takes them for an attack.
pub(super) const CONNECTION_WINDOW: u32 = 64 * 1024 * 1024;
/// Bytes of one call that are read and not sent on yet.
pub(super) const SEND_BUFFER: usize = 256 * 1024;
/// Bytes of a request's or answer's metadata.
pub(super) const HEADERS: u32 = 64 * 1024;
/// Calls of one caller's connection at once.
pub(super) const STREAMS: u32 = 16_384;
/// Calls that a caller cancels before they are looked at; more is taken for an attack (CVE-2023-44487).
pub(super) const EARLY_RESETS: usize = 1_024;
/// Callers at once.
pub(super) const CALLERS: usize = 4_096;
/// A caller that answers no ping for so long is gone.
pub(super) const PING: Duration = Duration::from_secs(20);
/// After its deadline, the next hop has so long to say so itself.
pub(super) const GRACE: Duration = Duration::from_millis(200);
/// When a relay is to end, calls that run have so long.
pub(super) const LINGER: Duration = Duration::from_secs(1);
/// Asking the hops behind about a probe takes at most this long.
pub(super) const RECALL: Duration = Duration::from_secs(1);
