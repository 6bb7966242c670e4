//! What a dissector counts about its own work.

/// Counters since the dissector was made, except `flows_open`, which is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Packets pushed.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets of which fewer bytes were captured than were on the wire.
    pub truncated: u64,
    /// Packets that carry no IP (ARP, spanning tree, ...).
    pub not_ip: u64,
    /// Packets of a link type that cannot be read.
    pub unsupported_link: u64,
    /// Packets whose link header cannot be read.
    pub malformed_link: u64,
    /// Packets whose IP header cannot be read.
    pub malformed_network: u64,
    /// Packets whose TCP, UDP or ICMP header cannot be read.
    pub malformed_transport: u64,
    /// IP fragments seen.
    pub fragments: u64,
    /// Datagrams put together from fragments.
    pub reassembled: u64,
    /// Flows begun.
    pub flows: u64,
    /// Flows not yet ended.
    pub flows_open: u64,
    /// How often a bound of [`crate::Limits`] was hit.
    pub limits_hit: LimitsHit,
}

/// How often each bound of [`crate::Limits`] was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitsHit {
    /// Gaps declared because one flow held too many out-of-order bytes.
    pub reorder_per_flow: u64,
    /// Gaps declared because all flows together held too many.
    pub reorder_total: u64,
    /// Flows ended to make room for another.
    pub flows: u64,
    /// Incomplete datagrams dropped: too old, or too many bytes waiting.
    pub fragments: u64,
    /// Packets with more encapsulations than are opened.
    pub tunnel_depth: u64,
    /// Problems counted but not reported.
    pub problems: u64,
}
