//! How long flows live without packets and how much memory dissection may take.

/// Time-outs and bounds of a [`crate::Dissector`]. Times are capture time.
///
/// The time-outs are zeek's, so that both count the same connections; see the field docs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A TCP flow without packets for this long is *idle*: an event, not its end. Default 30 s.
    pub idle_ns: i64,
    /// A TCP flow without packets for this long is kept in less room. Nothing that is told shows it. Default 1 s.
    pub rest_ns: i64,
    /// A TCP flow without packets for this long is over. Default 5 min (zeek's `tcp_inactivity_timeout`).
    pub tcp_end_ns: i64,
    /// A flow of any other transport without packets for this long is over. Default 1 min (zeek's `udp_inactivity_timeout`).
    pub udp_end_ns: i64,
    /// A SYN whose receiver has not been seen for this long ends the attempt; later packets between the same
    /// endpoints are a new flow. Default 5 s (zeek's `tcp_attempt_delay`).
    pub attempt_ns: i64,
    /// A closed or reset TCP flow still takes in last ACKs and retransmissions for this long. Default 5 s (zeek's
    /// `tcp_close_delay`).
    pub linger_ns: i64,
    /// Bytes of out-of-order payload held for one flow; beyond it the hole before them is declared a gap. Default 2 MiB.
    pub reorder_bytes_per_flow: usize,
    /// The same for all flows together. Default 128 MiB.
    pub reorder_bytes_total: usize,
    /// Flows held at once; the one nearest to its time-out is ended to make room. Default 250,000.
    pub max_flows: usize,
    /// Bytes of IP fragments waiting for the rest of their datagram; the oldest go first. Default 16 MiB.
    pub fragment_bytes_total: usize,
    /// A datagram whose fragments are not complete after this long is dropped. Default 30 s (RFC 791 §3.2, RFC 8200 §4.5).
    pub fragment_ns: i64,
    /// Encapsulations opened inside one packet. Default 4.
    pub tunnel_depth: u8,
    /// Positions collected before a [`crate::record::FlowSpan`] is handed out. Default 4096.
    pub span_len: usize,
    /// Problems reported per stage; further ones are only counted. Default 200.
    pub problems_per_stage: u64,
}

const SECOND_NS: i64 = 1_000_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle_ns: 30 * SECOND_NS,
            rest_ns: SECOND_NS,
            tcp_end_ns: 300 * SECOND_NS,
            udp_end_ns: 60 * SECOND_NS,
            attempt_ns: 5 * SECOND_NS,
            linger_ns: 5 * SECOND_NS,
            reorder_bytes_per_flow: 2 << 20,
            reorder_bytes_total: 128 << 20,
            max_flows: 250_000,
            fragment_bytes_total: 16 << 20,
            fragment_ns: 30 * SECOND_NS,
            tunnel_depth: 4,
            span_len: 4096,
            problems_per_stage: 200,
        }
    }
}
