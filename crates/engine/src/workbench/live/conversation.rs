//! One connection to an agent, from its first word to its last.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::select;
use wirereel_query::{whisperers::WhispererKind, workbench::CaptureState};
use wirereel_whisper::{AgentState, CaptureConfig, FromAgent, OpenInterface, PROTOCOL, ToAgent};

use super::{
    configuring::live_part,
    driving::{Order, Orders},
    member::{Member, Seen},
    taking::{Taking, looked_through},
};
use crate::{
    EngineError,
    live::{Agent, Heard},
    workbench::Workbench,
};

/// How long the first word may take: a program of this machine, and one behind a network and a login.
const HELLO_PATIENCE: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(15)];
/// How long it may take to begin once it was told to.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// How often time is looked at while nothing comes.
const LOOK: Duration = Duration::from_millis(250);
/// An agent tells something every second. After this long it counts as not visible, and after the second time as gone.
const SILENT: Duration = Duration::from_millis(2_500);
const GONE: Duration = Duration::from_secs(15);
/// How long it may send what it has queued after it was told to stop, and how long it may be silent meanwhile.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
const STOP_SILENCE: Duration = Duration::from_secs(2);
/// How often what is summed up over all times is remembered.
const REMEMBER_INTERVAL: Duration = Duration::from_secs(10);

/// How a connection ended.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// As it was to.
    Stopped(Option<String>),
    /// It will not get better by itself.
    Wrong(String),
    /// There is no such program.
    Missing(String),
    Broken {
        reason: String,
        held: bool,
    },
}

impl Outcome {
    fn broken(reason: impl Into<String>) -> Self {
        Self::Broken { reason: reason.into(), held: false }
    }

    /// What was in the way, with what the program itself said about it.
    pub(super) fn with_words(self, words: impl FnOnce() -> Option<String>) -> Self {
        let with = |reason: String| match words() {
            Some(words) => format!("{reason} ({words})"),
            None => reason,
        };
        match self {
            Self::Broken { reason, held } => Self::Broken { reason: with(reason), held },
            other => other,
        }
    }
}

/// See the module.
pub(super) struct Conversation<'a> {
    workbench: &'a Arc<Workbench>,
    member: &'a Arc<Member>,
    orders: &'a Orders,
    agent: &'a mut Agent,
}

