//! The packets of a run read again from its segments, some at a time: the same rows as when they were captured.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

use wirereel_capture::{CaptureError, CaptureFile, Place, Segment, segments};
use wirereel_dissect::{
    Packet,
    record::{Problem, Sink, Stage},
};
use wirereel_store::{NewSource, SourceFigures};
use wirereel_whisper::{Loss, SocketChanges};

use super::{
    notes::{self, Begun, Note},
    reading::Reading,
    run::{LATE_NS, source_of},
    socket_notes,
};
use crate::{EngineError, Workspace, config::ParsingConfig, import::Collector};

/// A run being read again.
pub(crate) struct Again {
    folder: PathBuf,
    begun: Begun,
    notes: Vec<Note>,
    left: VecDeque<Segment>,
    open: Option<(Segment, CaptureFile)>,
    reading: Reading,
    /// What the sockets of its host were, until they were taken in.
    sockets: Vec<SocketChanges>,
    bytes_done: u64,
    bytes_total: u64,
}

impl Again {
    /// Begins with a run whose segments were recovered.
    ///
    /// # Errors
    /// When its folder or its notes cannot be read.
    pub(crate) fn begin(workspace: &Workspace, folder: &Path) -> Result<Self, EngineError> {
        let notes = notes::read(folder).map_err(EngineError::io(folder))?;
        let begun = match notes.first() {
            Some(Note::Begun(begun)) => (**begun).clone(),
            _ => unnoted(workspace, folder),
        };
        let reading = Reading::new(begun.parsing.parsing());
        let sockets = socket_notes::read(folder)?;
        let left: VecDeque<Segment> = segments(folder).map_err(EngineError::capture(folder))?.into();
        let bytes_total = left.iter().map(|segment| segment.bytes).sum();
        Ok(Self {
            folder: folder.to_owned(),
            begun,
            notes,
            left,
            open: None,
            reading,
            sockets,
            bytes_done: 0,
            bytes_total,
        })
    }

    /// Its source in the store.
    pub(crate) fn source(&self) -> NewSource {
        source_of(&self.folder, &self.begun.name, self.begun.of_file)
    }

    /// Bytes read, and of how many.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let open = self.open.as_ref().map_or(0, |(_, file)| file.bytes_read());
        (self.bytes_done + open, self.bytes_total)
    }

    /// Reads at most so many packets; false when there are no more.
    pub(crate) fn step(&mut self, packets: usize, collector: &mut Collector) -> bool {
        // All of them: which sockets there were at what time is known by their times.
        for changes in std::mem::take(&mut self.sockets) {
            self.reading.sockets(&changes, collector);
        }
        for _ in 0..packets {
            if self.open.is_none() {
                let Some(segment) = self.left.pop_front() else { return false };
                match CaptureFile::open(&segment.path) {
                    Ok(file) => self.open = Some((segment, file)),
                    Err(error) => self.unreadable(&segment, &error, collector),
                }
            }
            let Some((segment, file)) = &mut self.open else { continue };
            match file.next() {
                Ok(Some(packet)) => {
                    let place = Place { segment: segment.number, offset: packet.position };
                    self.reading.push(&Packet { position: place.position(), ..packet });
                    self.reading.let_go(collector);
                    continue;
                }
                Ok(None) => self.bytes_done += segment.bytes,
                Err(error) => {
                    let segment = segment.clone();
                    self.unreadable(&segment, &error, collector);
                }
            }
            self.open = None;
        }
        true
    }

    /// Ends it, and gives what it adds up to and what it had lost.
    pub(crate) fn end(mut self, collector: &mut Collector) -> (SourceFigures, Vec<Loss>) {
        let mut losses = Vec::new();
        for note in &self.notes {
            match note {
                Note::Begun(_) => {}
                Note::Lost(loss) => {
                    self.reading.figures.dropped += loss.packets;
                    losses.push(*loss);
                }
                Note::Alive { at_ns } => self.reading.reach(*at_ns),
                Note::Ended { warnings } => self.reading.figures.warnings.extend(warnings.iter().cloned()),
            }
        }
        // Connections ended in silence as well.
        if let Some(at_ns) = self.reading.figures.ended_ns {
            self.reading.advance(at_ns.saturating_sub(LATE_NS), collector);
        }
        (self.reading.finish(collector), losses)
    }

    /// A segment, or the rest of one, that cannot be read is a hole, and said to be one.
    fn unreadable(&mut self, segment: &Segment, error: &CaptureError, collector: &mut Collector) {
        self.bytes_done += segment.bytes;
        let message = format!("segment {} cannot be read: {error}", segment.number);
        self.reading.figures.warnings.push(message.clone());
        let at_ns = self.reading.figures.ended_ns.unwrap_or_default();
        let position = Place { segment: segment.number, offset: 0 }.position();
        collector.problem(Problem { at_ns, stage: Stage::File, position, flow: None, message });
    }
}

/// What is known of a run without notes: its folder is called by when it began and what it captured.
fn unnoted(workspace: &Workspace, folder: &Path) -> Begun {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.split_once('-').map_or(name.clone(), |(_, interfaces)| interfaces.to_owned());
    Begun { whisperer: "local".into(), name, of_file: false, parsing: workspace.parsing() }
}

impl Workspace {
    /// How packets are read where nothing else was said.
    pub(crate) fn parsing(&self) -> ParsingConfig {
        ParsingConfig::of(&self.config())
    }
}
