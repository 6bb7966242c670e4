//! Readings per second for 10,000 subjects: each has three rules, one in a hundred readings is bad.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use wirereel_alerts::{AlertConfig, Machine, Observation, Reading};

const SUBJECTS: i64 = 10_000;
const SECOND: i64 = 1_000_000_000;

#[allow(clippy::unwrap_used, reason = "a benchmark ends when something fails")]
fn config() -> AlertConfig {
    let rule = |id: &str, metric: &str, when: serde_json::Value| json!({ "id": id, "subject": { "kind": "website" }, "metric": metric, "when": when, "for": "30s", "remind_every": "1h" });
    serde_json::from_value(json!({
        "rules": [
            rule("down", "up", json!({ "kind": "availability" })),
            rule("errors", "up", json!({ "kind": "error_rate", "percent": 20, "over": "10m" })),
            rule("quiet", "up", json!({ "kind": "silence", "after": "5m" })),
        ],
        "maintenance": [
            { "name": "nightly", "when": { "kind": "cron", "cron": "0 3 * * *", "lasts": "1h" }, "time_zone": "Europe/Berlin" },
        ],
    }))
    .unwrap()
}

#[allow(clippy::unwrap_used, reason = "a benchmark ends when something fails")]
fn inputs(bench: &mut Criterion) {
    let names: Vec<String> = (0..SUBJECTS).map(|place| format!("https://site-{place}.example.com/")).collect();
    let mut group = bench.benchmark_group("alerts, 10,000 subjects, one reading each, three rules");
    group.throughput(Throughput::Elements(SUBJECTS.unsigned_abs())).sample_size(20);
    for (name, saved) in [("judged", false), ("judged, and everything made ready to be saved", true)] {
        let mut machine = Machine::new(config()).unwrap();
        let (mut round, mut events) = (0_i64, Vec::new());
        group.bench_function(name, |bench| {
            bench.iter(|| {
                for (place, name) in names.iter().enumerate() {
                    let at_ns = round * 10 * SECOND + place as i64 * SECOND / 1_000;
                    let bad = u64::from((place as i64 * 7 + round) % 100 == 0);
                    let reading = Reading::Outcomes { good: 1 - bad, bad };
                    let every_ns = Some(10 * SECOND);
                    let seen = Observation { kind: "website", name, metric: "up", at_ns, every_ns, reading };
                    machine.observe(&seen, &mut events);
                    // A thousand readings a second, a tick a second.
                    if place % 1_000 == 0 {
                        machine.tick(at_ns, &mut events);
                    }
                }
                round += 1;
                events.clear();
                if saved {
                    black_box(machine.changes().len());
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, inputs);
criterion_main!(benches);
