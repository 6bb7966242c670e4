use proptest::prelude::*;

use super::*;
use crate::{
    Alert, Condition, Happening, Quiet, Rule, Selector, Span, Subject,
    notify::{Channel, Rate},
};

const SECOND: i64 = 1_000_000_000;

fn target(id: &str) -> Target {
    Target::new(id, Channel::Desktop {})
}

fn alert(name: &str) -> Alert {
    let rule = Rule::new("website-down", Selector::kind("website"), "up", Condition::down());
    Alert::open(&rule, &Subject::new("website", name), 1, Some(50.0))
}

fn event(name: &str, what: Happening) -> Event {
    Event::new(what, 1, alert(name), None)
}

/// Takes what is due and lets every attempt end the same way.
fn round(outbox: &mut Outbox, now_ns: i64, result: &Result<(), SendFailure>) -> Vec<String> {
    let attempts = outbox.take(now_ns);
    for attempt in &attempts {
        outbox.finish(&attempt.delivery_id, now_ns, result.clone());
    }
    attempts
        .into_iter()
        .map(|attempt| format!("{}:{}", attempt.notice.subject.name, attempt.notice.event.word()))
        .collect()
}

fn last_change(outbox: &mut Outbox) -> Delivery {
    outbox.changes().pop().expect("something changed")
}

#[test]
fn an_event_goes_once_to_each_target_that_wants_it() {
    let other = Target { rules: vec!["probe-*".into()], ..target("other") };
    let mut outbox = Outbox::new(vec![target("one"), target("two"), other]);
    for _ in 0..3 {
        outbox.push(&event("shop", Happening::Opened), 0);
    }
    outbox.push(&Event::new(Happening::Resolved, 2, alert("shop"), Some(Quiet::Maintenance)), 0);
    assert_eq!(round(&mut outbox, 0, &Ok(())), ["shop:opened", "shop:opened"]);
    assert_eq!(outbox.waiting().count(), 0);
    outbox.push(&event("shop", Happening::Opened), 9);
    assert!(outbox.take(9).is_empty(), "what was sent is not sent again");
}

#[test]
fn a_failure_is_visible_and_tried_again_later_and_later_until_it_is_given_up() {
    let mut outbox = Outbox::new(vec![Target { give_up_after: Span::from_secs(60), ..target("one") }]);
    outbox.push(&event("shop", Happening::Opened), 0);
    let failed = Err(SendFailure::passing("answered 503"));
    let mut tried = Vec::new();
    while let Some(due) = outbox.next_due_ns() {
        assert!(outbox.take(due - 1).is_empty());
        round(&mut outbox, due, &failed);
        tried.push(due / SECOND);
    }
    assert_eq!(tried, [0, 5, 15, 35]);
    let record = last_change(&mut outbox);
    assert_eq!(
        (record.state, record.attempts, record.failure.as_deref()),
        (DeliveryState::Failed, 4, Some("answered 503"))
    );
    assert_eq!(record.finished_at_ns, Some(35 * SECOND));
}

#[test]
fn a_receiver_that_asks_for_time_gets_it_and_one_that_refuses_is_not_asked_again() {
    let mut outbox = Outbox::new(vec![target("one")]);
    outbox.push(&event("shop", Happening::Opened), 0);
    let busy = SendFailure { retry_after_ns: Some(90 * SECOND), ..SendFailure::passing("answered 429") };
    round(&mut outbox, 0, &Err(busy));
    assert_eq!(outbox.next_due_ns(), Some(90 * SECOND));
    round(&mut outbox, 90 * SECOND, &Err(SendFailure::lasting("answered 404")));
    assert_eq!(outbox.next_due_ns(), None);
    assert_eq!(last_change(&mut outbox).state, DeliveryState::Failed);
}

#[test]
fn one_delivery_that_fails_holds_up_neither_other_alerts_nor_other_targets_but_its_own_recovery() {
    let mut outbox = Outbox::new(vec![target("one")]);
    outbox.push(&event("shop", Happening::Opened), 0);
    outbox.push(&event("shop", Happening::Resolved), 0);
    outbox.push(&event("blog", Happening::Opened), 0);
    assert_eq!(round(&mut outbox, 0, &Err(SendFailure::passing("no"))), ["shop:opened"]);
    assert_eq!(round(&mut outbox, 0, &Ok(())), ["blog:opened"]);
    assert!(outbox.take(4 * SECOND).is_empty(), "nobody hears that something is up before that it was down");
    assert_eq!(round(&mut outbox, 5 * SECOND, &Ok(())), ["shop:opened"]);
    assert_eq!(round(&mut outbox, 5 * SECOND, &Ok(())), ["shop:resolved"]);
}

