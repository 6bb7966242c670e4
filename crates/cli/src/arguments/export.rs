//! What `export` accepts, and the part of a recording that is meant, for pictures as well.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use wirereel_query::question::{Scope, TimeRange};

use super::Workspace;

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
