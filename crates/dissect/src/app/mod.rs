//! Application protocols: what flows through a connection once TCP and UDP are peeled off.

use crate::record::{BodyRequest, Endpoint, FlowId, Side, Sink};

/// The flow a payload belongs to, and the packet that brought it.
pub(crate) struct FlowContext {
    pub flow: FlowId,
    pub client: Endpoint,
    pub server: Endpoint,
    /// Position of the packet's record, for [`crate::record::Problem`]s.
    pub position: u64,
}

/// The application side of one TCP flow.
pub(crate) struct Stream {
    body: Option<BodyRequest>,
}

impl Stream {
    pub(crate) fn new(body: Option<BodyRequest>) -> Self {
        Self { body }
    }

    /// In-order payload of one side.
    pub(crate) fn data(&mut self, _ctx: &FlowContext, _side: Side, _bytes: &[u8], _at_ns: i64, _sink: &mut dyn Sink) {}

    /// Payload that was sent but never captured.
    pub(crate) fn gap(
        &mut self,
        _ctx: &FlowContext,
        _side: Side,
        _missed_bytes: u64,
        _at_ns: i64,
        _sink: &mut dyn Sink,
    ) {
    }

    /// That side sends no more.
    pub(crate) fn fin(&mut self, _ctx: &FlowContext, _side: Side, _at_ns: i64, _sink: &mut dyn Sink) {}

    /// That side reset the connection.
    pub(crate) fn reset(&mut self, _ctx: &FlowContext, _side: Side, _at_ns: i64, _sink: &mut dyn Sink) {}

    /// The flow is over or the input has ended.
    pub(crate) fn end(&mut self, _ctx: &FlowContext, _at_ns: i64, _sink: &mut dyn Sink) {
        self.body = None;
    }

    pub(crate) fn protocol(&self) -> Option<&'static str> {
        None
    }

    pub(crate) fn server_name(&self) -> Option<&str> {
        None
    }
}

/// Whether these first bytes are a client's (`Some(true)`), a server's (`Some(false)`), or tell nothing.
pub(crate) fn looks_like_client(_bytes: &[u8]) -> Option<bool> {
    None
}

/// Request-and-answer protocols over UDP.
pub(crate) struct Datagrams {}

impl Datagrams {
    pub(crate) fn new() -> Self {
        Self {}
    }

    pub(crate) fn packet(
        &mut self,
        _ctx: &FlowContext,
        _side: Side,
        _payload: &[u8],
        _at_ns: i64,
        _sink: &mut dyn Sink,
    ) -> Option<&'static str> {
        None
    }

    pub(crate) fn expire(&mut self, _now_ns: i64, _sink: &mut dyn Sink) {}

    pub(crate) fn finish(&mut self, _sink: &mut dyn Sink) {}
}
