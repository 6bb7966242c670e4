//! The exchanges of a connection that are not over, and which of them the next response answers.

use std::collections::VecDeque;

use crate::record::Side;

use super::exchange::Pending;

/// Requests that may wait for their responses. Pipelining clients send a few dozen at most; a capture of the client's
/// side alone would otherwise keep every request until its end.
const MAX_OUTSTANDING: usize = 128;

/// Exchanges in order of their requests.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    pending: VecDeque<Box<Pending>>,
    added: u32,
    /// Requests whose rows were written before their responses came: that many responses belong to no row.
    given_up: u32,
    /// A request came before the response to the one before it.
    overlapped: bool,
    /// The server's direction lost its thread since the last response.
    server_lost: bool,
    /// Responses may have been lost while several requests waited: whose the next ones are is a guess until none waits.
    is_doubtful: bool,
}

/// What is remembered while no exchange is under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtRest {
    added: u32,
    given_up: u32,
    overlapped: bool,
    server_lost: bool,
    is_doubtful: bool,
}

impl Outstanding {
    /// What must be kept; `None` while an exchange is under way.
    pub(super) fn at_rest(&self) -> Option<AtRest> {
        let Self { added, given_up, overlapped, server_lost, is_doubtful, .. } = *self;
        self.pending.is_empty().then_some(AtRest { added, given_up, overlapped, server_lost, is_doubtful })
    }

    pub(super) fn woken(rest: AtRest) -> Self {
        let AtRest { added, given_up, overlapped, server_lost, is_doubtful } = rest;
        Self { pending: VecDeque::new(), added, given_up, overlapped, server_lost, is_doubtful }
    }

    /// The ordinal of the next exchange.
    pub(super) fn next_ordinal(&self) -> u32 {
        self.added
    }

    /// Adds an exchange. When too many wait, the oldest is given up and returned.
    pub(super) fn add(&mut self, pending: Box<Pending>) -> Option<Box<Pending>> {
        let some_wait = self.pending.iter().any(|before| before.is_waiting());
        self.overlapped |= !self.server_lost && some_wait;
        self.is_doubtful &= some_wait;
        self.added = self.added.saturating_add(1);
        self.pending.push_back(pending);
        if self.pending.len() <= MAX_OUTSTANDING {
            return None;
        }
        let mut oldest = self.pending.pop_front()?;
        self.given_up += u32::from(oldest.is_waiting());
        oldest.give_up("cut off", "no response");
        Some(oldest)
    }

    /// Index of the exchange that the response which now begins belongs to; `None` when its request was never seen.
    ///
    /// It is the oldest that waits (RFC 9112 §9.3.2). After a loss in the server's direction, and where requests never
    /// overlapped, it is the newest: the responses before it were lost. Where they did, the oldest is a guess, and its row
    /// says that something is missing.
    pub(super) fn answered_next(&mut self) -> Option<usize> {
        let lost = std::mem::take(&mut self.server_lost);
        if self.given_up > 0 && !lost {
            self.given_up -= 1;
            return None;
        }
        if !lost || self.overlapped {
            let oldest = self.pending.iter().position(|pending| pending.is_waiting())?;
            self.is_doubtful |= lost && self.pending.iter().skip(oldest + 1).any(|pending| pending.is_waiting());
            if self.is_doubtful {
                self.pending[oldest].note("gap");
                self.pending[oldest].response.broken = true;
            }
            return Some(oldest);
        }
        let newest = self.pending.iter().rposition(|pending| pending.is_waiting())?;
        for unanswered in self.pending.iter_mut().take(newest).filter(|pending| pending.is_waiting()) {
            unanswered.interrupt(Side::Server, "gap");
        }
        Some(newest)
    }

    /// Takes out the exchange that the next response belongs to.
    pub(super) fn take_answered_next(&mut self) -> Option<Box<Pending>> {
        let index = self.answered_next()?;
        self.pending.remove(index)
    }

    pub(super) fn get(&mut self, index: usize) -> Option<&mut Pending> {
        self.pending.get_mut(index).map(|pending| &mut **pending)
    }

    /// The exchange whose message of `side` is being read.
    pub(super) fn reading(&mut self, side: Side) -> Option<&mut Pending> {
        let mut pending = self.pending.iter_mut();
        match side {
            Side::Client => pending.rfind(|pending| pending.request.is_reading()),
            Side::Server => pending.find(|pending| pending.response.is_reading()),
        }
        .map(|pending| &mut **pending)
    }

    pub(super) fn newest(&mut self) -> Option<&mut Pending> {
        self.pending.back_mut().map(|pending| &mut **pending)
    }

    /// Responses may have been lost.
    pub(super) fn lose_server(&mut self) {
        self.server_lost = true;
    }

    /// Tells the oldest waiting exchange why it has no response.
    pub(super) fn note_unanswered(&mut self, oddity: String) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.is_waiting()) {
            pending.note(oddity);
        }
    }

    /// What to say of an exchange that never got its response.
    pub(super) fn why_unanswered(&self) -> &'static str {
        if self.server_lost { "gap" } else { "no response" }
    }

    /// The server sends no more: requests that are complete stay without response.
    pub(super) fn end_unanswered(&mut self) {
        let why = self.why_unanswered();
        for pending in self.pending.iter_mut().filter(|pending| pending.is_waiting() && pending.request.ended) {
            pending.interrupt(Side::Server, why);
        }
    }

    /// Takes the oldest exchange if it is over.
    pub(super) fn pop_over(&mut self) -> Option<Box<Pending>> {
        if self.pending.front()?.is_over() { self.pending.pop_front() } else { None }
    }

    /// Takes the oldest exchange.
    pub(super) fn pop(&mut self) -> Option<Box<Pending>> {
        self.pending.pop_front()
    }
}
