//! The life of a connection: attempted, accepted, established, closed; and the events that say so.

use super::direction::End;
use super::header::Flags;
use crate::record::{CloseReason, FlowEventKind, Handshake, Side};

/// Which stages a connection has passed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Stages {
    /// Time of the client's first SYN.
    attempted_ns: Option<i64>,
    accepted: bool,
    established: bool,
    /// The client acknowledged a captured SYN-ACK.
    acknowledged: bool,
    /// SYN to the ACK of the SYN-ACK.
    pub(super) rtt_us: Option<i64>,
    /// When both ends had closed or one had reset, and which it was.
    pub(super) closed: Option<(i64, CloseReason)>,
}

/// What a segment means to the connection's life.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) side: Side,
    pub(super) flags: Flags,
    pub(super) has_payload: bool,
    pub(super) at_ns: i64,
    /// How far the other end had got before.
    pub(super) peer: End,
}

impl Stages {
    /// Moves on; calls `tell` with the events in order.
    pub(super) fn step(&mut self, step: Step, mut tell: impl FnMut(FlowEventKind)) {
        let flags = step.flags;
        if flags.rst() {
            self.reset(step, tell);
            return;
        }
        match (step.side, flags.syn()) {
            (Side::Client, true) => {
                if !flags.ack() && self.attempted_ns.is_none() {
                    self.attempted_ns = Some(step.at_ns);
                    tell(FlowEventKind::Connect);
                }
            }
            (Side::Server, true) => {
                if !self.accepted {
                    self.accepted = true;
                    tell(FlowEventKind::Accept);
                }
            }
            (_, false) => {
                if self.establishes(step) {
                    self.established = true;
                    tell(FlowEventKind::Established);
                }
                self.complete_handshake(step);
            }
        }
        // An end that was never captured cannot be waited for.
        let peer_gone = matches!(step.peer, End::Finished | End::Silent);
        if flags.fin() && peer_gone && self.closed.is_none() {
            self.closed = Some((step.at_ns, CloseReason::Fin));
            tell(FlowEventKind::Close);
        }
    }

    /// Whether this segment, no SYN or RST, is the first that an established connection would carry.
    fn establishes(&self, step: Step) -> bool {
        if self.established {
            return false;
        }
        match step.side {
            Side::Client => step.flags.ack() || step.has_payload,
            // Some servers acknowledge a SYN before they answer it; that accepts nothing yet.
            Side::Server => self.attempted_ns.is_none() && !self.accepted || step.has_payload || step.flags.fin(),
        }
    }

    fn complete_handshake(&mut self, step: Step) {
        if step.side == Side::Client && step.flags.ack() && self.accepted && !self.acknowledged {
            self.acknowledged = true;
            self.rtt_us = self.attempted_ns.map(|attempted_ns| step.at_ns.saturating_sub(attempted_ns) / 1_000);
        }
    }

    fn reset(&mut self, step: Step, mut tell: impl FnMut(FlowEventKind)) {
        if self.closed.is_some() {
            return;
        }
        if step.side == Side::Server && self.is_attempt() {
            self.refuse(step.at_ns, tell);
            return;
        }
        self.closed = Some((step.at_ns, CloseReason::Rst));
        if self.established || self.accepted || self.attempted_ns.is_some() {
            tell(FlowEventKind::Reset);
        }
    }

    /// The attempt was turned down, by a RST or by an ICMP message about it.
    pub(super) fn refuse(&mut self, at_ns: i64, mut tell: impl FnMut(FlowEventKind)) {
        if self.closed.is_none() {
            self.closed = Some((at_ns, CloseReason::Refused));
            tell(FlowEventKind::Refused);
        }
    }

    /// A SYN was sent and nothing shows that it was accepted.
    pub(super) fn is_attempt(&self) -> bool {
        self.attempted_ns.is_some() && !self.accepted && !self.established
    }

    /// Time of the client's first SYN.
    pub(super) fn attempted_ns(&self) -> Option<i64> {
        self.attempted_ns
    }

    /// One end has reset the connection.
    pub(super) fn is_reset(&self) -> bool {
        matches!(self.closed, Some((_, CloseReason::Rst | CloseReason::Refused)))
    }

    /// How much of the handshake was captured.
    pub(super) fn handshake(&self) -> Handshake {
        match self.attempted_ns {
            Some(_) if self.accepted && self.acknowledged => Handshake::Full,
            Some(_) if !self.accepted && !self.established => Handshake::None,
            _ => Handshake::MidStream,
        }
    }
}
