//! `wirereel probe`: one round for scripts and CI, and hops that run until Ctrl-C.

mod follow;
mod hop;
mod round;

use anyhow::Result;

use super::folder;
use crate::arguments::Probe;

/// Does what was asked.
pub(super) fn run(probe: Probe) -> Result<()> {
    match probe {
        Probe::Run { probes, workspace, format } => round::run(&folder(&workspace)?, &probes, format),
        Probe::Relay(hop) => hop::relay(hop, "relay"),
        Probe::Gateway(hop) => hop::relay(hop, "gateway"),
        Probe::Respond(own) => hop::respond(own),
    }
}
