//! Runs a schedule: begins measurements when they are due, hands on results, takes in changes meanwhile.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    future::Future,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::mpsc,
    task::{AbortHandle, Id, JoinError, JoinSet},
    time::{Instant, sleep_until},
};

use crate::{
    Clock, Measure, Now, Outcome, Planned, Reference, State,
    offline::Judge,
    queue::{Due, Key, Pause, Queue, What},
};

/// Clocks are looked at this often at least, so that sleep is seen soon.
const TICK: Duration = Duration::from_secs(1);
/// Nothing ran for this long although something should every [`TICK`]: the machine slept or stood still.
const PAUSE_NS: i64 = 5_000_000_000;
/// Changes that wait to be taken in.
const COMMANDS: usize = 64;

/// How a schedule runs.
#[derive(Debug, Clone, Copy)]
pub struct ScheduleOptions {
    /// Measurements at once. Each one has up to two sockets and, in a body that is looked into, its bytes.
    pub concurrency: usize,
}

impl Default for ScheduleOptions {
    fn default() -> Self {
        Self { concurrency: 512 }
    }
}

enum Command<P> {
    Set(Vec<Arc<P>>),
    Only(Vec<Arc<P>>),
    Remove(Vec<String>),
}

/// A schedule that runs. Ends when it is dropped; measurements that run then are stopped.
pub struct Schedule<P> {
    commands: mpsc::Sender<Command<P>>,
}

impl<P> Clone for Schedule<P> {
    fn clone(&self) -> Self {
        Self { commands: self.commands.clone() }
    }
}

impl<P> std::fmt::Debug for Schedule<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedule").finish_non_exhaustive()
    }
}

impl<P: Planned> Schedule<P> {
    /// Makes one and what runs it, which is to be spawned. Results go to `results`; when nobody takes them, measurements wait.
    pub fn new<M: Measure<P>, C: Clock>(
        measure: Arc<M>,
        clock: Arc<C>,
        reference: Box<dyn Reference>,
        options: ScheduleOptions,
        results: mpsc::Sender<P::Result>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let run = async move {
            let now = clock.now();
            let runner = Runner {
                queue: Queue::new(now),
                judge: Judge::new(reference),
                running: JoinSet::new(),
                tasks: HashMap::new(),
                waiting: VecDeque::new(),
                outbox: VecDeque::new(),
                unsent: HashMap::new(),
                last_turn: now,
                paused_until_ns: i64::MIN,
                concurrency: options.concurrency.max(1),
                measure,
                clock,
            };
            runner.run(inbox, results).await;
        };
        (Self { commands }, run)
    }

    /// Adds these, or changes those that have the same names. One that is paused is taken out.
    pub async fn set(&self, planned: Vec<Arc<P>>) {
        self.send(Command::Set(planned)).await;
    }

    /// Schedules these and no others. What is just as before goes on as if nothing had happened.
    pub async fn set_only(&self, planned: Vec<Arc<P>>) {
        self.send(Command::Only(planned)).await;
    }

    /// Takes some out. A measurement of theirs that runs is stopped and has no result.
    pub async fn remove(&self, names: Vec<String>) {
        self.send(Command::Remove(names)).await;
    }

    async fn send(&self, command: Command<P>) {
        // Where nothing runs any more there is nothing to change.
        drop(self.commands.send(command).await);
    }
}

type Ended<M> = Result<(Id, (i64, M)), JoinError>;

#[allow(clippy::large_enum_variant, reason = "there is one at a time, on the stack")]
enum Event<P: Planned> {
    Alarm,
    Sent,
    Ended(Ended<P::Measured>),
    Command(Command<P>),
}

struct Running<P> {
    key: Key,
    planned: Arc<P>,
    name: Arc<str>,
    intended_at_ns: i64,
    /// On the continuous clock.
    begun_ns: i64,
    handle: AbortHandle,
}

struct Runner<P: Planned, M, C> {
    queue: Queue<P>,
    judge: Judge,
    running: JoinSet<(i64, P::Measured)>,
    tasks: HashMap<Id, Running<P>>,
    /// Due, but as many run as may.
    waiting: VecDeque<(Due<P>, Arc<P>)>,
    outbox: VecDeque<Outcome<P::Measured>>,
    /// Instants without a measurement that found no place in the outbox, together for each name.
    unsent: HashMap<Arc<str>, Outcome<P::Measured>>,
    last_turn: Now,
    /// When the last time in which nothing ran ended, on the continuous clock.
    paused_until_ns: i64,
    concurrency: usize,
    measure: Arc<M>,
    clock: Arc<C>,
}

impl<P: Planned, M: Measure<P>, C: Clock> Runner<P, M, C> {
    async fn run(mut self, mut inbox: mpsc::Receiver<Command<P>>, results: mpsc::Sender<P::Result>) {
        let mut alarm = pin!(sleep_until(Instant::now()));
        loop {
            let event = tokio::select! {
                biased;
                () = &mut alarm => Event::Alarm,
                Some(ended) = self.running.join_next_with_id(), if !self.running.is_empty() => Event::Ended(ended),
                permit = results.reserve(), if !self.outbox.is_empty() => match (permit, self.outbox.pop_front()) {
                    (Ok(permit), Some(outcome)) => {
                        permit.send(outcome.into());
                        Event::Sent
                    }
                    (Ok(_), None) => Event::Sent,
                    // Nobody wants results any more.
                    (Err(_), _) => return,
                },
                command = inbox.recv() => match command {
                    Some(command) => Event::Command(command),
                    None => return,
                },
            };
            let now = self.clock.now();
            // Clocks first: what ended in a pause is judged by it.
            let pause = self.pause(now);
            match event {
                Event::Alarm | Event::Sent => {}
                Event::Ended(ended) => self.ended(ended, now),
                Event::Command(command) => self.command(command, now),
            }
            self.turn(now, pause);
            let wait_ns = self.queue.next_due_ns().map_or(i64::MAX, |due_ns| (due_ns - now.continuous_ns).max(0));
            let wait = Duration::from_nanos(wait_ns.unsigned_abs()).min(TICK);
            alarm.as_mut().reset(Instant::now() + wait);
        }
    }

