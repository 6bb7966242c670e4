//! Packets as pcapng: the bytes as they were captured, with what the sources tell about them.

use std::{fs::File, io::BufWriter, path::Path};

use wirereel_capture::PcapngWriter;
use wirereel_query::question::TimeRange;
use wirereel_store::SourceId;

use super::Selection;
use crate::{EngineError, Workspace};

/// Writes the packets of the selected flows in time order of their files. Returns how many.
///
/// Nothing is hidden in them: they hold passwords and cookies as they were sent. Interfaces keep their names, services give
/// their names to addresses, and decryption secrets of the sources are handed on. The file appears under its name only when it is
/// whole.
///
/// # Errors
/// When a capture is gone or the file cannot be written.
pub fn pcap(workspace: &Workspace, selection: &Selection, path: &Path) -> Result<u64, EngineError> {
    let reader = workspace.reader(None)?;
    let of_flow = |flow: u64| -> Result<Vec<(SourceId, Vec<u64>)>, EngineError> {
        Ok(vec![(wirereel_store::source_and_flow(flow).0, reader.positions(flow)?)])
    };
    let (positions, range) = match selection {
        Selection::Flow(flow) => (of_flow(*flow)?, None),
        Selection::Exchange(exchange) => (of_flow(reader.place_of_exchange(*exchange)?.0)?, None),
        Selection::Scope(scope) => (reader.positions_where(scope)?, scope.range),
    };
    let part = path.with_extension("part");
    let file = File::create(&part).map_err(EngineError::io(&part))?;
    let mut writer = PcapngWriter::new(BufWriter::new(file), concat!("Wirereel ", env!("CARGO_PKG_VERSION")))
        .map_err(EngineError::io(&part))?;
    let names = reader.names_of_addresses()?;
    writer.write_names(names.iter().map(|(ip, names)| (*ip, &names[..]))).map_err(EngineError::io(&part))?;
    let mut packets = 0;
    for (source, positions) in positions {
        let Some(last) = positions.last() else { continue };
        let mut capture = workspace.packets_of(&reader, source)?;
        let source_path = reader.source(source)?.path;
        for secrets in capture.secrets_before(*last).map_err(EngineError::capture(&source_path))? {
            writer.write_secrets(secrets).map_err(EngineError::io(&part))?;
        }
        for position in positions {
            let (packet, interface) =
                capture.read_on_interface(position).map_err(EngineError::capture(&source_path))?;
            if range.is_some_and(|range| !holds(range, packet.at_ns)) {
                continue;
            }
            writer.write_on_interface(&packet, interface).map_err(EngineError::io(&part))?;
            packets += 1;
        }
    }
    writer.finish().map_err(EngineError::io(&part))?;
    std::fs::rename(&part, path).map_err(EngineError::io(path))?;
    Ok(packets)
}

/// Whether an instant lies in a range.
fn holds(range: TimeRange, at_ns: i64) -> bool {
    let at_us = at_ns.div_euclid(1_000);
    range.from_us <= at_us && at_us < range.to_us
}
