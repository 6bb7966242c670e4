//! A snapshot as the pane shows it: the same for this moment's and for one that was read from rows.

use wirereel_query::{
    health::{
        Health, HealthDisk, HealthFinding, HealthIngest, HealthMemory, HealthQuestions, HealthQueue, HealthStage,
        HealthStore, HealthWhisperer, QueueState,
    },
    workbench::CaptureState,
};

use super::{
    FINDINGS, Snapshot, Span,
    gauges::STAGES,
    rules::FULL_SHARE,
    words::{self, Names},
};

/// The queues in the order in which a packet passes them.
const WAY: [&str; 12] = [
    "kernel", "agent", "heard", "orders", "arrivals", "disk", "records", "rows", "import", "figures", "probes",
    "alerts",
];

/// Everything but findings' times and the history.
pub(crate) fn shown(snapshot: &Snapshot, names: &Names) -> Health {
    let mut queues: Vec<HealthQueue> =
        snapshot.named("queue:").into_iter().map(|id| queue(snapshot, id, names)).collect();
    queues.sort_by_key(|queue| {
        let kind = queue.id.split(':').next().unwrap_or_default();
        (WAY.iter().position(|one| *one == kind), queue.name.clone())
    });
    Health {
        measured_us: Some(snapshot.at_us),
        ingest: HealthIngest {
            packets_per_s: snapshot.get("ingest", "packets_per_s"),
            bytes_per_s: snapshot.get("ingest", "bytes_per_s"),
            rows_per_s: snapshot.get("ingest", "rows_per_s"),
            lag_ms: snapshot.get("ingest", "lag_ms"),
            packets: snapshot.count("ingest", "packets"),
        },
        queues,
        store: store(snapshot),
        questions: snapshot.named("question:").into_iter().map(|kind| questions(snapshot, kind)).collect(),
        questions_p99_us: snapshot.count("questions", "p99_us"),
        memory: memory(snapshot),
        cpu: snapshot.get("process", "cpu"),
        disk: HealthDisk {
            segments: snapshot.count("disk", "segments"),
            segment_bytes: snapshot.count("disk", "segment_bytes"),
            database_bytes: snapshot.count("disk", "database_bytes"),
            log_bytes: snapshot.count("disk", "log_bytes"),
            free_bytes: snapshot.count("disk", "free_bytes"),
            bound_bytes: snapshot.count("disk", "bound_bytes"),
        },
        parsing: STAGES
            .iter()
            .map(|stage| HealthStage {
                stage: stage.name().to_owned(),
                errors: snapshot.count("parsing", stage.name()).unwrap_or(0),
            })
            .collect(),
        whisperers: whisperers(snapshot, names),
        ..Health::default()
    }
}

/// Times in which something was wrong, as findings.
pub(crate) fn findings_shown(spans: &[Span], names: &Names) -> Vec<HealthFinding> {
    let shown = spans.iter().map(|span| {
        let (grade, what, advice) = words::finding(&span.id, names);
        HealthFinding { id: span.id.clone(), grade, what, advice, since_us: span.from_us, until_us: span.to_us }
    });
    shown.collect()
}

fn queue(snapshot: &Snapshot, id: &str, names: &Names) -> HealthQueue {
    let component = format!("queue:{id}");
    let (name, about, unit) = words::queue(id, names);
    let (depth, capacity) = (snapshot.count(&component, "depth"), snapshot.count(&component, "capacity"));
    let is_full = match (depth, capacity) {
        (Some(depth), Some(capacity)) if capacity > 0 => depth as f64 >= capacity as f64 * FULL_SHARE,
        _ => false,
    };
    let loses = snapshot.get(FINDINGS, &format!("drops:{id}")).is_some_and(|value| value > 0.0);
    HealthQueue {
        id: id.to_owned(),
        name,
        about: about.to_owned(),
        unit,
        depth,
        capacity,
        drops: snapshot.count(&component, "drops").unwrap_or(0),
        state: match (loses, is_full) {
            (true, _) => QueueState::Dropping,
            (false, true) => QueueState::Full,
            (false, false) => QueueState::Flowing,
        },
    }
}