#[test]
fn a_target_is_sent_one_thing_at_a_time_and_no_more_than_its_rate() {
    let rate = Rate { count: 2, per: Span::from_secs(10) };
    let mut outbox = Outbox::new(vec![Target { at_most: rate, ..target("one") }, target("two")]);
    for name in ["a", "b", "c", "d"] {
        outbox.push(&event(name, Happening::Opened), 0);
    }
    let first = outbox.take(0);
    assert_eq!(first.len(), 2, "one for each target");
    assert!(outbox.take(0).is_empty());
    for attempt in &first {
        outbox.finish(&attempt.delivery_id, SECOND, Ok(()));
    }
    let of_one = |outbox: &mut Outbox, at| round(outbox, at, &Ok(())).len();
    assert_eq!(of_one(&mut outbox, SECOND), 2);
    assert_eq!(of_one(&mut outbox, SECOND), 1, "the rate of the first is used up");
    assert_eq!(of_one(&mut outbox, SECOND), 1);
    assert_eq!(outbox.next_due_ns(), Some(10 * SECOND));
    assert_eq!(of_one(&mut outbox, 10 * SECOND), 1);
    assert_eq!(outbox.next_due_ns(), Some(11 * SECOND));
}

#[test]
fn a_full_queue_gives_the_oldest_up_and_says_so() {
    let mut outbox = Outbox::new(vec![target("one")]);
    for place in 0..=QUEUE {
        outbox.push(&event(&place.to_string(), Happening::Opened), 7);
    }
    assert_eq!(outbox.waiting().count(), QUEUE);
    let given_up: Vec<_> =
        outbox.changes().into_iter().filter(|delivery| delivery.state == DeliveryState::Failed).collect();
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].notice.subject.name, "0");
    assert_eq!(given_up[0].failure.as_deref(), Some("given up for newer ones: 200 were waiting"));
}

#[test]
fn what_waits_for_a_target_that_is_removed_is_given_up_and_the_rest_goes_on() {
    let mut outbox = Outbox::new(vec![target("one"), target("two")]);
    outbox.push(&event("shop", Happening::Opened), 0);
    outbox.changes();
    outbox.retarget(vec![target("two")], 3);
    let record = last_change(&mut outbox);
    assert_eq!((record.target.as_str(), record.failure.as_deref()), ("one", Some("its target was removed")));
    assert_eq!(round(&mut outbox, 3, &Ok(())).len(), 1);
}

proptest! {
    #[test]
    fn an_outbox_that_is_killed_at_any_point_sends_everything_and_what_was_recorded_as_sent_only_once(
        steps in prop::collection::vec((0_u8..4, 0_u8..6), 1..120),
    ) {
        let targets = || vec![target("one"), Target { at_most: Rate { count: 3, per: Span::from_secs(1) }, ..target("two") }];
        let mut outbox = Outbox::new(targets());
        let mut records: std::collections::BTreeMap<String, Delivery> = std::collections::BTreeMap::new();
        let (mut now, mut arrived, mut pushed) = (0, Vec::new(), HashSet::new());
        let keep = |outbox: &mut Outbox, records: &mut std::collections::BTreeMap<String, Delivery>| {
            for delivery in outbox.changes() {
                let text = serde_json::to_string(&delivery).unwrap();
                records.insert(delivery.delivery_id.clone(), serde_json::from_str(&text).unwrap());
            }
        };
        for (what, which) in steps {
            now += SECOND;
            match what {
                0 => {
                    outbox.push(&event(&which.to_string(), Happening::Opened), now);
                    pushed.insert(which);
                }
                1 => for attempt in outbox.take(now) {
                    let fails = which < 2;
                    if !fails {
                        arrived.push(attempt.delivery_id.clone());
                    }
                    let result = if fails { Err(SendFailure::passing("no")) } else { Ok(()) };
                    outbox.finish(&attempt.delivery_id, now, result);
                },
                // An attempt that is under way when the program is killed.
                2 => {
                    outbox.take(now);
                    keep(&mut outbox, &mut records);
                    outbox = Outbox::new(targets());
                    outbox.restore(records.values().cloned(), now);
                }
                _ => {}
            }
            keep(&mut outbox, &mut records);
        }
        while let Some(due) = outbox.next_due_ns() {
            now = now.max(due);
            for attempt in outbox.take(now) {
                arrived.push(attempt.delivery_id.clone());
                outbox.finish(&attempt.delivery_id, now, Ok(()));
            }
        }
        let once: HashSet<_> = arrived.iter().collect();
        prop_assert_eq!(once.len(), arrived.len());
        prop_assert_eq!(arrived.len(), pushed.len() * 2);
    }
}
