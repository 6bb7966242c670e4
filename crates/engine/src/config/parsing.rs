//! How packets are read: the workspace's settings, and what a whisperer's own say instead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirereel_dissect::{HttpOptions, Limits};

use super::{Config, Span, TrustedProxies, overlay::Problem};
use crate::live::Parsing;

const MEBIBYTE: usize = 1 << 20;

/// How what a whisperer sends is read. A value that is not set is the workspace's. Changes count from the next start on: a connection that
/// is being read is read to its end by one set of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParsingConfig {
    /// When connections count as idle and as ended, in capture time.
    #[schemars(title = "Connections")]
    pub flows: ParsingTimes,
    /// Addresses whose word on where a request came from is believed: their X-Forwarded-For, Forwarded and X-Real-IP.
    #[schemars(title = "Trusted proxies")]
    pub trusted_proxies: TrustedProxies,
    /// Whether credentials, cookies and tokens are kept in rows as they were sent instead of `<hidden>`.
    #[schemars(title = "Keep secrets")]
    pub keep_secrets: bool,
    /// Bounds of memory and effort. What goes beyond them is counted and told.
    #[schemars(title = "Limits")]
    pub limits: ParsingLimits,
}

/// When connections count as idle and as ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParsingTimes {
    /// Without packets for this long a connection is no longer counted as active; the next packet resumes it.
    #[schemars(title = "Idle after")]
    pub idle_after: Span,
    /// Without packets for this long a TCP connection has ended.
    #[schemars(title = "TCP ends after")]
    pub tcp_ends_after: Span,
    /// Without packets for this long a UDP or ICMP conversation has ended.
    #[schemars(title = "UDP ends after")]
    pub udp_ends_after: Span,
    /// A connection attempt that nobody answers has ended after this long.
    #[schemars(title = "Attempt ends after")]
    pub attempt_ends_after: Span,
    /// A closed connection still takes in late packets for this long.
    #[schemars(title = "Lingers for")]
    pub lingers_for: Span,
}

/// Bounds of the dissector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParsingLimits {
    /// Connections followed at once; the one nearest to its end makes room for another.
    #[schemars(title = "Connections at once", range(min = 1_000, max = 4_000_000))]
    pub max_flows: u32,
    /// MiB of segments out of order held for one connection; beyond it the hole before them is given up.
    #[schemars(title = "Out of order, one connection (MiB)", range(min = 1, max = 64))]
    pub reorder_mib_per_flow: u32,
    /// The same for all connections together.
    #[schemars(title = "Out of order, all (MiB)", range(min = 1, max = 1_024))]
    pub reorder_mib: u32,
    /// MiB of IP fragments that wait for the rest of their datagram.
    #[schemars(title = "Fragments (MiB)", range(min = 1, max = 256))]
    pub fragments_mib: u32,
    /// A datagram whose fragments are not complete after this long is given up.
    #[schemars(title = "Fragments wait")]
    pub fragments_wait: Span,
    /// Encapsulations opened inside one packet.
    #[schemars(title = "Encapsulations", range(min = 0, max = 16))]
    pub tunnel_depth: u8,
    /// Problems listed per stage; further ones are counted.
    #[schemars(title = "Problems listed", range(min = 1, max = 10_000))]
    pub problems_per_stage: u32,
}

impl Default for ParsingConfig {
    fn default() -> Self {
        Self::of(&Config::default())
    }
}

impl Default for ParsingTimes {
    fn default() -> Self {
        ParsingConfig::default().flows
    }
}

impl Default for ParsingLimits {
    fn default() -> Self {
        ParsingConfig::default().limits
    }
}

impl ParsingConfig {
    /// What a workspace's file says.
    pub fn of(config: &Config) -> Self {
        let limits = Limits::default();
        let mebibytes = |bytes: usize| u32::try_from(bytes / MEBIBYTE).unwrap_or(u32::MAX);
        Self {
            flows: ParsingTimes {
                idle_after: config.flows.idle_after,
                tcp_ends_after: config.flows.tcp_ends_after,
                udp_ends_after: config.flows.udp_ends_after,
                attempt_ends_after: Span::from_nanos(limits.attempt_ns),
                lingers_for: Span::from_nanos(limits.linger_ns),
            },
            trusted_proxies: config.trusted_proxies.clone(),
            keep_secrets: config.keep_secrets,
            limits: ParsingLimits {
                max_flows: u32::try_from(limits.max_flows).unwrap_or(u32::MAX),
                reorder_mib_per_flow: mebibytes(limits.reorder_bytes_per_flow),
                reorder_mib: mebibytes(limits.reorder_bytes_total),
                fragments_mib: mebibytes(limits.fragment_bytes_total),
                fragments_wait: Span::from_nanos(limits.fragment_ns),
                tunnel_depth: limits.tunnel_depth,
                problems_per_stage: u32::try_from(limits.problems_per_stage).unwrap_or(u32::MAX),
            },
        }
    }

    /// Numbers beyond their bounds.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let limits = &self.limits;
        let numbers = [
            ("max_flows", limits.max_flows, 1_000, 4_000_000),
            ("reorder_mib_per_flow", limits.reorder_mib_per_flow, 1, 64),
            ("reorder_mib", limits.reorder_mib, 1, 1_024),
            ("fragments_mib", limits.fragments_mib, 1, 256),
            ("tunnel_depth", u32::from(limits.tunnel_depth), 0, 16),
            ("problems_per_stage", limits.problems_per_stage, 1, 10_000),
        ];
        let wrong = numbers.into_iter().filter(|(_, found, least, most)| !(least..=most).contains(&found));
        wrong
            .map(|(name, found, least, most)| Problem {
                path: format!("limits.{name}"),
                found: found.to_string(),
                allowed: format!("a number from {least} to {most}"),
                at: None,
            })
            .collect()
    }

    /// As the dissector takes it.
    pub(crate) fn parsing(&self) -> Parsing {
        let bytes = |mebibytes: u32| mebibytes as usize * MEBIBYTE;
        let limits = Limits {
            idle_ns: self.flows.idle_after.as_nanos(),
            tcp_end_ns: self.flows.tcp_ends_after.as_nanos(),
            udp_end_ns: self.flows.udp_ends_after.as_nanos(),
            attempt_ns: self.flows.attempt_ends_after.as_nanos(),
            linger_ns: self.flows.lingers_for.as_nanos(),
            reorder_bytes_per_flow: bytes(self.limits.reorder_mib_per_flow),
            reorder_bytes_total: bytes(self.limits.reorder_mib),
            max_flows: self.limits.max_flows as usize,
            fragment_bytes_total: bytes(self.limits.fragments_mib),
            fragment_ns: self.limits.fragments_wait.as_nanos(),
            tunnel_depth: self.limits.tunnel_depth,
            problems_per_stage: u64::from(self.limits.problems_per_stage),
            ..Limits::default()
        };
        let networks = self.trusted_proxies.0.iter().map(ToString::to_string);
        let http = HttpOptions {
            // Every network was read as one before.
            trusted_proxies: wirereel_dissect::TrustedProxies::parse(networks).unwrap_or_default(),
            keep_secrets: self.keep_secrets,
        };
        Parsing { limits, http }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_dissector_s_own() {
        let parsing = ParsingConfig::default().parsing();
        assert_eq!(format!("{:?}", parsing.limits), format!("{:?}", Limits::default()));
        assert!(ParsingConfig::default().problems().is_empty());
    }
}
