//! The catalog's services, and who watches them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::{
    sync::{Semaphore, mpsc},
    time::Instant,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    answers::{CheckRow, Row, Services},
    bells::Bells,
    blocking::{Blocking, Returned},
    client::{Answer, AskError, Client},
};
use crate::discovery::{config::Consul, instance::Instance, pace::Pace, sources::Teller};

/// Services that are watched one by one, at most: an agent allows one address 200 connections.
pub(super) const MOST_WATCHED: usize = 100;
/// Services that are asked for, at most.
const MOST_SERVICES: usize = 5_000;
/// Questions that Consul does not hold, at the same time.
const AT_ONCE: usize = 16;
/// Answers that wait to be taken in.
const SAID: usize = 64;
/// So long is waited for more to be told of at once.
const GATHER: Duration = Duration::from_millis(50);
/// All services are asked so often at once, and then once in so long.
const ALL_BURST: u32 = 2;
const ALL_EVERY: Duration = Duration::from_secs(15);
/// Consul's own servers are a service of the catalog; they are probed only where they are named.
const OWN: &str = "consul";

/// What was heard.
pub(super) enum Said {
    Services(Result<Returned<Services>, AskError>),
    Checks(Result<Returned<Vec<CheckRow>>, AskError>),
    /// Of a service that is watched.
    Watched(String, Result<Returned<Vec<Row>>, AskError>),
    /// Of a service that was asked.
    Asked(String, Result<Answer<Vec<Row>>, AskError>),
}

/// A service that is wanted.
#[derive(Default)]
struct Known {
    tags: Vec<String>,
    instances: Vec<Instance>,
    /// Why it could not be asked.
    trouble: Option<Arc<str>>,
}

/// How services are watched.
enum Way {
    /// Not at all: the catalog itself does not answer.
    Not,
    OneByOne(HashMap<String, AbortOnDropHandle<()>>),
    Bells(Box<Bells>),
}

/// What every question needs.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) client: Client,
    pub(super) tags: Arc<[String]>,
    pub(super) wait: Duration,
    pub(super) turns: Arc<Semaphore>,
    pub(super) said: mpsc::Sender<Said>,
}

impl Asker {
    /// Watches something of which every return is said.
    pub(super) fn watch<T>(
        &self,
        path: &[&str],
        of: impl Fn(Result<Returned<T>, AskError>) -> Said + Send + Sync + 'static,
    ) -> AbortOnDropHandle<()>
    where
        T: DeserializeOwned + PartialEq + Clone + Send + Sync + 'static,
    {
        let asker = self.clone();
        // The catalog's services and checks of any kind have no such parameter.
        let tags = if path.get(1) == Some(&"service") { Arc::clone(&self.tags) } else { Arc::default() };
        let mut query = Blocking::<T>::new(path.iter().map(ToString::to_string).collect(), tags, self.wait);
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                let returned = query.next(&asker.client, &asker.turns).await;
                if asker.said.send(of(returned)).await.is_err() {
                    return;
                }
            }
        }))
    }
}

/// A catalog and what is known of it.
pub(super) struct Catalog {
    asker: Asker,
    heard: mpsc::Receiver<Said>,
    config: Consul,
    teller: Teller,
    known: BTreeMap<String, Known>,
    trouble: Option<String>,
    /// Services beside the most that are asked for.
    beside: usize,
    is_filtered: bool,
    way: Way,
    all: Pace,
    /// When the set is to be told.
    tell_at: Option<Instant>,
}

impl Catalog {
    pub(super) fn new(client: Client, config: Consul, teller: Teller) -> Self {
        let (said, heard) = mpsc::channel(SAID);
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let asker = Asker { client, tags: config.tags.as_slice().into(), wait: config.wait.as_duration(), turns, said };
        Self {
            asker,
            heard,
            config,
            teller,
            known: BTreeMap::new(),
            trouble: None,
            beside: 0,
            is_filtered: false,
            way: Way::Not,
            all: Pace::new(ALL_BURST, ALL_EVERY),
            tell_at: None,
        }
    }

