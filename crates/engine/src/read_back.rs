//! Bytes read back from the capture that rows came from.

use std::path::{Path, PathBuf};

use wirereel_capture::{CaptureError, PacketReader, compression, decompress_to};
use wirereel_dissect::record::{Body, Endpoint, Side};
use wirereel_query::{answer::BodyPreview, question::Message};
use wirereel_store::{Reader, SourceId};

use crate::{
    EngineError, Workspace,
    body::{self, WholeBody},
    keeping::{runs, space},
};

impl Workspace {
    /// Opens the capture of a source for reading single packets. A compressed one is unpacked into the workspace the first time.
    pub(crate) fn packets_of(&self, reader: &Reader, source: SourceId) -> Result<PacketReader, EngineError> {
        let path = reader.source(source)?.path;
        let gone = |reason: String| EngineError::SourceGone { path: path.clone(), reason };
        // Live packets are in a folder of segments.
        if path.is_dir() {
            return PacketReader::open(&path).map_err(|error| gone(error.to_string()));
        }
        if runs::is_run(&path) {
            return Err(self.packets_removed());
        }
        if !path.is_file() {
            return Err(gone("it was moved or deleted".into()));
        }
        let plain = if compression(&path).is_some() { self.unpacked(&path, source)? } else { path.clone() };
        PacketReader::open(&plain).map_err(|error| gone(error.to_string()))
    }

    fn packets_removed(&self) -> EngineError {
        let retention = self.retention();
        EngineError::PacketsRemoved {
            keep: retention.keep.to_string(),
            at_most: space::size(retention.at_most_gib.bytes()),
        }
    }

    /// An error of reading packets back: where retention has removed them, it says so.
    pub(crate) fn unread(&self, path: &Path, error: CaptureError) -> EngineError {
        match error {
            CaptureError::SegmentGone { .. } => self.packets_removed(),
            error => EngineError::capture(path)(error),
        }
    }

    fn unpacked(&self, path: &PathBuf, source: SourceId) -> Result<PathBuf, EngineError> {
        let plain = self.scratch(&format!("source-{}.unpacked", source.0))?;
        if !plain.is_file() {
            // Under another name until it is whole: an unpacking that was ended must not look finished.
            let part = plain.with_extension("part");
            decompress_to(path, &part).map_err(EngineError::capture(path))?;
            std::fs::rename(&part, &plain).map_err(EngineError::io(&plain))?;
        }
        Ok(plain)
    }

    /// A body of an exchange, read from the capture's packets and decoded for display.
    ///
    /// # Errors
    /// When the exchange does not exist or its capture is gone.
    pub(crate) fn body(&self, exchange_id: u64, message: Message) -> Result<BodyPreview, EngineError> {
        let sent = self.sent_body(exchange_id, message, body::SENT_LIMIT_BYTES)?;
        let Body { bytes, truncated, content_encoding, content_type } = sent.body;
        let decoded = body::decode(bytes, content_encoding.as_deref(), body::DECODED_LIMIT_BYTES);
        Ok(body::show(decoded, content_type, content_encoding, sent.bytes, truncated))
    }

    /// A body of an exchange, decoded, for a file of its own.
    ///
    /// # Errors
    /// As [`Workspace::body`], and when there is none.
    pub(crate) fn whole_body(&self, exchange_id: u64, message: Message) -> Result<WholeBody, EngineError> {
        let sent = self.sent_body(exchange_id, message, body::SAVED_SENT_BYTES)?;
        if sent.bytes == 0 {
            let whose = match message {
                Message::Request => "request",
                Message::Response => "response",
            };
            return Err(EngineError::NotFound(format!("A body of the {whose} of exchange {exchange_id}")));
        }
        let Body { bytes, truncated, content_encoding, content_type } = sent.body;
        let decoded = body::decode(bytes, content_encoding.as_deref(), body::SAVED_DECODED_BYTES);
        Ok(WholeBody::new(exchange_id, message, content_type.as_deref(), decoded, truncated))
    }

    fn sent_body(&self, exchange_id: u64, message: Message, limit_bytes: usize) -> Result<Sent, EngineError> {
        let reader = self.reader(None)?;
        let detail = reader.exchange(exchange_id)?;
        let (flow_id, ordinal) = reader.place_of_exchange(exchange_id)?;
        let (source, _) = wirereel_store::source_and_flow(flow_id);
        let (side, bytes, content_encoding) = match message {
            Message::Request => (Side::Client, detail.row.request_body_bytes, detail.request_content_encoding),
            Message::Response => (Side::Server, detail.row.response_body_bytes, detail.response_content_encoding),
        };
        if bytes == 0 {
            let body = Body { bytes: Vec::new(), truncated: false, content_encoding, content_type: None };
            return Ok(Sent { bytes, body });
        }
        // Bodies are found by counting the exchanges of their flow, which retention may have cut.
        if reader.first_ordinal(flow_id)? > 0 && runs::is_run(&reader.source(source)?.path) {
            return Err(self.packets_removed());
        }
        let mut packets = self.packets_of(&reader, source)?;
        let server = endpoint(&detail.row.server_ip, detail.row.server_port);
        let place = body::Place { ordinal, side, server, limit_bytes };
        let path = reader.source(source)?.path;
        let found = body::read_back(&mut packets, &reader.positions(flow_id)?, self.limits_of(&path), place)
            .map_err(|error| self.unread(&path, error))?;
        let body = found.ok_or_else(|| EngineError::NotFound(format!("The body of exchange {exchange_id}")))?;
        Ok(Sent { bytes, body })
    }
}

/// The end of a flow as rows have it.
pub(crate) fn endpoint(ip: &str, port: u16) -> Option<Endpoint> {
    ip.parse().ok().map(|ip| Endpoint { ip, port })
}

/// A body as sent, and how long it was on the wire.
struct Sent {
    bytes: u64,
    body: Body,
}
