//! What the command line accepts.

use clap::Parser;

/// Captures packets for Wirereel. Without an option it speaks Wirereel's frames on stdin and stdout: the workbench starts it, here, through
/// `ssh HOST wirereel-whisperer`, or inside a container.
#[derive(Debug, Parser)]
#[command(
    name = "wirereel-whisperer",
    version,
    max_term_width = 100,
    after_help = "Example:\n  wirereel-whisperer --check\n  sudo setcap cap_net_raw+ep \"$(command -v wirereel-whisperer)\"   lets it capture without being root"
)]
pub(crate) struct Arguments {
    /// Print the interfaces of this host
    #[arg(long)]
    pub list_interfaces: bool,
    /// Say whether it may capture here, and what to do if not; exit code 1 if not
    #[arg(long, conflicts_with = "list_interfaces")]
    pub check: bool,
    /// Only tell which processes own sockets: what the agent starts beside itself
    #[arg(long, hide = true, conflicts_with_all = ["list_interfaces", "check"])]
    pub watch_sockets: bool,
}