    pub(super) async fn watch(mut self) {
        let _services = self.asker.watch(&["catalog", "services"], Said::Services);
        loop {
            let due = match &self.way {
                Way::Bells(bells) => bells.due(),
                _ => None,
            };
            let due = [due, self.tell_at].into_iter().flatten().min();
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                said = self.heard.recv() => match said {
                    Some(said) => self.take(said),
                    None => return,
                },
                () = wait => {}
            }
            let now = Instant::now();
            if let Way::Bells(bells) = &mut self.way {
                bells.act(&self.asker, self.known.keys(), &mut self.all, now);
            }
            if self.tell_at.is_some_and(|at| at <= now) {
                self.tell();
            }
        }
    }

    fn take(&mut self, said: Said) {
        match said {
            Said::Services(Ok(returned)) => self.services(returned),
            Said::Services(Err(error)) => {
                // Those who watch would fail each for itself; they begin anew when the catalog answers.
                self.way = Way::Not;
                self.trouble = Some(error.to_string());
            }
            Said::Checks(said) => {
                let Way::Bells(bells) = &mut self.way else { return };
                match said {
                    Ok(returned) => {
                        self.trouble = None;
                        let on_node = |node: &str| -> Vec<String> {
                            let runs = |known: &&Known| known.instances.iter().any(|instance| instance.node == node);
                            let on = self.known.iter().filter(|(_, known)| runs(known));
                            on.map(|(name, _)| name.clone()).collect()
                        };
                        bells.checks(returned, on_node);
                        bells.keep(|name| self.known.contains_key(name));
                    }
                    Err(error) => self.trouble = Some(error.to_string()),
                }
            }
            Said::Watched(name, said) => {
                if !matches!(self.way, Way::OneByOne(_)) {
                    return;
                }
                match said {
                    Ok(Returned { changed, is_filtered, .. }) => self.service(&name, Ok(changed), is_filtered),
                    Err(error) => self.service(&name, Err(error), false),
                }
            }
            Said::Asked(name, said) => {
                let Way::Bells(bells) = &mut self.way else { return };
                bells.asked(&name, said.as_ref().map(|answer| answer.index).ok(), Instant::now());
                match said {
                    Ok(answer) => self.service(&name, Ok(Some(answer.content)), answer.is_filtered),
                    Err(error) => self.service(&name, Err(error), false),
                }
            }
        }
        self.tell_at.get_or_insert_with(|| Instant::now() + GATHER);
    }

    /// The catalog's services came.
    fn services(&mut self, returned: Returned<Services>) {
        self.trouble = None;
        self.is_filtered = returned.is_filtered;
        let (mut changed, mut is_gone) = (Vec::new(), false);
        if let Some(services) = returned.changed {
            let is_wanted = |name: &str, tags: &[String]| {
                let is_named = self.config.services.iter().any(|wanted| wanted == name);
                let is_any = self.config.services.is_empty() && name != OWN;
                (is_named || is_any) && self.config.tags.iter().all(|tag| tags.contains(tag))
            };
            let mut before = std::mem::take(&mut self.known);
            let mut wanted = 0;
            for (name, tags) in services {
                if !is_wanted(&name, &tags) {
                    continue;
                }
                wanted += 1;
                if wanted > MOST_SERVICES {
                    continue;
                }
                let known = before.remove(&name);
                if known.as_ref().is_none_or(|known| known.tags != tags) {
                    changed.push(name.clone());
                }
                self.known.insert(name, Known { tags, ..known.unwrap_or_default() });
            }
            self.beside = wanted.saturating_sub(MOST_SERVICES);
            is_gone = !before.is_empty();
        }
        self.choose(&mut changed);
        match &mut self.way {
            Way::OneByOne(watched) => {
                watched.retain(|name, _| self.known.contains_key(name));
                for name in self.known.keys() {
                    if !watched.contains_key(name) {
                        let of = name.clone();
                        let said = move |returned| Said::Watched(of.clone(), returned);
                        let handle = self.asker.watch(&["health", "service", name], said);
                        watched.insert(name.clone(), handle);
                    }
                }
            }
            Way::Bells(bells) => {
                bells.keep(|name| self.known.contains_key(name));
                bells.services(changed, is_gone, returned.moved, Instant::now());
            }
            Way::Not => {}
        }
    }

    /// One by one, or with bells, which begin with everybody whoever has changed.
    fn choose(&mut self, changed: &mut Vec<String>) {
        let is_small = self.known.len() <= MOST_WATCHED;
        match (&self.way, is_small) {
            (Way::OneByOne(_), true) | (Way::Bells(_), false) => {}
            (_, true) => self.way = Way::OneByOne(HashMap::new()),
            (_, false) => {
                // They begin by asking everybody.
                changed.clear();
                self.way = Way::Bells(Box::new(Bells::new(&self.asker, Instant::now())));
            }
        }
    }

    /// A service's instances came, or did not.
    fn service(&mut self, name: &str, said: Result<Option<Vec<Row>>, AskError>, is_filtered: bool) {
        let Some(known) = self.known.get_mut(name) else { return };
        match said {
            Ok(rows) => {
                known.trouble = None;
                self.is_filtered |= is_filtered;
                if let Some(rows) = rows {
                    let has_tags = |instance: &Instance| self.config.tags.iter().all(|tag| instance.tags.contains(tag));
                    known.instances = rows.iter().map(Row::instance).filter(has_tags).collect();
                }
            }
            Err(error) => known.trouble = Some(error.to_string().into()),
        }
    }

    fn tell(&mut self) {
        self.tell_at = None;
        let mut instances = Vec::new();
        for known in self.known.values() {
            let stale = |instance: &Instance| Instance { stale: known.trouble.clone(), ..instance.clone() };
            instances.extend(known.instances.iter().map(stale));
        }
        let mut notes = Vec::new();
        if self.is_filtered {
            notes.push("Consul leaves out what the ACL token may not see.".to_owned());
        }
        if self.beside > 0 {
            let (most, beside) = (MOST_SERVICES, self.beside);
            notes.push(format!(
                "Only {most} services are asked for, {beside} are not: name those that are to be probed."
            ));
        }
        let has_answered = self.trouble.is_none() || !self.known.is_empty();
        self.teller.said(has_answered.then_some(instances), self.trouble.as_deref(), notes);
    }
}
