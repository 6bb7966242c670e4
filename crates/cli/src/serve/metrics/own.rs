//! Wirereel itself.

use wirereel_query::{health::Health, workbench::CaptureState};

use super::families::Families;

/// Queues, kinds of questions, whisperers: there are some of each, and nobody adds many.
const MOST: usize = 100;

pub(super) fn add(families: &mut Families, health: &Health) {
    families.gauge("wirereel_build_info", "The version that runs.", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    process(families, health);
    ingest(families, health);
    store(families, health);
    families.subjects("queue", MOST, &health.queues, |families, queue| {
        let labels = [("queue", queue.id.as_str())];
        let float = |count: Option<u64>| count.map(|count| count as f64);
        families.known("wirereel_queue_depth", "What waits in a queue.", &labels, float(queue.depth));
        families.known("wirereel_queue_capacity", "What a queue can hold.", &labels, float(queue.capacity));
        families.count("wirereel_queue_drops", "What a queue had no room for.", &labels, queue.drops);
    });
    families.subjects("question", MOST, &health.questions, |families, question| {
        let kind = question.kind.as_str();
        let results =
            [("answered", question.answered), ("interrupted", question.interrupted), ("failed", question.failed)];
        for (result, count) in results {
            families.count(
                "wirereel_questions",
                "Questions that panes asked.",
                &[("kind", kind), ("result", result)],
                count,
            );
        }
        for (percentile, us) in [("50", question.p50_us), ("99", question.p99_us)] {
            const HELP: &str = "How long answers took, of the last five to ten minutes.";
            families.known(
                "wirereel_question_seconds",
                HELP,
                &[("kind", kind), ("percentile", percentile)],
                us.map(seconds),
            );
        }
    });
    families.subjects("whisperer", MOST, &health.whisperers, |families, whisperer| {
        let labels = [("whisperer", whisperer.id.as_str())];
        let captures = whisperer.state == CaptureState::Capturing;
        families.gauge("wirereel_whisperer_capturing", "Whether it captures.", &labels, f64::from(u8::from(captures)));
    });
    families.subjects("finding", MOST, &health.findings, |families, finding| {
        families.gauge(
            "wirereel_finding",
            "What is wrong with Wirereel itself.",
            &[("finding", finding.id.as_str())],
            1.0,
        );
    });
    families.gauge("wirereel_findings", "How much is wrong with Wirereel itself.", &[], health.findings.len() as f64);
    for stage in &health.parsing {
        let labels = [("stage", stage.stage.as_str())];
        families.count("wirereel_parsing_errors", "What could not be read of captures.", &labels, stage.errors);
    }
}

fn process(families: &mut Families, health: &Health) {
    families.known("wirereel_process_cpu_ratio", "Share of one core since the look before.", &[], health.cpu);
    let memory = &health.memory;
    let rooms = [
        ("process", memory.process_bytes),
        ("database", memory.database_bytes),
        ("spilled", memory.spilled_bytes),
        ("queues", memory.queue_bytes),
        ("held", memory.held_bytes),
    ];
    for (room, bytes) in rooms {
        families.known("wirereel_memory_bytes", "Memory by room.", &[("room", room)], bytes.map(|bytes| bytes as f64));
    }
    let disk = &health.disk;
    let rooms = [
        ("segments", disk.segment_bytes),
        ("database", disk.database_bytes),
        ("log", disk.log_bytes),
        ("free", disk.free_bytes),
        ("bound", disk.bound_bytes),
    ];
    for (room, bytes) in rooms {
        families.known("wirereel_disk_bytes", "Room on the disk.", &[("room", room)], bytes.map(|bytes| bytes as f64));
    }
}

fn ingest(families: &mut Families, health: &Health) {
    let ingest = &health.ingest;
    families.count("wirereel_ingest_packets", "Packets since the workbench started.", &[], ingest.packets.unwrap_or(0));
    let rates = [("packets", ingest.packets_per_s), ("bytes", ingest.bytes_per_s), ("rows", ingest.rows_per_s)];
    for (of, rate) in rates {
        const HELP: &str = "What comes in per second, since the look before.";
        families.known("wirereel_ingest_rate", HELP, &[("of", of)], rate);
    }
    const HELP: &str = "How long packets wait until their rows can be seen.";
    families.known("wirereel_ingest_lag_seconds", HELP, &[], ingest.lag_ms.map(|ms| ms / 1e3));
}

fn store(families: &mut Families, health: &Health) {
    let store = &health.store;
    families.count("wirereel_store_batches", "Batches that were stored.", &[], store.batches.unwrap_or(0));
    families.count("wirereel_store_checkpoints", "Checkpoints of the database.", &[], store.checkpoints.unwrap_or(0));
    for (percentile, us) in [("50", store.batch_p50_us), ("99", store.batch_p99_us)] {
        const HELP: &str = "How long batches took until they were committed, of the last five to ten minutes.";
        families.known("wirereel_store_batch_seconds", HELP, &[("percentile", percentile)], us.map(seconds));
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