fn store(snapshot: &Snapshot) -> HealthStore {
    HealthStore {
        batches: snapshot.count("store", "batches"),
        batch_p50_us: snapshot.count("store", "batch_p50_us"),
        batch_p99_us: snapshot.count("store", "batch_p99_us"),
        follow_p50_us: snapshot.count("store", "follow_p50_us"),
        follow_p99_us: snapshot.count("store", "follow_p99_us"),
        checkpoints: snapshot.count("store", "checkpoints"),
        checkpoint_ms: snapshot.get("store", "checkpoint_ms"),
        retentions: snapshot.count("retaining", "passes"),
        retention_us: snapshot.get("retaining", "at_us").map(|at_us| at_us as i64),
        retention_ms: snapshot.get("retaining", "took_ms"),
        retention_hold_ms: snapshot.get("retaining", "longest_hold_ms"),
        retention_failed: snapshot.get("retaining", "failed").is_some_and(|failed| failed > 0.0),
    }
}

fn questions(snapshot: &Snapshot, kind: &str) -> HealthQuestions {
    let component = format!("question:{kind}");
    HealthQuestions {
        kind: kind.to_owned(),
        answered: snapshot.count(&component, "answered").unwrap_or(0),
        interrupted: snapshot.count(&component, "interrupted").unwrap_or(0),
        failed: snapshot.count(&component, "failed").unwrap_or(0),
        p50_us: snapshot.count(&component, "p50_us"),
        p99_us: snapshot.count(&component, "p99_us"),
    }
}

fn memory(snapshot: &Snapshot) -> HealthMemory {
    HealthMemory {
        process_bytes: snapshot.count("process", "memory_bytes"),
        database_bytes: snapshot.count("memory", "database_bytes"),
        spilled_bytes: snapshot.count("memory", "spilled_bytes"),
        queue_bytes: snapshot.count("memory", "queue_bytes"),
        held_bytes: snapshot.count("memory", "held_bytes"),
        open_flows: snapshot.count("memory", "open_flows"),
    }
}

fn whisperers(snapshot: &Snapshot, names: &Names) -> Vec<HealthWhisperer> {
    let shown = snapshot.named("agent:").into_iter().map(|id| {
        let (own, told) = (format!("agent:{id}"), format!("whisperer:{id}"));
        let state = super::whisperers::state_of(snapshot.get(&own, "state").unwrap_or(2.0));
        // What it said last stays among the rows for a minute.
        let told = |metric| snapshot.get(&told, metric).filter(|_| state == CaptureState::Capturing);
        HealthWhisperer {
            id: id.to_owned(),
            name: names.get(id).cloned().unwrap_or_else(|| id.to_owned()),
            state,
            breaker: told("breaker"),
            packets_per_s: told("packets_per_s"),
            lost: snapshot.count(&own, "lost").unwrap_or(0),
            cpu: told("cpu"),
            memory_bytes: told("memory_bytes").map(|bytes| bytes.max(0.0) as u64),
        }
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::snapshot::figure;

    #[test]
    fn queues_come_in_the_order_of_a_packets_way_with_their_states() {
        let figures = vec![
            figure("queue:rows", "depth", 4.0),
            figure("queue:rows", "capacity", 4.0),
            figure("queue:rows", "drops", 0.0),
            figure("queue:kernel:local", "drops", 12.0),
            figure("queue:arrivals", "depth", 1.0),
            figure("queue:arrivals", "capacity", 32.0),
            figure("health", "drops:kernel:local", 1.0),
        ];
        let names = Names::from([("local".to_owned(), "This machine".to_owned())]);
        let health = shown(&Snapshot::new(7, figures), &names);
        let told: Vec<_> = health.queues.iter().map(|queue| (queue.name.as_str(), queue.state, queue.drops)).collect();
        assert_eq!(
            told,
            [
                ("Kernel buffer of This machine", QueueState::Dropping, 12),
                ("Arrivals", QueueState::Flowing, 0),
                ("Batches to store", QueueState::Full, 0)
            ]
        );
        assert_eq!((health.cpu, health.measured_us), (None, Some(7)), "what was not measured is missing");
    }
}
