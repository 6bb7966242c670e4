//! Whether a target is down or this machine has no network.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket},
};

use crate::{Now, State};

/// What a measurement says about its target and about this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Up,
    /// Up, on this very machine: that says nothing about its network.
    UpHere,
    /// Not as it should be, but something answered, so there is a network.
    Down,
    /// Down, on this very machine.
    DownHere,
    /// Nothing answered: it is down, or this machine has no network.
    Unreached {
        /// What it is known by.
        host: Option<String>,
        /// What was spoken to, where that is known.
        remote: Option<IpAddr>,
    },
    /// This machine lacks what is needed; why, as a sentence without its period.
    OwnTrouble(String),
}

/// What is known of this machine's own network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connectivity {
    /// There is a way out: an interface that is up and a default route over it.
    Online,
    /// There is no default route: only hosts that have a route of their own, such as those of the same network, can be reached. Why, as
    /// a sentence without its period.
    LocalOnly(&'static str),
    /// There is none, and why; a sentence without its period.
    Offline(&'static str),
    /// This system does not tell.
    Unknown,
}

/// Tells about this machine's own network.
pub trait Reference: Send + Sync + 'static {
    /// Asked only when a target could not be reached, as it would without a network, and at most once a second.
    fn connectivity(&self) -> Connectivity;

    /// Whether there is a route to an address. Asked when only some can be reached.
    fn has_route(&self, to: IpAddr) -> bool;
}

/// Asks the system for a route: a UDP socket that is connected sends nothing.
fn has_route(to: IpAddr) -> bool {
    let from: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // Port 9 is that of the discard protocol; nothing comes there.
    UdpSocket::bind((from, 0)).is_ok_and(|socket| socket.connect((to, 9)).is_ok())
}

/// What the system says about its routes and interfaces. Sends nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemReference;

#[cfg(target_os = "linux")]
impl Reference for SystemReference {
    fn connectivity(&self) -> Connectivity {
        let routes = std::fs::read_to_string("/proc/net/route");
        let routes6 = std::fs::read_to_string("/proc/net/ipv6_route").unwrap_or_default();
        match routes {
            Err(_) => Connectivity::Unknown,
            Ok(routes) => judge(&routes, &routes6, |interface| {
                let state = std::fs::read_to_string(format!("/sys/class/net/{interface}/operstate"));
                state.map_or(true, |state| is_up(&state))
            }),
        }
    }

    fn has_route(&self, to: IpAddr) -> bool {
        has_route(to)
    }
}

/// Other systems say it when asked for a route to addresses for documentation (RFC 5737, RFC 3849), which are in nobody's own network.
#[cfg(not(target_os = "linux"))]
impl Reference for SystemReference {
    fn connectivity(&self) -> Connectivity {
        let outside = [Ipv4Addr::new(192, 0, 2, 1).into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()];
        if outside.into_iter().any(has_route) { Connectivity::Unknown } else { Connectivity::LocalOnly(NO_ROUTE) }
    }

    fn has_route(&self, to: IpAddr) -> bool {
        has_route(to)
    }
}

const NO_ROUTE: &str = "This machine has no route to the network";
const NO_INTERFACE: &str = "This machine's network interface is down";

/// `unknown` is what tunnels and other interfaces without a carrier say.
#[cfg(any(target_os = "linux", test))]
fn is_up(operstate: &str) -> bool {
    matches!(operstate.trim(), "up" | "unknown")
}

/// Judges by the routes of both families as Linux lists them.
#[cfg(any(target_os = "linux", test))]
fn judge(routes: &str, routes6: &str, is_up: impl Fn(&str) -> bool) -> Connectivity {
    // Interface, destination, gateway, flags, reference count, use, metric, mask: the default has destination and mask of zeroes.
    let defaults = routes.lines().skip(1).filter_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let zero = |at: usize| columns.get(at).is_some_and(|column| *column == "00000000");
        (zero(1) && zero(7)).then(|| columns.first().copied()).flatten()
    });
    // Destination, its length, source, its length, next hop, metric, reference count, use, flags, interface. The kernel lists a default
    // route of its own over `lo` that refuses everything.
    let defaults6 = routes6.lines().filter_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let is_default = columns.len() == 10
            && columns.get(1) == Some(&"00")
            && columns.first().is_some_and(|to| to.chars().all(|c| c == '0'));
        columns.last().copied().filter(|interface| is_default && *interface != "lo")
    });
    let mut interfaces = defaults.chain(defaults6).peekable();
    if interfaces.peek().is_none() {
        Connectivity::LocalOnly(NO_ROUTE)
    } else if interfaces.any(is_up) {
        Connectivity::Online
    } else {
        Connectivity::Offline(NO_INTERFACE)
    }
}

