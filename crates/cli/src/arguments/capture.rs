//! What `capture` accepts.

use clap::{Args, Subcommand};
use wirereel_engine::config::Span;

use super::{Shape, Workspace};

/// What is done about live capture.
#[derive(Debug, Subcommand)]
pub(crate) enum Capture {
    /// Have a whisperer capture
    #[command(
        after_help = "Example:\n  wirereel capture start --interface lo --filter 'tcp port 8080' --for 10s\n  wirereel capture start --whisperer stage"
    )]
    Start {
        /// Which one, by its id; `local` is this machine's
        #[arg(long, value_name = "ID", default_value = "local")]
        whisperer: String,
        /// Interfaces, from now on (this machine's whisperer only)
        #[arg(long = "interface", value_name = "NAME")]
        interfaces: Vec<String>,
        /// Capture filter in libpcap's language, from now on (this machine's whisperer only)
        #[arg(long, value_name = "FILTER")]
        filter: Option<String>,
        /// Stop after this long, such as 10s or 5m; else it goes on, in the foreground until Ctrl-C
        #[arg(long = "for", value_name = "TIME")]
        length: Option<Span>,
        #[command(flatten)]
        workbench: Meant,
    },
    /// Have a whisperer stop, or all of them
    #[command(after_help = "Example:\n  wirereel capture stop\n  wirereel capture stop --whisperer stage")]
    Stop {
        /// Which one, by its id; all without it
        #[arg(long, value_name = "ID")]
        whisperer: Option<String>,
        #[command(flatten)]
        workbench: Meant,
    },
    /// What whisperers are doing
    #[command(
        after_help = "Example:\n  wirereel capture status\n  wirereel capture status --format json | jq '.[0].figures'"
    )]
    Status {
        /// Which one, by its id; all without it
        #[arg(long, value_name = "ID")]
        whisperer: Option<String>,
        #[command(flatten)]
        workbench: Meant,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = Shape::Table)]
        format: Shape,
    },
}

/// Which workbench is meant.
#[derive(Debug, Args)]
pub(crate) struct Meant {
    #[command(flatten)]
    pub workspace: Workspace,
    /// One behind `wirereel serve`, by the URL that it printed. Its token is good once and buys a session, which is told for the next call
    #[arg(long, value_name = "URL", conflicts_with = "workspace")]
    pub url: Option<String>,
}
