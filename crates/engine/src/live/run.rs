//! A run: from the moment a whisperer captures to the moment it no longer does. Its packets are one source of the live recording.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use wirereel_capture::{SegmentLimits, SegmentWriter};
use wirereel_dissect::{LinkType, Packet};
use wirereel_store::{NewSource, SourceFigures, SourceId, SourceKind};
use wirereel_whisper::{AgentStatus, OpenInterface, SocketChanges, packets};

use super::{
    figures::Rates,
    notes::{Begun, Note, Notes},
    reading::Reading,
    socket_notes::SocketNotes,
};
use crate::{EngineError, import::Collector};

const APPLICATION: &str = concat!("Wirereel ", env!("CARGO_PKG_VERSION"));
/// How often it is noted that a run goes on: what a crash may cost of the end of a silent one.
const ALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// A run about to begin.
pub(crate) struct NewRun {
    /// Its folder, which is there and empty.
    pub(crate) folder: PathBuf,
    pub(crate) begun: Begun,
    pub(crate) interfaces: Vec<OpenInterface>,
}

/// One being recorded.
pub(crate) struct Run {
    source: SourceId,
    whisperer: String,
    folder: PathBuf,
    interfaces: Vec<OpenInterface>,
    reading: Reading,
    kept: SegmentWriter,
    notes: Notes,
    socket_notes: SocketNotes,
    /// The newest segment.
    segment: u32,
    noted_alive: Instant,
    /// The last status.
    told: Option<AgentStatus>,
}

impl Run {
    /// Begins it. `source` is its number in the store, see [`source_of`].
    pub(crate) fn begin(new: NewRun, source: SourceId) -> Result<Self, EngineError> {
        let NewRun { folder, begun, interfaces } = new;
        let reading = Reading::new(begun.parsing.parsing());
        let kept = SegmentWriter::open(&folder, SegmentLimits::default(), APPLICATION)
            .map_err(EngineError::capture(&folder))?;
        let whisperer = begun.whisperer.clone();
        let notes = Notes::begin(&folder, begun).map_err(EngineError::io(&folder))?;
        Ok(Self {
            source,
            whisperer,
            socket_notes: SocketNotes::new(&folder),
            segment: 0,
            folder,
            interfaces,
            reading,
            kept,
            notes,
            noted_alive: Instant::now(),
            told: None,
        })
    }

    pub(crate) fn source(&self) -> SourceId {
        self.source
    }

    /// The id of the whisperer that sends it.
    pub(crate) fn whisperer(&self) -> &str {
        &self.whisperer
    }

    /// Takes a frame of packets in, which was looked through before: what cannot be read of it is left out.
    pub(crate) fn packets(&mut self, frame: &[u8], collector: &mut Collector) -> Result<(), EngineError> {
        for sent in packets(frame).flatten() {
            let Some(interface) = self.interfaces.get(usize::from(sent.interface)) else { continue };
            let packet = Packet {
                at_ns: sent.at_ns,
                link_type: LinkType(interface.link_type),
                bytes: sent.bytes,
                wire_len: sent.wire_len,
                position: 0,
            };
            // On disk before anything else is done with it.
            let (place, _) =
                self.kept.write(&packet, Some(&interface.name)).map_err(EngineError::capture(&self.folder))?;
            self.segment = place.segment;
            self.reading.push(&Packet { position: place.position(), ..packet });
        }
        self.reading.let_go(collector);
        Ok(())
    }

    /// Takes in what changed about the sockets of the agent's host.
    pub(crate) fn sockets(&mut self, changes: &SocketChanges, collector: &mut Collector) -> Result<(), EngineError> {
        self.socket_notes.write(self.segment, changes, collector.sockets())?;
        self.reading.sockets(changes, collector);
        Ok(())
    }

    /// Takes in how the agent is, and gives what came since the last time.
    pub(crate) fn status(&mut self, status: &AgentStatus, collector: &mut Collector) -> Result<Rates, EngineError> {
        let rates = Rates::between(self.told.as_ref(), status);
        if self.told.is_none() {
            let since_ns = status.capturing_since_ns.unwrap_or(status.at_ns);
            self.reading.reach(since_ns);
            self.note(&Note::Alive { at_ns: since_ns })?;
        }
        self.told = Some(AgentStatus { losses: Vec::new(), ..status.clone() });
        self.reading.reach(status.at_ns);
        self.reading.advance(status.at_ns, collector);
        for loss in &status.losses {
            self.reading.figures.dropped += loss.packets;
            self.note(&Note::Lost(*loss))?;
        }
        if self.noted_alive.elapsed() >= ALIVE_INTERVAL {
            self.noted_alive = Instant::now();
            self.note(&Note::Alive { at_ns: status.at_ns })?;
        }
        Ok(rates)
    }

    /// Hands what is buffered to the system: what rows say can be looked at from now on.
    pub(crate) fn flush(&mut self) -> Result<(), EngineError> {
        self.kept.flush().map_err(EngineError::capture(&self.folder))
    }

    /// Makes it durable.
    pub(crate) fn sync(&mut self) -> Result<(), EngineError> {
        self.kept.sync().map_err(EngineError::capture(&self.folder))?;
        self.socket_notes.sync()?;
        self.notes.sync().map_err(EngineError::io(&self.folder))
    }

    /// Ends it, and gives what it adds up to.
    pub(crate) fn end(
        mut self,
        warnings: Vec<String>,
        collector: &mut Collector,
    ) -> Result<SourceFigures, EngineError> {
        if let Some(at_ns) = self.reading.figures.ended_ns {
            self.note(&Note::Alive { at_ns })?;
        }
        self.reading.figures.warnings.clone_from(&warnings);
        self.note(&Note::Ended { warnings })?;
        self.notes.sync().map_err(EngineError::io(&self.folder))?;
        self.socket_notes.sync()?;
        self.kept.close().map_err(EngineError::capture(&self.folder))?;
        let figures = self.reading.finish(collector);
        collector.forget();
        Ok(figures)
    }

    fn note(&mut self, note: &Note) -> Result<(), EngineError> {
        self.notes.append(note).map_err(EngineError::io(&self.folder))
    }
}

/// A run's source in the store.
pub(crate) fn source_of(folder: &Path, name: &str, of_file: bool) -> NewSource {
    let kind = if of_file { SourceKind::File } else { SourceKind::Interface };
    NewSource { kind, name: name.to_owned(), path: folder.to_owned() }
}
