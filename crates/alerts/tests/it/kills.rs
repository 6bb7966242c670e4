//! A machine that is killed and goes on from what was saved says what one that never stopped says.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;
use wirereel_alerts::{AlertConfig, Change, Event, Happening, Machine, Observation, Reading, Record, Subject};

use crate::play::{EPOCH, SECOND};

/// Records as they would lie on disk: text, by rule and subject.
#[derive(Default)]
pub(crate) struct Disk(BTreeMap<(String, Subject), String>);

impl Disk {
    pub(crate) fn save(&mut self, machine: &mut Machine) {
        for change in machine.changes() {
            match change {
                Change::Saved(record) => {
                    let text = serde_json::to_string(&record).unwrap();
                    self.0.insert((record.rule.clone(), record.subject.clone()), text);
                }
                Change::Gone { rule, subject } => {
                    self.0.remove(&(rule, subject));
                }
            }
        }
    }

    pub(crate) fn restore(&self, config: &AlertConfig, at_ns: i64) -> Machine {
        let mut machine = Machine::new(config.clone()).unwrap();
        let records: Vec<Record> = self.0.values().map(|text| serde_json::from_str(text).unwrap()).collect();
        let restored = machine.restore(records, at_ns);
        assert!(restored.refused.is_empty() && restored.events.is_empty(), "{restored:?}");
        machine
    }

    pub(crate) fn longest(&self) -> usize {
        self.0.values().map(String::len).max().unwrap_or(0)
    }
}

#[derive(Debug, Clone)]
enum Input {
    Outcome(u8, bool),
    Value(u8, f64),
    Count(u8, u64),
    Deadline(u8, i64),
    Silence(u8, i64),
    Acknowledge,
    Blind(i64),
}

fn inputs() -> impl Strategy<Value = Vec<(i64, Input)>> {
    let subject = 0_u8..2;
    let input = prop_oneof![
        6 => (subject.clone(), any::<bool>()).prop_map(|(name, ok)| Input::Outcome(name, ok)),
        6 => (subject.clone(), 0.0..20.0).prop_map(|(name, value)| Input::Value(name, value)),
        3 => (subject.clone(), 0_u64..8).prop_map(|(name, count)| Input::Count(name, count)),
        1 => (subject.clone(), -100_i64..4_000).prop_map(|(name, left)| Input::Deadline(name, left * SECOND)),
        1 => (subject, 0_i64..300).prop_map(|(name, length)| Input::Silence(name, length * SECOND)),
        1 => Just(Input::Acknowledge),
        1 => (0_i64..200).prop_map(|length| Input::Blind(length * SECOND)),
    ];
    // Steps of odd lengths, so that nothing happens only at whole seconds.
    prop::collection::vec((1_i64..40 * SECOND, input), 1..150)
}

