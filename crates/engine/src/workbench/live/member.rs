//! One whisperer: what is configured, what it is doing, what it said last.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use wirereel_query::{
    whisperers::{BreakerState, Whisperer, WhispererConfig, WhispererFigures, WhispererKind, WhispererTotals},
    workbench::{CaptureInterface, CaptureState},
};
use wirereel_whisper::{AgentStatus, Breaker, CaptureConfig, Interface, LostWhere};

use super::{configuring::restart_paths, driving::Driver};
use crate::{
    config::{ParsingConfig, WhispererEntry},
    live::Rates,
};

/// The whisperer of this machine.
pub(crate) const LOCAL: &str = "local";

/// See the module. Shared by the list, by whoever drives it and by whoever asks.
pub(super) struct Member {
    pub(super) id: String,
    standing: Mutex<Standing>,
    /// While it is wanted.
    pub(super) driver: Mutex<Option<Driver>>,
}

/// What can be told about it.
#[derive(Clone)]
pub(super) struct Standing {
    pub(super) entry: WhispererEntry,
    /// In force: what is wrong in the entry is as it was before.
    pub(super) capture: CaptureConfig,
    pub(super) parsing: ParsingConfig,
    pub(super) state: CaptureState,
    pub(super) reason: Option<String>,
    pub(super) attempt: u32,
    pub(super) next_attempt_us: Option<i64>,
    pub(super) seen: Seen,
    pub(super) figures: WhispererFigures,
    pub(super) totals: WhispererTotals,
    /// By what it captures now.
    pub(super) running: Option<(CaptureConfig, ParsingConfig)>,
    /// Interfaces that packets come from.
    pub(super) open_interfaces: Vec<String>,
    /// It captures, and nobody has stopped it.
    pub(super) wanted: bool,
    /// The last status of this capture.
    pub(super) told: Option<AgentStatus>,
    /// Since when packets are being lost, and how many were.
    pub(super) losing: Option<(i64, u64)>,
    /// Packets lost in the kernel's buffer, and in the agent's queue, since the workbench started.
    pub(super) dropped: (u64, u64),
}

/// What its host said last.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    pub(super) host: Option<String>,
    pub(super) version: Option<String>,
    pub(super) interfaces: Vec<Interface>,
    pub(super) hindrance: Option<String>,
}

impl Member {
    pub(super) fn new(standing: Standing) -> Self {
        Self { id: standing.entry.id.clone(), standing: Mutex::new(standing), driver: Mutex::new(None) }
    }

    pub(super) fn standing(&self) -> MutexGuard<'_, Standing> {
        // Every change leaves it whole.
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    pub(super) fn is_local(&self) -> bool {
        self.entry.command.trim().is_empty()
    }

    /// Forgets the capture before, as a new one begins.
    pub(super) fn begin(&mut self, interfaces: Vec<String>, running: (CaptureConfig, ParsingConfig)) {
        self.running = Some(running);
        self.open_interfaces = interfaces;
        (self.told, self.losing) = (None, None);
        self.figures = WhispererFigures::default();
        self.totals.captures += 1;
    }

    /// It captures no more.
    pub(super) fn end(&mut self) {
        self.running = None;
        (self.figures.packets_per_s, self.figures.bytes_per_s, self.figures.cpu) = (0.0, 0.0, 0.0);
        (self.figures.queued_packets, self.figures.queued_bytes) = (0, 0);
        self.figures.breaker = BreakerState::Closed;
    }

    /// Takes in how the agent is.
    pub(super) fn status(&mut self, status: &AgentStatus) {
        let rates = Rates::between(self.told.as_ref(), status);
        let before = self.told.replace(AgentStatus { losses: Vec::new(), ..status.clone() });
        let grown = |count: fn(&AgentStatus) -> u64| count(status).saturating_sub(before.as_ref().map_or(0, count));
        let lost =
            |place| status.losses.iter().filter(|loss| loss.place == place).map(|loss| loss.packets).sum::<u64>();
        let (in_kernel, in_queue) = (lost(LostWhere::Kernel), lost(LostWhere::Queue));
        let figures = &mut self.figures;
        figures.updated_us = Some(micros(status.at_ns));
        figures.capturing_since_us = status.capturing_since_ns.map(micros);
        (figures.cpu, figures.memory_bytes) = (status.cpu, status.memory_bytes);
        (figures.packets, figures.bytes, figures.sent_bytes) = (status.packets, status.bytes, status.sent_bytes);
        (figures.packets_per_s, figures.bytes_per_s) = (rates.packets_per_s, rates.bytes_per_s);
        (figures.queued_packets, figures.queued_bytes) = (status.queued_packets, status.queued_bytes);
        figures.queue_capacity_bytes = status.queue_capacity_bytes;
        self.dropped = (self.dropped.0 + in_kernel, self.dropped.1 + in_queue);
        figures.lost_in_kernel += in_kernel;
        figures.lost_in_queue += in_queue;
        if let Some(last) = status.losses.iter().map(|loss| loss.second).max() {
            figures.last_lost_us = Some(last.saturating_mul(1_000_000));
        }
        figures.breaker = match status.breaker {
            Breaker::Closed => BreakerState::Closed,
            Breaker::Open => BreakerState::Open,
            Breaker::HalfOpen => BreakerState::HalfOpen,
        };
        (figures.send_p50_us, figures.send_p99_us) = (status.send_p50_us, status.send_p99_us);
        let began_ns = status.capturing_since_ns.unwrap_or(status.at_ns);
        let since_ns = before.as_ref().map_or(began_ns, |before| before.at_ns);
        let totals = &mut self.totals;
        totals.since_us.get_or_insert(micros(began_ns));
        totals.packets += grown(|status| status.packets);
        totals.bytes += grown(|status| status.bytes);
        totals.sent_bytes += grown(|status| status.sent_bytes);
        totals.lost += in_kernel + in_queue;
        totals.capturing_us += micros(status.at_ns.saturating_sub(since_ns)).max(0).unsigned_abs();
    }

    /// As the window shows it.
    pub(super) fn shown(&self) -> Whisperer {
        let running = self.running.as_ref();
        Whisperer {
            id: self.entry.id.clone(),
            name: self.entry.name.clone(),
            kind: self.entry.kind,
            command: self.entry.command.clone(),
            path: self.entry.path.clone(),
            state: self.state,
            reason: self.reason.clone(),
            attempt: self.attempt,
            next_attempt_us: self.next_attempt_us,
            host: self.seen.host.clone(),
            version: self.seen.version.clone(),
            interfaces: shown_interfaces(&self.seen.interfaces),
            hindrance: self.seen.hindrance.clone(),
            config: WhispererConfig { capture: self.entry.capture.clone(), parsing: self.entry.parsing.clone() },
            restart_needed: running.is_some_and(|(capture, parsing)| {
                self.entry.kind == WhispererKind::Interface
                    && !restart_paths((capture, parsing), (&self.capture, &self.parsing)).is_empty()
            }),
            resume: self.entry.resume,
            figures: self.figures.clone(),
            totals: self.totals.clone(),
        }
    }
}

/// Interfaces as the window shows them.
pub(super) fn shown_interfaces(interfaces: &[Interface]) -> Vec<CaptureInterface> {
    let shown = interfaces.iter().map(|interface| CaptureInterface {
        name: interface.name.clone(),
        addresses: interface.addresses.iter().map(|address| address.ip.clone()).collect(),
        up: interface.up,
        loopback: interface.loopback,
    });
    shown.collect()
}

fn micros(ns: i64) -> i64 {
    ns.div_euclid(1_000)
}
