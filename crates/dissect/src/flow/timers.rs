//! When flows are next due, in capture time.
//!
//! Every flow has at least one entry, never later than its real due time. An entry that comes up early is put back at
//! the real time, so a packet moves no entry: it costs nothing here unless it brings the due time forward.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::record::FlowId;

/// An entry of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timer {
    pub(super) due_ns: i64,
    pub(super) flow: FlowId,
    pub(super) slot: u32,
}

/// A queue of flows by due time.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BinaryHeap<Reverse<(i64, FlowId, u32)>>,
}

impl Timers {
    pub(super) fn set(&mut self, due_ns: i64, flow: FlowId, slot: u32) {
        self.queue.push(Reverse((due_ns, flow, slot)));
    }

    /// The earliest entry if it is due by `now_ns`.
    pub(super) fn pop_due(&mut self, now_ns: i64) -> Option<Timer> {
        let Reverse((due_ns, ..)) = self.queue.peek()?;
        if *due_ns > now_ns { None } else { self.pop_first() }
    }

    /// The earliest entry, due or not.
    pub(super) fn pop_first(&mut self) -> Option<Timer> {
        self.queue.pop().map(|Reverse((due_ns, flow, slot))| Timer { due_ns, flow, slot })
    }
}
