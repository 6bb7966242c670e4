//! A flow's packets, looked at closely: read back from its source in order, from its first packet on, because what a segment is
//! depends on all before it.

mod picture;
mod show;
mod stream;

use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use wirereel_capture::CaptureError;
use wirereel_dissect::{
    Dissector,
    record::{DetailRequest, SegmentSeen, Sink, Transport},
};
use wirereel_query::{
    answer::{FlowPacketsPage, FlowSequence, FlowStream, PacketBytes},
    question::FlowPacketsQuestion,
};
use wirereel_store::{Reader, SourceId, StoreError, source_and_flow};

use crate::{EngineError, Workspace, read_back::endpoint};
use picture::Picture;
use stream::Followed;

/// Most packets of a page.
const MOST_PACKETS: u32 = 1_000;

/// Packets of one flow kept in memory; longer flows are read again from their start for each page.
const KEPT_SEGMENTS: usize = 100_000;

/// Packets between two looks at whether a newer question has come.
const PACKETS_PER_LOOK: usize = 1_024;

const SEGMENTS: DetailRequest = DetailRequest { segments: true, stream_limit_bytes: 0 };

/// The packets of the flow that was looked at last.
#[derive(Default)]
pub(crate) struct SegmentCache(Mutex<Option<Arc<Kept>>>);

struct Kept {
    flow_id: u64,
    segments: Vec<SegmentSeen>,
}

