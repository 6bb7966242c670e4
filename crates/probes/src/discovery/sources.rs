//! Runs sources as tasks and tells the set of targets.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    config::{Find, ProbeSource},
    consul, file,
    instance::{Health, Instance},
    srv, template,
};
use crate::config::Probe;

/// Targets of one source at most; more are counted and not probed.
const MOST_TARGETS: usize = 5_000;
/// Sentences that a source tells at once.
const MOST_PROBLEMS: usize = 20;

/// One target.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The probe's name, unique in the set.
    pub name: Arc<str>,
    /// Host and port; a host alone where the source knows of no port.
    pub address: String,
    pub service: String,
    pub node: String,
    /// What the source says of it: a label, whatever it says the target is probed.
    pub health: Health,
    pub tags: Vec<String>,
    /// The source's name.
    pub source: Arc<str>,
    /// Why it may no longer be as it is told; `None` while the source answers.
    pub stale: Option<Arc<str>>,
    /// What is probed.
    pub probe: Arc<Probe>,
}

/// How a source is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceState {
    pub name: Arc<str>,
    /// It has answered, at least once.
    pub answered: bool,
    /// Why it cannot be asked now, a sentence without its period; what it said last is kept.
    pub trouble: Option<Arc<str>>,
    pub targets: usize,
    /// Targets that are not probed, because there are too many or two have one name.
    pub left_out: usize,
    /// What is wrong with what it says, in sentences.
    pub problems: Vec<String>,
}

/// All targets, by source and name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Targets {
    pub targets: Vec<Arc<Target>>,
    /// In the order of the configuration.
    pub sources: Vec<SourceState>,
}

/// Sources at work.
pub struct Sources {
    board: Arc<Board>,
    tasks: JoinSet<()>,
}

impl Sources {
    /// Runs them on the current tokio runtime until they are cancelled, or dropped.
    pub fn new(sources: Vec<ProbeSource>, cancellation: &CancellationToken) -> Self {
        let slots = sources.iter().map(Slot::new).collect();
        let board = Arc::new(Board { slots: Mutex::new(slots), told: watch::Sender::default() });
        board.tell();
        let mut tasks = JoinSet::new();
        for (place, source) in sources.into_iter().enumerate() {
            let teller = Teller { board: Arc::clone(&board), place };
            let cancelled = cancellation.clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = cancelled.cancelled() => {}
                    () = run(source.find, teller) => {}
                }
            });
        }
        Self { board, tasks }
    }

    /// The set now, and whenever it changes.
    pub fn targets(&self) -> watch::Receiver<Arc<Targets>> {
        self.board.told.subscribe()
    }

    /// Waits until all have ended: after they were cancelled.
    pub async fn ended(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("running", &self.tasks.len()).finish_non_exhaustive()
    }
}

async fn run(find: Find, teller: Teller) {
    match find {
        Find::Consul(config) => consul::run(config, teller).await,
        Find::Srv(config) => srv::run(config, teller).await,
        Find::File(config) => file::run(config, teller).await,
        Find::Static(entries) => teller.found(entries.iter().filter_map(Instance::of_entry).collect()),
    }
}

/// Takes in what one source says.
pub(super) struct Teller {
    board: Arc<Board>,
    place: usize,
}

impl Teller {
    /// These are all there are.
    pub(super) fn found(&self, instances: Vec<Instance>) {
        self.said(Some(instances), None, Vec::new());
    }

    /// It cannot be asked, and why. What was found before is stale.
    pub(super) fn failed(&self, why: &str) {
        self.said(None, Some(why), Vec::new());
    }

    /// All of it: what is known, some of which may be stale, what stands in the way, and what else is to be known, in sentences.
    pub(super) fn said(&self, instances: Option<Vec<Instance>>, trouble: Option<&str>, notes: Vec<String>) {
        {
            let mut slots = self.board.slots();
            let Some(slot) = slots.get_mut(self.place) else { return };
            let answered = instances.is_some();
            if let Some(instances) = instances {
                slot.instances = instances;
            }
            slot.state.answered |= answered;
            slot.state.trouble = trouble.map(Arc::from);
            slot.make(notes);
        }
        self.board.tell();
    }
}

struct Board {
    slots: Mutex<Vec<Slot>>,
    told: watch::Sender<Arc<Targets>>,
}

impl Board {
    fn slots(&self) -> std::sync::MutexGuard<'_, Vec<Slot>> {
        // Whoever panicked left what was known before.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the set where it is another than before.
    fn tell(&self) {
        let mut slots = self.slots();
        let mut names = HashSet::new();
        let mut all = Targets::default();
        for slot in slots.iter_mut() {
            let mut state = slot.state.clone();
            for target in &slot.targets {
                if names.insert(Arc::clone(&target.name)) {
                    all.targets.push(Arc::clone(target));
                    state.targets += 1;
                    continue;
                }
                // Two of one name: the second is told apart by its address.
                let apart: Arc<str> = format!("{} ({})", target.name, target.address).into();
                if names.insert(Arc::clone(&apart)) {
                    let probe = Probe { name: apart.to_string(), ..Probe::clone(&target.probe) };
                    all.targets.push(Arc::new(Target { name: apart, probe: Arc::new(probe), ..Target::clone(target) }));
                    state.targets += 1;
                } else {
                    state.left_out += 1;
                    problem(&mut state.problems, || format!("{}: there is another target of this name", target.name));
                }
            }
            all.sources.push(state);
        }
        // Under the lock, so that the last one who says something is the last one who is told.
        self.told.send_if_modified(|told| {
            let is_new = **told != all;
            if is_new {
                *told = Arc::new(all);
            }
            is_new
        });
    }
}

