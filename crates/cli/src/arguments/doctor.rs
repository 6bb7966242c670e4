//! What `wirereel doctor` accepts.

use std::path::PathBuf;

use clap::Args;

use super::Workspace;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Measure what watching costs on this machine: a load of its own on loopback, with and without capture, again and again (Linux)
    #[arg(long)]
    pub overhead: bool,
    /// How long the measuring takes, in seconds; shorter is less sure
    #[arg(long, value_name = "N", default_value_t = 120, requires = "overhead", value_parser = clap::value_parser!(u64).range(5..=3_600))]
    pub seconds: u64,
    /// Print what was measured as JSON
    #[arg(long, requires = "overhead")]
    pub json: bool,
    /// Be the workbench that is measured, in this folder, which goes away with it
    #[arg(long, hide = true, value_name = "DIR", conflicts_with = "overhead")]
    pub watch: Option<PathBuf>,
    #[command(flatten)]
    pub workspace: Workspace,
}
