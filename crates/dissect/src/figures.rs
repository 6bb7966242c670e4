//! What a dissector counts about its own work.

use crate::limits::Limits;

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

impl LimitsHit {
    /// A sentence for every bound that was hit, with how often and what it was.
    pub fn sentences(&self, limits: &Limits) -> Vec<String> {
        let mebibytes = |bytes: usize| bytes >> 20;
        let told = [
            (
                self.reorder_per_flow,
                format!(
                    "gaps were declared because a flow held more than {} MiB of segments out of order",
                    mebibytes(limits.reorder_bytes_per_flow)
                ),
            ),
            (
                self.reorder_total,
                format!(
                    "gaps were declared because all flows together held more than {} MiB of segments out of order",
                    mebibytes(limits.reorder_bytes_total)
                ),
            ),
            (self.flows, format!("flows were ended early because {} were open at once", limits.max_flows)),
            (
                self.fragments,
                format!(
                    "fragmented datagrams were given up: not complete within {} s, or more than {} MiB waiting",
                    limits.fragment_ns / 1_000_000_000,
                    mebibytes(limits.fragment_bytes_total)
                ),
            ),
            (
                self.tunnel_depth,
                format!("packets hold more than {} encapsulations and were not opened", limits.tunnel_depth),
            ),
            (self.problems, format!("problems are not listed: a stage lists {}", limits.problems_per_stage)),
        ];
        told.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_was_not_hit_is_not_told() {
        let limits = Limits::default();
        assert!(LimitsHit::default().sentences(&limits).is_empty());
        let hit = LimitsHit { flows: 3, problems: 7, ..LimitsHit::default() };
        assert_eq!(
            hit.sentences(&limits),
            [
                "3 flows were ended early because 250000 were open at once",
                "7 problems are not listed: a stage lists 200"
            ]
        );
    }
}
