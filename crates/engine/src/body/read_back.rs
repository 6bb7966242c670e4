//! A body as it was sent, from the packets of its flow.

use wirereel_capture::{CaptureError, PacketReader};
use wirereel_dissect::{
    Dissector, Limits,
    record::{Body, BodyRequest, Side, Sink},
};

/// Which body of a flow, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Of the exchange, among those of its flow.
    pub(crate) ordinal: u32,
    pub(crate) side: Side,
    pub(crate) limit_bytes: usize,
}

/// Reads a flow's packets from its start until the body is whole; `None` when it is not found in them.
pub(crate) fn read_back(
    packets: &mut PacketReader,
    positions: &[u64],
    limits: Limits,
    Place { ordinal, side, limit_bytes }: Place,
) -> Result<Option<Body>, CaptureError> {
    let mut dissector = Dissector::with_body(limits, BodyRequest { ordinal, side, limit_bytes });
    let mut found = Found::default();
    for &position in positions {
        dissector.push(&packets.read(position)?, &mut found);
        if found.0.is_some() {
            return Ok(found.0);
        }
    }
    dissector.finish(&mut found);
    Ok(found.0)
}

#[derive(Default)]
struct Found(Option<Body>);

impl Sink for Found {
    fn body(&mut self, body: Body) {
        self.0 = Some(body);
    }
}
