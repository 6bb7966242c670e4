use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{
    Condition, Event, Happening, Rule, Selector, Subject,
    machine::Alert,
    notify::{Attempt, Channel, Delivery, DeliveryState, Sending, Target},
};

/// A desktop that fails once, panics once, and a target that never answers.
#[derive(Default)]
struct Moody {
    asked: AtomicUsize,
}

impl Sender for Moody {
    fn send<'a>(&'a self, attempt: &'a Attempt) -> Sending<'a> {
        let hangs = attempt.target.id == "hangs";
        Box::pin(async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            match self.asked.fetch_add(1, Ordering::Relaxed) {
                0 => Err(SendFailure::passing("busy")),
                1 => panic!("as senders should not"),
                _ => Ok(()),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_due_is_sent_beside_a_target_that_hangs_and_everything_is_recorded() {
    let targets = ["hangs", "moody"].map(|id| Target::new(id, Channel::Desktop {}));
    let courier = Arc::new(Courier::new(Outbox::new(targets.to_vec())));
    let recorded: Arc<Mutex<Vec<Delivery>>> = Arc::default();
    let began = tokio::time::Instant::now();
    let clock = move || i64::try_from(began.elapsed().as_nanos()).unwrap();
    let records = Arc::clone(&recorded);
    let sending = tokio::spawn(deliver(Arc::clone(&courier), Arc::new(Moody::default()), clock, move |changed| {
        records.lock().unwrap().extend(changed);
    }));
    let rule = Rule::new("r", Selector::default(), "up", Condition::down());
    for name in ["a", "b"] {
        let alert = Alert::open(&rule, &Subject::new("website", name), 1, None);
        courier.with(|outbox| outbox.push(&Event::new(Happening::Opened, 1, alert, None), clock()));
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    sending.abort();
    let recorded = recorded.lock().unwrap();
    let last = |name: &str, target: &str| {
        let mine = |delivery: &&Delivery| delivery.notice.subject.name == name && delivery.target == target;
        recorded.iter().rfind(mine).cloned().unwrap()
    };
    for name in ["a", "b"] {
        assert_eq!((last(name, "moody").state, last(name, "moody").attempts), (DeliveryState::Sent, 2), "{name}");
        assert_eq!(last(name, "hangs").state, DeliveryState::Waiting);
    }
    assert!(recorded.iter().any(|delivery| delivery.failure.as_deref() == Some("busy")));
    assert!(recorded.iter().any(|delivery| delivery.failure.as_deref() == Some("what sends it broke down")));
}
