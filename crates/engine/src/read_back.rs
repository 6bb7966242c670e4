//! Bytes read back from the capture that rows came from.

use std::path::PathBuf;

use wirereel_capture::{PacketReader, compression, decompress_to};
use wirereel_dissect::{
    Dissector,
    record::{Body, BodyRequest, Side, Sink},
};
use wirereel_query::{answer::BodyPreview, question::Message};
use wirereel_store::{Reader, SourceId};

use crate::{EngineError, Workspace, body};

impl Workspace {
    /// Opens the capture of a source for reading single packets. A compressed one is unpacked into the workspace the first time.
    pub(crate) fn packets_of(&self, reader: &Reader, source: SourceId) -> Result<PacketReader, EngineError> {
        let path = reader.source(source)?.path;
        let gone = |reason: String| EngineError::SourceGone { path: path.clone(), reason };
        if !path.is_file() {
            return Err(gone("it was moved or deleted".into()));
        }
        let plain = if compression(&path).is_some() { self.unpacked(&path, source)? } else { path.clone() };
        PacketReader::open(&plain).map_err(|error| gone(error.to_string()))
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
        let reader = self.reader(None)?;
        let detail = reader.exchange(exchange_id)?;
        let (flow_id, ordinal) = reader.place_of_exchange(exchange_id)?;
        let (source, _) = wirereel_store::source_and_flow(flow_id);
        let (side, sent_bytes, coding) = match message {
            Message::Request => (Side::Client, detail.row.request_body_bytes, detail.request_content_encoding),
            Message::Response => (Side::Server, detail.row.response_body_bytes, detail.response_content_encoding),
        };
        if sent_bytes == 0 {
            let nothing = body::Decoded { bytes: Vec::new(), truncated: false, warning: None };
            return Ok(body::show(nothing, None, coding, 0, false));
        }
        let request = BodyRequest { ordinal, side, limit_bytes: body::SENT_LIMIT_BYTES };
        let mut packets = self.packets_of(&reader, source)?;
        let mut dissector = Dissector::with_body(self.limits(), request);
        let mut found = FoundBody::default();
        for position in reader.positions(flow_id)? {
            let packet = packets.read(position).map_err(EngineError::capture(reader.source(source)?.path))?;
            dissector.push(&packet, &mut found);
        }
        dissector.finish(&mut found);
        let Some(Body { bytes, truncated, content_encoding, content_type }) = found.0 else {
            return Err(EngineError::NotFound(format!("The body of exchange {exchange_id}")));
        };
        Ok(body::show(
            body::decode(bytes, content_encoding.as_deref()),
            content_type,
            content_encoding,
            sent_bytes,
            truncated,
        ))
    }
}

#[derive(Default)]
struct FoundBody(Option<Body>);

impl Sink for FoundBody {
    fn body(&mut self, body: Body) {
        self.0 = Some(body);
    }
}
