//! What `wirereel probe` accepts.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Shape, Workspace};

#[derive(Debug, Subcommand)]
pub(crate) enum Probe {
    /// Send each probe once, and fail when one is down
    #[command(
        after_help = "Example:\n  wirereel probe run --workspace ci --format json\n  wirereel probe run checkout-eu-us\n  wirereel probe run grpc://localhost:50051"
    )]
    Run {
        /// Names of probes in wirereel.json, or targets (grpc, grpcs, http, https); default: every probe there that is not paused
        #[arg(value_name = "NAME|TARGET")]
        probes: Vec<String>,
        #[command(flatten)]
        workspace: Workspace,
        /// How results are printed
        #[arg(long, value_enum, default_value_t = Shape::Table)]
        format: Shape,
    },
    /// Forward gRPC calls to the next hop, and say how long it held each probe; until Ctrl-C
    #[command(
        after_help = "An ADDRESS is host:port, or grpcs://host:port for TLS.\n\nExample:\n  wirereel probe relay --name \"Relay A\" --region eu --listen 127.0.0.1:7001 --towards us=10.0.0.2:7002\n  wirereel probe relay --config relay-a.json"
    )]
    Relay(Hop),
    /// Forward gRPC calls to the services of a region; until Ctrl-C
    #[command(
        after_help = "An ADDRESS is host:port, or grpcs://host:port for TLS.\n\nExample:\n  wirereel probe gateway --name \"Gateway us\" --region us --listen 127.0.0.1:7002 --service catalog=127.0.0.1:50051"
    )]
    Gateway(Hop),
    /// Answer probes and say how long that took; until Ctrl-C
    #[command(
        after_help = "Example:\n  wirereel probe respond --name catalog --region us --listen 127.0.0.1:50051\n  wirereel probe respond --config responder.json"
    )]
    Respond(Own),
}

/// What every hop has. Each takes the place of what the configuration says.
#[derive(Debug, Args)]
pub(crate) struct Own {
    /// A JSON file with its configuration. What it says of delays, or of load, is followed while the hop runs
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What it calls itself
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The region that it is in
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The address and port that it listens on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// A file with the key that probes and records are signed with
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

/// What a relay or gateway has.
#[derive(Debug, Args)]
pub(crate) struct Hop {
    #[command(flatten)]
    pub own: Own,
    /// A service of its region, and where it is
    #[arg(long = "service", value_name = "NAME=ADDRESS", value_parser = pair)]
    pub services: Vec<(String, String)>,
    /// Another region, and the next hop towards it
    #[arg(long, value_name = "REGION=ADDRESS", value_parser = pair)]
    pub towards: Vec<(String, String)>,
    /// Where everything else goes
    #[arg(long = "default", value_name = "ADDRESS")]
    pub default_route: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, address)) if !name.is_empty() && !address.is_empty() => Ok((name.into(), address.into())),
        _ => Err("it is a name, = and an address".into()),
    }
}
