//! Sources of targets: who is asked is said in the file, and every target is a probe as if it were written there.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::Arc,
    thread::{self, JoinHandle},
};

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wirereel_probes::discovery::{Health, ProbeSource, Sources, Target, Targets};
use wirereel_query::probes::{FoundTarget, TargetHealth};

use super::{Probing, ReadyProbe, listing::make_ready};
use crate::config;

/// The key of the file.
pub(crate) const SOURCES_KEY: &str = "probe_sources";

/// Sources that are asked, on a thread of their own. Ends with [`Finding::end`].
pub(crate) struct Finding {
    asked: Vec<ProbeSource>,
    cancellation: CancellationToken,
    told: watch::Receiver<Arc<Targets>>,
    thread: JoinHandle<()>,
}

impl Finding {
    /// Begins to ask.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn start(sources: Vec<ProbeSource>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let cancellation = CancellationToken::new();
        let running = {
            let _entered = runtime.enter();
            Sources::new(sources.clone(), &cancellation)
        };
        let told = running.targets();
        let thread = thread::Builder::new().name("wr-probes-find".into()).spawn(move || {
            runtime.block_on(running.ended());
            // A look-up of a name that hangs is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Self { asked: sources, cancellation, told, thread })
    }

    /// Whether these are the ones that are asked.
    pub(crate) fn asks(&self, sources: &[ProbeSource]) -> bool {
        self.asked == sources
    }

    /// Whether somebody said something since [`Finding::targets`].
    pub(crate) fn has_news(&self) -> bool {
        self.told.has_changed().unwrap_or(false)
    }

    /// What they say now.
    pub(crate) fn targets(&mut self) -> Arc<Targets> {
        Arc::clone(&self.told.borrow_and_update())
    }

    pub(crate) fn end(self) {
        self.cancellation.cancel();
        // A panic of it was reported when it happened.
        let _ = self.thread.join();
    }
}

/// The sources of a file's text, and what is wrong with others of it, in sentences. `None` where they cannot be told, so that those in force
/// stay.
pub(crate) fn read_sources(text: &str) -> (Option<Vec<ProbeSource>>, Vec<String>) {
    // What is no JSON is told of the list of probes already.
    let Ok(whole) = serde_json::from_str::<Value>(text) else { return (None, Vec::new()) };
    match whole.get(SOURCES_KEY) {
        None => (Some(Vec::new()), Vec::new()),
        Some(Value::Array(items)) => {
            let mut problems = Vec::new();
            let sources = config::read_sources(items, &mut problems);
            (Some(sources), problems.iter().map(ToString::to_string).collect())
        }
        Some(_) => (None, vec![format!("{}: {SOURCES_KEY}: must be a list", config::FILE_NAME)]),
    }
}

/// The probes of all targets, without those that have the name of one that is written; and what is wrong, in sentences.
pub(crate) fn found(
    targets: &Targets,
    written: &[Arc<ReadyProbe>],
    before: &[Arc<ReadyProbe>],
    probing: &dyn Probing,
) -> (Vec<Arc<ReadyProbe>>, Vec<String>) {
    let mut problems = Vec::new();
    for source in &targets.sources {
        if let Some(trouble) = &source.trouble {
            let kept = if source.answered { "; what it said last stays in force" } else { "" };
            problems.push(format!("The source {}: {trouble}{kept}.", source.name));
        }
        problems.extend(source.problems.iter().map(|problem| format!("The source {}: {problem}", source.name)));
        if source.left_out > 0 {
            problems.push(format!("The source {}: {} targets are not probed.", source.name, source.left_out));
        }
    }
    let mut probes = Vec::with_capacity(targets.targets.len());
    for target in &targets.targets {
        let name = &*target.name;
        if written.iter().any(|ready| ready.probe.name == name) {
            problems.push(format!("The source {}: {name:?} is a probe's name already.", target.source));
            continue;
        }
        let Ok(as_written) = serde_json::to_value(&*target.probe) else { continue };
        let hash = config::hash_of(&as_written);
        match before.iter().find(|ready| ready.hash == hash && ready.probe.name == name) {
            Some(ready) => probes.push(Arc::clone(ready)),
            None => match make_ready(&as_written, hash, probing) {
                Ok(ready) => probes.push(Arc::new(ready)),
                Err(wrong) => problems.extend(wrong.iter().map(|wrong| format!("The probe {name:?}: {wrong}."))),
            },
        }
    }
    (probes, problems)
}

/// The targets that are probed, by the probes made of them.
pub(crate) fn by_probe(targets: &Targets, listed: &[Arc<ReadyProbe>]) -> HashMap<Arc<str>, Arc<Target>> {
    let probed: HashSet<&str> = listed.iter().map(|ready| ready.probe.name.as_str()).collect();
    let probed = targets.targets.iter().filter(|target| probed.contains(&*target.name));
    probed.map(|target| (Arc::clone(&target.name), Arc::clone(target))).collect()
}

/// What hosts are told of a target.
pub(crate) fn shown(target: &Target) -> FoundTarget {
    FoundTarget {
        source: target.source.to_string(),
        service: target.service.clone(),
        node: target.node.clone(),
        tags: target.tags.clone(),
        health: match target.health {
            Health::Unknown => TargetHealth::Unknown,
            Health::Passing => TargetHealth::Passing,
            Health::Warning => TargetHealth::Warning,
            Health::Critical => TargetHealth::Critical,
            Health::Maintenance => TargetHealth::Maintenance,
        },
        stale: target.stale.as_deref().map(str::to_owned),
    }
}

/// Whether every source answered at least once: what none of them names is gone then.
pub(crate) fn all_answered(targets: &Targets) -> bool {
    targets.sources.iter().all(|source| source.answered)
}
