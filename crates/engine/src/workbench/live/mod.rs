//! Live capture: whisperers, listed and driven here, and the one recording that all of them fill.
//!
//! | file | what it does |
//! |---|---|
//! | `list` | the whisperers of `wirereel.json` in the live folder, and what is remembered about them |
//! | `member` | one whisperer: configured, doing, said |
//! | `driving`, `conversation`, `taking` | the thread that has one capture, through one connection after another |
//! | `configuring` | checks and saves a configuration |
//! | `telling` | states, figures and events to those who look on |
//! | `history` | figures over time |
//! | `watching` | what whoever watches the workbench sees of it |
//! | `recording` | the live folder, its workspace, and runs into it |

mod configuring;
mod conversation;
mod driving;
mod history;
mod list;
mod member;
mod recording;
mod taking;
mod telling;
mod watching;

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use serde_json::Value;
use wirereel_query::{
    whisperers::{Whisperer, WhispererKind},
    workbench::{CaptureInterfaces, CaptureState},
};
use wirereel_whisper::{CaptureConfig, FromAgent, Interface};

use super::{Workbench, lock};
use crate::{
    EngineError, Workspace,
    clock::{now_us, since_1970},
    keeping::space::{FreeSpace, OfSystem},
    live::{Agent, Heard, local_agent},
};

use driving::Order;
use list::List;
use member::{LOCAL, Member, shown_interfaces};
use recording::Recording;

pub(super) use recording::LIVE_RECORDING;

/// What is told where the agent's program is missing.
const NO_AGENT: &str = "The capture agent wirereel-whisperer is neither beside this program nor on the path.";
/// How long the agent of this machine may take to say hello.
const LOOK_PATIENCE: Duration = Duration::from_secs(5);
const END_PATIENCE: Duration = Duration::from_millis(200);

/// All of live capture.
#[derive(Default)]
pub(super) struct Live {
    list: List,
    /// There while anything is captured.
    recording: Mutex<Option<Recording>>,
    /// Where the page is spoken to, if it is at all.
    page: Mutex<Option<SocketAddr>>,
    /// The workspace of the live folder, for as long as anybody has it.
    shared: Mutex<Weak<Workspace>>,
    probe: Probe,
}

/// Who says how much room is left on the disk.
struct Probe(Arc<dyn FreeSpace>);

impl Default for Probe {
    fn default() -> Self {
        Self(Arc::new(OfSystem))
    }
}

impl Workbench {
    /// What can be captured on this machine.
    ///
    /// # Errors
    /// When the agent is missing or cannot be started.
    pub fn capture_interfaces(&self) -> Result<CaptureInterfaces, EngineError> {
        let (interfaces, hindrance) = self.look_at_this_machine()?;
        Ok(CaptureInterfaces { interfaces: shown_interfaces(&interfaces), hindrance })
    }

    /// Asks the agent of this machine for its interfaces, and remembers them.
    fn look_at_this_machine(&self) -> Result<(Vec<Interface>, Option<String>), EngineError> {
        let program = local_agent().ok_or_else(|| EngineError::Unsupported(NO_AGENT.into()))?;
        let agent = Agent::start(&mut Command::new(program)).map_err(EngineError::Capturing)?;
        let heard = agent.heard().recv_timeout(LOOK_PATIENCE);
        let words = match &heard {
            Ok(Heard::Message(_)) => None,
            _ => agent.last_words(),
        };
        agent.end(END_PATIENCE);
        match heard {
            Ok(Heard::Message(FromAgent::Hello { version, host, interfaces, hindrance, .. })) => {
                if let Ok(member) = self.member(LOCAL) {
                    let seen = member::Seen {
                        host: Some(host),
                        version: Some(version),
                        interfaces: interfaces.clone(),
                        hindrance: hindrance.clone(),
                    };
                    self.saw(&member, seen);
                }
                Ok((interfaces, hindrance))
            }
            _ => Err(EngineError::Capturing(words.unwrap_or_else(|| "the capture agent does not say hello".into()))),
        }
    }

    /// Where the page itself is spoken to: this machine's whisperer leaves it out, or looking would be seen.
    pub fn leave_out_page(&self, page: Option<SocketAddr>) {
        *lock(&self.live.page) = page;
    }

