//! One probe's stay at a hop: what its record will say.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{HeaderMap, header::HeaderValue};

use super::{ring::Place, shared::Shared};
use crate::{
    HopRecord, ProbeId,
    record::{Ending, HOP, MOST_RECORDS},
};

/// One probe's stay at a hop. Dropped without an end, its caller gave up.
pub(super) struct Visit {
    shared: Arc<Shared>,
    id: ProbeId,
    place: Place,
    received: Instant,
    received_at_ns: i64,
    queue: Duration,
    sent: Option<Instant>,
    answered: Option<Instant>,
    left: bool,
}

impl Visit {
    pub(super) fn begin(shared: &Arc<Shared>, id: ProbeId, received: Instant) -> Self {
        let received_at_ns = shared.wall_clock_ns();
        let place = shared.ring.enter(id, received, received_at_ns);
        let shared = Arc::clone(shared);
        Self {
            shared,
            id,
            place,
            received,
            received_at_ns,
            queue: Duration::ZERO,
            sent: None,
            answered: None,
            left: false,
        }
    }

    /// The request's headers are sent on, after so long a wait for a connection.
    pub(super) fn sent(&mut self, queue: Duration) {
        let now = Instant::now();
        self.queue = queue;
        self.sent = Some(now);
        self.shared.ring.sent(self.place, now);
    }

    /// It was not sent after all.
    pub(super) fn not_sent(&mut self) {
        self.sent = None;
    }

    /// The end of the next hop's answer is here.
    pub(super) fn answered(&mut self) {
        self.answered = Some(Instant::now());
    }

    /// The end of the answer goes back, with the record in it.
    pub(super) fn leave(mut self, ending: Ending, metadata: &mut HeaderMap) {
        let now = Instant::now();
        let waited = self.sent.map(|sent| self.answered.unwrap_or(now).saturating_duration_since(sent));
        let record = HopRecord {
            hop: self.shared.name.clone(),
            region: self.shared.region.clone(),
            role: self.shared.role,
            residence_ns: now.saturating_duration_since(self.received).as_nanos() as u64,
            waited_ns: waited.unwrap_or_default().as_nanos() as u64,
            queue_ns: self.queue.as_nanos() as u64,
            backend_ns: None,
            received_at_ns: self.received_at_ns,
        };
        self.end(now, ending);
        // Nobody reads more than that, and trailers have a limit.
        if metadata.get_all(HOP).iter().count() < MOST_RECORDS
            && let Ok(value) = HeaderValue::try_from(record.encode(self.id, self.shared.key.as_ref()))
        {
            metadata.append(HOP, value);
        }
    }

    /// It is broken off: there is nothing that a record could stand in.
    pub(super) fn break_off(mut self) {
        self.end(Instant::now(), Ending::Failed);
    }

    fn end(&mut self, now: Instant, ending: Ending) {
        self.left = true;
        self.shared.ring.left(self.place, now, ending);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.left {
            self.end(Instant::now(), Ending::Cancelled);
        }
    }
}
