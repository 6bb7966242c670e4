//! Packets as pcapng: the bytes as they were captured, with what the sources tell about them.

use std::{fs::File, io::BufWriter, path::Path};

use wirereel_capture::{CapturedOn, PcapngWriter};
use wirereel_query::question::TimeRange;
use wirereel_store::SourceId;

use super::{
    Selection,
    merge::{self, Found},
};
use crate::{EngineError, Workspace};

/// Writes the packets of the selected flows in the order of their times, those of one source in the order of its file. Returns how
/// many.
///
/// Nothing is hidden in them: they hold passwords and cookies as they were sent. Interfaces keep their names and are described by
/// their source, services give their names to addresses, and decryption secrets of the sources are handed on. The file appears under its name only when it is
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
    merge::in_time_order(workspace, &reader, positions, |found| {
        match found {
            Found::Secrets(all) => {
                for secrets in all {
                    writer.write_secrets(secrets).map_err(EngineError::io(&part))?;
                }
            }
            Found::Packet { packet, .. } if range.is_some_and(|range| !holds(range, packet.at_ns)) => {}
            Found::Packet { packet, source, interface } => {
                let on = CapturedOn { source: source.source.0, name: interface, description: Some(&source.name) };
                writer.write_on(&packet, on).map_err(EngineError::io(&part))?;
                packets += 1;
            }
        }
        Ok(())
    })?;
    writer.finish().map_err(EngineError::io(&part))?;
    std::fs::rename(&part, path).map_err(EngineError::io(path))?;
    Ok(packets)
}

/// Whether an instant lies in a range.
fn holds(range: TimeRange, at_ns: i64) -> bool {
    let at_us = at_ns.div_euclid(1_000);
    range.from_us <= at_us && at_us < range.to_us
}
