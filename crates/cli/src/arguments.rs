//! What the command line accepts.

mod capture;
mod doctor;
mod export;
mod probe;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use wirereel_query::reel::Metric;

pub(crate) use capture::{Capture, Meant};
pub(crate) use doctor::Doctor;
pub(crate) use export::{Export, Selected};
pub(crate) use probe::{Hop, Own, Probe};

use crate::pictures::Theme;

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
    /// Services that stopped answering, failed or became slow: when, and what their callers saw
    #[command(
        after_help = "Example:\n  wirereel incidents --workspace /tmp/shop\n  wirereel incidents --format json | jq '.[].service'"
    )]
    Incidents {
        #[command(flatten)]
        workspace: Workspace,
        /// How they are printed
        #[arg(long, value_enum, default_value_t = Shape::Table)]
        format: Shape,
    },
    /// What changed between two windows, or two workspaces: new, gone and changed edges
    #[command(
        after_help = "Example:\n  wirereel diff 2026-11-20T12:00..2026-11-20T12:10 2026-11-20T12:30..2026-11-20T12:40 --workspace /tmp/shop\n  wirereel diff /tmp/before-deploy /tmp/after-deploy"
    )]
    Diff {
        /// A window of the workspace as FROM..TO, where either may be left out, or the folder of another workspace
        before: String,
        /// As BEFORE
        after: String,
        /// Which exchanges count
        #[arg(long, value_name = "FILTER", default_value = "")]
        filter: String,
        #[command(flatten)]
        workspace: Workspace,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = Shape::Table)]
        format: Shape,
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
    /// A picture of the recording, as SVG or PNG
    #[command(
        after_help = "Example:\n  wirereel picture reel --workspace /tmp/shop --out reel.png\n  wirereel picture series --metric p95 --service order --service payment --from 2026-11-20T10:00:00Z --out p95.svg"
    )]
    Picture {
        /// What is drawn
        #[arg(value_enum)]
        what: Drawn,
        #[command(flatten)]
        workspace: Workspace,
        #[command(flatten)]
        selected: Selected,
        /// Services of `series`, up to eight; default: the three busiest
        #[arg(long = "service", value_name = "NAME")]
        services: Vec<String>,
        /// What `series` shows: requests_in, requests_out, failure_rate, p50, p95, p99, active_connections or bytes
        #[arg(long, value_name = "METRIC", default_value = "requests_in", value_parser = metric)]
        metric: Metric,
        /// Colours
        #[arg(long, value_enum, default_value_t = Theme::Light)]
        theme: Theme,
        /// File to write; its extension says which: .svg or .png
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// The same UI in a browser; prints the URL with its one-time token
    #[command(
        after_help = "Example:\n  wirereel serve --workspace /tmp/shop\n  wirereel serve sample-pcaps/shop-day.pcapng\n  wirereel serve --metrics 127.0.0.1:9464"
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
        /// Address where Prometheus finds figures under /metrics, such as 127.0.0.1:9464; without it there are none
        #[arg(long, value_name = "ADDR")]
        metrics: Option<SocketAddr>,
        /// Let other machines read the figures, names of services and websites included
        #[arg(long, requires = "metrics")]
        metrics_beyond_loopback: bool,
    },
    /// Start, stop and look at live capture
    ///
    /// A workbench that runs in the workspace (the window, or `wirereel serve`) is told to. Where none runs, `start` captures by itself, in
    /// the foreground.
    #[command(subcommand)]
    Capture(Capture),
    /// Check websites, and other things that answer
    #[command(subcommand)]
    Check(Check),
    /// Probes through gateways and relays: send them, or be one of their hops
    #[command(subcommand)]
    Probe(Probe),
    /// Make all rows anew: of the imported captures, and of what was captured live
    #[command(
        after_help = "The database of before is set aside under another name and never deleted.\n\nExample:\n  wirereel rebuild --workspace /tmp/shop"
    )]
    Rebuild {
        #[command(flatten)]
        workspace: Workspace,
    },
    /// Remove what is older, or more, than `retention` in wirereel.json says, of what was captured live
    #[command(
        after_help = "While Wirereel is open it does so every minute by itself. Imported captures are never touched.\n\nExample:\n  wirereel retention --dry-run --workspace /tmp/shop"
    )]
    Retention {
        #[command(flatten)]
        workspace: Workspace,
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
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
    /// Say what this machine has and what is missing, or what watching costs on it
    #[command(
        after_help = "Example:\n  wirereel doctor\n  wirereel doctor --overhead\n  wirereel doctor --overhead --seconds 60 --json"
    )]
    Doctor(Doctor),
    /// Write what a filter selects to a file
    #[command(subcommand)]
    Export(Export),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Check {
    /// Check each website once, and fail when one is down
    #[command(
        after_help = "A URL's scheme says what is done: http, https, tcp, tls, dns, icmp, grpc or grpcs.\n\nExample:\n  wirereel check run --workspace ci --format json\n  wirereel check run https://localhost:8443/health tcp://localhost:5432"
    )]
    Run {
        /// Names of websites in wirereel.json, or URLs; default: every website there that is not paused
        #[arg(value_name = "NAME|URL")]
        websites: Vec<String>,
        #[command(flatten)]
        workspace: Workspace,
        /// How results are printed
        #[arg(long, value_enum, default_value_t = Shape::Table)]
        format: Shape,
    },
}

/// By the name that the api has for it; a hyphen is as good as an underscore.
fn metric(text: &str) -> Result<Metric, String> {
    serde_json::from_value(text.replace('-', "_").into()).map_err(|error| error.to_string())
}

/// What `picture` draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawn {
    /// Requests, errors, incidents and missing data over time
    Reel,
    /// Who calls whom
    Topology,
    /// A metric of several services over time
    Series,
    /// Latency of the busiest services over time
    Latency,
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

/// How answers of many parts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// Aligned columns for people
    Table,
    /// Everything, as the api gives it
    Json,
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
        // What clap adds by itself needs no example.
        let ours = |of: &clap::Command| -> Vec<clap::Command> {
            of.get_subcommands().filter(|sub| sub.get_name() != "help").cloned().collect()
        };
        let commands = ours(&command);
        let of_groups: Vec<_> = commands.iter().flat_map(ours).collect();
        assert_eq!(
            of_groups.len(),
            12,
            "four ways to export, three commands about capture, one about checks, four about probes"
        );
        for sub in commands.iter().chain(&of_groups).filter(|sub| !sub.has_subcommands()) {
            assert!(sub.get_after_help().is_some_and(|h| h.to_string().contains("Example:")), "{}", sub.get_name());
        }
    }
}