    /// The time since the last turn, if nothing ran in it.
    fn pause(&mut self, now: Now) -> Option<Pause> {
        let before = std::mem::replace(&mut self.last_turn, now);
        let (passed_ns, awake_ns) = (now.continuous_ns - before.continuous_ns, now.awake_ns - before.awake_ns);
        if passed_ns <= PAUSE_NS {
            return None;
        }
        let pause = Pause { since_ns: before.continuous_ns, asleep: passed_ns - awake_ns > PAUSE_NS / 2 };
        self.paused_until_ns = now.continuous_ns;
        Some(pause)
    }

    /// Does all that has come due.
    fn turn(&mut self, now: Now, pause: Option<Pause>) {
        self.send_unsent();
        while let Some(due) = self.queue.pop(now, pause) {
            match &due.what {
                What::Start(planned) => {
                    let planned = Arc::clone(planned);
                    self.waiting.push_back((due, planned));
                }
                What::Missed { instants, why } => self.missed(Outcome {
                    name: Arc::clone(&due.name),
                    intended_at_ns: due.intended_at_ns,
                    at_ns: now.wall_ns,
                    instants: *instants,
                    state: why.state(),
                    reason: Some(why.sentence(P::NOUN)),
                    measured: None,
                }),
            }
        }
        self.begin(now);
    }

    /// Begins what waits, as long as there is room for it and for its result.
    fn begin(&mut self, now: Now) {
        while self.running.len() + self.outbox.len() < 2 * self.concurrency && self.running.len() < self.concurrency {
            let Some((due, planned)) = self.waiting.pop_front() else { return };
            let (measure, clock, of_task) = (Arc::clone(&self.measure), Arc::clone(&self.clock), Arc::clone(&planned));
            let handle = self.running.spawn(async move {
                let at_ns = clock.now().wall_ns;
                (at_ns, measure.measure(&of_task).await)
            });
            let Due { key, name, intended_at_ns, .. } = due;
            self.tasks.insert(
                handle.id(),
                Running { key, planned, name, intended_at_ns, begun_ns: now.continuous_ns, handle },
            );
        }
    }

    fn ended(&mut self, ended: Ended<P::Measured>, now: Now) {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, Some(outcome)),
            Err(error) => (error.id(), None),
        };
        let Some(task) = self.tasks.remove(&id) else { return };
        self.queue.ended(task.key);
        let (at_ns, state, reason, measured) = match outcome {
            Some((at_ns, measured)) => {
                let (state, reason) = match self.judge.state(task.planned.verdict(&measured), now) {
                    // Its time ran out, and its connection broke, while nobody was here to see to it.
                    (State::Down, _) if task.begun_ns < self.paused_until_ns => {
                        (State::SelfOffline, Some(format!("This machine paused during the {}", P::NOUN)))
                    }
                    judged => judged,
                };
                (at_ns, state, reason, Some(measured))
            }
            // The fault is here, whatever it is.
            None => {
                let why = format!("The {} broke off with an error of its own", P::NOUN);
                (now.wall_ns, State::SelfOffline, Some(why), None)
            }
        };
        self.outbox.push_back(Outcome {
            name: task.name,
            intended_at_ns: task.intended_at_ns,
            at_ns,
            instants: 1,
            state,
            reason,
            measured,
        });
    }

    fn missed(&mut self, outcome: Outcome<P::Measured>) {
        if self.outbox.len() < 2 * self.concurrency {
            self.outbox.push_back(outcome);
        } else {
            match self.unsent.get_mut(&outcome.name) {
                Some(unsent) => unsent.instants = unsent.instants.saturating_add(outcome.instants),
                None => drop(self.unsent.insert(Arc::clone(&outcome.name), outcome)),
            }
        }
    }

    fn send_unsent(&mut self) {
        while !self.unsent.is_empty() && self.outbox.len() < 2 * self.concurrency {
            let Some(name) = self.unsent.keys().next().cloned() else { return };
            self.outbox.extend(self.unsent.remove(&name));
        }
    }

    fn command(&mut self, command: Command<P>, now: Now) {
        match command {
            Command::Set(all) => {
                for planned in all {
                    self.set(planned, now);
                }
            }
            Command::Only(all) => {
                let wanted: HashSet<&str> = all.iter().map(|planned| planned.name()).collect();
                let gone: Vec<_> = self.queue.names().filter(|name| !wanted.contains(&***name)).cloned().collect();
                for name in gone {
                    self.remove(&name);
                }
                for planned in all {
                    self.set(planned, now);
                }
            }
            Command::Remove(names) => {
                for name in names {
                    self.remove(&name);
                }
            }
        }
    }

    fn set(&mut self, planned: Arc<P>, now: Now) {
        if planned.is_paused() {
            self.remove(planned.name());
        } else if !self.queue.has(&planned) {
            self.queue.set(planned, now);
        }
    }

    fn remove(&mut self, name: &str) {
        if self.queue.remove(name).is_none() {
            return;
        }
        self.waiting.retain(|(due, _)| &*due.name != name);
        self.unsent.remove(name);
        self.tasks.retain(|_, task| {
            let stays = &*task.name != name;
            if !stays {
                task.handle.abort();
            }
            stays
        });
    }
}
