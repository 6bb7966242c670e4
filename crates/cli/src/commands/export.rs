//! `wirereel export`.

use std::path::Path;

use anyhow::Result;
use wirereel_engine::{RowsExport, Selection, export};
use wirereel_query::question::{RowsFormat, RowsOf};

use super::{folder, open};
use crate::arguments::{self, Export, Selected};

/// Writes what was selected.
pub(super) fn run(what: Export) -> Result<()> {
    match what {
        Export::Pcap { workspace, selected, flow, out } => {
            let workspace = open(&folder(&workspace)?)?;
            let selection = match flow {
                Some(id) => Selection::Flow(id),
                None => Selection::Scope(selected.scope()),
            };
            let packets = export::pcap(&workspace, &selection, &out)?;
            println!("{packets} packets written to {}", out.display());
            Ok(())
        }
        Export::Har { workspace, selected, bodies, out } => {
            write(&workspace, RowsOf::Exchanges, RowsFormat::Har, selected, bodies, &out)
        }
        Export::Parquet { workspace, selected, flows, out } => {
            write(&workspace, rows_of(flows), RowsFormat::Parquet, selected, false, &out)
        }
        Export::Csv { workspace, selected, flows, out } => {
            write(&workspace, rows_of(flows), RowsFormat::Csv, selected, false, &out)
        }
    }
}

fn rows_of(flows: bool) -> RowsOf {
    if flows { RowsOf::Flows } else { RowsOf::Exchanges }
}

fn write(
    workspace: &arguments::Workspace,
    rows: RowsOf,
    format: RowsFormat,
    selected: Selected,
    bodies: bool,
    out: &Path,
) -> Result<()> {
    let workspace = open(&folder(workspace)?)?;
    let export = RowsExport { rows, format, scope: selected.scope(), bodies };
    let written = export::rows(&workspace, &export, out)?;
    let what = match rows {
        RowsOf::Exchanges => "exchanges",
        RowsOf::Flows => "flows",
    };
    println!("{written} {what} written to {}", out.display());
    Ok(())
}
