//! Lanes: a newer question of a lane takes the place of the older one, whose query is interrupted.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use duckdb::InterruptHandle;

use crate::store::locked;

/// Who asks on which lane right now.
#[derive(Default)]
pub(crate) struct Lanes {
    holders: Mutex<HashMap<String, Holder>>,
}

struct Holder {
    place: Arc<AtomicBool>,
    interrupt: Arc<InterruptHandle>,
}

/// A reader's place on a lane, until it is given up or taken.
pub(crate) struct Place {
    lane: String,
    taken: Arc<AtomicBool>,
}

impl Lanes {
    /// Takes the lane, interrupting who held it.
    pub(crate) fn take(&self, lane: &str, interrupt: Arc<InterruptHandle>) -> Place {
        let taken = Arc::new(AtomicBool::new(false));
        let holder = Holder { place: Arc::clone(&taken), interrupt };
        let mut holders = locked(&self.holders);
        if let Some(older) = holders.insert(lane.to_owned(), holder) {
            older.place.store(true, Ordering::SeqCst);
            // Under the lock: the older reader cannot have given its connection back to the pool.
            older.interrupt.interrupt();
        }
        Place { lane: lane.to_owned(), taken }
    }

    /// Gives a place up. Afterwards its connection is never interrupted for it.
    pub(crate) fn give_up(&self, place: &Place) {
        let mut holders = locked(&self.holders);
        if holders.get(&place.lane).is_some_and(|holder| Arc::ptr_eq(&holder.place, &place.taken)) {
            holders.remove(&place.lane);
        }
    }
}

impl Place {
    /// True once a newer question has taken the place.
    pub(crate) fn is_taken(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }
}
