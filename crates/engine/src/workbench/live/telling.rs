//! What happens to whisperers, told to those who look on and remembered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wirereel_query::{
    whisperers::WhispererFigures,
    workbench::{CaptureState, CaptureStatus},
};
use wirereel_store::{WhispererMemory, WhispererNote};
use wirereel_whisper::AgentStatus;

use super::{
    conversation::{FileSent, told_losses},
    member::{LOCAL, Member, Seen, Standing},
    now_us,
};
use crate::workbench::Workbench;

/// How often a file's progress is told.
const FILE_INTERVAL: Duration = Duration::from_millis(500);

impl Workbench {
    /// Changes what a whisperer is doing. Another state is an event.
    pub(super) fn stand(&self, member: &Member, change: impl FnOnce(&mut Standing)) {
        let event = {
            let mut standing = member.standing();
            let before = (standing.state, standing.reason.clone());
            change(&mut standing);
            if !matches!(standing.state, CaptureState::Capturing | CaptureState::NotVisible) {
                standing.end();
            }
            let has_changed = before != (standing.state, standing.reason.clone());
            has_changed.then(|| (standing.state, event_text(&standing)))
        };
        if let Some((state, text)) = event {
            self.write_note(member, state, text);
        }
        self.tell_whisperers();
    }

    /// Remembers something that happened and changed no state.
    pub(super) fn note(&self, member: &Member, text: &str) {
        let state = member.standing().state;
        self.write_note(member, state, text.to_owned());
    }

    fn write_note(&self, member: &Member, state: CaptureState, text: String) {
        let note = WhispererNote { at_us: now_us(), state: state_name(state).to_owned(), text };
        // An event that cannot be remembered was shown; the disk's trouble is told by whoever writes packets to it.
        let _ = self.memory.note_whisperer(&member.id, &note);
    }

    /// An agent says how it is.
    pub(super) fn status(&self, member: &Member, status: &AgentStatus) {
        let told = {
            let mut standing = member.standing();
            standing.status(status);
            told_losses(&mut standing.losing, status)
        };
        if let Some(told) = told {
            self.note(member, &told);
        }
        self.tell_whisperers();
    }

    /// A file is being sent; its agent tells no figures.
    pub(super) fn file_goes_on(&self, member: &Member, file: &mut FileSent) {
        if file.shown.is_some_and(|shown| shown.elapsed() < FILE_INTERVAL) {
            return;
        }
        let seconds = file.shown.replace(Instant::now()).map(|shown| shown.elapsed().as_secs_f64());
        {
            let mut standing = member.standing();
            let before = (standing.figures.packets, standing.figures.bytes);
            let figures: &mut WhispererFigures = &mut standing.figures;
            (figures.packets, figures.bytes) = (file.packets, file.bytes);
            if let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0) {
                figures.packets_per_s = file.packets.saturating_sub(before.0) as f64 / seconds;
                figures.bytes_per_s = file.bytes.saturating_sub(before.1) as f64 / seconds;
            }
            figures.updated_us = Some(now_us());
            standing.totals.packets += file.packets.saturating_sub(before.0);
            standing.totals.bytes += file.bytes.saturating_sub(before.1);
        }
        self.tell_whisperers();
    }

    /// An agent has said hello.
    pub(super) fn saw(&self, member: &Member, seen: Seen) {
        let has_changed = {
            let mut standing = member.standing();
            let has_changed = standing.seen != seen;
            standing.seen = seen;
            has_changed
        };
        if has_changed {
            self.remember_member(member);
            self.tell_whisperers();
        }
    }

    /// Whether the user wants it to capture.
    pub(super) fn set_wanted(&self, member: &Member, wanted: bool) {
        let has_changed = std::mem::replace(&mut member.standing().wanted, wanted) != wanted;
        if has_changed {
            self.remember_member(member);
        }
    }

    /// What was wanted was done to its end.
    pub(super) fn forget_wanted(&self, member: &Member) {
        self.set_wanted(member, false);
    }

    /// Writes down what outlives the workbench.
    pub(super) fn remember_member(&self, member: &Member) {
        let memory = {
            let standing = member.standing();
            WhispererMemory {
                capturing: standing.wanted,
                seen: serde_json::to_value(&standing.seen).unwrap_or_default(),
                totals: serde_json::to_value(&standing.totals).unwrap_or_default(),
            }
        };
        // As with events: what cannot be remembered now is tried again in ten seconds.
        let _ = self.memory.remember_whisperer(&member.id, &memory);
    }

    /// A tick with the sum of all that capture.
    pub(super) fn tell_whisperers(&self) {
        self.ticks.whisperers(sum(&self.members()));
    }
}

