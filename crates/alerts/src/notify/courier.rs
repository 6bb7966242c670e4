//! Sends what is due, for as long as it is polled.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, task::JoinSet};

use super::{Outbox, SendFailure, Sender};

/// An outbox that others fill while it is being emptied.
#[derive(Debug, Default)]
pub struct Courier {
    outbox: Mutex<Outbox>,
    changed: Notify,
}

/// How long nothing is looked at when nothing is due.
const IDLE: Duration = Duration::from_secs(3_600);

impl Courier {
    pub fn new(outbox: Outbox) -> Self {
        Self { outbox: Mutex::new(outbox), changed: Notify::new() }
    }

    /// Fills or asks the outbox, and has it looked at. Never waits for anything that is being sent.
    pub fn with<T>(&self, act: impl FnOnce(&mut Outbox) -> T) -> T {
        let result = act(&mut self.outbox());
        self.changed.notify_one();
        result
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        // Every step of the outbox leaves it whole, also one that panics.
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends what is due, each target on its own, until it is dropped; attempts under way end then. `clock` is nanoseconds since 1970;
/// `recorded` is called with what changed, to be recorded.
pub async fn deliver(
    courier: Arc<Courier>,
    sender: Arc<dyn Sender>,
    clock: impl Fn() -> i64,
    mut recorded: impl FnMut(Vec<super::Delivery>),
) {
    let mut under_way = JoinSet::new();
    let mut meant = HashMap::new();
    loop {
        let (attempts, due_ns, changes) = {
            let mut outbox = courier.outbox();
            let attempts = outbox.take(clock());
            (attempts, outbox.next_due_ns(), outbox.changes())
        };
        if !changes.is_empty() {
            recorded(changes);
        }
        for attempt in attempts {
            let sender = Arc::clone(&sender);
            let delivery_id = attempt.delivery_id.clone();
            let task = under_way.spawn(async move { sender.send(&attempt).await });
            meant.insert(task.id(), delivery_id);
        }
        let wait = due_ns
            .map_or(IDLE, |due| Duration::from_nanos(due.saturating_sub(clock()).max(0).unsigned_abs()).min(IDLE));
        tokio::select! {
            Some(ended) = under_way.join_next_with_id() => {
                let (task, result) = match ended {
                    Ok(ended) => ended,
                    // A sender that panics has failed like any other; its target goes on.
                    Err(error) => (error.id(), Err(SendFailure::passing("what sends it broke down"))),
                };
                if let Some(delivery_id) = meant.remove(&task) {
                    courier.outbox().finish(&delivery_id, clock(), result);
                }
            }
            () = courier.changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

#[cfg(test)]
#[path = "courier_tests.rs"]
mod tests;
