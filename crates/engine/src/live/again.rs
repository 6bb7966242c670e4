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
use wirereel_whisper::Loss;

use super::{
    notes::{self, Begun, Note},
    reading::Reading,
    run::{LATE_NS, source_of},
    socket_notes::{self, SocketNote},
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
    /// What changed about the sockets of its host and was not heard yet.
    sockets: VecDeque<SocketNote>,
    /// Packets of the run that are missing before those that were read.
    missing: u64,
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
        let sockets = socket_notes::read(folder)?.into();
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
            missing: 0,
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
        for _ in 0..packets {
            if self.open.is_none() {
                let Some(segment) = self.left.pop_front() else { return false };
                self.count_missing(segment.number);
                match CaptureFile::open(&segment.path) {
                    Ok(file) => self.open = Some((segment, file)),
                    Err(error) => self.unreadable(&segment, &error, collector),
                }
            }
            self.hear(collector);
            let Some((segment, file)) = &mut self.open else { continue };
            match file.next() {
                Ok(Some(packet)) => {
                    let place = Place { segment: segment.number, offset: packet.position };
                    self.reading.push(&Packet { position: place.position(), ..packet });
                    let gone = self.sockets.front().and_then(|note| note.heard).map_or(u64::MAX, |heard| heard.gone);
                    self.reading.let_go_of(gone.saturating_sub(self.missing), collector);
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

    /// Retention takes segments with the packets in them; notes count from the run's first packet.
    fn count_missing(&mut self, segment: u32) {
        let first = self.sockets.iter().find(|note| note.segment == segment);
        if let Some(heard) = first.and_then(|note| note.heard) {
            self.missing = heard.before_segment.saturating_sub(self.reading.reached().0);
        }
    }

    /// Hears what was heard before the next packet, when rows had been made of as many packets as then. Notes that do not say when are heard
    /// at once: which sockets there were at what time is known by their times.
    fn hear(&mut self, collector: &mut Collector) {
        let packets = self.missing + self.reading.reached().0;
        while let Some(note) = self.sockets.pop_front_if(|note| note.heard.is_none_or(|heard| heard.packets <= packets))
        {
            self.take_in(&note, collector);
        }
    }

    fn take_in(&mut self, note: &SocketNote, collector: &mut Collector) {
        if let Some(heard) = note.heard {
            self.reading.let_go_of(heard.gone.saturating_sub(self.missing), collector);
        }
        self.reading.sockets_again(&note.changes, collector);
    }

    /// Ends it, and gives what it adds up to and what it had lost.
    pub(crate) fn end(mut self, collector: &mut Collector) -> (SourceFigures, Vec<Loss>) {
        for note in std::mem::take(&mut self.sockets) {
            self.take_in(&note, collector);
        }
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
