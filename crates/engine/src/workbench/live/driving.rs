//! Drives a whisperer: connects, has it capture, takes what it sends, and connects again when the connection breaks.
//!
//! A thread per whisperer that is wanted. It waits for the agent and for orders at the same time, always with a limit, so that no agent,
//! however it behaves, can keep it from being stopped.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded, select};
use wirereel_query::{whisperers::WhispererKind, workbench::CaptureState};

use super::{
    conversation::{Conversation, Outcome},
    member::Member,
    since_1970,
};
use crate::{
    EngineError,
    live::{Agent, Backoff, local_agent, read_command_line},
    workbench::{Workbench, lock},
};

/// Orders that wait: more are of no use, since each is taken within a quarter of a second.
const ORDERS: usize = 16;
/// How long a process may take to end after its last word.
const END_PATIENCE: Duration = Duration::from_millis(500);

/// What a driver hears.
pub(super) struct Orders {
    /// A place of its own: a stop is heard however much else waits.
    stop: Receiver<()>,
    others: Receiver<Order>,
}

impl Orders {
    /// The next order; `None` when none comes before the deadline.
    fn next(&self, until: Instant) -> Option<Order> {
        select! {
            recv(self.stop) -> _ => Some(Order::Stop),
            recv(self.others) -> order => Some(order.unwrap_or(Order::Stop)),
            default(until.saturating_duration_since(Instant::now())) => None,
        }
    }

    /// For those who wait for other things too.
    pub(super) fn both(&self) -> (&Receiver<()>, &Receiver<Order>) {
        (&self.stop, &self.others)
    }
}

/// What a driver is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Stop,
    /// The configuration has changed.
    Configure,
    /// The next attempt need not wait any longer.
    TryNow,
}

/// The thread that drives a whisperer.
pub(super) struct Driver {
    thread: JoinHandle<()>,
    stop: Sender<()>,
    others: Sender<Order>,
    /// Its last word about the whisperer is said.
    is_done: Arc<AtomicBool>,
}

impl Driver {
    /// Whether it still takes orders.
    pub(super) fn is_driving(&self) -> bool {
        !self.is_done.load(Ordering::SeqCst)
    }

    pub(super) fn order(&self, order: Order) {
        // One that takes none has ended, or has the same order already: it looks at the configuration as it is then.
        match order {
            Order::Stop => drop(self.stop.try_send(())),
            other => drop(self.others.try_send(other)),
        }
    }

    /// Orders that wait, and how many can.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.others.len(), ORDERS)
    }

    pub(super) fn join(self) {
        let Self { thread, .. } = self;
        // A panic of it was reported when it happened.
        let _ = thread.join();
    }
}

impl Workbench {
    /// Starts a driver. One that has had its last word is waited for.
    pub(super) fn start_driver(self: &Arc<Self>, member: &Arc<Member>, shows_live: bool) -> Result<(), EngineError> {
        let mut place = lock(&member.driver);
        if let Some(last) = place.take() {
            if last.is_driving() {
                last.order(Order::TryNow);
                *place = Some(last);
                return Ok(());
            }
            last.join();
        }
        // Who asks from now on is told that it was started.
        self.stand(member, |standing| {
            (standing.state, standing.reason) = (CaptureState::Connecting, None);
            (standing.attempt, standing.next_attempt_us) = (1, None);
        });
        let ((stop, stopped), (others, taken)) = (bounded(1), bounded(ORDERS));
        let orders = Orders { stop: stopped, others: taken };
        let is_done = Arc::new(AtomicBool::new(false));
        let (workbench, driven, done) = (Arc::clone(self), Arc::clone(member), Arc::clone(&is_done));
        let name: String = format!("wr-{}", member.id).chars().take(15).collect();
        let thread = thread::Builder::new()
            .name(name)
            .spawn(move || Driving { workbench: &workbench, member: &driven, orders, done: &done }.run(shows_live))
            .map_err(EngineError::io(&self.home))?;
        *place = Some(Driver { thread, stop, others, is_done });
        Ok(())
    }
}

struct Driving<'a> {
    workbench: &'a Arc<Workbench>,
    member: &'a Arc<Member>,
    orders: Orders,
    done: &'a AtomicBool,
}

impl Driving<'_> {
    fn run(&self, shows_live: bool) {
        let mut backoff = Backoff::default();
        self.stand(CaptureState::Connecting, None, backoff.attempt());
        if shows_live && let Err(error) = self.workbench.open_live() {
            return self.end(CaptureState::WrongConfiguration, Some(error.to_string()));
        }
        loop {
            self.stand(CaptureState::Connecting, None, backoff.attempt());
            match self.attempt() {
                Outcome::Stopped(reason) => return self.end(CaptureState::Stopped, reason),
                Outcome::Wrong(reason) => return self.end(CaptureState::WrongConfiguration, Some(reason)),
                Outcome::Missing(reason) => return self.end(CaptureState::NotVisible, Some(reason)),
                Outcome::Broken { reason, held } => {
                    if held {
                        backoff.held();
                    }
                    let wait = backoff.failed();
                    if !self.wait(wait, reason, backoff.attempt()) {
                        return self.end(CaptureState::Stopped, None);
                    }
                }
            }
        }
    }

    /// Until the next attempt; false when there is to be none.
    fn wait(&self, wait: Duration, reason: String, attempt: u32) -> bool {
        let next_us = since_1970().saturating_add(wait).as_micros();
        self.workbench.stand(self.member, |standing| {
            standing.state = CaptureState::NotVisible;
            standing.reason = Some(reason);
            standing.attempt = attempt;
            standing.next_attempt_us = i64::try_from(next_us).ok();
        });
        let until = Instant::now() + wait;
        loop {
            match self.orders.next(until) {
                Some(Order::Stop) => return false,
                Some(Order::TryNow) | None => return true,
                // It is looked at with the next attempt.
                Some(Order::Configure) => {}
            }
        }
    }

    fn attempt(&self) -> Outcome {
        let (is_local, line) = {
            let standing = self.member.standing();
            (standing.is_local(), standing.entry.command.clone())
        };
        let mut command = if is_local {
            match local_agent() {
                Some(program) => Command::new(program),
                None => return Outcome::Missing(super::NO_AGENT.into()),
            }
        } else {
            match read_command_line(&line) {
                Ok(command) => command,
                Err(reason) => return Outcome::Wrong(reason),
            }
        };
        let mut agent = match Agent::start(&mut command) {
            Ok(agent) => agent,
            Err(reason) => return Outcome::Missing(reason),
        };
        agent.watch(self.workbench.gauges(), &self.member.id);
        let outcome = Conversation::new(self.workbench, self.member, &self.orders, &mut agent).hold();
        let outcome = outcome.with_words(|| agent.last_words());
        agent.end(END_PATIENCE);
        outcome
    }

    fn stand(&self, state: CaptureState, reason: Option<String>, attempt: u32) {
        self.workbench.stand(self.member, |standing| {
            standing.state = state;
            standing.reason = reason;
            standing.attempt = attempt;
            standing.next_attempt_us = None;
        });
    }

    /// The last word. Who sees it may start another driver at once, which waits for this thread.
    fn end(&self, state: CaptureState, reason: Option<String>) {
        if state == CaptureState::Stopped && self.member.standing().entry.kind == WhispererKind::File {
            self.workbench.forget_wanted(self.member);
        }
        self.done.store(true, Ordering::SeqCst);
        self.stand(state, reason, 0);
        self.workbench.end_recording_if_unused();
    }
}
