//! The list of whisperers: those of `wirereel.json` in the live folder, and this machine's, which is always there.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Map, Value};
use wirereel_query::{
    whisperers::{NewWhisperer, Whisperer, WhispererFigures, WhispererKind, WhispererTotals},
    workbench::CaptureState,
};
use wirereel_whisper::CaptureConfig;

use super::{
    configuring,
    driving::Order,
    member::{LOCAL, Member, Standing},
};
use crate::{
    EngineError,
    config::{self, ParsingConfig, WhispererEntry, is_id},
    live::{local_agent, read_command_line},
    workbench::{Workbench, lock},
};

const LOCAL_NAME: &str = "This machine";
/// How often this machine's interfaces are asked for while somebody looks at the list.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);
const MOST_WHISPERERS: usize = 64;
const MOST_NAME_CHARS: usize = 64;

/// See the module.
#[derive(Default)]
pub(super) struct List {
    members: Mutex<Vec<Arc<Member>>>,
    /// Of the file as it was read.
    stamp: Mutex<Option<config::Stamp>>,
    looked: Mutex<Option<Instant>>,
}

impl Workbench {
    pub(super) fn members(&self) -> Vec<Arc<Member>> {
        lock(&self.live.list.members).clone()
    }

    pub(super) fn member(&self, id: &str) -> Result<Arc<Member>, EngineError> {
        let members = lock(&self.live.list.members);
        let found = members.iter().find(|member| member.id == id).cloned();
        found.ok_or_else(|| EngineError::NotFound(format!("The whisperer {id:?}")))
    }

    /// Follows an edit of the file: those that are new come in, those that are gone stop, changes take effect.
    pub(in crate::workbench) fn follow_whisperers(&self) -> Result<(), EngineError> {
        let folder = self.live_folder();
        let stamp = config::Stamp::of(&folder);
        // Held throughout: two who follow the same edit would both add what is new.
        let mut followed = lock(&self.live.list.stamp);
        if *followed == Some(stamp) {
            return Ok(());
        }
        let (read, problems) = config::read(&folder).map_err(EngineError::io(folder.join(config::FILE_NAME)))?;
        *followed = Some(stamp);
        let is_unreadable = problems.iter().any(|problem| {
            problem.path.is_empty()
                || problem.path == "whisperers"
                || problem.path.ends_with("].id")
                || problem.path.ends_with(']')
        });
        let is_first = self.members().is_empty();
        if is_unreadable && !is_first {
            // What cannot be told apart stays as it was.
            self.tell_whisperers();
            return Ok(());
        }
        let mut entries = read.whisperers.clone();
        let local = match entries.iter().position(|entry| entry.id == LOCAL) {
            Some(place) => entries.remove(place),
            None => WhispererEntry::new(LOCAL, LOCAL_NAME),
        };
        entries.insert(0, named(local));
        let workspace_parsing = ParsingConfig::of(&read);
        let before = self.members();
        let mut members = Vec::new();
        for entry in entries {
            match before.iter().find(|member| member.id == entry.id) {
                Some(member) => {
                    self.take_over(member, entry, &workspace_parsing);
                    members.push(Arc::clone(member));
                }
                None => members.push(Arc::new(self.new_member(entry, &workspace_parsing)?)),
            }
        }
        let gone: Vec<_> =
            before.iter().filter(|member| members.iter().all(|other| other.id != member.id)).cloned().collect();
        *lock(&self.live.list.members) = members;
        drop(followed);
        for member in gone {
            // Out of the lock before it is waited for.
            let driver = lock(&member.driver).take();
            if let Some(driver) = driver {
                driver.order(Order::Stop);
                driver.join();
            }
        }
        self.tell_whisperers();
        Ok(())
    }

    fn new_member(&self, entry: WhispererEntry, workspace: &ParsingConfig) -> Result<Member, EngineError> {
        let memory = self.memory.whisperer(&entry.id)?;
        let defaults = (&CaptureConfig::default(), workspace);
        let (capture, parsing) = configuring::in_force(&entry, defaults, (None, None));
        let seen: super::member::Seen = serde_json::from_value(memory.seen).unwrap_or_default();
        let is_local = entry.command.trim().is_empty();
        let (state, reason) = match (is_local, &seen.host) {
            (true, _) if local_agent().is_none() => (CaptureState::NotVisible, Some(super::NO_AGENT.into())),
            (false, None) => (CaptureState::NotVisible, Some("it was never started".into())),
            _ => (CaptureState::Stopped, None),
        };
        Ok(Member::new(Standing {
            entry,
            capture,
            parsing,
            state,
            reason,
            attempt: 0,
            next_attempt_us: None,
            seen,
            figures: WhispererFigures::default(),
            totals: serde_json::from_value::<WhispererTotals>(memory.totals).unwrap_or_default(),
            running: None,
            open_interfaces: Vec::new(),
            wanted: memory.capturing,
            told: None,
            losing: None,
            dropped: (0, 0),
        }))
    }

    fn take_over(&self, member: &Member, entry: WhispererEntry, workspace: &ParsingConfig) {
        {
            let mut standing = member.standing();
            let defaults = (&CaptureConfig::default(), workspace);
            let before = standing.entry.clone();
            (standing.capture, standing.parsing) =
                configuring::in_force(&entry, defaults, (Some(&before.capture), Some(&before.parsing)));
            standing.entry = entry;
        }
        self.order(member, Order::Configure);
    }

