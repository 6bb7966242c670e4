//! What a whisperer captures, and what is wrong with a configuration.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Interface;

/// Longest snap length: libpcap's own limit.
pub const MAX_SNAP_LENGTH: u32 = 262_144;
const MIN_SNAP_LENGTH: u32 = 64;
/// Enough for Ethernet with tags, IPv6 with an extension header, and TCP with all its options.
const HEADERS_SNAP_LENGTH: u32 = 160;
const MAX_BUFFER_MIB: u32 = 512;

/// How much of the traffic is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Whole packets up to the snap length: exchanges, headers and bodies can be seen.
    #[default]
    Full,
    /// Only the headers up to TCP or UDP: all figures of flows, no exchanges.
    Headers,
    /// Only SYN, FIN and RST, picked by the kernel: connections and their ends at almost no cost.
    Lifecycle,
}

/// What is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeaveOut {
    /// TCP and UDP ports.
    #[schemars(title = "Ports")]
    pub ports: Vec<u16>,
    /// Addresses or networks, such as `10.0.0.1` or `10.0.0.0/8`.
    #[schemars(title = "Addresses")]
    pub addresses: Vec<String>,
    /// Wirereel's own traffic: the connection that the whisperer is reached over by ssh, and the page in a browser.
    #[schemars(title = "Own connection")]
    pub own_connection: bool,
    /// Where the page in a browser is spoken to. The workbench says so; nobody configures it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub page: Option<SocketAddr>,
}

/// How a whisperer captures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CaptureConfig {
    /// Names of interfaces; `any` is all of them (Linux).
    #[schemars(title = "Interfaces")]
    pub interfaces: Vec<String>,
    /// A capture filter in libpcap's language, such as `tcp port 8080`; empty is everything.
    #[schemars(title = "Capture filter")]
    pub filter: String,
    #[schemars(title = "Mode")]
    pub mode: Mode,
    /// Bytes kept of each packet.
    #[schemars(title = "Snap length", range(min = 64, max = 262_144), extend("x-unit" = "B"))]
    pub snap_length: u32,
    /// Also packets for other hosts, where the network shows them.
    #[schemars(title = "Promiscuous")]
    pub promiscuous: bool,
    /// The kernel's buffer in MiB: how long a burst may outrun the whisperer.
    #[schemars(title = "Buffer size", range(min = 1, max = 512), extend("x-unit" = "MiB"))]
    pub buffer_mib: u32,
    /// The whisperer's queue in MiB: how long the workbench may pause.
    #[schemars(title = "Queue size", range(min = 1, max = 512), extend("x-unit" = "MiB"))]
    pub queue_mib: u32,
    #[schemars(title = "Leave out")]
    pub leave_out: LeaveOut,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        Self {
            interfaces: vec!["lo".into()],
            filter: String::new(),
            mode: Mode::Full,
            snap_length: MAX_SNAP_LENGTH,
            promiscuous: false,
            buffer_mib: 16,
            queue_mib: 32,
            leave_out: LeaveOut { own_connection: true, ..LeaveOut::default() },
        }
    }
}

/// A value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigProblem {
    /// Where: `snap_length`, `interfaces[1]`, `leave_out.addresses[0]`.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// In a filter, the character from which on it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
}

impl std::fmt::Display for ConfigProblem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {} is not {}", self.path, self.found, self.allowed)?;
        match self.at {
            Some(at) => write!(out, " (from character {} on)", at + 1),
            None => Ok(()),
        }
    }
}

impl CaptureConfig {
    /// What is wrong with it on a host with these interfaces, but for the filter, which only libpcap can read.
    pub fn problems(&self, known: &[Interface]) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        let mut problem = |path: String, found: String, allowed: String| {
            problems.push(ConfigProblem { path, found, allowed, at: None });
        };
        let names = || known.iter().map(|interface| interface.name.as_str()).collect::<Vec<_>>().join(", ");
        if self.interfaces.is_empty() {
            problem("interfaces".into(), "an empty list".into(), format!("one or more of {}", names()));
        }
        for (place, name) in self.interfaces.iter().enumerate() {
            if !known.iter().any(|interface| interface.name == *name) {
                problem(format!("interfaces[{place}]"), format!("{name:?}"), format!("one of {}", names()));
            }
        }
        let numbers = [
            ("snap_length", self.snap_length, MIN_SNAP_LENGTH, MAX_SNAP_LENGTH),
            ("buffer_mib", self.buffer_mib, 1, MAX_BUFFER_MIB),
            ("queue_mib", self.queue_mib, 1, MAX_BUFFER_MIB),
        ];
        for (name, found, least, most) in numbers {
            if !(least..=most).contains(&found) {
                problem(name.into(), found.to_string(), format!("a number from {least} to {most}"));
            }
        }
        for (place, text) in self.leave_out.addresses.iter().enumerate() {
            if !is_network(text) {
                let allowed = "an address such as 10.0.0.1 or a network such as 10.0.0.0/8".to_owned();
                problem(format!("leave_out.addresses[{place}]"), format!("{text:?}"), allowed);
            }
        }
        problems
    }

    /// Bytes kept of each packet.
    pub fn kept_bytes(&self) -> u32 {
        match self.mode {
            Mode::Full => self.snap_length,
            Mode::Headers | Mode::Lifecycle => self.snap_length.min(HEADERS_SNAP_LENGTH),
        }
    }

    /// The whole capture filter: the user's, the mode's, and what is left out. `own` is the connection that the whisperer is spoken to
    /// over: client and server with their ports.
    pub fn whole_filter(&self, own: Option<[(IpAddr, u16); 2]>) -> String {
        let mut parts = Vec::new();
        if !self.filter.trim().is_empty() {
            parts.push(format!("({})", self.filter.trim()));
        }
        if self.mode == Mode::Lifecycle {
            // libpcap reads TCP's flags by name only in IPv4; in IPv6 they are at byte 53 where no extension header comes before.
            parts.push(
                "((tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0) or (ip6[6] == 6 and ip6[53] & 7 != 0))".into(),
            );
        }
        parts.extend(self.leave_out.ports.iter().map(|port| format!("not port {port}")));
        parts.extend(self.leave_out.addresses.iter().map(|text| {
            let kind = if text.contains('/') { "net" } else { "host" };
            format!("not {kind} {text}")
        }));
        if let (true, Some([(client, client_port), (server, server_port)])) = (self.leave_out.own_connection, own) {
            parts.push(format!("not (host {client} and port {client_port} and host {server} and port {server_port})"));
        }
        if let (true, Some(page)) = (self.leave_out.own_connection, self.leave_out.page) {
            let (ip, port) = (page.ip(), page.port());
            // Others may call from a port of the same number.
            parts.push(match ip.is_unspecified() {
                true => format!("not port {port}"),
                false => format!("not (src host {ip} and src port {port}) and not (dst host {ip} and dst port {port})"),
            });
        }
        parts.join(" and ")
    }

    /// Whether a change to `next` can be made without closing the interfaces.
    pub fn is_live_change(&self, next: &Self) -> bool {
        let same =
            Self { filter: next.filter.clone(), leave_out: next.leave_out.clone(), mode: next.mode, ..self.clone() };
        same == *next && self.kept_bytes() == next.kept_bytes()
    }
}

