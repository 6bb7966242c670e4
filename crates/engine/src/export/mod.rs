//! Packets written out: what a flow, an exchange or a filter selects, as pcapng.

use std::{fs::File, io::BufWriter, path::Path};

use wirereel_capture::PcapngWriter;
use wirereel_query::question::Scope;
use wirereel_store::SourceId;

use crate::{EngineError, Workspace};

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// One flow.
    Flow(u64),
    /// The flow of one exchange.
    Exchange(u64),
    /// The flows of every exchange that matches; without a filter every flow alive in the range.
    Scope(Scope),
}

/// Writes the packets of the selected flows in time order of their files. Returns how many.
///
/// The file appears under its name only when it is whole.
///
/// # Errors
/// When a capture is gone or the file cannot be written.
pub fn pcap(workspace: &Workspace, selection: &Selection, path: &Path) -> Result<u64, EngineError> {
    let reader = workspace.reader(None)?;
    let of_flow = |flow: u64| -> Result<Vec<(SourceId, Vec<u64>)>, EngineError> {
        Ok(vec![(wirereel_store::source_and_flow(flow).0, reader.positions(flow)?)])
    };
    let positions = match selection {
        Selection::Flow(flow) => of_flow(*flow)?,
        Selection::Exchange(exchange) => of_flow(reader.place_of_exchange(*exchange)?.0)?,
        Selection::Scope(scope) => reader.positions_where(scope)?,
    };
    let part = path.with_extension("part");
    let file = File::create(&part).map_err(EngineError::io(&part))?;
    let mut writer = PcapngWriter::new(BufWriter::new(file), concat!("Wirereel ", env!("CARGO_PKG_VERSION")))
        .map_err(EngineError::io(&part))?;
    let mut packets = 0;
    for (source, positions) in positions {
        let mut capture = workspace.packets_of(&reader, source)?;
        let source_path = reader.source(source)?.path;
        for position in positions {
            let packet = capture.read(position).map_err(EngineError::capture(&source_path))?;
            writer.write(&packet).map_err(EngineError::io(&part))?;
            packets += 1;
        }
    }
    writer.finish().map_err(EngineError::io(&part))?;
    std::fs::rename(&part, path).map_err(EngineError::io(path))?;
    Ok(packets)
}
