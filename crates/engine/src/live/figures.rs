//! What an agent says about itself, as rows: once a second, at its own second.

use wirereel_store::{LostPackets, SourceId, Writer};
use wirereel_whisper::{AgentStatus, Breaker, Loss, LostWhere};

use crate::EngineError;

/// The component that a whisperer's figures are under in `self_metrics`.
pub(crate) fn component(whisperer: &str) -> String {
    format!("whisperer:{whisperer}")
}

/// What came between two statuses, per second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Rates {
    pub(crate) packets_per_s: f64,
    pub(crate) bytes_per_s: f64,
    pub(crate) sent_bytes_per_s: f64,
}

impl Rates {
    /// From the one before, or from the start of the capture.
    pub(crate) fn between(before: Option<&AgentStatus>, now: &AgentStatus) -> Self {
        let since_ns = before.map(|before| before.at_ns).or(now.capturing_since_ns).unwrap_or(now.at_ns);
        let seconds = now.at_ns.saturating_sub(since_ns).max(1_000_000) as f64 / 1e9;
        let per_second =
            |count: fn(&AgentStatus) -> u64| count(now).saturating_sub(before.map_or(0, count)) as f64 / seconds;
        Self {
            packets_per_s: per_second(|status| status.packets),
            bytes_per_s: per_second(|status| status.bytes),
            sent_bytes_per_s: per_second(|status| status.sent_bytes),
        }
    }
}

/// Records a status, the seconds that lost packets, and that the source reaches up to it.
pub(crate) fn record(
    writer: &mut Writer,
    source: SourceId,
    whisperer: &str,
    status: &AgentStatus,
    rates: Rates,
) -> Result<(), EngineError> {
    let mut figures = vec![
        ("cpu", status.cpu),
        ("memory_bytes", status.memory_bytes as f64),
        ("packets_per_s", rates.packets_per_s),
        ("bytes_per_s", rates.bytes_per_s),
        ("sent_bytes_per_s", rates.sent_bytes_per_s),
        ("queued_packets", status.queued_packets as f64),
        ("queued_bytes", status.queued_bytes as f64),
        ("queue_capacity_bytes", status.queue_capacity_bytes as f64),
        (
            "breaker",
            match status.breaker {
                Breaker::Closed => 0.0,
                Breaker::HalfOpen => 0.5,
                Breaker::Open => 1.0,
            },
        ),
    ];
    figures.extend(status.send_p50_us.map(|us| ("send_p50_us", us as f64)));
    figures.extend(status.send_p99_us.map(|us| ("send_p99_us", us as f64)));
    writer.record_metrics(status.at_ns, &component(whisperer), &figures)?;
    for loss in &status.losses {
        let metric = match loss.place {
            LostWhere::Kernel => "lost_in_kernel",
            LostWhere::Queue => "lost_in_queue",
        };
        let at_ns = loss.second.saturating_mul(1_000_000_000);
        writer.record_metrics(at_ns, &component(whisperer), &[(metric, loss.packets as f64)])?;
    }
    record_losses(writer, source, &status.losses)?;
    writer.reach(source, status.capturing_since_ns.unwrap_or(status.at_ns))?;
    Ok(writer.reach(source, status.at_ns)?)
}

/// Records the seconds that lost packets of a source.
pub(crate) fn record_losses(writer: &mut Writer, source: SourceId, losses: &[Loss]) -> Result<(), EngineError> {
    let lost = losses.iter().map(|loss| LostPackets {
        second: loss.second,
        in_kernel: if loss.place == LostWhere::Kernel { loss.packets } else { 0 },
        in_queue: if loss.place == LostWhere::Queue { loss.packets } else { 0 },
    });
    Ok(writer.record_lost(source, &lost.collect::<Vec<_>>())?)
}