fn is_network(text: &str) -> bool {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> Vec<Interface> {
        ["lo", "eth0"]
            .map(|name| Interface {
                name: name.into(),
                description: None,
                addresses: Vec::new(),
                up: true,
                loopback: name == "lo",
            })
            .to_vec()
    }

    #[test]
    fn the_default_is_right_wherever_there_is_a_loopback() {
        assert_eq!(CaptureConfig::default().problems(&host()), []);
        assert_eq!(CaptureConfig::default().whole_filter(None), "");
    }

    #[test]
    fn every_wrong_value_is_told_with_its_place_and_what_is_allowed() {
        let config = CaptureConfig {
            interfaces: vec!["lo".into(), "eth9".into()],
            snap_length: 20,
            buffer_mib: 0,
            leave_out: LeaveOut { addresses: vec!["10.0.0.0/33".into(), "::1".into()], ..LeaveOut::default() },
            ..CaptureConfig::default()
        };
        let told: Vec<String> = config.problems(&host()).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "interfaces[1]: \"eth9\" is not one of lo, eth0",
                "snap_length: 20 is not a number from 64 to 262144",
                "buffer_mib: 0 is not a number from 1 to 512",
                "leave_out.addresses[0]: \"10.0.0.0/33\" is not an address such as 10.0.0.1 or a network such as 10.0.0.0/8",
            ]
        );
    }

    #[test]
    fn the_filter_holds_what_the_user_says_and_what_is_left_out() {
        let config = CaptureConfig {
            filter: "tcp port 80 or tcp port 8080".into(),
            leave_out: LeaveOut {
                ports: vec![22],
                addresses: vec!["10.0.0.0/8".into()],
                own_connection: true,
                page: Some(([127, 0, 0, 1], 40_000).into()),
            },
            ..CaptureConfig::default()
        };
        let own = [("192.0.2.1".parse().unwrap(), 50_000), ("192.0.2.9".parse().unwrap(), 22)];
        assert_eq!(
            config.whole_filter(Some(own)),
            "(tcp port 80 or tcp port 8080) and not port 22 and not net 10.0.0.0/8 and \
             not (host 192.0.2.1 and port 50000 and host 192.0.2.9 and port 22) and \
             not (src host 127.0.0.1 and src port 40000) and not (dst host 127.0.0.1 and dst port 40000)"
        );
        let leave_out = LeaveOut { own_connection: false, ..config.leave_out.clone() };
        assert!(!CaptureConfig { leave_out, ..config }.whole_filter(Some(own)).contains("40000"));
        let leave_out = LeaveOut { own_connection: true, page: Some(([0; 4], 80).into()), ..LeaveOut::default() };
        assert_eq!(CaptureConfig { leave_out, ..CaptureConfig::default() }.whole_filter(None), "not port 80");
    }

    #[test]
    fn only_filters_change_while_capturing() {
        let old = CaptureConfig::default();
        let filter = CaptureConfig { filter: "tcp".into(), ..old.clone() };
        let lifecycle = CaptureConfig { mode: Mode::Lifecycle, ..old.clone() };
        let longer = CaptureConfig { buffer_mib: 64, ..old.clone() };
        assert!(old.is_live_change(&filter));
        assert!(!old.is_live_change(&lifecycle), "fewer bytes are kept of each packet");
        assert!(!old.is_live_change(&longer));
    }

    #[test]
    fn the_schema_names_the_limits_that_are_checked() {
        let schema = schemars::schema_for!(CaptureConfig).to_value();
        for (name, least, most) in [
            ("snap_length", MIN_SNAP_LENGTH, MAX_SNAP_LENGTH),
            ("buffer_mib", 1, MAX_BUFFER_MIB),
            ("queue_mib", 1, MAX_BUFFER_MIB),
        ] {
            let setting = &schema["properties"][name];
            assert_eq!((&setting["minimum"], &setting["maximum"]), (&least.into(), &most.into()), "{name}");
        }
    }

    #[test]
    fn an_unknown_setting_is_an_error() {
        assert!(serde_json::from_str::<CaptureConfig>(r#"{"interfaces": ["lo"], "snaplen": 5}"#).is_err());
    }
}