/// How long an answer of the reference counts.
const COUNTS_NS: i64 = 1_000_000_000;
/// So many hosts must fail, and none answer, for a machine whose system does not tell to be offline.
const HOSTS_THAT_FAIL: usize = 3;

/// Judges results.
pub(crate) struct Judge {
    reference: Box<dyn Reference>,
    last: Option<(i64, Connectivity)>,
    /// Hosts that could not be reached since one was.
    failing: HashSet<String>,
}

impl Judge {
    pub(crate) fn new(reference: Box<dyn Reference>) -> Self {
        Self { reference, last: None, failing: HashSet::new() }
    }

    /// The state that a verdict stands for, and why it does not count if it does not.
    pub(crate) fn state(&mut self, verdict: Verdict, now: Now) -> (State, Option<String>) {
        let (host, remote) = match verdict {
            Verdict::Up => {
                self.failing.clear();
                return (State::Up, None);
            }
            Verdict::UpHere => return (State::Up, None),
            Verdict::Down => {
                self.failing.clear();
                return (State::Down, None);
            }
            Verdict::DownHere => return (State::Down, None),
            Verdict::OwnTrouble(why) => return (State::SelfOffline, Some(why)),
            Verdict::Unreached { host, remote } => (host, remote),
        };
        if let Some(host) = host
            && self.failing.len() < HOSTS_THAT_FAIL
        {
            self.failing.insert(host);
        }
        let nobody_answers = self.failing.len() >= HOSTS_THAT_FAIL;
        match self.connectivity(now) {
            Connectivity::Online => (State::Down, None),
            Connectivity::LocalOnly(_) if remote.is_some_and(|to| self.reference.has_route(to)) => (State::Down, None),
            Connectivity::LocalOnly(why) | Connectivity::Offline(why) => (State::SelfOffline, Some(why.to_owned())),
            Connectivity::Unknown if nobody_answers => {
                (State::SelfOffline, Some("No host at all can be reached from this machine".to_owned()))
            }
            Connectivity::Unknown => (State::Down, None),
        }
    }

    fn connectivity(&mut self, now: Now) -> Connectivity {
        match &self.last {
            Some((at_ns, known)) if (now.continuous_ns - at_ns).abs() < COUNTS_NS => known.clone(),
            _ => {
                let known = self.reference.connectivity();
                self.last = Some((now.continuous_ns, known.clone()));
                known
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
        eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
    const ROUTES6: &str = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
        00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";

    #[test]
    fn a_default_route_over_an_interface_that_is_up_is_a_way_out() {
        assert_eq!(judge(ROUTES, ROUTES6, |_| true), Connectivity::Online);
        assert_eq!(judge(ROUTES, ROUTES6, |interface| interface != "eth0"), Connectivity::Offline(NO_INTERFACE));
        let local: String =
            ROUTES.lines().filter(|line| !line.contains("0003")).map(|line| format!("{line}\n")).collect();
        assert_eq!(judge(&local, ROUTES6, |_| true), Connectivity::LocalOnly(NO_ROUTE));
        let six = ROUTES6.replace("      lo", "wlan0");
        assert_eq!(judge(&local, &six, |_| true), Connectivity::Online);
        assert_eq!(judge("", "garbage\n\n00 00\n", |_| true), Connectivity::LocalOnly(NO_ROUTE));
        assert!(has_route(Ipv4Addr::LOCALHOST.into()));
        assert!(is_up("up\n") && is_up("unknown\n") && !is_up("down\n") && !is_up("lowerlayerdown"));
    }
}
