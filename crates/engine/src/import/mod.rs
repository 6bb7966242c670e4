//! Import: capture files in, rows out.
//!
//! One thread reads and dissects, one writes; a short bounded queue of batches lies between them, so a slow disk holds the reader back and
//! memory does not grow with the file.

mod collect;
mod dns_names;
mod progress;
mod records;

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use wirereel_capture::CaptureFile;
use wirereel_dissect::{Dissector, record::Problem, record::Stage};
use wirereel_store::{Batch, NewSource, SourceFigures, SourceId, SourceKind, Writer};

pub use progress::{ImportSummary, Progress, Unwatched, Watch};
pub use records::{RecordSource, import_records};

use crate::{
    EngineError, Workspace,
    keeping::ledger,
    live::unread_packets,
    second_try::{IfGone, second_try},
};
pub(crate) use collect::Collector;

/// Batches between the reading and the writing thread. Each holds at most [`collect::BATCH_ROWS`] rows.
const QUEUE_BATCHES: usize = 2;

/// Packets between two looks at the clock.
const PACKETS_PER_LOOK: u64 = 2_048;

/// Least time between two reports of progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Batches that are rolled up together while rows are still coming.
const BATCHES_PER_ROLLUP: u32 = 16;

/// Batches after which the database may use again what it gave up. It writes rows of large transactions into its file at once, and a sixth
/// of the blocks it takes for that are free again soon, but only a checkpoint tells it so: what is free after the last one stays in the file.
const BATCHES_PER_CHECKPOINT: u32 = 48;

/// How long others may be in the way of the last checkpoint, and how often it is tried.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(5);
const CHECKPOINT_LOOK: Duration = Duration::from_millis(20);

/// Imports files into a workspace, one after the other, each as a source of its own.
///
/// # Errors
/// A file that is no capture ends the import before any of its rows; files before it stay. A cut-off or malformed file is no error: what
/// could be read is imported, the summary's warnings say the rest.
pub fn import(workspace: &Workspace, files: &[PathBuf], watch: &dyn Watch) -> Result<ImportSummary, EngineError> {
    let started = Instant::now();
    let mut writer = workspace.writer()?;
    let mut summary = ImportSummary::default();
    let opened = files
        .iter()
        .map(|path| Ok((path, CaptureFile::open(path).map_err(EngineError::capture(path))?)))
        .collect::<Result<Vec<_>, EngineError>>()?;
    let mut progress = Progress::new(opened.iter().map(|(_, file)| file.bytes_total()).sum());
    if workspace.reader(None)?.recording()?.name.is_empty() {
        writer.name_recording(workspace.name(), &name_of(files))?;
    }
    for (path, file) in opened {
        let done = import_file(workspace, &mut writer, path, file, &mut progress, watch);
        // Names and roll-ups follow the rows that are there, also after an error or a cancel.
        workspace.settle(&mut writer)?;
        checkpoint(&mut writer)?;
        done?;
        second_try(workspace, &mut writer, IfGone::Later)?;
        summary.files += 1;
    }
    progress.report(watch);
    let recording = workspace.reader(None)?.recording()?;
    summary.packets = progress.packets;
    summary.flows = progress.flows;
    summary.exchanges = progress.exchanges;
    summary.dns_queries = progress.dns_queries;
    summary.problems = progress.problems;
    summary.services = recording.services;
    summary.warnings = workspace.config_problems().into_iter().chain(progress.warnings).collect();
    summary.elapsed = started.elapsed();
    Ok(summary)
}

/// Moves the log into the database file. Whoever asks something at this moment is in its way, and soon no more.
pub(super) fn checkpoint(writer: &mut Writer) -> Result<(), EngineError> {
    writer.commit()?;
    let began = Instant::now();
    loop {
        match writer.checkpoint() {
            Err(_) if began.elapsed() < CHECKPOINT_PATIENCE => thread::sleep(CHECKPOINT_LOOK),
            done => return Ok(done?),
        }
    }
}