    /// Shows the live recording and has this machine's whisperer capture, with this configuration from now on. What stands in the way
    /// later is told by its state.
    ///
    /// # Errors
    /// When it is capturing, the agent is missing, or the configuration cannot be saved.
    pub fn start_capture(self: &Arc<Self>, config: CaptureConfig) -> Result<(), EngineError> {
        let member = self.local_at_rest()?;
        self.replace_capture(&member, configuring::set_values(&config))?;
        self.start_member(&member, true)
    }

    /// As [`Workbench::start_capture`], with values over those that are set; without any, as it is configured.
    ///
    /// # Errors
    /// As [`Workbench::start_capture`].
    pub fn start_local(self: &Arc<Self>, values: Option<&Value>) -> Result<(), EngineError> {
        let member = self.local_at_rest()?;
        if let Some(values) = values {
            self.set_capture(&member, values)?;
        }
        self.start_member(&member, true)
    }

    fn local_at_rest(&self) -> Result<Arc<Member>, EngineError> {
        let member = self.member(LOCAL)?;
        if lock(&member.driver).as_ref().is_some_and(driving::Driver::is_driving) {
            return Err(EngineError::Capturing("A capture is running: stop it first.".into()));
        }
        Ok(member)
    }

    /// Has a whisperer capture, or connect again at once. How it goes is told by its state.
    ///
    /// # Errors
    /// When there is no such whisperer, or it is one that cannot be started.
    pub fn start_whisperer(self: &Arc<Self>, id: &str) -> Result<(), EngineError> {
        let member = self.member(id)?;
        // What is open stays open: somebody may be looking at it.
        let shows_live = self.current().is_err();
        self.start_member(&member, shows_live)
    }

    fn start_member(self: &Arc<Self>, member: &Arc<Member>, shows_live: bool) -> Result<(), EngineError> {
        let (kind, is_local) = {
            let standing = member.standing();
            (standing.entry.kind, standing.is_local())
        };
        if kind == WhispererKind::Upload {
            return Err(EngineError::Capturing("Drop files into the window: nothing needs to be started.".into()));
        }
        if is_local && local_agent().is_none() {
            self.stand(member, |standing| {
                standing.state = CaptureState::NotVisible;
                standing.reason = Some(NO_AGENT.into());
            });
            return Err(EngineError::Unsupported(NO_AGENT.into()));
        }
        self.set_wanted(member, true);
        self.start_driver(member, shows_live)
    }

    /// Has a whisperer stop; it has stopped once what was captured is stored.
    ///
    /// # Errors
    /// When there is no such whisperer.
    pub fn stop_whisperer(&self, id: &str) -> Result<(), EngineError> {
        let member = self.member(id)?;
        self.set_wanted(&member, false);
        self.order(&member, Order::Stop);
        Ok(())
    }

    /// Has everything stop that captures.
    pub fn stop_capture(&self) {
        for member in self.members() {
            self.set_wanted(&member, false);
            self.order(&member, Order::Stop);
        }
    }

    /// Has whisperers capture again that did when the workbench ended, where the user wants it. The host calls it once it is ready.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn resume_captures(self: &Arc<Self>) -> Result<(), EngineError> {
        for member in self.members() {
            let resumes = {
                let standing = member.standing();
                standing.wanted && standing.entry.resume && standing.entry.kind == WhispererKind::Interface
            };
            if resumes {
                self.start_driver(&member, self.current().is_err())?;
            }
        }
        Ok(())
    }

    /// Ends what is captured, and waits until it is stored. It counts as capturing for the next start.
    pub(super) fn end_captures(&self) {
        for member in self.members() {
            self.order(&member, Order::Stop);
        }
        for member in self.members() {
            let driver = lock(&member.driver).take();
            if let Some(driver) = driver {
                driver.join();
            }
        }
    }

    fn order(&self, member: &Member, order: Order) {
        if let Some(driver) = lock(&member.driver).as_ref() {
            driver.order(order);
        }
    }

    /// All whisperers: this machine's first, then in the order in which they were added.
    pub fn whisperers(&self) -> Vec<Whisperer> {
        self.look_if_due();
        self.members().iter().map(|member| member.standing().shown()).collect()
    }

    /// One whisperer.
    ///
    /// # Errors
    /// When there is no such whisperer.
    pub fn whisperer(&self, id: &str) -> Result<Whisperer, EngineError> {
        Ok(self.member(id)?.standing().shown())
    }

    pub(super) fn live_folder(&self) -> PathBuf {
        self.home.join("live")
    }
}
