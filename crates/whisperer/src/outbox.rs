//! What waits to be written to the pipe: control messages first, then batches of packets, bounded in bytes.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use wirereel_whisper::{Breaker, FromAgent, Loss, LostWhere, PacketBatch, packets};

use crate::{breaker::CircuitBreaker, losses::Losses};

/// Control messages that wait at most; statuses are left out before anything else is lost.
const MOST_MESSAGES: usize = 64;
/// Empty batches kept for the next packets.
const MOST_SPARE: usize = 16;

/// See the module.
pub(crate) struct Outbox {
    inner: Mutex<Inner>,
    changed: Condvar,
    room: Condvar,
    capacity_bytes: usize,
}

struct Inner {
    messages: VecDeque<FromAgent>,
    /// At most two: what became of a file, and that it has stopped.
    last_words: Vec<FromAgent>,
    batches: VecDeque<PacketBatch>,
    queued_bytes: usize,
    queued_packets: usize,
    spare: Vec<PacketBatch>,
    breaker: CircuitBreaker,
    losses: Losses,
    /// Packets wait for what must be said before them.
    held: bool,
    closed: bool,
}

/// What is written next.
pub(crate) enum Next {
    Message(FromAgent),
    Packets(PacketBatch),
}

/// How full it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fill {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) breaker: Breaker,
}

