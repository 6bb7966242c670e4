//! What every process of one running shop must agree on: addresses, pace, and where its files are.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::addresses::Plan;
use crate::topology::Service;

/// How fast the shop's clockwork runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pace {
    /// As services usually are configured.
    Real,
    /// For a recording that is stretched to a day afterwards: pools, DNS answers and health checks live shorter.
    Compressed,
}

impl Pace {
    /// How long an unused connection stays in a caller's pool.
    pub fn pool_idle(self) -> Duration {
        match self {
            Self::Real => Duration::from_secs(15),
            Self::Compressed => Duration::from_millis(500),
        }
    }

    /// Time to live of DNS answers.
    pub fn dns_ttl(self) -> Duration {
        match self {
            Self::Real => Duration::from_secs(15),
            Self::Compressed => Duration::from_secs(3),
        }
    }

    /// How often a service asks the services it depends on for `/health`.
    pub fn health_every(self) -> Duration {
        match self {
            Self::Real => Duration::from_secs(15),
            Self::Compressed => Duration::from_secs(8),
        }
    }
}

/// One running shop.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Site {
    /// Address plan: 127.0.1.x on this machine's loopback, or 10.42.0.x inside a network namespace.
    #[arg(long, value_enum, default_value = "loopback", hide = true)]
    pub plan: Plan,
    /// Port of the DNS responder (53 where it is allowed).
    #[arg(long, default_value_t = 53, hide = true)]
    pub dns_port: u16,
    /// How fast pools, DNS answers and health checks expire.
    #[arg(long, value_enum, default_value = "real", hide = true)]
    pub pace: Pace,
    /// Folder for control sockets and request logs.
    #[arg(long, default_value_os_t = default_state())]
    pub state: PathBuf,
}

impl Site {
    /// A site on loopback with everything in `state`; the DNS port is the first that may be bound.
    pub fn on_loopback(state: impl Into<PathBuf>) -> Self {
        let site = Self { plan: Plan::Loopback, dns_port: 53, pace: Pace::Real, state: state.into() };
        site.with_a_dns_port_that_may_be_bound()
    }

    /// Takes port 53, or 8053 where ports below 1024 need privileges that this process does not have.
    pub fn with_a_dns_port_that_may_be_bound(mut self) -> Self {
        let bound = std::net::UdpSocket::bind((self.plan.dns_ip(), 53));
        self.dns_port = match bound {
            Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => 8053,
            _ => 53,
        };
        self
    }

    /// Where the DNS responder answers.
    pub fn dns_address(&self) -> SocketAddr {
        (self.plan.dns_ip(), self.dns_port).into()
    }

    /// Control socket of a service.
    pub fn service_socket(&self, service: Service) -> PathBuf {
        self.state.join(format!("{service}.sock"))
    }

    /// Control socket of the process that started the services.
    pub fn shop_socket(&self) -> PathBuf {
        self.state.join("shop.sock")
    }

    /// Request log of a service.
    pub fn journal(&self, service: Service) -> PathBuf {
        self.state.join(format!("{service}.jsonl"))
    }

    /// The arguments that give another process of this program the same site.
    pub fn arguments(&self) -> Vec<String> {
        let port = self.dns_port.to_string();
        let state = self.state.display().to_string();
        let pairs =
            [("--plan", word(self.plan)), ("--dns-port", port), ("--pace", word(self.pace)), ("--state", state)];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }
}

/// A choice as it is written on the command line.
fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// `wirereel-shop` in the user's runtime folder, else in the folder for temporary files.
fn default_state() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|p| p.is_dir());
    runtime.unwrap_or_else(std::env::temp_dir).join("wirereel-shop")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        site: Site,
    }

    #[test]
    fn a_site_survives_the_command_line() {
        let site = Site { plan: Plan::Namespace, dns_port: 8053, pace: Pace::Compressed, state: "/tmp/x y".into() };
        let line = Line::parse_from(std::iter::once("shop".to_owned()).chain(site.arguments()));
        assert_eq!(line.site, site);
    }
}
