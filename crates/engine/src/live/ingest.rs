//! From an agent's frames, or from segments after a crash, to rows.

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use wirereel_capture::{CaptureFile, Place, SegmentLimits, SegmentWriter, segments};
use wirereel_dissect::{Dissector, LinkType, Packet};
use wirereel_store::{Batch, NewSource, SourceFigures, SourceKind, StoreError, Writer};
use wirereel_whisper::{AgentStatus, Frame, FromAgent, OpenInterface, packets};

use super::{
    agent::Frames,
    notes::{Note, NoteWriter, notes},
    sockets::tell_listening,
    waiting::Waiting,
};
use crate::{
    EngineError, Workspace,
    import::{Collector, Watch, import_source},
};

/// How soon rows follow their packets.
const FLUSH_INTERVAL: Duration = Duration::from_millis(400);
/// How much a loss of power may cost.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
/// How long the writer is waited for, and how often it is asked for.
const WRITER_PATIENCE: Duration = Duration::from_secs(30);
const WRITER_LOOK: Duration = Duration::from_millis(20);
const APPLICATION: &str = concat!("Wirereel ", env!("CARGO_PKG_VERSION"));

/// Who looks on.
pub(crate) trait LiveWatch: Watch {
    fn status(&self, status: &AgentStatus);
}

/// Where a run's packets are kept, and what it is called.
pub(crate) struct Run {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
}

/// Takes what an agent sends until it has stopped.
///
/// # Errors
/// When the disk or the store cannot be written, or the agent says what cannot be understood. What was durable stays.
pub(crate) fn ingest(
    workspace: &Workspace,
    run: &Run,
    frames: &mut Frames,
    interfaces: &[OpenInterface],
    watch: &dyn LiveWatch,
) -> Result<(), EngineError> {
    let mut writer = writer_of(workspace)?;
    let mut kept = SegmentWriter::open(&run.folder, SegmentLimits::default(), APPLICATION)
        .map_err(EngineError::capture(&run.folder))?;
    let source = source_of(run);
    let done = import_source(workspace, &mut writer, &source, watch, |collector, batches| {
        let mut live = Live::new(workspace, collector, batches);
        let mut noted = NoteWriter::new(&run.folder);
        let taken = live.take(frames, interfaces, &mut kept, &mut noted, &run.folder, watch);
        kept.close().map_err(EngineError::capture(&run.folder))?;
        noted.sync()?;
        live.end();
        taken.map(|()| live.figures)
    });
    finish(workspace, &mut writer)?;
    done
}

/// Reads the segments of a run again, as after a crash.
///
/// # Errors
/// When a segment cannot be read or the store cannot be written.
pub(crate) fn rebuild(workspace: &Workspace, run: &Run, watch: &dyn Watch) -> Result<(), EngineError> {
    let mut writer = writer_of(workspace)?;
    let source = source_of(run);
    let done = import_source(workspace, &mut writer, &source, watch, |collector, batches| {
        let mut live = Live::new(workspace, collector, batches);
        for note in notes(&run.folder)? {
            live.recall(&note);
        }
        for segment in segments(&run.folder).map_err(EngineError::capture(&run.folder))? {
            let failed = || EngineError::capture(segment.path.clone());
            let mut file = CaptureFile::open(&segment.path).map_err(failed())?;
            while let Some(packet) = file.next().map_err(failed())? {
                let place = Place { segment: segment.number, offset: packet.position };
                live.push(&Packet { position: place.position(), ..packet });
                live.waiting.let_go(live.collector.sockets.looked_ns(), live.collector);
                live.hand_over_if_full();
            }
        }
        live.end();
        Ok(live.figures)
    });
    finish(workspace, &mut writer)?;
    done
}

/// The writer, also when somebody else has it for a moment, as who follows an edit of names has.
fn writer_of(workspace: &Workspace) -> Result<Writer, EngineError> {
    let began = Instant::now();
    loop {
        match workspace.store().writer() {
            Err(StoreError::Locked(_)) if began.elapsed() < WRITER_PATIENCE => thread::sleep(WRITER_LOOK),
            writer => return Ok(writer?),
        }
    }
}

fn source_of(run: &Run) -> NewSource {
    NewSource { kind: SourceKind::Interface, name: run.name.clone(), path: run.folder.clone() }
}

fn finish(workspace: &Workspace, writer: &mut Writer) -> Result<(), EngineError> {
    workspace.rename(writer)?;
    Ok(writer.checkpoint()?)
}

/// Packets to rows.
struct Live<'a> {
    dissector: Dissector,
    collector: &'a mut Collector,
    waiting: Waiting,
    batches: &'a Sender<Batch>,
    /// The newest segment.
    segment: u32,
    figures: SourceFigures,
    link_types: Vec<LinkType>,
    flushed: Instant,
    synced: Instant,
}

