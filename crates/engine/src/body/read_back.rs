//! A body as it was sent, from the packets of its flow.

use wirereel_capture::{CaptureError, PacketReader};
use wirereel_dissect::{
    Dissector, Limits,
    record::{Body, BodyRequest, Endpoint, Side, Sink, Transport},
};

/// Which body of a flow, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Of the exchange, among those of its flow.
    pub(crate) ordinal: u32,
    pub(crate) side: Side,
    /// The flow's server, which may have been known from the host's table of listening sockets.
    pub(crate) server: Option<Endpoint>,
    pub(crate) limit_bytes: usize,
}

/// Reads a flow's packets from its start until the body is whole; `None` when it is not found in them.
pub(crate) fn read_back(
    packets: &mut PacketReader,
    positions: &[u64],
    limits: Limits,
    Place { ordinal, side, server, limit_bytes }: Place,
) -> Result<Option<Body>, CaptureError> {
    let mut dissector = Dissector::with_body(limits, BodyRequest { ordinal, side, limit_bytes });
    if let Some(server) = server {
        dissector.listening().insert(Transport::Tcp, server);
    }
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