/// What files opened together are called.
pub(crate) fn name_of(files: &[PathBuf]) -> String {
    let first = files
        .first()
        .and_then(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if files.len() > 1 { format!("{first} and {} more", files.len() - 1) } else { first }
}

fn import_file(
    workspace: &Workspace,
    writer: &mut Writer,
    path: &Path,
    file: CaptureFile,
    progress: &mut Progress,
    watch: &dyn Watch,
) -> Result<(), EngineError> {
    let path = std::path::absolute(path).map_err(EngineError::io(path))?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let source = NewSource { kind: SourceKind::File, name, path: path.clone() };
    ledger::note(workspace.folder(), &path).map_err(EngineError::io(workspace.folder()))?;
    import_source(workspace, writer, &source, watch, |collector, batches| {
        read_packets(workspace, &path, file, collector, batches, progress, watch)
    })?;
    Ok(())
}

/// Collects what `read` gives and writes it, each on its own thread. Gives the source's number.
pub(crate) fn import_source(
    workspace: &Workspace,
    writer: &mut Writer,
    source: &NewSource,
    watch: &dyn Watch,
    read: impl FnOnce(&mut Collector, &Sender<Batch>) -> Result<SourceFigures, EngineError>,
) -> Result<SourceId, EngineError> {
    let id = writer.begin_source(source)?;
    let mut collector = Collector::new(writer.rows(id), writer.peer_table()?);
    let (sender, receiver) = bounded(QUEUE_BATCHES);
    let watched = watch.health().map(|health| health.queues.watch("import", &receiver));
    let appending = &mut *writer;
    let (read, written) = thread::scope(|scope| {
        let writing = thread::Builder::new()
            .name("wr-store".into())
            .spawn_scoped(scope, move || {
                // The queue is closed when this thread ends, whatever it ends with: whoever reads must not wait for it.
                let (receiver, _watched) = (receiver, watched);
                write_batches(workspace, appending, &receiver, watch)
            })
            .map_err(EngineError::io(&source.path));
        let read = match &writing {
            Ok(_) => read(&mut collector, &sender),
            Err(_) => Ok(SourceFigures::default()),
        };
        drop(sender);
        let written = match writing {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => Err(error),
        };
        (read, written)
    });
    // A writer that failed closes the queue; its error is the cause, the reader's only the consequence.
    written?;
    let figures = read?;
    writer.update_source(id, &figures)?;
    if watch.cancelled() { Err(EngineError::Cancelled) } else { Ok(id) }
}

/// Appends batches as they come, and keeps names and roll-ups close behind so that partial results can be looked at.
fn write_batches(
    workspace: &Workspace,
    writer: &mut Writer,
    batches: &Receiver<Batch>,
    watch: &dyn Watch,
) -> Result<(), EngineError> {
    let mut updated = Instant::now();
    let (mut waiting, mut written, mut rest, mut steady) = (0, 0, Duration::ZERO, true);
    for batch in batches {
        writer.write_soon(batch)?;
        // Named before they are committed, new peers are written once.
        workspace.name_peers(writer)?;
        writer.commit_if_large()?;
        waiting += 1;
        written += 1;
        let partial = watch.partial_interval().is_some_and(|interval| updated.elapsed() >= rest.max(interval));
        // Where names stay what they are, roll-ups may as well be made while the other thread still dissects.
        if partial || (steady && waiting >= BATCHES_PER_ROLLUP && updated.elapsed() >= rest) {
            let begun = Instant::now();
            steady &= !workspace.rename(writer)?;
            // A change of names makes all roll-ups anew, which takes the longer the more there is.
            rest = begun.elapsed() * 4;
            waiting = 0;
            updated = Instant::now();
            if watch.partial_interval().is_some() {
                watch.rows_changed();
            }
        }
        if written >= BATCHES_PER_CHECKPOINT {
            written = 0;
            writer.commit()?;
            // Somebody who is reading may be in its way; the next one comes.
            let _ = writer.checkpoint();
        }
    }
    // Whoever looks sees the last rows with what they call each other, never services alone.
    workspace.rename(writer).map(drop)
}

fn read_packets(
    workspace: &Workspace,
    path: &Path,
    mut file: CaptureFile,
    collector: &mut Collector,
    batches: &Sender<Batch>,
    progress: &mut Progress,
    watch: &dyn Watch,
) -> Result<SourceFigures, EngineError> {
    let before = progress.start_file();
    let limits = workspace.limits();
    let mut dissector = Dissector::new(limits.clone()).with_http(workspace.http_options());
    let mut figures = SourceFigures::default();
    let mut looked = Instant::now();
    loop {
        match file.next().map_err(EngineError::capture(path))? {
            Some(packet) => {
                figures.packets += 1;
                figures.bytes += packet.bytes.len() as u64;
                figures.started_ns = Some(figures.started_ns.map_or(packet.at_ns, |first| first.min(packet.at_ns)));
                figures.ended_ns = Some(figures.ended_ns.map_or(packet.at_ns, |last| last.max(packet.at_ns)));
                dissector.push(&packet, collector);
            }
            None => break,
        }
        if figures.packets.is_multiple_of(PACKETS_PER_LOOK) && looked.elapsed() >= PROGRESS_INTERVAL {
            looked = Instant::now();
            progress.update(&before, file.bytes_read(), figures.packets, collector.counts());
            progress.report(watch);
            if watch.cancelled() {
                break;
            }
        }
        // The writer is gone when the queue is closed; it tells why.
        if collector.is_full() && batches.send(collector.take()).is_err() {
            break;
        }
    }
    dissector.finish(collector);
    for warning in file.warnings() {
        progress.warnings.push(format!("{}: at byte {}: {}", path.display(), warning.position, warning.message));
        collector.problem_of_file(Problem {
            at_ns: figures.ended_ns.unwrap_or_default(),
            stage: Stage::File,
            position: warning.position,
            flow: None,
            message: warning.message.clone(),
        });
    }
    if let Some(health) = watch.health() {
        unread_packets(&dissector)
            .into_iter()
            .chain(collector.take_unread())
            .for_each(|(stage, errors)| health.unread(stage, errors));
    }
    figures.link_type = file.link_types().iter().map(|link| link.name()).collect::<Vec<_>>().join(",");
    figures.dropped = file.dropped();
    figures.truncated = file.truncated();
    figures.warnings =
        file.warnings().iter().map(|warning| format!("at byte {}: {}", warning.position, warning.message)).collect();
    for bound in dissector.figures().limits_hit.sentences(&limits) {
        progress.warnings.push(format!("{}: {bound}", path.display()));
        figures.warnings.push(bound);
    }
    let _ = batches.send(collector.take());
    progress.update(&before, file.bytes_total(), figures.packets, collector.counts());
    Ok(figures)
}
