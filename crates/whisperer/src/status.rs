//! How the agent is, told once a second.

use std::{
    sync::{Arc, atomic::Ordering, mpsc::Receiver, mpsc::RecvTimeoutError},
    time::Duration,
};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use wirereel_whisper::{AgentStatus, FromAgent};

use crate::{
    interfaces::{Shared, now_ns},
    outbox::Outbox,
    sender::Sent,
};

const EVERY: Duration = Duration::from_secs(1);

/// What a status is made of.
pub(crate) struct Status {
    pub(crate) shared: Arc<Shared>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) sent: Arc<Sent>,
    pub(crate) since_ns: i64,
    /// Made before rights were given up; `None` where the host tells nothing about processes.
    pub(crate) system: Option<System>,
}

impl Status {
    /// Tells it until the other end of `stop` is gone, and once more then.
    pub(crate) fn tell_until(mut self, stop: &Receiver<()>) {
        let pid = Pid::from_u32(std::process::id());
        refresh(self.system.as_mut(), pid);
        while stop.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            self.tell(pid);
        }
        self.tell(pid);
    }

    fn tell(&mut self, pid: Pid) {
        refresh(self.system.as_mut(), pid);
        let process = self.system.as_ref().and_then(|system| system.process(pid));
        let fill = self.outbox.fill();
        let percentiles = self.sent.take_percentiles();
        let status = AgentStatus {
            at_ns: now_ns(),
            capturing_since_ns: Some(self.since_ns),
            cpu: process.map_or(0.0, |process| f64::from(process.cpu_usage()) / 100.0),
            memory_bytes: process.map_or(0, sysinfo::Process::memory),
            packets: self.shared.packets.load(Ordering::Relaxed),
            bytes: self.shared.bytes.load(Ordering::Relaxed),
            sent_bytes: self.sent.bytes(),
            queued_packets: fill.packets,
            queued_bytes: fill.bytes,
            queue_capacity_bytes: self.outbox.capacity_bytes() as u64,
            breaker: fill.breaker,
            losses: self.outbox.take_losses(),
            send_p50_us: percentiles.map(|(p50, _)| p50),
            send_p99_us: percentiles.map(|(_, p99)| p99),
        };
        if let Err(FromAgent::Status(untold)) = self.outbox.tell(FromAgent::Status(Box::new(status))) {
            self.outbox.put_losses_back(untold.losses);
        }
    }
}

fn refresh(system: Option<&mut System>, pid: Pid) {
    let Some(system) = system else { return };
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
}
