//! What one end says that it is ready to receive.

use super::header::Segment;

/// The receive window of one end, as last told.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Shift that its SYN named (RFC 7323 §2.2); it holds only if both SYNs named one.
    pub(super) scale: Option<u8>,
    /// The last acknowledgement number and the window told with it, not scaled.
    told: Option<(u32, u16)>,
    closed: bool,
}

/// What a segment did to its sender's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// There is no room; `first` when there was some before.
    Closed { first: bool },
    /// There is room again.
    Opened,
    /// No room before, none now, or some before and now.
    None,
}

impl Window {
    /// The sender has no room.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes in what a segment, no RST, tells. `counts` is false where a window no longer matters.
    pub(super) fn tell(&mut self, segment: &Segment<'_>, counts: bool) -> Change {
        if segment.flags.ack() {
            self.told = Some((segment.acknowledgement, segment.window));
        }
        let was_closed = self.closed;
        self.closed = segment.window == 0 && counts;
        match (self.closed, was_closed) {
            (true, _) => Change::Closed { first: !was_closed },
            (false, true) if segment.window > 0 => Change::Opened,
            (false, _) => Change::None,
        }
    }

    /// The segment acknowledges and offers what its sender's last one did.
    pub(super) fn says_the_same(&self, segment: &Segment<'_>) -> bool {
        self.told == Some((segment.acknowledgement, segment.window))
    }

    /// Bytes that a segment offers, when the peer named `peer_scale`. The window of a SYN is never scaled.
    pub(super) fn bytes(&self, segment: &Segment<'_>, peer_scale: Option<u8>) -> u32 {
        match (self.scale, peer_scale) {
            (Some(scale), Some(_)) if !segment.flags.syn() => u32::from(segment.window) << scale,
            _ => segment.window.into(),
        }
    }
}
