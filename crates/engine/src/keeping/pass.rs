//! One pass of retention: segments go first, then rows in slices, each between two batches of whoever writes.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::bounded;
use wirereel_store::{Forgetting, SourceId, Writer};

use super::{
    plan::{Bounds, Plan, Times, plan},
    runs,
};
use crate::{
    EngineError, Workspace,
    live::{sockets_beside, writer_of},
};

/// Between two slices: whoever writes has most of the time.
const REST: Duration = Duration::from_millis(50);
/// Buckets that are so long past, nanoseconds, get few rows any more.
const SETTLED_NS: i64 = 120_000_000_000;
/// The component of the pass's figures in `self_metrics`.
const COMPONENT: &str = "retention";

/// Something to be done with the one writer.
pub(crate) type WriterWork = Box<dyn FnOnce(&mut Writer) -> Result<(), EngineError> + Send>;

/// Who has the writer. Live capture lends it between two batches.
pub(crate) trait HasWriter {
    /// Has the work done, now or soon.
    fn lend(&self, work: WriterWork) -> Result<(), EngineError>;

    /// Folders and sources of the runs that are being captured.
    fn written(&self) -> Vec<(PathBuf, SourceId)> {
        Vec::new()
    }
}

/// Nobody captures: the workspace's own writer, taken for each work.
impl HasWriter for Workspace {
    fn lend(&self, work: WriterWork) -> Result<(), EngineError> {
        work(&mut writer_of(self)?)
    }
}

/// Has something done and waits for what comes of it.
fn ask<T: Send + 'static>(
    has_writer: &dyn HasWriter,
    work: impl FnOnce(&mut Writer) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let (told, answer) = bounded(1);
    has_writer.lend(Box::new(move |writer| {
        // Whoever asks is still there, or nothing matters any more.
        let _ = told.send(work(writer));
        Ok(())
    }))?;
    answer.recv().map_err(|_| EngineError::Capturing("the recording has ended".into()))?
}

/// What a pass removed, or would remove.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Removed {
    pub segments: u64,
    pub segment_bytes: u64,
    pub rows: u64,
    /// Rows before this instant are gone; nanoseconds since 1970.
    pub until_ns: Option<i64>,
    /// The longest that rows which came in meanwhile had to wait for a slice.
    pub longest_hold: Duration,
    pub took: Duration,
}

/// Whether a pass changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Remove,
    /// Only looks what would go; rows are not counted.
    Look,
}

/// Looks what is to go at a time, nanoseconds since 1970, and removes it.
///
/// # Errors
/// When a folder or the store cannot be read or written. What was removed by then is gone.
pub(crate) fn pass(
    workspace: &Workspace,
    has_writer: &dyn HasWriter,
    now_ns: i64,
    times: &mut Times,
    mode: Mode,
    stop: &AtomicBool,
) -> Result<Removed, EngineError> {
    let began = Instant::now();
    let (oldest_ns, sources) = ask(has_writer, |writer| Ok((writer.oldest_ns()?, writer.kept_sources()?)))?;
    if sources.iter().any(|source| !runs::is_run(&source.path)) {
        // Imported rows cannot be told from the others by their time, and are never touched.
        return Ok(Removed::default());
    }
    let bounds = Bounds::from(&workspace.retention());
    let written = has_writer.written();
    let folders: Vec<_> = written.iter().map(|(folder, _)| folder.clone()).collect();
    let space = workspace.store().space()?;
    let rows_bytes = space.bytes.saturating_sub(space.free_bytes);
    let plan = plan(workspace.folder(), bounds, now_ns, rows_bytes, &folders, times)?;
    let mut removed = Removed {
        segments: plan.segments.len() as u64,
        segment_bytes: plan.bytes(),
        until_ns: plan.until_ns,
        ..Removed::default()
    };
    let Some(until_ns) = plan.until_ns.filter(|_| mode == Mode::Remove) else { return Ok(removed) };
    while !ask(has_writer, move |writer| Ok(writer.tidy(now_ns.saturating_sub(SETTLED_NS) / 1_000_000_000)?))?
        && !stop.load(Ordering::Relaxed)
    {
        thread::sleep(REST);
    }
    remove_segments(&plan)?;
    let mut forgetting = Forgetting::before(until_ns, written.iter().map(|(_, source)| *source).collect());
    if oldest_ns.is_some_and(|oldest_ns| oldest_ns < forgetting.until_ns()) {
        while !forgetting.is_done() && !stop.load(Ordering::Relaxed) {
            forgetting = ask(has_writer, move |writer| {
                writer.forget(&mut forgetting)?;
                Ok(forgetting)
            })?;
            thread::sleep(REST);
        }
        if forgetting.rows() > 0 {
            // Somebody who is reading may be in its way; the next one comes.
            let _ = workspace.store().checkpoint();
        }
    }
    (removed.rows, removed.longest_hold) = (forgetting.rows(), forgetting.longest());
    removed.took = began.elapsed();
    if removed.rows > 0 || removed.segments > 0 {
        record(has_writer, now_ns, &removed)?;
    }
    Ok(removed)
}

fn remove_segments(plan: &Plan) -> Result<(), EngineError> {
    let gone = |path: &Path, removed: std::io::Result<()>| match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EngineError::io(path)(error)),
        _ => Ok(()),
    };
    for segment in &plan.segments {
        // With what is noted beside it.
        for path in [segment.path.clone(), sockets_beside(&segment.path)] {
            gone(&path, fs::remove_file(&path))?;
        }
    }
    for run in &plan.runs {
        // With what is noted about it.
        gone(run, fs::remove_dir_all(run))?;
        if let Some(runs) = run.parent() {
            let _ = File::open(runs).and_then(|runs| runs.sync_all());
        }
    }
    Ok(())
}

fn record(has_writer: &dyn HasWriter, now_ns: i64, removed: &Removed) -> Result<(), EngineError> {
    let figures = [
        ("segments_removed", removed.segments as f64),
        ("segment_bytes_removed", removed.segment_bytes as f64),
        ("rows_removed", removed.rows as f64),
        ("longest_hold_ms", removed.longest_hold.as_secs_f64() * 1e3),
        ("took_ms", removed.took.as_secs_f64() * 1e3),
    ];
    ask(has_writer, move |writer| {
        for (metric, value) in figures {
            writer.record_metric(now_ns, COMPONENT, metric, value)?;
        }
        Ok(())
    })
}
