//! What came since names were decided last.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Writer;
use crate::rows::{Batch, Peer, PeerId};

/// A place in what comes to a writer. Places of different writers, or from before something was rolled back, are never the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

impl Mark {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What came since somebody asked last: peers and calls, by which names are decided.
#[derive(Debug)]
pub struct News {
    pub since: Mark,
    pub until: Mark,
    /// `None` when there is more than is kept, so that all must be looked at.
    pub came: Option<Came>,
}

/// New peers with their numbers, and who called whom for the first time.
#[derive(Debug, Default)]
pub struct Came {
    pub peers: Vec<(PeerId, Peer)>,
    pub calls: Vec<(PeerId, PeerId)>,
}

/// Peers and calls that are kept until somebody asks.
const MOST_NEWS: usize = 500_000;

/// News until somebody takes them.
pub(super) struct Gathered {
    since: Mark,
    came: Option<Came>,
}

impl Gathered {
    /// Whoever asks first must look at everything.
    pub(super) fn nothing() -> Self {
        Self { since: Mark::new(), came: Some(Came::default()) }
    }

    pub(super) fn add(&mut self, batch: &Batch) {
        let Some(came) = &mut self.came else { return };
        came.peers.extend_from_slice(&batch.peers);
        came.calls.extend(batch.calls());
        if came.peers.len() + came.calls.len() > MOST_NEWS {
            self.came = None;
        }
    }
}

impl Writer {
    /// What came since this was asked last.
    pub fn take_news(&mut self) -> News {
        let until = Mark::new();
        let before = std::mem::replace(&mut self.news, Gathered { since: until, came: Some(Came::default()) });
        News { since: before.since, until, came: before.came }
    }
}