impl SegmentCache {
    fn of(&self, flow_id: u64) -> Option<Arc<Kept>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|kept| kept.flow_id == flow_id).map(Arc::clone)
    }

    fn keep(&self, kept: Arc<Kept>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

/// A sink that may have seen enough.
trait Enough: Sink {
    fn has_enough(&self) -> bool {
        false
    }
}

impl Workspace {
    /// A page of a flow's packets, in the order of their capture.
    pub(crate) fn flow_packets(
        &self,
        question: &FlowPacketsQuestion,
        lane: Option<&str>,
    ) -> Result<FlowPacketsPage, EngineError> {
        let FlowPacketsQuestion { flow_id, offset, limit } = *question;
        if limit > MOST_PACKETS {
            let reason = format!("{limit} packets: a page has at most {MOST_PACKETS}");
            return Err(StoreError::BadQuestion(reason).into());
        }
        let reader = self.reader(lane)?;
        let (first, last) = (offset, offset.saturating_add(limit.into()));
        let page = |total: usize, segments: &[SegmentSeen]| FlowPacketsPage {
            total: total as u64,
            offset,
            packets: segments.iter().zip(offset..).map(|(segment, index)| show::packet(index, segment)).collect(),
        };
        let positions = match self.kept_segments(&reader, flow_id)? {
            Segments::Kept(kept) => {
                let len = kept.segments.len();
                let place = |at: u64| usize::try_from(at).unwrap_or(len).min(len);
                return Ok(page(len, &kept.segments[place(first)..place(last)]));
            }
            Segments::TooMany(positions) => positions,
        };
        let mut part = Part { next: 0, first, last, segments: Vec::new() };
        self.read_flow(&reader, flow_id, &positions, SEGMENTS, &mut part)?;
        Ok(page(positions.len(), &part.segments))
    }

    /// A flow's packets as marks over time, thinned.
    pub(crate) fn flow_sequence(&self, flow_id: u64, lane: Option<&str>) -> Result<FlowSequence, EngineError> {
        let reader = self.reader(lane)?;
        let mut picture = Picture::default();
        match self.kept_segments(&reader, flow_id)? {
            Segments::Kept(kept) => kept.segments.iter().for_each(|segment| picture.add(segment)),
            Segments::TooMany(positions) => self.read_flow(&reader, flow_id, &positions, SEGMENTS, &mut picture)?,
        }
        Ok(picture.finish())
    }

    /// The first bytes of both directions of a flow, in the order in which they could be read.
    pub(crate) fn flow_stream(&self, flow_id: u64, lane: Option<&str>) -> Result<FlowStream, EngineError> {
        let reader = self.reader(lane)?;
        let row = reader.flow_row(flow_id)?;
        let mut followed = Followed::new([row.client_bytes, row.server_bytes]);
        let positions = reader.positions(flow_id)?;
        self.read_flow(&reader, flow_id, &positions, Followed::REQUEST, &mut followed)?;
        Ok(followed.finish())
    }

    /// The bytes of a packet as captured.
    pub(crate) fn packet_bytes(&self, source: SourceId, position: u64) -> Result<PacketBytes, EngineError> {
        let reader = self.reader(None)?;
        let mut packets = self.packets_of(&reader, source)?;
        let path = reader.source(source)?.path;
        let packet = packets.read(position).map_err(|error| self.unread(&path, error))?;
        Ok(PacketBytes {
            at_us: packet.at_ns.div_euclid(1_000),
            link_type: packet.link_type.name().to_string(),
            wire_bytes: packet.wire_len,
            base64: BASE64_STANDARD.encode(packet.bytes),
        })
    }

    /// All packets of a flow, or where they are when they are too many to be kept.
    fn kept_segments(&self, reader: &Reader, flow_id: u64) -> Result<Segments, EngineError> {
        if let Some(kept) = self.segments.of(flow_id) {
            return Ok(Segments::Kept(kept));
        }
        // An unknown flow is an error, a known one without packets is not.
        reader.flow_row(flow_id)?;
        let positions = reader.positions(flow_id)?;
        if positions.len() > KEPT_SEGMENTS {
            return Ok(Segments::TooMany(positions));
        }
        let mut all = Part { next: 0, first: 0, last: u64::MAX, segments: Vec::new() };
        self.read_flow(reader, flow_id, &positions, SEGMENTS, &mut all)?;
        let kept = Arc::new(Kept { flow_id, segments: all.segments });
        self.segments.keep(Arc::clone(&kept));
        Ok(Segments::Kept(kept))
    }

    /// Reads the packets of a flow until the sink has enough.
    fn read_flow(
        &self,
        reader: &Reader,
        flow_id: u64,
        positions: &[u64],
        request: DetailRequest,
        sink: &mut dyn Enough,
    ) -> Result<(), EngineError> {
        let (source, _) = source_and_flow(flow_id);
        let path = reader.source(source)?.path;
        let mut packets = self.packets_of(reader, source)?;
        let mut dissector = Dissector::with_detail(self.limits_of(&path), request);
        let row = reader.flow_row(flow_id)?;
        if row.direction_known
            && let (Some(transport), Some(server)) =
                (transport(&row.transport), endpoint(&row.server_ip, row.server_port))
        {
            // Whatever told it then may not be among the packets.
            dissector.listening().insert(transport, server);
        }
        let last = positions.len().saturating_sub(1);
        for (index, &position) in positions.iter().enumerate() {
            if index.is_multiple_of(PACKETS_PER_LOOK) {
                reader.proceed()?;
            }
            let packet = match packets.read(position) {
                // The flow is alive and its beginning was removed: what is left of it can be read.
                Err(CaptureError::SegmentGone { .. }) if index < last => continue,
                packet => packet.map_err(|error| self.unread(&path, error))?,
            };
            dissector.push(&packet, sink);
            if sink.has_enough() {
                return Ok(());
            }
        }
        dissector.finish(sink);
        Ok(())
    }
}

/// The transports that have listening sockets.
fn transport(name: &str) -> Option<Transport> {
    match name {
        "tcp" => Some(Transport::Tcp),
        "udp" => Some(Transport::Udp),
        _ => None,
    }
}

enum Segments {
    Kept(Arc<Kept>),
    TooMany(Vec<u64>),
}

/// The packets with a place in `first..last`.
struct Part {
    next: u64,
    first: u64,
    last: u64,
    segments: Vec<SegmentSeen>,
}

impl Sink for Part {
    fn segment(&mut self, segment: SegmentSeen) {
        if (self.first..self.last).contains(&self.next) {
            self.segments.push(segment);
        }
        self.next += 1;
    }
}

impl Enough for Part {
    fn has_enough(&self) -> bool {
        self.next >= self.last
    }
}
