//! Bodies for an archive: read back flow by flow, within limits that keep time and file size sane.

use wirereel_capture::{CaptureError, PacketReader};
use wirereel_dissect::record::Side;
use wirereel_store::{Reader, SourceId, StoredExchange, source_and_flow};

use crate::{
    EngineError, Workspace,
    body::{self, Decoded},
    read_back::endpoint,
};

/// Decoded bytes of one body that are written.
const BODY_BYTES: usize = 1024 * 1024;

/// Decoded bytes of all bodies that are written.
const ALL_BYTES: usize = 256 * 1024 * 1024;

/// Packets read for all bodies: the flow is read from its start for each of them.
const ALL_PACKETS: usize = 20_000_000;

/// A body as an archive holds it.
#[derive(Debug, Default)]
pub(super) struct ArchivedBody {
    /// Decoded bytes, when they were read.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) content_type: Option<String>,
    /// Why it is not there, or not all of it.
    pub(super) comment: Option<String>,
}

/// Reads bodies of exchanges that come in any order; those of one flow after each other are quickest.
pub(super) struct Bodies<'a> {
    workspace: &'a Workspace,
    capture: Option<(SourceId, PacketReader)>,
    flow: Option<(u64, Vec<u64>)>,
    bytes_left: usize,
    packets_left: usize,
}

impl<'a> Bodies<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Self {
        Self { workspace, capture: None, flow: None, bytes_left: ALL_BYTES, packets_left: ALL_PACKETS }
    }

    /// Both bodies of an exchange.
    pub(super) fn of(
        &mut self,
        reader: &Reader,
        exchange: &StoredExchange,
    ) -> Result<(ArchivedBody, ArchivedBody), EngineError> {
        let row = &exchange.detail.row;
        let request = self.one(reader, exchange, Side::Client, row.request_body_bytes)?;
        Ok((request, self.one(reader, exchange, Side::Server, row.response_body_bytes)?))
    }

    fn one(
        &mut self,
        reader: &Reader,
        exchange: &StoredExchange,
        side: Side,
        sent_bytes: u64,
    ) -> Result<ArchivedBody, EngineError> {
        if sent_bytes == 0 {
            return Ok(ArchivedBody::default());
        }
        let left_out =
            |why: &str| ArchivedBody { comment: Some(format!("body left out: {why}")), ..ArchivedBody::default() };
        let flow_id = exchange.detail.row.flow_id;
        if self.flow.as_ref().is_none_or(|(known, _)| *known != flow_id) {
            // Bodies are found by counting the exchanges of their flow, which retention may have cut.
            let is_cut = reader.first_ordinal(flow_id)? > 0;
            self.flow = Some((flow_id, if is_cut { Vec::new() } else { reader.positions(flow_id)? }));
        }
        let (source, _) = source_and_flow(flow_id);
        if self.capture.as_ref().is_none_or(|(known, _)| *known != source) {
            self.capture = Some((source, self.workspace.packets_of(reader, source)?));
        }
        let (Some((_, positions)), Some((_, capture))) = (&self.flow, &mut self.capture) else {
            return Ok(left_out("its packets are not on record"));
        };
        if self.bytes_left == 0 || self.packets_left < positions.len() {
            return Ok(left_out("the archive holds enough of them already; narrow the filter"));
        }
        self.packets_left -= positions.len();
        let row = &exchange.detail.row;
        let server = endpoint(&row.server_ip, row.server_port);
        let place = body::Place { ordinal: exchange.ordinal, side, server, limit_bytes: BODY_BYTES };
        let path = reader.source(source)?.path;
        let found = match body::read_back(capture, positions, self.workspace.limits_of(&path), place) {
            Err(CaptureError::SegmentGone { .. }) => return Ok(left_out("its packets are too old and were removed")),
            found => found.map_err(EngineError::capture(path))?,
        };
        let Some(found) = found else { return Ok(left_out("it was not found in its packets again")) };
        let limit = BODY_BYTES.min(self.bytes_left);
        let Decoded { bytes, truncated, warning } = body::decode(found.bytes, found.content_encoding.as_deref(), limit);
        self.bytes_left -= bytes.len();
        let cut = (truncated || found.truncated).then(|| format!("only the first {} bytes", bytes.len()));
        let comment = [cut, warning].into_iter().flatten().collect::<Vec<_>>().join("; ");
        Ok(ArchivedBody {
            bytes: Some(bytes),
            content_type: found.content_type,
            comment: (!comment.is_empty()).then_some(comment),
        })
    }
}