impl<'a> Live<'a> {
    fn new(workspace: &Workspace, collector: &'a mut Collector, batches: &'a Sender<Batch>) -> Self {
        Self {
            dissector: Dissector::new(workspace.limits()).with_http(workspace.http_options()),
            collector,
            waiting: Waiting::default(),
            batches,
            segment: 0,
            figures: SourceFigures::default(),
            link_types: Vec::new(),
            flushed: Instant::now(),
            synced: Instant::now(),
        }
    }

    fn take(
        &mut self,
        frames: &mut Frames,
        interfaces: &[OpenInterface],
        kept: &mut SegmentWriter,
        noted: &mut NoteWriter,
        folder: &Path,
        watch: &dyn LiveWatch,
    ) -> Result<(), EngineError> {
        let strange = |what: String| EngineError::Capturing(format!("the whisperer {what}"));
        while let Some((frame, contents)) =
            frames.read().map_err(|error| strange(format!("cannot be heard: {error}")))?
        {
            match frame {
                Frame::Packets => {
                    for sent in packets(contents) {
                        let sent = sent.map_err(|error| strange(error.to_string()))?;
                        let interface = interfaces.get(usize::from(sent.interface));
                        let interface =
                            interface.ok_or_else(|| strange(format!("sends from interface {}", sent.interface)))?;
                        let packet = Packet {
                            at_ns: sent.at_ns,
                            link_type: LinkType(interface.link_type),
                            bytes: sent.bytes,
                            wire_len: sent.wire_len,
                            position: 0,
                        };
                        // On disk before anything else is done with it.
                        let (place, _) =
                            kept.write(&packet, Some(&interface.name)).map_err(EngineError::capture(folder))?;
                        self.segment = place.segment;
                        self.push(&Packet { position: place.position(), ..packet });
                    }
                }
                Frame::Control => {
                    let message = serde_json::from_slice(contents).map_err(|error| strange(format!("says {error}")))?;
                    match message {
                        FromAgent::Status(status) => {
                            self.figures.dropped += status.losses.iter().map(|loss| loss.packets).sum::<u64>();
                            // Connections end in silence as well.
                            self.waiting.set_now(status.at_ns);
                            self.dissector.advance(status.at_ns, &mut self.waiting);
                            watch.status(&status);
                        }
                        FromAgent::Sockets(changes) => {
                            self.waiting.set_now(changes.at_ns);
                            let note = Note::Sockets(changes);
                            noted.write(self.segment, &note, &self.collector.sockets)?;
                            self.recall(&note);
                        }
                        _ => {}
                    }
                }
            }
            self.waiting.let_go(self.collector.sockets.looked_ns(), self.collector);
            self.flush(kept, noted, folder)?;
        }
        Ok(())
    }

    fn push(&mut self, packet: &Packet<'_>) {
        let figures = &mut self.figures;
        figures.packets += 1;
        figures.bytes += packet.bytes.len() as u64;
        figures.started_ns = Some(figures.started_ns.map_or(packet.at_ns, |first| first.min(packet.at_ns)));
        figures.ended_ns = Some(figures.ended_ns.map_or(packet.at_ns, |last| last.max(packet.at_ns)));
        if !self.link_types.contains(&packet.link_type) {
            self.link_types.push(packet.link_type);
        }
        self.waiting.set_now(packet.at_ns);
        self.dissector.push(packet, &mut self.waiting);
    }

    /// Takes in what was told, or noted down, beside packets.
    fn recall(&mut self, note: &Note) {
        let Note::Sockets(changes) = note;
        tell_listening(changes, self.dissector.listening());
        self.collector.sockets.apply(changes);
    }

    fn flush(&mut self, kept: &mut SegmentWriter, noted: &mut NoteWriter, folder: &Path) -> Result<(), EngineError> {
        self.hand_over_if_full();
        if self.flushed.elapsed() >= FLUSH_INTERVAL {
            self.flushed = Instant::now();
            // What rows say can be looked at from now on.
            kept.flush().map_err(EngineError::capture(folder))?;
            noted.flush()?;
            // The writer is gone when the queue is closed; it tells why.
            let _ = self.batches.send(self.collector.take());
        }
        if self.synced.elapsed() >= SYNC_INTERVAL {
            self.synced = Instant::now();
            kept.sync().map_err(EngineError::capture(folder))?;
            noted.sync()?;
        }
        Ok(())
    }

    fn hand_over_if_full(&mut self) {
        if self.collector.is_full() {
            let _ = self.batches.send(self.collector.take());
        }
    }

    fn end(&mut self) {
        self.dissector.finish(&mut self.waiting);
        self.waiting.let_all_go(self.collector);
        let names: Vec<_> = self.link_types.iter().map(|link| link.name()).collect();
        self.figures.link_type = names.join(",");
        let _ = self.batches.send(self.collector.take());
    }
}