/// What came within a time.
enum Came {
    Message(FromAgent),
    Packets(Vec<u8>),
    Ended(String),
    Order(Order),
    Nothing,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        workbench: &'a Arc<Workbench>,
        member: &'a Arc<Member>,
        orders: &'a Orders,
        agent: &'a mut Agent,
    ) -> Self {
        Self { workbench, member, orders, agent }
    }

    /// Holds it.
    pub(super) fn hold(mut self) -> Outcome {
        match self.begin() {
            Ok(interfaces) => self.capture(interfaces),
            Err(outcome) => outcome,
        }
    }

    /// The next thing that comes, or nothing when the time is over.
    fn next(&self, patience: Duration) -> Came {
        let (stop, others) = self.orders.both();
        select! {
            recv(self.agent.heard()) -> heard => match heard {
                Ok(Heard::Message(message)) => Came::Message(message),
                Ok(Heard::Packets(frame)) => Came::Packets(frame),
                Ok(Heard::Ended(Some(reason))) => Came::Ended(reason),
                Ok(Heard::Ended(None)) | Err(_) => Came::Ended("it has ended".into()),
            },
            recv(stop) -> _ => Came::Order(Order::Stop),
            recv(others) -> order => Came::Order(order.unwrap_or(Order::Stop)),
            default(patience) => Came::Nothing,
        }
    }

    /// The next message before a deadline.
    fn message(&mut self, deadline: Instant, late: &str) -> Result<FromAgent, Outcome> {
        loop {
            match self.next(deadline.saturating_duration_since(Instant::now())) {
                Came::Message(message) => return Ok(message),
                Came::Packets(_) => return Err(Outcome::broken("it sends packets before they were asked for")),
                Came::Ended(reason) => return Err(Outcome::broken(reason)),
                Came::Order(Order::Stop) => {
                    // One that takes no more words is ended.
                    let _ = self.agent.say(&ToAgent::Stop);
                    return Err(Outcome::Stopped(None));
                }
                Came::Order(Order::Configure | Order::TryNow) => {}
                Came::Nothing => return Err(Outcome::broken(late)),
            }
        }
    }

    /// Tells it something. Whether it takes that is seen by what it says next: one that has ended tells why.
    fn say(&mut self, message: &ToAgent) {
        let _ = self.agent.say(message);
    }

    /// Greets it and has it capture; gives what it has opened.
    fn begin(&mut self) -> Result<Vec<OpenInterface>, Outcome> {
        let (is_local, kind, path) = {
            let standing = self.member.standing();
            (standing.is_local(), standing.entry.kind, standing.entry.path.clone().unwrap_or_default())
        };
        let patience = HELLO_PATIENCE[usize::from(!is_local)];
        let late = format!("it did not say hello within {} s", patience.as_secs());
        let FromAgent::Hello { protocol, version, host, interfaces, hindrance } =
            self.message(Instant::now() + patience, &late)?
        else {
            return Err(Outcome::Wrong("it does not say hello: this is no whisperer".into()));
        };
        if protocol != PROTOCOL {
            let reason = format!("it speaks version {protocol} of the protocol, this workbench {PROTOCOL}");
            return Err(Outcome::Wrong(reason));
        }
        let seen = Seen { host: Some(host), version: Some(version), interfaces, hindrance: hindrance.clone() };
        self.workbench.saw(self.member, seen);
        self.say(&ToAgent::Hello { protocol: PROTOCOL });
        if kind == WhispererKind::File {
            self.say(&ToAgent::SendFile { path });
        } else {
            if let Some(why) = hindrance {
                return Err(Outcome::Wrong(why));
            }
            let (config, _) = self.workbench.in_force(self.member);
            self.say(&ToAgent::Configure { config });
            self.say(&ToAgent::Start);
        }
        self.opened(kind)
    }

    fn opened(&mut self, kind: WhispererKind) -> Result<Vec<OpenInterface>, Outcome> {
        let deadline = Instant::now() + START_PATIENCE;
        let late = format!("it did not begin within {} s", START_PATIENCE.as_secs());
        let mut opened = Vec::new();
        loop {
            match self.message(deadline, &late)? {
                FromAgent::Refused { problems } => {
                    return Err(Outcome::Wrong(
                        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
                    ));
                }
                FromAgent::Opened { interfaces } if kind == WhispererKind::File => return Ok(interfaces),
                FromAgent::Opened { interfaces } => opened = interfaces,
                FromAgent::State { state: AgentState::Capturing, .. } => return Ok(opened),
                FromAgent::State { reason: Some(reason), .. } => return Err(Outcome::Wrong(reason)),
                _ => {}
            }
        }
    }

    /// Takes what it sends until it ends.
    fn capture(mut self, interfaces: Vec<OpenInterface>) -> Outcome {
        let count = interfaces.len();
        let run = match self.workbench.begin_run(self.member, interfaces) {
            Ok(run) => run,
            Err(error) => return Outcome::Wrong(error.to_string()),
        };
        let mut taking = Taking::new(run, count);
        let outcome = loop {
            let came = self.next(LOOK);
            if let Some(outcome) = self.take(&mut taking, came) {
                break outcome;
            }
        };
        let Taking { run, file, .. } = taking;
        let warnings = file.map(|file| file.warnings).unwrap_or_default();
        let ended = self.workbench.end_run(self.member, run, warnings);
        match (ended, outcome) {
            (Err(error), _) => Outcome::Wrong(error.to_string()),
            (Ok(()), outcome) => outcome,
        }
    }

    /// What comes of one thing that came; an outcome ends the run.
    fn take(&mut self, taking: &mut Taking, came: Came) -> Option<Outcome> {
        let stored = match came {
            Came::Packets(frame) => {
                if let Err(reason) = looked_through(&frame, taking.count) {
                    return Some(taking.broken(format!("it {reason}")));
                }
                if let Some(file) = taking.file_of(self.member) {
                    file.count(&frame);
                }
                self.is_heard(taking);
                taking.run.packets(frame)
            }
            Came::Message(message) => {
                self.is_heard(taking);
                match self.heard(taking, message) {
                    Ok(stored) => stored,
                    Err(outcome) => return Some(outcome),
                }
            }
            Came::Ended(reason) => {
                return Some(match (taking.stop_at, &taking.file) {
                    (Some(_), _) => Outcome::Stopped(None),
                    (None, Some(file)) if file.ended => Outcome::Stopped(Some(file.told())),
                    _ => taking.broken(reason),
                });
            }
            Came::Order(Order::Stop) => {
                if taking.stop_at.is_none() {
                    taking.stop_at = Some(Instant::now());
                    if self.agent.say(&ToAgent::Stop).is_err() {
                        return Some(Outcome::Stopped(None));
                    }
                }
                Ok(())
            }
            Came::Order(Order::Configure) => {
                self.configure();
                Ok(())
            }
            Came::Order(Order::TryNow) | Came::Nothing => Ok(()),
        };
        if let Err(error) = stored {
            return Some(Outcome::Wrong(error.to_string()));
        }
        self.look_at_time(taking)
    }

    fn heard(&mut self, taking: &mut Taking, message: FromAgent) -> Result<Result<(), EngineError>, Outcome> {
        match message {
            FromAgent::Status(status) => {
                self.workbench.status(self.member, &status);
                return Ok(taking.run.status(status));
            }
            FromAgent::Sockets(changes) => return Ok(taking.run.sockets(changes)),
            FromAgent::State { state: AgentState::Stopped, reason: Some(reason) } if taking.stop_at.is_none() => {
                // An interface went away; others of the same agent may go on, so it is told and not ended.
                self.workbench.note(self.member, &reason);
                self.workbench.stand(self.member, |standing| standing.reason = Some(reason));
            }
            FromAgent::Refused { problems } => {
                let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                self.workbench.note(self.member, &format!("a change was refused: {told}"));
                self.workbench.stand(self.member, |standing| standing.reason = Some(told));
            }
            FromAgent::FileEnded { packets, warnings } => {
                let file = taking.file.get_or_insert_default();
                (file.ended, file.packets, file.warnings) = (true, packets, warnings);
            }
            _ => {}
        }
        Ok(Ok(()))
    }

    /// Takes over of a changed configuration what can be changed while capturing.
    fn configure(&mut self) {
        let (wanted, _) = self.workbench.in_force(self.member);
        let running = self.member.standing().running.clone();
        let Some((running, parsing)) = running else { return };
        let next: CaptureConfig = live_part(&running, &wanted);
        if next == running {
            return;
        }
        // An agent that takes no words any more is noticed by its silence.
        if self.agent.say(&ToAgent::Configure { config: next.clone() }).is_ok() {
            self.workbench.stand(self.member, |standing| standing.running = Some((next, parsing)));
        }
    }

    fn is_heard(&self, taking: &mut Taking) {
        if taking.is_silent {
            taking.is_silent = false;
            self.workbench.stand(self.member, |standing| {
                standing.state = CaptureState::Capturing;
                standing.reason = None;
            });
        }
    }

    fn look_at_time(&self, taking: &mut Taking) -> Option<Outcome> {
        let silent_for = self.agent.silent_for();
        if let Some(stop_at) = taking.stop_at {
            let is_enough =
                stop_at.elapsed() >= STOP_PATIENCE || (stop_at.elapsed() >= STOP_SILENCE && silent_for >= STOP_SILENCE);
            return is_enough.then(|| Outcome::Stopped(Some("it did not stop in time and was ended".into())));
        }
        if silent_for >= GONE {
            return Some(taking.broken(format!("nothing was heard of it for {} s", GONE.as_secs())));
        }
        if silent_for >= SILENT && !taking.is_silent {
            taking.is_silent = true;
            self.workbench.stand(self.member, |standing| {
                standing.state = CaptureState::NotVisible;
                standing.reason = Some("it is silent: the connection may be cut".into());
            });
        }
        if taking.remembered.elapsed() >= REMEMBER_INTERVAL {
            taking.remembered = Instant::now();
            self.workbench.remember_member(self.member);
        }
        if let Some(file) = &mut taking.file {
            self.workbench.file_goes_on(self.member, file);
        }
        None
    }
}
