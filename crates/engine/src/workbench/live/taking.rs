//! What is known of a run while an agent sends it.

use std::time::{Duration, Instant};

use wirereel_query::whisperers::WhispererKind;
use wirereel_whisper::{AgentStatus, packets};

use super::{conversation::Outcome, member::Member};
use crate::live::RunSender;

/// A connection that held so long was a good one: the next is tried soon.
const HELD: Duration = Duration::from_secs(5);

/// A run while it is taken in.
pub(super) struct Taking {
    pub(super) run: RunSender,
    /// Interfaces that packets may come from.
    pub(super) count: usize,
    began: Instant,
    pub(super) stop_at: Option<Instant>,
    pub(super) is_silent: bool,
    pub(super) file: Option<FileSent>,
    pub(super) remembered: Instant,
}

/// How far a file is.
#[derive(Default)]
pub(super) struct FileSent {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) shown: Option<Instant>,
    pub(super) ended: bool,
    pub(super) warnings: Vec<String>,
}

impl FileSent {
    pub(super) fn count(&mut self, frame: &[u8]) {
        for packet in packets(frame).flatten() {
            self.packets += 1;
            self.bytes += packet.bytes.len() as u64;
        }
    }

    pub(super) fn told(&self) -> String {
        let warnings = if self.warnings.is_empty() { String::new() } else { format!("; {}", self.warnings.join("; ")) };
        format!("the file was sent: {} packets{warnings}", self.packets)
    }
}

impl Taking {
    pub(super) fn new(run: RunSender, count: usize) -> Self {
        let now = Instant::now();
        Self { run, count, began: now, stop_at: None, is_silent: false, file: None, remembered: now }
    }

    /// A broken connection; for a file an end, since sending it again would bring the same packets twice.
    pub(super) fn broken(&self, reason: String) -> Outcome {
        match &self.file {
            Some(file) => {
                Outcome::Wrong(format!("{reason} after {} packets of the file; start sends it again", file.packets))
            }
            None => Outcome::Broken { reason, held: self.began.elapsed() >= HELD },
        }
    }

    pub(super) fn file_of(&mut self, member: &Member) -> Option<&mut FileSent> {
        (member.standing().entry.kind == WhispererKind::File).then(|| self.file.get_or_insert_default())
    }
}

/// Whether a frame's packets can be read and are of interfaces that were opened.
pub(super) fn looked_through(frame: &[u8], interfaces: usize) -> Result<(), String> {
    for packet in packets(frame) {
        let packet = packet.map_err(|error| format!("sends what cannot be read: {error}"))?;
        if usize::from(packet.interface) >= interfaces {
            return Err(format!("sends from interface {} of {interfaces}", packet.interface));
        }
    }
    Ok(())
}

/// What the member's last status says about losses, in words; `None` when nothing began or ended.
pub(super) fn told_losses(losing: &mut Option<(i64, u64)>, status: &AgentStatus) -> Option<String> {
    let lost: u64 = status.losses.iter().map(|loss| loss.packets).sum();
    match (&mut *losing, lost) {
        (None, 0) => None,
        (None, lost) => {
            *losing = Some((status.at_ns, lost));
            Some("packets are being lost: the receiver or the agent is too slow".into())
        }
        (Some((_, sum)), 1..) => {
            *sum += lost;
            None
        }
        (Some((since_ns, sum)), 0) => {
            let seconds = (status.at_ns - *since_ns).max(0) / 1_000_000_000;
            let told = format!("no more packets are lost; {sum} were, within {seconds} s");
            *losing = None;
            Some(told)
        }
    }
}
