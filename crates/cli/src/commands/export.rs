//! `wirereel export`.

use anyhow::Result;
use wirereel_engine::{Selection, Workspace, export};
use wirereel_query::question::Scope;

use super::folder;
use crate::arguments::Export;

/// Writes what was selected.
pub(super) fn run(what: Export) -> Result<()> {
    match what {
        Export::Pcap { workspace, filter, flow, out } => {
            let workspace = Workspace::open_existing(&folder(&workspace)?)?;
            let selection = match flow {
                Some(id) => Selection::Flow(id),
                None => Selection::Scope(Scope { range: None, filter }),
            };
            let packets = export::pcap(&workspace, &selection, &out)?;
            println!("{packets} packets written to {}", out.display());
        }
    }
    Ok(())
}