/// What a state is called in what is remembered: as in JSON.
pub(super) fn state_name(state: CaptureState) -> &'static str {
    match state {
        CaptureState::NotVisible => "not_visible",
        CaptureState::Connecting => "connecting",
        CaptureState::Stopped => "stopped",
        CaptureState::Capturing => "capturing",
        CaptureState::WrongConfiguration => "wrong_configuration",
    }
}

pub(super) fn state_of(name: &str) -> CaptureState {
    match name {
        "not_visible" => CaptureState::NotVisible,
        "connecting" => CaptureState::Connecting,
        "capturing" => CaptureState::Capturing,
        "wrong_configuration" => CaptureState::WrongConfiguration,
        _ => CaptureState::Stopped,
    }
}

fn event_text(standing: &Standing) -> String {
    let what = match standing.state {
        CaptureState::NotVisible => "not visible",
        CaptureState::Connecting => "connecting",
        CaptureState::Stopped => "stopped",
        CaptureState::Capturing => "capturing",
        CaptureState::WrongConfiguration => "wrong configuration",
    };
    match &standing.reason {
        Some(reason) => format!("{what}: {reason}"),
        None if standing.state == CaptureState::Capturing && !standing.open_interfaces.is_empty() => {
            format!("{what} on {}", standing.open_interfaces.join(", "))
        }
        None => what.to_owned(),
    }
}

/// Live capture as a whole: all that capture; without any, what is nearest to it.
fn sum(members: &[Arc<Member>]) -> CaptureStatus {
    let all: Vec<Standing> = members.iter().map(|member| member.standing().clone()).collect();
    let of = |state: CaptureState| all.iter().filter(move |standing| standing.state == state);
    let mut summed: Vec<&Standing> = of(CaptureState::Capturing).collect();
    let mut status = CaptureStatus::default();
    if let Some(first) = summed.first() {
        status.state = CaptureState::Capturing;
        status.reason.clone_from(&first.reason);
    } else {
        // Of several that are wanted and do not capture, the one that needs the user's eye is told.
        let told = [CaptureState::Connecting, CaptureState::WrongConfiguration]
            .into_iter()
            .find_map(|state| of(state).next())
            .or_else(|| of(CaptureState::NotVisible).find(|standing| standing.wanted || standing.entry.id == LOCAL))
            .or_else(|| all.first());
        if let Some(told) = told {
            (status.state, status.reason) = (told.state, told.reason.clone());
        }
        // What was captured last is still shown.
        summed.extend(
            all.iter()
                .max_by_key(|standing| standing.figures.updated_us)
                .filter(|last| last.figures.updated_us.is_some()),
        );
    }
    for standing in summed {
        let figures = &standing.figures;
        for name in &standing.open_interfaces {
            let name = if standing.is_local() { name.clone() } else { format!("{}: {name}", standing.entry.name) };
            status.interfaces.push(name);
        }
        status.since_us = [status.since_us, figures.capturing_since_us].into_iter().flatten().min();
        status.packets += figures.packets;
        status.bytes += figures.bytes;
        status.lost += figures.lost_in_kernel + figures.lost_in_queue;
        status.packets_per_s += figures.packets_per_s;
        status.bytes_per_s += figures.bytes_per_s;
        status.cpu += figures.cpu;
        status.memory_bytes += figures.memory_bytes;
    }
    status
}
