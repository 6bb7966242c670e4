//! Which deliveries are due, and what becomes of them. Pure: it is told the time.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{Notice, SendFailure, Target};
use crate::Event;

/// Most deliveries that wait for one target. When there are more, the oldest is given up.
pub const QUEUE: usize = 200;
/// Deliveries that are remembered as done, so that a replay sends nothing twice.
const REMEMBERED: usize = 4_096;
/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT_NS: i64 = 5_000_000_000;
const LONGEST_WAIT_NS: i64 = 600_000_000_000;
/// Longest wait that a receiver may ask for.
const LONGEST_ASKED_NS: i64 = 3_600_000_000_000;

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its turn, or to be tried again.
    Waiting,
    Sent,
    /// Given up, for the reason in `failure`.
    Failed,
}

/// A notice on its way to a target; also the record of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's id and the target's.
    pub delivery_id: String,
    /// Id of the target.
    pub target: String,
    pub notice: Notice,
    pub state: DeliveryState,
    /// Attempts that have ended.
    pub attempts: u32,
    pub queued_at_ns: i64,
    /// Not before this.
    pub next_ns: i64,
    /// When it was sent or given up.
    pub finished_at_ns: Option<i64>,
    /// Why the last attempt failed. No address and no secret is in it.
    pub failure: Option<String>,
}

/// One attempt that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub delivery_id: String,
    pub target: Arc<Target>,
    pub notice: Notice,
}

#[derive(Debug)]
struct Queue {
    target: Arc<Target>,
    waiting: VecDeque<Delivery>,
    /// The delivery that is being sent; one at a time.
    sending: Option<String>,
    /// When the last attempts began, as many as the rate counts.
    began: VecDeque<i64>,
}

/// Plans deliveries to every target.
#[derive(Debug, Default)]
pub struct Outbox {
    queues: Vec<Queue>,
    known: HashSet<String>,
    order: VecDeque<String>,
    changes: Vec<Delivery>,
}

impl Outbox {
    pub fn new(targets: Vec<Target>) -> Self {
        let mut outbox = Self::default();
        outbox.retarget(targets, 0);
        outbox
    }

    /// Sends to these targets from now on. What waits for one that is gone is given up.
    pub fn retarget(&mut self, targets: Vec<Target>, at_ns: i64) {
        let mut before = std::mem::take(&mut self.queues);
        for target in targets {
            let queue = match before.iter().position(|queue| queue.target.id == target.id) {
                Some(place) => Queue { target: Arc::new(target), ..before.swap_remove(place) },
                None => {
                    Queue { target: Arc::new(target), waiting: VecDeque::new(), sending: None, began: VecDeque::new() }
                }
            };
            self.queues.push(queue);
        }
        for delivery in before.into_iter().flat_map(|queue| queue.waiting) {
            self.give_up(delivery, at_ns, "its target was removed".into());
        }
    }

    /// Queues an event for every target that wants it and was not sent it before.
    pub fn push(&mut self, event: &Event, at_ns: i64) {
        for place in 0..self.queues.len() {
            let target = &self.queues[place].target;
            let delivery_id = format!("{}>{}", event.event_id, target.id);
            if !target.wants(event) || !self.remember(&delivery_id) {
                continue;
            }
            let delivery = Delivery {
                delivery_id,
                target: self.queues[place].target.id.clone(),
                notice: Notice::of(event),
                state: DeliveryState::Waiting,
                attempts: 0,
                queued_at_ns: at_ns,
                next_ns: at_ns,
                finished_at_ns: None,
                failure: None,
            };
            self.changes.push(delivery.clone());
            self.enqueue(place, delivery, at_ns);
        }
    }

    /// Goes on with what was recorded: what waited waits, what was done is not done again. An attempt that was under way when the program
    /// ended is made again: nobody knows whether it arrived, and receivers can tell by the event's id.
    pub fn restore(&mut self, records: impl IntoIterator<Item = Delivery>, at_ns: i64) {
        for delivery in records {
            let new = self.remember(&delivery.delivery_id);
            if delivery.state != DeliveryState::Waiting || !new {
                continue;
            }
            match self.queues.iter().position(|queue| queue.target.id == delivery.target) {
                Some(place) => self.enqueue(place, delivery, at_ns),
                None => self.give_up(delivery, at_ns, "its target was removed".into()),
            }
        }
    }

