//! What the command line accepts.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// See what your services say to each other: open captures, ask them with SQL, look at them in a browser.
#[derive(Debug, Parser)]
#[command(name = "wirereel", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

/// Which workspace a command works in.
#[derive(Debug, Args)]
pub(crate) struct Workspace {
    /// Folder that holds the events; default: the platform's data folder
    #[arg(long, value_name = "DIR", global = true)]
    pub workspace: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open captures into a workspace
    #[command(after_help = "Example:\n  wirereel import sample-pcaps/shop-flash-sale.pcapng --workspace /tmp/shop")]
    Import {
        /// pcap or pcapng files, also .gz and .zst
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        workspace: Workspace,
    },
    /// Ask the views with SQL (read-only)
    #[command(
        after_help = "Example:\n  wirereel sql \"SELECT server_service, count(*) FROM http_exchanges GROUP BY 1\"\n  wirereel schema   prints the views"
    )]
    Sql {
        /// One SELECT statement
        query: String,
        #[command(flatten)]
        workspace: Workspace,
        /// How rows are printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Topology, top edges, errors and timeline: text, or an HTML page with pictures
    #[command(after_help = "Example:\n  wirereel report --workspace /tmp/shop --out shop.html")]
    Report {
        #[command(flatten)]
        workspace: Workspace,
        /// Write an HTML page here instead of text to stdout
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// The same UI in a browser; prints the URL with its one-time token
    #[command(
        after_help = "Example:\n  wirereel serve --workspace /tmp/shop\n  wirereel serve sample-pcaps/shop-day.pcapng"
    )]
    Serve {
        /// Captures to open at the start
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        workspace: Workspace,
        /// Address to listen on; port 0 takes a free one. Anything but loopback lets others reach your recordings
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
    /// Print the views and their columns
    #[command(after_help = "Example:\n  wirereel schema | less")]
    Schema {
        /// Markdown instead of text
        #[arg(long)]
        markdown: bool,
        /// The JSON Schema of wirereel.json instead of the views
        #[arg(long, conflicts_with = "markdown")]
        config: bool,
    },
    /// Say what this machine has and what is missing
    #[command(after_help = "Example:\n  wirereel doctor")]
    Doctor,
    /// Write what a filter selects to a file
    #[command(subcommand)]
    Export(Export),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// The packets, as pcapng
    #[command(
        after_help = "Example:\n  wirereel export pcap --filter 'service:payment-service status:>=500' --out errors.pcapng"
    )]
    Pcap {
        #[command(flatten)]
        workspace: Workspace,
        /// Which exchanges' flows; default: everything
        #[arg(long, value_name = "FILTER", default_value = "")]
        filter: String,
        /// One flow by its number
        #[arg(long, value_name = "FLOW_ID", conflicts_with = "filter")]
        flow: Option<u64>,
        /// File to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// How `sql` prints rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns for people
    Table,
    /// A list of objects
    Json,
    /// RFC 4180 with a header line
    Csv,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound_and_every_command_has_an_example() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        for sub in command.get_subcommands().filter(|c| c.get_name() != "help" && !c.has_subcommands()) {
            assert!(sub.get_after_help().is_some_and(|h| h.to_string().contains("Example:")), "{}", sub.get_name());
        }
    }
}