struct Slot {
    template: Probe,
    instances: Vec<Instance>,
    targets: Vec<Arc<Target>>,
    state: SourceState,
}

impl Slot {
    fn new(source: &ProbeSource) -> Self {
        let state = SourceState { name: source.name.as_str().into(), ..SourceState::default() };
        Self { template: source.probe.clone(), instances: Vec::new(), targets: Vec::new(), state }
    }

    /// Makes targets of instances.
    fn make(&mut self, notes: Vec<String>) {
        let kept = self.instances.len().min(MOST_TARGETS);
        self.state.left_out = self.instances.len() - kept;
        self.state.problems = notes;
        let mut targets = Vec::with_capacity(kept);
        for instance in self.instances.iter().take(kept) {
            let (probe, wrong) = template::probe(&self.template, instance);
            for wrong in wrong {
                problem(&mut self.state.problems, || format!("{}: {wrong}", probe.name));
            }
            let address = if instance.port == 0 { instance.url_host() } else { instance.address() };
            targets.push(Arc::new(Target {
                name: probe.name.as_str().into(),
                address,
                service: instance.service.clone(),
                node: instance.node.clone(),
                health: instance.health,
                tags: instance.tags.clone(),
                source: Arc::clone(&self.state.name),
                stale: self.state.trouble.clone().or_else(|| instance.stale.clone()),
                probe: Arc::new(probe),
            }));
        }
        targets.sort_by(|one, other| (&one.name, &one.address).cmp(&(&other.name, &other.address)));
        self.targets = targets;
    }
}

fn problem(problems: &mut Vec<String>, said: impl FnOnce() -> String) {
    if problems.len() < MOST_PROBLEMS {
        problems.push(said());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn source(name: &str, template: &str, addresses: &[&str]) -> ProbeSource {
        let probe = json!({ "name": template, "target": "http://{address}/" });
        ProbeSource::read(&json!({ "name": name, "find": { "static": addresses }, "probe": probe })).expect("a source")
    }

    #[tokio::test]
    async fn targets_of_all_sources_have_names_of_their_own() {
        let sources =
            vec![source("a", "{service}", &["cart:1", "cart:2", "cart:2"]), source("b", "pay", &["pay:1", "cart:1"])];
        let running = Sources::new(sources, &CancellationToken::new());
        let mut targets = running.targets();
        let all = targets.wait_for(|all| all.sources.iter().all(|source| source.answered)).await.expect("told").clone();
        let names: Vec<_> = all.targets.iter().map(|target| (&*target.name, &*target.probe.name)).collect();
        let expected = ["cart", "cart (cart:2)", "pay", "pay (pay:1)"].map(|name| (name, name));
        assert_eq!(names, expected);
        assert_eq!((all.sources[0].left_out, all.sources[0].problems.len(), all.sources[1].targets), (1, 1, 2));
        running.ended().await;
    }

    #[test]
    fn a_source_that_fails_keeps_what_it_said_as_stale_and_tells_nothing_that_is_not_new() {
        let board = Arc::new(Board {
            slots: Mutex::new(vec![Slot::new(&source("a", "", &[]))]),
            told: watch::Sender::default(),
        });
        let teller = Teller { board: Arc::clone(&board), place: 0 };
        let mut told = board.told.subscribe();
        let found = || vec![Instance { host: "cart".into(), port: 1, service: "cart".into(), ..Instance::default() }];
        teller.found(found());
        assert_eq!(told.borrow_and_update().targets[0].stale, None);
        teller.found(found());
        assert!(!told.has_changed().expect("open"), "nothing is new");
        teller.failed("nobody answers");
        let now = told.borrow_and_update().clone();
        assert_eq!((now.targets.len(), now.targets[0].stale.as_deref()), (1, Some("nobody answers")));
        assert_eq!(now.sources[0].trouble.as_deref(), Some("nobody answers"));
        teller.failed("nobody answers");
        assert!(!told.has_changed().expect("open"));
        teller.found(Vec::new());
        assert_eq!(told.borrow_and_update().targets.len(), 0);
    }

    #[test]
    fn more_targets_than_a_source_may_have_are_counted() {
        let mut slot = Slot::new(&source("a", "", &[]));
        let one = |n: usize| Instance { host: format!("h{n}"), port: 1, ..Instance::default() };
        slot.instances = (0..MOST_TARGETS + 3).map(one).collect();
        slot.make(Vec::new());
        assert_eq!((slot.targets.len(), slot.state.left_out), (MOST_TARGETS, 3));
    }
}