    /// Adds a whisperer.
    ///
    /// # Errors
    /// When something about it is missing or wrong, or the file cannot be written.
    pub fn add_whisperer(&self, new: &NewWhisperer) -> Result<Whisperer, EngineError> {
        let name = checked_name(&new.name)?;
        let command = new.command.trim().to_owned();
        if !command.is_empty() {
            read_command_line(&command).map_err(EngineError::Capturing)?;
        }
        let path = new.path.as_deref().map(str::trim).filter(|path| !path.is_empty()).map(str::to_owned);
        if new.kind == WhispererKind::File && path.is_none() {
            return Err(EngineError::Capturing("A whisperer of a file needs the file's path on its host.".into()));
        }
        let members = self.members();
        if members.len() >= MOST_WHISPERERS {
            return Err(EngineError::Capturing(format!(
                "There are {MOST_WHISPERERS} whisperers already: remove one first."
            )));
        }
        let id = free_id(&name, &members);
        let entry = WhispererEntry { kind: new.kind, command, path, ..WhispererEntry::new(&id, &name) };
        self.edit_whisperers(|list| list.push(serde_json::to_value(&entry).unwrap_or_default()))?;
        self.whisperer(&id)
    }

    /// Calls a whisperer otherwise.
    ///
    /// # Errors
    /// When there is no such whisperer, the name is empty or long, or the file cannot be written.
    pub fn rename_whisperer(&self, id: &str, name: &str) -> Result<(), EngineError> {
        let name = checked_name(name)?;
        self.edit_entry(id, |entry| drop(entry.insert("name".into(), Value::String(name))))
    }

    /// Whether it captures again when the workbench starts.
    ///
    /// # Errors
    /// When there is no such whisperer, or the file cannot be written.
    pub fn resume_whisperer(&self, id: &str, resume: bool) -> Result<(), EngineError> {
        self.edit_entry(id, |entry| {
            if resume {
                entry.insert("resume".into(), Value::Bool(true));
            } else {
                entry.remove("resume");
            }
        })
    }

    /// Takes a whisperer from the list; it stops. What it captured stays.
    ///
    /// # Errors
    /// When there is no such whisperer, it is this machine's, or the file cannot be written.
    pub fn remove_whisperer(&self, id: &str) -> Result<(), EngineError> {
        let _known = self.member(id)?;
        if id == LOCAL {
            return Err(EngineError::Capturing("The whisperer of this machine cannot be removed.".into()));
        }
        self.edit_whisperers(|list| list.retain(|entry| entry.get("id").and_then(Value::as_str) != Some(id)))?;
        Ok(self.memory.forget_whisperer(id)?)
    }

    /// Changes one's entry in the file, which is made where there is none.
    pub(super) fn edit_entry(&self, id: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Result<(), EngineError> {
        let _known = self.member(id)?;
        self.edit_whisperers(|list| {
            let place = list.iter().position(|entry| entry.get("id").and_then(Value::as_str) == Some(id));
            let place = place.unwrap_or_else(|| {
                list.insert(0, serde_json::json!({ "id": id }));
                0
            });
            if let Some(Value::Object(entry)) = list.get_mut(place) {
                change(entry);
            }
        })
    }

    fn edit_whisperers(&self, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), EngineError> {
        let folder = self.live_folder();
        fs::create_dir_all(&folder).map_err(EngineError::io(&folder))?;
        config::edit(&folder, |whole| {
            let list = whole.entry("whisperers").or_insert_with(|| Value::Array(Vec::new()));
            if !list.is_array() {
                *list = Value::Array(Vec::new());
            }
            if let Value::Array(list) = list {
                change(list);
            }
        })?;
        // Not every disk tells two edits within a moment apart by their times.
        *lock(&self.live.list.stamp) = None;
        self.follow_whisperers()
    }

    /// Looks at this machine's interfaces again, when it was long ago.
    pub(super) fn look_if_due(&self) {
        {
            let mut looked = lock(&self.live.list.looked);
            if looked.is_some_and(|looked| looked.elapsed() < LOOK_INTERVAL) {
                return;
            }
            *looked = Some(Instant::now());
        }
        // What is in the way is told by the whisperer's state.
        let _ = self.look_at_this_machine();
    }
}

fn named(mut local: WhispererEntry) -> WhispererEntry {
    if local.name.is_empty() || local.name == LOCAL {
        local.name = LOCAL_NAME.into();
    }
    // It is what it is, whatever the file says.
    (local.kind, local.command, local.path) = (WhispererKind::Interface, String::new(), None);
    local
}

fn checked_name(name: &str) -> Result<String, EngineError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MOST_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(EngineError::Capturing(format!("A name has 1 to {MOST_NAME_CHARS} characters.")));
    }
    Ok(name.to_owned())
}

/// An id that reads like the name.
fn free_id(name: &str, members: &[Arc<Member>]) -> String {
    let dashed: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(30).collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    let stem = if words.is_empty() { "whisperer".to_owned() } else { words.join("-") };
    let is_free = |id: &String| is_id(id) && id != LOCAL && members.iter().all(|member| member.id != *id);
    let numbered = (2..).map(|number| format!("{stem}-{number}"));
    std::iter::once(stem.clone()).chain(numbered).find(is_free).unwrap_or(stem)
}