/// A rule of each kind, with every timer.
fn config() -> AlertConfig {
    let rule = |id: &str, metric: &str, more: serde_json::Value| {
        let mut rule = json!({ "id": id, "subject": { "kind": "website" }, "metric": metric });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    serde_json::from_value(json!({
        "rules": [
            rule("down", "up", json!({ "when": { "kind": "availability", "percent": 50, "recover_percent": 60, "min_records": 3 }, "keep_firing": "45s" })),
            rule("errors", "up", json!({ "when": { "kind": "error_rate", "percent": 50, "over": "90s", "min_records": 2 }, "for": "20s" })),
            rule("burn", "up", json!({ "when": { "kind": "burn_rate", "objective_percent": 90, "min_records": 2,
                "windows": [{ "long": "10m", "short": "1m", "rate": 4 }, { "long": "20m", "short": "3m", "rate": 3 }] } })),
            rule("quiet", "up", json!({ "when": { "kind": "silence", "after": "1m" }, "remind_every": "2m" })),
            rule("high", "load", json!({ "when": { "kind": "at_least", "threshold": 12, "recover": 8, "stale_after": "100s" },
                "for": "15s", "keep_firing": "15s", "remind_every": "1m" })),
            rule("low", "load", json!({ "when": { "kind": "at_most", "threshold": 3.3, "stale_after": "100s" } })),
            rule("drops", "drops", json!({ "when": { "kind": "count", "at_least": 12, "recover": 6, "over": "2m" }, "for": "10s" })),
            rule("end", "end", json!({ "when": { "kind": "expiry", "within": "10m" } })),
        ],
        "maintenance": [
            { "name": "often", "subject": { "names": ["b"] }, "when": { "kind": "cron", "cron": "*/10 * * * *", "lasts": "3m" } },
        ],
    }))
    .unwrap()
}

fn feed(machine: &mut Machine, at_ns: i64, input: &Input, events: &mut Vec<Event>) {
    let name = |name: u8| if name == 0 { "a" } else { "b" };
    let (whom, metric, reading) = match input {
        Input::Outcome(whom, ok) => (*whom, "up", Reading::Outcomes { good: u64::from(*ok), bad: u64::from(!*ok) }),
        Input::Value(whom, value) => (*whom, "load", Reading::Value(*value)),
        Input::Count(whom, count) => (*whom, "drops", Reading::Count(*count)),
        Input::Deadline(whom, left) => (*whom, "end", Reading::Deadline(at_ns + left)),
        Input::Silence(whom, length) => {
            machine.silence(None, &Subject::new("website", name(*whom)), at_ns + length, at_ns, events);
            return;
        }
        Input::Acknowledge => {
            let ids: Vec<_> = machine.open_alerts().map(|alert| alert.alert_id.clone()).collect();
            for id in ids {
                machine.acknowledge(&id, at_ns).unwrap();
            }
            return;
        }
        Input::Blind(length) => {
            machine.blind(at_ns - length, at_ns, events);
            return;
        }
    };
    machine.observe(&Observation { kind: "website", name: name(whom), metric, at_ns, every_ns: None, reading }, events);
}

/// What people did and what the machine learnt of itself is saved at once: it cannot be measured again.
fn is_saved_at_once(input: &Input) -> bool {
    matches!(input, Input::Silence(..) | Input::Acknowledge | Input::Blind(_))
}

/// Events by id: the same id must be the same event, however often it comes.
fn by_id(events: Vec<Event>) -> Result<BTreeMap<String, Event>, TestCaseError> {
    let mut unique = BTreeMap::new();
    for event in events {
        if let Some(before) = unique.insert(event.event_id.clone(), event.clone()) {
            prop_assert_eq!(before, event);
        }
    }
    Ok(unique)
}

/// Compares event by event, so that a failure shows the one that differs.
fn same(said: &BTreeMap<String, Event>, wanted: &BTreeMap<String, Event>) -> Result<(), TestCaseError> {
    for (id, event) in wanted {
        prop_assert_eq!(said.get(id), Some(event));
    }
    for (id, event) in said {
        prop_assert_eq!(Some(event), wanted.get(id));
    }
    Ok(())
}

proptest! {
    #[test]
    fn cutting_the_stream_anywhere_doubles_and_loses_nothing(
        inputs in inputs(),
        saves in prop::collection::vec(any::<bool>(), 150),
        kills in prop::collection::vec(prop::option::weighted(0.1, 0_usize..6), 150),
    ) {
        let config = config();
        let mut at_ns = EPOCH;
        let stream: Vec<_> = inputs.into_iter().map(|(step, input)| { at_ns += step; (at_ns, input) }).collect();
        let end = at_ns + 3_600 * SECOND;

        let (mut whole, mut wanted) = (Machine::new(config.clone()).unwrap(), Vec::new());
        for (at_ns, input) in &stream {
            // Ticks just before each input make reminders come at the same times in both.
            whole.tick(*at_ns - 1, &mut wanted);
            feed(&mut whole, *at_ns, input, &mut wanted);
        }
        whole.tick(end, &mut wanted);

        let (mut machine, mut said, mut disk) = (Machine::new(config.clone()).unwrap(), Vec::new(), Disk::default());
        let (mut saved, mut floor) = (0, 0);
        for (place, (at_ns, input)) in stream.iter().enumerate() {
            machine.tick(*at_ns - 1, &mut said);
            feed(&mut machine, *at_ns, input, &mut said);
            if saves[place] || is_saved_at_once(input) {
                disk.save(&mut machine);
                saved = place + 1;
                if is_saved_at_once(input) {
                    floor = saved;
                }
            }
            if let Some(too_early) = kills[place] {
                machine = disk.restore(&config, *at_ns);
                // The replay begins where the save was, or some readings before it.
                for (at_ns, input) in &stream[saved.saturating_sub(too_early).max(floor)..=place] {
                    machine.tick(*at_ns - 1, &mut said);
                    feed(&mut machine, *at_ns, input, &mut said);
                }
            }
        }
        machine.tick(end, &mut said);
        same(&by_id(said)?, &by_id(wanted)?)?;
        let views = |machine: &Machine| {
            let mut views: Vec<_> = machine.views().map(|view| format!("{view:?}")).collect();
            views.sort();
            views
        };
        prop_assert_eq!(views(&machine), views(&whole));
    }

    #[test]
    fn ticks_change_when_something_is_said_and_never_what(
        inputs in inputs(),
        ticks in prop::collection::vec(prop::option::of(0.0..1.0), 150),
    ) {
        let but_reminders = |events: Vec<Event>| -> Result<BTreeMap<String, Event>, TestCaseError> {
            let reminded = |event: &Event| event.what == Happening::Reminded;
            Ok(by_id(events)?.into_iter().filter(|(_, event)| !reminded(event)).collect())
        };
        // A machine that slept did not tick meanwhile.
        let asleep = |(step, input): &(i64, Input)| match input {
            Input::Blind(length) => (*step, Input::Blind(*length.min(step))),
            other => (*step, other.clone()),
        };
        let inputs: Vec<_> = inputs.iter().map(asleep).collect();
        let mut said = [Vec::new(), Vec::new()];
        for (ticking, events) in [false, true].into_iter().zip(&mut said) {
            let mut machine = Machine::new(config()).unwrap();
            let mut at_ns = EPOCH;
            for ((step, input), tick) in inputs.iter().zip(&ticks) {
                if let Some(share) = tick.filter(|_| ticking && !matches!(input, Input::Blind(_))) {
                    machine.tick(at_ns + (*step as f64 * share) as i64, events);
                }
                at_ns += step;
                if matches!(input, Input::Acknowledge) {
                    // Nobody acknowledges what was not shown yet.
                    machine.tick(at_ns - 1, events);
                }
                feed(&mut machine, at_ns, input, events);
            }
            machine.tick(at_ns + 3_600 * SECOND, events);
        }
        let [without, with] = said;
        same(&but_reminders(without)?, &but_reminders(with)?)?;
    }
}

#[test]
fn records_of_another_version_are_refused_and_told() {
    let mut machine = Machine::new(config()).unwrap();
    feed(&mut machine, EPOCH, &Input::Value(0, 20.0), &mut Vec::new());
    let Some(Change::Saved(record)) = machine.changes().pop() else { panic!("something was to be saved") };
    let mut foreign = record.clone();
    foreign.version = 99;
    let restored = Machine::new(config()).unwrap().restore([*foreign, (*record).clone(), *record], EPOCH);
    let said: Vec<_> = restored.refused.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("written by another version (99)") && said[1].starts_with("there are two states of"),
        "{said:?}"
    );
}
