//! Handshakes: `connect`, `accept` and `established` of a flow, which follow each other within a round trip, as one row.

use foldhash::HashMap;
use wirereel_dissect::record::{FlowEvent, FlowEventKind};

use super::{Openings, PeerId, push::split};

/// One row in the making.
#[derive(Debug)]
struct Opening {
    flow: u64,
    client: PeerId,
    server: PeerId,
    /// Nanoseconds of connect, accept and established.
    steps: [Option<i64>; 3],
}

/// The handshakes of one batch, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Handshakes {
    rows: Vec<Opening>,
    /// Rows of handshakes that are not complete.
    open: HashMap<u64, usize>,
}

impl Handshakes {
    /// Takes an event in when it is a step of a handshake; tells whether it was.
    pub(super) fn add(&mut self, event: &FlowEvent, flow: u64, client: PeerId, server: PeerId) -> bool {
        let step = match event.kind {
            FlowEventKind::Connect => 0,
            FlowEventKind::Accept => 1,
            FlowEventKind::Established => 2,
            _ => return false,
        };
        let same = |row: &Opening| {
            (row.client, row.server) == (client, server) && row.steps[step..].iter().all(Option::is_none)
        };
        match self.open.get(&flow) {
            Some(&index) if same(&self.rows[index]) => self.rows[index].steps[step] = Some(event.at_ns),
            _ => {
                let mut steps = [None; 3];
                steps[step] = Some(event.at_ns);
                self.open.insert(flow, self.rows.len());
                self.rows.push(Opening { flow, client, server, steps });
            }
        }
        if step == 2 {
            self.open.remove(&flow);
        }
        true
    }

    /// Hands the rows over and starts anew.
    pub(super) fn take(&mut self, batch: u32) -> Openings {
        let mut t = Openings::default();
        self.open.clear();
        for Opening { flow, client, server, steps } in self.rows.drain(..) {
            let [connect, accept, established] = steps.map(|at_ns| at_ns.map(split));
            t.flow_id.append_value(flow);
            t.connect_us.append_option(connect.map(|(us, _)| us));
            t.connect_rest.append_value(connect.map_or(0, |(_, rest)| rest));
            t.accept_us.append_option(accept.map(|(us, _)| us));
            t.accept_rest.append_value(accept.map_or(0, |(_, rest)| rest));
            t.established_us.append_option(established.map(|(us, _)| us));
            t.established_rest.append_value(established.map_or(0, |(_, rest)| rest));
            t.client_peer.append_value(client.0);
            t.server_peer.append_value(server.0);
            t.batch.append_value(batch);
        }
        t
    }
}
