//! A run: from the moment a whisperer captures to the moment it no longer does. Its packets are one source of the live recording.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use wirereel_capture::{SegmentLimits, SegmentWriter};
use wirereel_dissect::{LinkType, Packet, record::Stage};
use wirereel_store::{NewSource, SourceFigures, SourceId, SourceKind};
use wirereel_whisper::{AgentStatus, Loss, LostWhere, OpenInterface, SocketChanges, packets};

use super::{
    figures::Rates,
    notes::{Begun, Note, Notes},
    reading::{Held, Reading},
    socket_notes::{Heard, SocketNotes},
    space::Space,
};
use crate::{EngineError, import::Collector};

const APPLICATION: &str = concat!("Wirereel ", env!("CARGO_PKG_VERSION"));
/// What is sent may overtake what was captured before it by so much, nanoseconds: an agent tells how it is while packets wait in its queue.
pub(super) const LATE_NS: i64 = 5_000_000_000;
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
    /// The newest segment, and packets before it.
    segment: u32,
    before_segment: u64,
    noted_alive: Instant,
    /// The last status.
    told: Option<AgentStatus>,
    /// Packets that found no room on the disk, by the second, since that was told last.
    refused: BTreeMap<i64, Loss>,
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
            before_segment: 0,
            folder,
            interfaces,
            reading,
            kept,
            notes,
            noted_alive: Instant::now(),
            told: None,
            refused: BTreeMap::new(),
        })
    }

    pub(crate) fn source(&self) -> SourceId {
        self.source
    }

    /// Packets and bytes that were kept so far.
    pub(crate) fn kept(&self) -> (u64, u64) {
        (self.reading.figures.packets, self.reading.figures.bytes)
    }

    /// What its reading holds.
    pub(crate) fn held(&self) -> Held {
        self.reading.held()
    }

    /// As [`Reading::take_unread`].
    pub(crate) fn take_unread(&mut self) -> [(Stage, u64); 3] {
        self.reading.take_unread()
    }

    /// The id of the whisperer that sends it.
    pub(crate) fn whisperer(&self) -> &str {
        &self.whisperer
    }

    /// The folder of its segments.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes a frame of packets in, which was looked through before: what cannot be read of it is left out. What the disk does not take is
    /// lost, and counted.
    pub(crate) fn packets(&mut self, frame: &[u8], space: &Space, collector: &mut Collector) {
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
            match self.kept.write(&packet, Some(&interface.name)) {
                Ok((place, _)) => {
                    if self.segment != place.segment {
                        (self.segment, self.before_segment) = (place.segment, self.reading.reached().0);
                    }
                    self.reading.push(&Packet { position: place.position(), ..packet });
                }
                Err(error) => {
                    space.refused(&error.to_string());
                    space.count(&self.whisperer, 1);
                    self.refuse(packet.at_ns, packet.wire_len);
                }
            }
        }
        self.reading.let_go(collector);
    }

    /// Takes in what changed about the sockets of the agent's host.
    pub(crate) fn sockets(&mut self, changes: &SocketChanges, space: &Space, collector: &mut Collector) {
        let (packets, gone) = self.reading.reached();
        let heard = Heard { packets, before_segment: self.before_segment, gone };
        if let Err(error) = self.socket_notes.write(self.segment, heard, changes, collector.sockets()) {
            space.refused(&error.to_string());
        }
        self.reading.sockets(changes, collector);
    }

    /// Counts a frame of packets as lost: there is no room for them.
    pub(crate) fn refuse_all(&mut self, frame: &[u8], space: &Space) {
        packets(frame).flatten().for_each(|sent| self.refuse(sent.at_ns, sent.wire_len));
        space.count(&self.whisperer, packets(frame).flatten().count() as u64);
    }

    fn refuse(&mut self, at_ns: i64, bytes: u32) {
        let second = at_ns.div_euclid(1_000_000_000);
        let none = Loss { second, place: LostWhere::Queue, packets: 0, bytes: 0 };
        let loss = self.refused.entry(second).or_insert(none);
        loss.packets += 1;
        loss.bytes += u64::from(bytes);
    }

    /// What was refused since this was asked last, by the second.
    pub(crate) fn take_refused(&mut self) -> Vec<Loss> {
        let losses: Vec<Loss> = std::mem::take(&mut self.refused).into_values().collect();
        self.lost(&losses);
        losses
    }

    fn lost(&mut self, losses: &[Loss]) {
        for loss in losses {
            self.reading.figures.dropped += loss.packets;
            self.notes.append(&Note::Lost(*loss));
        }
    }

    /// Takes in how the agent is, and gives what came since the last time.
    pub(crate) fn status(&mut self, status: &AgentStatus, collector: &mut Collector) -> Rates {
        let rates = Rates::between(self.told.as_ref(), status);
        if self.told.is_none() {
            let since_ns = status.capturing_since_ns.unwrap_or(status.at_ns);
            self.reading.reach(since_ns);
            self.notes.append(&Note::Alive { at_ns: since_ns });
        }
        self.told = Some(AgentStatus { losses: Vec::new(), ..status.clone() });
        self.reading.reach(status.at_ns);
        self.reading.advance(status.at_ns.saturating_sub(LATE_NS), collector);
        self.lost(&status.losses);
        // Each segment tells by itself what is missing in it.
        self.kept.tell(status.at_ns, status.losses.iter().map(|loss| loss.packets).sum());
        if self.noted_alive.elapsed() >= ALIVE_INTERVAL {
            self.noted_alive = Instant::now();
            self.notes.append(&Note::Alive { at_ns: status.at_ns });
        }
        rates
    }

    /// Collects what has waited long enough for what the host's sockets say.
    pub(crate) fn let_go(&mut self, collector: &mut Collector) {
        self.reading.let_go(collector);
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
            self.notes.append(&Note::Alive { at_ns });
            self.reading.advance(at_ns.saturating_sub(LATE_NS), collector);
        }
        self.reading.figures.warnings.clone_from(&warnings);
        self.notes.append(&Note::Ended { warnings });
        self.notes.sync().map_err(EngineError::io(&self.folder))?;
        self.socket_notes.sync()?;
        self.kept.close().map_err(EngineError::capture(&self.folder))?;
        let figures = self.reading.finish(collector);
        collector.forget();
        Ok(figures)
    }
}

/// A run's source in the store.
pub(crate) fn source_of(folder: &Path, name: &str, of_file: bool) -> NewSource {
    let kind = if of_file { SourceKind::File } else { SourceKind::Interface };
    NewSource { kind, name: name.to_owned(), path: folder.to_owned() }
}
