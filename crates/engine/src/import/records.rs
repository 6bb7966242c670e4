//! Import of records that somebody else made: everything behind the dissector is as for a capture file.

use wirereel_dissect::record::Sink;
use wirereel_store::{NewSource, SourceFigures, SourceKind};

use super::{Watch, import_source};
use crate::{EngineError, Workspace};

/// Records, source by source.
pub trait RecordSource {
    /// Begins the next source and gives its name; `None` after the last.
    fn next_source(&mut self) -> Option<String>;

    /// Gives some records, as a dissector would; false at the end of the source.
    fn step(&mut self, sink: &mut dyn Sink) -> bool;
}

/// Imports records into a workspace, through the same collecting, naming and rolling up as those of packets. Their bytes are nowhere: bodies
/// and packets cannot be looked at.
///
/// # Errors
/// When the store cannot be written, and when the import is cancelled.
pub fn import_records(
    workspace: &Workspace,
    records: &mut dyn RecordSource,
    watch: &dyn Watch,
) -> Result<(), EngineError> {
    let mut writer = workspace.writer()?;
    if workspace.reader(None)?.recording()?.name.is_empty() {
        writer.name_recording(workspace.name(), workspace.name())?;
    }
    while let Some(name) = records.next_source() {
        let source = NewSource { kind: SourceKind::Interface, path: name.clone().into(), name };
        let done = import_source(workspace, &mut writer, &source, watch, |collector, batches| {
            while records.step(collector) {
                // The writer is gone when the queue is closed; it tells why.
                let stopped = collector.is_full() && batches.send(collector.take()).is_err();
                if stopped || watch.cancelled() {
                    break;
                }
            }
            let _ = batches.send(collector.take());
            Ok(SourceFigures::default())
        });
        workspace.settle(&mut writer)?;
        super::checkpoint(&mut writer)?;
        done?;
    }
    Ok(())
}
