//! A judge and its real store by a clock of the test's own.

mod acts;
mod kills;
mod scenarios;
mod week;

use serde_json::{Value, json};
use tempfile::TempDir;
use wirereel_alerts::{Reading, notify::Attempt};
use wirereel_query::alerts::AlertsQuestion;
use wirereel_store::Store;

use super::*;

const SECOND: i64 = 1_000_000_000;
/// 2026-11-26T00:00:00Z.
const EPOCH: i64 = 1_795_651_200 * SECOND;

fn config(value: Value) -> AlertConfig {
    let (config, problems) = AlertConfig::read(&value, &[]);
    assert_eq!(problems, []);
    config
}

/// Everybody is told.
fn desktop() -> Value {
    json!([{ "id": "me", "to": { "kind": "desktop" }, "at_most": { "count": 1000, "per": "1s" } }])
}

fn check(name: &str, second: i64, good: bool) -> OwnedReading {
    OwnedReading {
        kind: "website",
        name: name.into(),
        metric: "up",
        at_ns: EPOCH + second * SECOND,
        every_ns: Some(10 * SECOND),
        reading: Reading::Outcomes { good: u64::from(good), bad: u64::from(!good) },
    }
}

/// A judge, its files, and the event ids of what it had sent.
struct Play {
    folder: TempDir,
    store: Option<Store>,
    judge: Option<Judge>,
    config: AlertConfig,
    sent: Vec<String>,
}

impl Play {
    fn new(config: AlertConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut play = Self { folder, store: None, judge: None, config, sent: Vec::new() };
        play.begin(0, true);
        play
    }

    /// Begins, or begins again; gives from when on everything is to be heard again.
    fn begin(&mut self, second: i64, opens: bool) -> i64 {
        self.judge = None;
        if opens {
            self.store = None;
            self.store = Some(Store::open(self.folder.path()).unwrap().store);
        }
        let writer = self.store().alert_writer().unwrap();
        let begun = Judge::begin(self.config.clone(), writer, EPOCH + second * SECOND).unwrap();
        assert!(begun.notes.is_empty(), "{:?}", begun.notes);
        self.judge = Some(begun.judge);
        begun.since_ns
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn judge(&mut self) -> &mut Judge {
        self.judge.as_mut().unwrap()
    }

    fn check(&mut self, second: i64, good: bool) {
        self.judge().hear(&[check("shop", second, good)]);
    }

    fn settle(&mut self, second: i64) {
        self.judge().settle(EPOCH + second * SECOND, false).unwrap();
    }

    fn tick(&mut self, second: i64) {
        self.judge().tick(EPOCH + second * SECOND);
        self.settle(second);
    }

    /// Attempts that are due.
    fn due(&mut self, second: i64) -> Vec<Attempt> {
        self.judge().courier().with(|outbox| outbox.take(EPOCH + second * SECOND))
    }

    /// Sends everything that is due at once, as the thread would.
    fn send_all(&mut self, second: i64) {
        loop {
            let attempts = self.due(second);
            if attempts.is_empty() {
                break;
            }
            for attempt in attempts {
                let changes = self.judge().courier().with(|outbox| {
                    outbox.finish(&attempt.delivery_id, EPOCH + second * SECOND, Ok(()));
                    outbox.changes()
                });
                self.judge().delivered(changes);
                self.sent.push(attempt.notice.event_id);
            }
        }
    }

    fn rows(&self) -> Vec<wirereel_query::alerts::AlertRow> {
        let question = AlertsQuestion { limit: 500, ..AlertsQuestion::default() };
        let mut rows = self.store().reader(None).unwrap().alerts(&question, 0).unwrap().rows;
        rows.reverse();
        rows
    }

    /// Alerts in the store, as seconds from and to.
    fn spans(&self) -> Vec<(String, i64, Option<i64>)> {
        let second = |us: i64| (us - EPOCH / 1_000) / 1_000_000;
        let rows = self.rows().into_iter();
        rows.map(|row| (row.subject.name, second(row.opened_us), row.resolved_us.map(second))).collect()
    }
}

/// xorshift64*: the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as i64 % below
    }
}
