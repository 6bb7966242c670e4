//! The rows of a run made anew, while nothing else is written.

use std::path::Path;

use super::{again::Again, figures, recorder::writer_of};
use crate::{
    EngineError, Workspace,
    import::{Watch, import_source},
};

/// Packets between two looks at whether rows are to be handed over.
const PACKETS: usize = 1_024;

/// Reads a run's segments, which were recovered before, and says that its rows are all there.
///
/// # Errors
/// When its folder cannot be read, the store cannot be written, or it is cancelled.
pub(crate) fn rebuild(workspace: &Workspace, folder: &Path, watch: &dyn Watch) -> Result<(), EngineError> {
    let mut writer = writer_of(workspace)?;
    let mut again = Again::begin(workspace, folder)?;
    let mut losses = Vec::new();
    let id = import_source(workspace, &mut writer, &again.source(), watch, |collector, batches| {
        while again.step(PACKETS, collector) && !watch.cancelled() {
            if collector.is_full() && batches.send(collector.take()).is_err() {
                // The writer is gone; it tells why.
                break;
            }
        }
        let figures;
        (figures, losses) = again.end(collector);
        let _ = batches.send(collector.take());
        Ok(figures)
    })?;
    figures::record_losses(&mut writer, id, &losses)?;
    writer.complete_source(id)?;
    workspace.settle(&mut writer)?;
    Ok(writer.checkpoint()?)
}
