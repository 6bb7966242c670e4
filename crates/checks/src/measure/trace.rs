//! What is known of a check while it runs, so that a check that is stopped still says how far it came.

use std::{sync::Arc, time::Instant};

use super::{Failure, Hop, Measurement, Phase, Phases, Unfinished, observed::Marks};

/// A check in the making.
pub(crate) struct Trace {
    started: Instant,
    hop_started: Instant,
    phases: Phases,
    doing: Doing,
    hops: Vec<Hop>,
    /// Where it was redirected to.
    url: String,
    /// Facts are written here as they become known.
    pub(crate) known: Measurement,
}

enum Doing {
    Nothing,
    One(Phase, Instant),
    /// A request and its answer: which of the three phases it is in, what is observed on the connection tells.
    Exchange(Instant, Arc<Marks>),
}

impl Trace {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            hop_started: now,
            phases: Phases::default(),
            doing: Doing::Nothing,
            hops: Vec::new(),
            url: String::new(),
            known: Measurement::default(),
        }
    }

    pub(crate) fn enter(&mut self, phase: Phase) {
        self.doing = Doing::One(phase, Instant::now());
    }

    /// The phase that was entered has ended.
    pub(crate) fn leave(&mut self) {
        if let Doing::One(phase, since) = std::mem::replace(&mut self.doing, Doing::Nothing) {
            *self.phases.of_mut(phase) = Some(micros(since, Instant::now()));
        }
    }

    pub(crate) fn exchange(&mut self, marks: &Arc<Marks>) {
        self.doing = Doing::Exchange(Instant::now(), Arc::clone(marks));
    }

    /// The answer's last byte is there.
    pub(crate) fn exchanged(&mut self) {
        if let Doing::Exchange(since, marks) = std::mem::replace(&mut self.doing, Doing::Nothing) {
            self.take(since, &marks, Some(Instant::now()));
        }
    }

    /// Takes the phases of an exchange; returns the one that has not ended, with its beginning.
    fn take(&mut self, since: Instant, marks: &Marks, ended: Option<Instant>) -> Option<(Phase, Instant)> {
        let first_byte = marks.first_byte();
        // An answer can begin before the request is written to its end: then nobody waited for it.
        let written = match (marks.written(), first_byte) {
            (Some(written), Some(first_byte)) => written.min(first_byte),
            (written, first_byte) => match written.or(first_byte) {
                Some(written) => written,
                None => return Some((Phase::Write, since)),
            },
        };
        self.phases.write_us = Some(micros(since, written));
        let Some(first_byte) = first_byte else { return Some((Phase::Ttfb, written)) };
        self.phases.ttfb_us = Some(micros(written, first_byte));
        let Some(ended) = ended else { return Some((Phase::Transfer, first_byte)) };
        self.phases.transfer_us = Some(micros(first_byte, ended));
        None
    }

    /// What it is doing.
    pub(crate) fn phase(&self) -> Option<Phase> {
        match &self.doing {
            Doing::Nothing => None,
            Doing::One(phase, _) => Some(*phase),
            Doing::Exchange(_, marks) => Some(match (marks.written(), marks.first_byte()) {
                (_, Some(_)) => Phase::Transfer,
                (Some(_), None) => Phase::Ttfb,
                (None, None) => Phase::Write,
            }),
        }
    }

    /// Everything of the connection that was tried is forgotten but its time, which stays unattributed.
    pub(crate) fn begin_again(&mut self) {
        (self.phases, self.doing) = (Phases::default(), Doing::Nothing);
        (self.known.remote, self.known.local) = (None, None);
    }

    /// The request of one URL is over and that of the next one begins.
    pub(crate) fn next_hop(&mut self, url: String, next: String) {
        let now = Instant::now();
        self.hops.push(Hop {
            url,
            status: self.known.status.take(),
            remote: self.known.remote.take(),
            phases: std::mem::take(&mut self.phases),
            total_us: micros(self.hop_started, now),
        });
        (self.hop_started, self.url) = (now, next);
        (self.known.http_version, self.known.body_bytes, self.known.body_cut) = (None, None, false);
        self.known.local = None;
    }

    /// The end.
    pub(crate) fn finish(mut self, failure: Option<Failure>) -> Measurement {
        let now = Instant::now();
        let open = match std::mem::replace(&mut self.doing, Doing::Nothing) {
            Doing::Nothing => None,
            Doing::One(phase, since) => Some((phase, since)),
            Doing::Exchange(since, marks) => self.take(since, &marks, None),
        };
        let unfinished = open.map(|(phase, since)| Unfinished { phase, after_us: micros(since, now) });
        let mut sum = self.phases;
        if !self.hops.is_empty() {
            for hop in &self.hops {
                sum = sum.and(&hop.phases);
            }
            let url = std::mem::take(&mut self.url);
            let (status, remote) = (self.known.status, self.known.remote);
            let total_us = micros(self.hop_started, now);
            self.hops.push(Hop { url, status, remote, phases: self.phases, total_us });
        }
        let total_us = micros(self.started, now);
        let explained = sum.sum_us() + unfinished.map_or(0, |open| open.after_us);
        Measurement {
            failure,
            phases: sum,
            unfinished,
            total_us,
            // Every part was cut down to whole microseconds and none overlaps: their sum is never more.
            unattributed_us: total_us.saturating_sub(explained),
            hops: self.hops,
            ..self.known
        }
    }
}

fn micros(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u64::MAX)
}
