//! Bounded queues, by name. A queue is looked at, never counted along: what goes through it costs nothing.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crossbeam_channel::Receiver;
use tokio::sync::mpsc;

/// A queue that is looked at. Whoever has its receiving end keeps this beside it, and drops both together: senders learn from that end
/// being gone that nobody takes anything any more.
pub(crate) struct QueueWatch {
    id: String,
    capacity: u64,
    depth: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// How a queue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueSeen {
    pub(crate) id: String,
    pub(crate) depth: u64,
    pub(crate) capacity: u64,
}

/// The queues that there are.
#[derive(Default)]
pub(crate) struct Queues(Mutex<Vec<Weak<QueueWatch>>>);

impl Queues {
    /// Looks at a queue for as long as what is returned is kept.
    pub(crate) fn watch<T: Send + 'static>(&self, id: impl Into<String>, queue: &Receiver<T>) -> Arc<QueueWatch> {
        let capacity = queue.capacity().unwrap_or(0) as u64;
        let queue = queue.clone();
        self.add(QueueWatch { id: id.into(), capacity, depth: Box::new(move || queue.len() as u64) })
    }

    /// The same of a queue that tasks fill. It ends when its last sender does, whoever looks.
    pub(crate) fn watch_tasks<T: Send + 'static>(
        &self,
        id: impl Into<String>,
        queue: &mpsc::Sender<T>,
    ) -> Arc<QueueWatch> {
        let capacity = queue.max_capacity() as u64;
        let queue = queue.downgrade();
        let depth = move || queue.upgrade().map_or(0, |queue| (queue.max_capacity() - queue.capacity()) as u64);
        self.add(QueueWatch { id: id.into(), capacity, depth: Box::new(depth) })
    }

    fn add(&self, watch: QueueWatch) -> Arc<QueueWatch> {
        let watch = Arc::new(watch);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|watch| watch.strong_count() > 0);
        all.push(Arc::downgrade(&watch));
        watch
    }

    /// How they are now. Of several with one name, the sums.
    pub(crate) fn seen(&self) -> Vec<QueueSeen> {
        let mut seen: Vec<QueueSeen> = Vec::new();
        for watch in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade) {
            let depth = (watch.depth)();
            match seen.iter_mut().find(|seen| seen.id == watch.id) {
                Some(seen) => (seen.depth, seen.capacity) = (seen.depth + depth, seen.capacity + watch.capacity),
                None => seen.push(QueueSeen { id: watch.id.clone(), depth, capacity: watch.capacity }),
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn a_queue_is_seen_while_somebody_takes_from_it_and_does_not_keep_its_sender_waiting() {
        let queues = Queues::default();
        let (sender, receiver) = bounded(4);
        let watch = queues.watch("arrivals", &receiver);
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        assert_eq!(queues.seen(), [QueueSeen { id: "arrivals".into(), depth: 2, capacity: 4 }]);
        let (other, others) = bounded(6);
        let second = queues.watch("arrivals", &others);
        other.send(3).unwrap();
        assert_eq!(queues.seen(), [QueueSeen { id: "arrivals".into(), depth: 3, capacity: 10 }]);
        drop((receiver, watch, others, second));
        assert_eq!(queues.seen(), []);
        assert!(sender.send(4).is_err(), "nobody takes it");
    }

    #[test]
    fn a_queue_of_tasks_is_seen_and_ends_with_its_sender() {
        let queues = Queues::default();
        let (sender, mut receiver) = mpsc::channel(4);
        let watch = queues.watch_tasks("checks", &sender);
        sender.try_send(1).unwrap();
        assert_eq!(queues.seen(), [QueueSeen { id: "checks".into(), depth: 1, capacity: 4 }]);
        drop(sender);
        assert_eq!((receiver.blocking_recv(), receiver.blocking_recv()), (Some(1), None));
        assert_eq!(queues.seen(), [QueueSeen { id: "checks".into(), depth: 0, capacity: 4 }]);
        drop(watch);
        assert_eq!(queues.seen(), []);
    }
}