    /// Attempts that are due, at most one for each target that has none under way. Each must be [finished](Self::finish).
    pub fn take(&mut self, now_ns: i64) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for queue in &mut self.queues {
            let Some((at_ns, place)) = queue.next() else { continue };
            if at_ns > now_ns {
                continue;
            }
            let delivery = &queue.waiting[place];
            queue.sending = Some(delivery.delivery_id.clone());
            while queue.began.len() >= queue.target.at_most.count.max(1) as usize {
                queue.began.pop_front();
            }
            queue.began.push_back(now_ns);
            attempts.push(Attempt {
                delivery_id: delivery.delivery_id.clone(),
                target: Arc::clone(&queue.target),
                notice: delivery.notice.clone(),
            });
        }
        attempts
    }

    /// What became of an attempt.
    pub fn finish(&mut self, delivery_id: &str, at_ns: i64, result: Result<(), SendFailure>) {
        let found = self.queues.iter_mut().find(|queue| queue.sending.as_deref() == Some(delivery_id));
        let Some(queue) = found else { return };
        queue.sending = None;
        let Some(place) = queue.waiting.iter().position(|delivery| delivery.delivery_id == delivery_id) else { return };
        let give_up_ns = queue.target.give_up_after.as_nanos();
        let delivery = &mut queue.waiting[place];
        delivery.attempts += 1;
        match result {
            Ok(()) => {
                delivery.state = DeliveryState::Sent;
                delivery.finished_at_ns = Some(at_ns);
                delivery.failure = None;
            }
            Err(failure) => {
                let wait = failure
                    .retry_after_ns
                    .map_or(0, |asked| asked.clamp(0, LONGEST_ASKED_NS))
                    .max(wait(delivery.attempts));
                delivery.next_ns = at_ns.saturating_add(wait);
                let too_late = delivery.next_ns > delivery.queued_at_ns.saturating_add(give_up_ns);
                if failure.is_final || too_late {
                    delivery.state = DeliveryState::Failed;
                    delivery.finished_at_ns = Some(at_ns);
                }
                delivery.failure = Some(failure.message);
            }
        }
        self.changes.push(delivery.clone());
        if delivery.state != DeliveryState::Waiting {
            queue.waiting.remove(place);
        }
    }

    /// When something is due, unless an attempt that is under way ends before.
    pub fn next_due_ns(&self) -> Option<i64> {
        self.queues.iter().filter_map(Queue::next).map(|(at_ns, _)| at_ns).min()
    }

    /// Deliveries that changed since this was asked last, to be recorded; the same one may come more than once, the newest last.
    pub fn changes(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.changes)
    }

    /// What waits, of every target.
    pub fn waiting(&self) -> impl Iterator<Item = &Delivery> {
        self.queues.iter().flat_map(|queue| &queue.waiting)
    }

    fn enqueue(&mut self, place: usize, delivery: Delivery, at_ns: i64) {
        let queue = &mut self.queues[place];
        queue.waiting.push_back(delivery);
        if queue.waiting.len() > QUEUE {
            let sending = queue.sending.as_deref();
            let oldest = queue.waiting.iter().position(|delivery| sending != Some(delivery.delivery_id.as_str()));
            if let Some(delivery) = oldest.and_then(|place| queue.waiting.remove(place)) {
                self.give_up(delivery, at_ns, format!("given up for newer ones: {QUEUE} were waiting"));
            }
        }
    }

    fn give_up(&mut self, mut delivery: Delivery, at_ns: i64, why: String) {
        delivery.state = DeliveryState::Failed;
        delivery.finished_at_ns = Some(at_ns);
        delivery.failure = Some(match delivery.failure.take() {
            Some(before) => format!("{why}; before that: {before}"),
            None => why,
        });
        self.changes.push(delivery);
    }

    /// `false` for what is known already.
    fn remember(&mut self, delivery_id: &str) -> bool {
        if !self.known.insert(delivery_id.to_owned()) {
            return false;
        }
        self.order.push_back(delivery_id.to_owned());
        if self.order.len() > REMEMBERED + self.queues.len() * QUEUE
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

impl Queue {
    /// The delivery whose turn it is, and from when on. News of one alert arrives in its order: while one waits, later ones do as well.
    /// News of another alert does not wait for it.
    fn next(&self) -> Option<(i64, usize)> {
        if self.sending.is_some() {
            return None;
        }
        let mut alerts = HashSet::new();
        let firsts = self.waiting.iter().enumerate().filter(|(_, delivery)| alerts.insert(&delivery.notice.alert_id));
        let (place, delivery) = firsts.min_by_key(|(place, delivery)| (delivery.next_ns, *place))?;
        let rate = self.target.at_most;
        // Of the attempts that the rate counts, the oldest must be long enough ago.
        let counted = self.began.len().checked_sub(rate.count.max(1) as usize);
        let oldest = counted.and_then(|place| self.began.get(place));
        let allowed = oldest.map_or(i64::MIN, |began| began.saturating_add(rate.per.as_nanos()));
        Some((delivery.next_ns.max(allowed), place))
    }
}

fn wait(attempts: u32) -> i64 {
    FIRST_WAIT_NS.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(LONGEST_WAIT_NS)
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