impl Outbox {
    pub(crate) fn new(capacity_bytes: usize) -> Self {
        let inner = Inner {
            messages: VecDeque::new(),
            last_words: Vec::new(),
            batches: VecDeque::new(),
            queued_bytes: 0,
            queued_packets: 0,
            spare: Vec::new(),
            breaker: CircuitBreaker::new(),
            losses: Losses::default(),
            held: false,
            closed: false,
        };
        Self { inner: Mutex::new(inner), changed: Condvar::new(), room: Condvar::new(), capacity_bytes }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // What it guards is changed as a whole: a panic elsewhere leaves it usable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when there is no room: whoever sends a status keeps its losses then.
    pub(crate) fn tell(&self, message: FromAgent) -> Result<(), FromAgent> {
        let mut inner = self.inner();
        if inner.messages.len() >= MOST_MESSAGES {
            return Err(message);
        }
        inner.messages.push_back(message);
        self.changed.notify_one();
        Ok(())
    }

    /// As [`Outbox::tell`], but after all packets that are queued, and always.
    pub(crate) fn tell_after_packets(&self, message: FromAgent) {
        self.inner().last_words.push(message);
        self.changed.notify_one();
    }

    /// Waits until a batch of so many bytes fits: for senders that may wait.
    pub(crate) fn wait_for_room(&self, bytes: usize) {
        let fits = |inner: &mut Inner| inner.queued_bytes > 0 && inner.queued_bytes + bytes > self.capacity_bytes;
        drop(self.room.wait_while(self.inner(), fits).unwrap_or_else(PoisonError::into_inner));
    }

    /// Keeps packets back until [`Outbox::tell_and_let_go`].
    pub(crate) fn hold(&self) {
        self.inner().held = true;
    }

    /// Says what the receiver waits for before packets.
    pub(crate) fn tell_and_let_go(&self, message: FromAgent) {
        let mut inner = self.inner();
        inner.messages.push_back(message);
        inner.held = false;
        self.changed.notify_one();
    }

    /// True while packets are worth copying. While it is false, whoever captures counts them with [`Outbox::lost`].
    pub(crate) fn lets_in(&self) -> bool {
        self.inner().breaker.lets_in()
    }

    /// Queues a batch, or counts its packets as lost, and gives an empty one back.
    pub(crate) fn push(&self, batch: PacketBatch, now: Instant) -> PacketBatch {
        let mut inner = self.inner();
        let mut empty = inner.spare.pop().unwrap_or_default();
        if batch.is_empty() {
            inner.spare.push(empty);
            return batch;
        }
        if inner.queued_bytes + batch.bytes().len() > self.capacity_bytes {
            inner.breaker.overflowed(now);
            for packet in packets(batch.bytes()).flatten() {
                inner.losses.count(packet.at_ns, LostWhere::Queue, 1, packet.bytes.len() as u64);
            }
            inner.spare.push(empty);
            empty = batch;
            empty.clear();
            return empty;
        }
        inner.queued_bytes += batch.bytes().len();
        inner.queued_packets += batch.len();
        inner.batches.push_back(batch);
        self.changed.notify_one();
        empty
    }

    /// Packets that were lost elsewhere.
    pub(crate) fn lost(&self, at_ns: i64, place: LostWhere, packets: u64, bytes: u64) {
        self.inner().losses.count(at_ns, place, packets, bytes);
    }

    pub(crate) fn take_losses(&self) -> Vec<Loss> {
        self.inner().losses.take()
    }

    pub(crate) fn put_losses_back(&self, losses: Vec<Loss>) {
        self.inner().losses.put_back(losses);
    }

    pub(crate) fn fill(&self) -> Fill {
        let inner = self.inner();
        Fill { packets: inner.queued_packets as u64, bytes: inner.queued_bytes as u64, breaker: inner.breaker.state() }
    }

    pub(crate) fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    /// Waits for something to write; `None` once it is closed and empty.
    pub(crate) fn next(&self) -> Option<Next> {
        let mut inner = self.inner();
        loop {
            if let Some(message) = inner.messages.pop_front() {
                return Some(Next::Message(message));
            }
            if !inner.held
                && let Some(batch) = inner.batches.pop_front()
            {
                inner.queued_bytes -= batch.bytes().len();
                inner.queued_packets -= batch.len();
                inner.breaker.began(Instant::now());
                self.room.notify_all();
                return Some(Next::Packets(batch));
            }
            if inner.closed {
                return (!inner.last_words.is_empty()).then(|| Next::Message(inner.last_words.remove(0)));
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A batch that [`Outbox::next`] gave was taken by the receiver; gives how long that took.
    pub(crate) fn took(&self, mut batch: PacketBatch) -> std::time::Duration {
        let mut inner = self.inner();
        if inner.spare.len() < MOST_SPARE {
            batch.clear();
            inner.spare.push(batch);
        }
        inner.breaker.took(Instant::now())
    }

    /// Nothing more comes: what is queued is still written.
    pub(crate) fn close(&self) {
        self.inner().closed = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use wirereel_whisper::{AgentState, SentPacket};

    use super::*;

    fn batch(packets: usize) -> PacketBatch {
        let mut batch = PacketBatch::default();
        for _ in 0..packets {
            batch.push(&SentPacket { interface: 0, at_ns: 5_000_000_000, wire_len: 80, bytes: &[1; 80] });
        }
        batch
    }

    #[test]
    fn packets_wait_for_what_must_be_said_before_them() {
        let outbox = Outbox::new(1_024);
        outbox.hold();
        let mut batch = PacketBatch::default();
        batch.push(&SentPacket { interface: 0, at_ns: 1, wire_len: 3, bytes: b"abc" });
        outbox.push(batch, Instant::now());
        outbox.tell_and_let_go(FromAgent::State { state: AgentState::Capturing, reason: None });
        assert!(matches!(outbox.next(), Some(Next::Message(FromAgent::State { .. }))));
        assert!(matches!(outbox.next(), Some(Next::Packets(_))));
    }

    #[test]
    fn what_does_not_fit_is_counted_and_what_fits_is_kept() {
        let outbox = Outbox::new(250);
        outbox.push(batch(2), Instant::now());
        outbox.push(batch(3), Instant::now());
        assert_eq!(outbox.fill().packets, 2);
        assert_eq!(outbox.take_losses(), [Loss { second: 5, place: LostWhere::Queue, packets: 3, bytes: 240 }]);
        let Some(Next::Packets(first)) = outbox.next() else { panic!("the first batch is there") };
        assert_eq!(first.len(), 2);
        outbox.push(batch(1), Instant::now());
        assert_eq!(outbox.fill().packets, 1, "there is room again");
    }

    #[test]
    fn messages_come_first_and_a_closed_box_is_emptied() {
        let outbox = Outbox::new(10_000);
        outbox.push(batch(1), Instant::now());
        outbox.tell(FromAgent::State { state: AgentState::Capturing, reason: None }).unwrap();
        outbox.close();
        assert!(matches!(outbox.next(), Some(Next::Message(_))));
        assert!(matches!(outbox.next(), Some(Next::Packets(_))));
        assert!(outbox.next().is_none());
    }

    #[test]
    fn last_words_come_after_the_packets() {
        let outbox = Outbox::new(10_000);
        outbox.tell_after_packets(FromAgent::State { state: AgentState::Stopped, reason: None });
        outbox.push(batch(1), Instant::now());
        outbox.close();
        assert!(matches!(outbox.next(), Some(Next::Packets(_))));
        assert!(matches!(outbox.next(), Some(Next::Message(_))));
        assert!(outbox.next().is_none());
    }
}
