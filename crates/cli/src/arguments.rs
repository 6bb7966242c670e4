//! What the command line accepts.

mod doctor;
mod probe;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use wirereel_engine::config::Span;
use wirereel_query::{
    question::{Scope, TimeRange},
    reel::Metric,
};

pub(crate) use doctor::Doctor;
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

/// Which part of the recording is exported.
#[derive(Debug, Args)]
pub(crate) struct Selected {
    /// Which exchanges, and the flows that match themselves or by one of them; default: everything
    #[arg(long, value_name = "FILTER", default_value = "")]
    pub filter: String,
    /// From this instant on, such as 2026-11-20T12:00:00.5Z; without an offset it is UTC
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub from: Option<i64>,
    /// Before this instant
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub to: Option<i64>,
}

impl Selected {
    /// The scope it stands for.
    pub(crate) fn scope(self) -> Scope {
        let open = (self.from, self.to) == (None, None);
        // Times of captures are nanoseconds in 64 bits, so no packet lies beyond these.
        let range =
            TimeRange { from_us: self.from.unwrap_or(i64::MIN / 1_000), to_us: self.to.unwrap_or(i64::MAX / 1_000) };
        Scope { range: (!open).then_some(range), filter: self.filter }
    }
}

fn instant(text: &str) -> Result<i64, String> {
    wirereel_engine::instant::parse_us(text)
        .ok_or_else(|| format!("{text:?} is not a time such as 2026-11-20T12:00:00Z, or a day such as 2026-11-20"))
}

/// By the name that the api has for it; a hyphen is as good as an underscore.
fn metric(text: &str) -> Result<Metric, String> {
    serde_json::from_value(text.replace('-', "_").into()).map_err(|error| error.to_string())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// The packets, as pcapng: the bytes as captured, with whatever passwords and cookies are in them
    #[command(
        after_help = "Example:\n  wirereel export pcap --filter 'service:payment-service status:>=500' --out errors.pcapng\n  wirereel export pcap --from 2026-11-20T12:00:00Z --to 2026-11-20T12:05:00Z --out five-minutes.pcapng"
    )]
    Pcap {
        #[command(flatten)]
        workspace: Workspace,
        #[command(flatten)]
        selected: Selected,
        /// One flow by its number
        #[arg(long, value_name = "FLOW_ID", conflicts_with_all = ["filter", "from", "to"])]
        flow: Option<u64>,
        /// File to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// The exchanges, as an HTTP Archive (HAR 1.2)
    #[command(
        after_help = "Example:\n  wirereel export har --filter 'server:cart status:>=400' --out cart-errors.har\n  wirereel export har --filter 'path:/api/*' --bodies --out api.har"
    )]
    Har {
        #[command(flatten)]
        workspace: Workspace,
        #[command(flatten)]
        selected: Selected,
        /// With decoded bodies of up to 1 MiB each, and whatever secrets are in them
        #[arg(long)]
        bodies: bool,
        /// File to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// The exchanges, or the flows, as Parquet
    #[command(
        after_help = "Example:\n  wirereel export parquet --out exchanges.parquet\n  wirereel export parquet --flows --filter 'encrypted:true' --out tls.parquet"
    )]
    Parquet {
        #[command(flatten)]
        workspace: Workspace,
        #[command(flatten)]
        selected: Selected,
        /// Flows instead of exchanges
        #[arg(long)]
        flows: bool,
        /// File to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// The exchanges, or the flows, as CSV with a header line
    #[command(
        after_help = "Example:\n  wirereel export csv --filter 'duration:>1s' --out slow.csv\n  wirereel export csv --flows --filter 'close:rst' --from 2026-11-20 --out resets.csv"
    )]
    Csv {
        #[command(flatten)]
        workspace: Workspace,
        #[command(flatten)]
        selected: Selected,
        /// Flows instead of exchanges
        #[arg(long)]
        flows: bool,
        /// File to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

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
