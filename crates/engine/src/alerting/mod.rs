//! Alerts of a running workbench: what is measured goes in, what came of it is saved in the live recording, and then somebody is told.
//!
//! | file | what it does |
//! |---|---|
//! | `feed` | the bounded way of readings to whoever judges them |
//! | `judge` | judges, saves, and then has it told; no clock, no thread |
//! | `saved` | what happened and what is on its way, as rows and back |
//! | `desk` | the judge with its files, once there is something to be judged |
//! | `teller` | the thread that sends |
//! | `board` | what is known without asking the judge: open alerts by subject, the rule about websites |
//! | `words` | rules in sentences |
//!
//! Whoever measures has [`Alerting`] and never waits for it. The thread `wr-alert` is the workbench's.

mod board;
mod desk;
mod feed;
mod judge;
mod saved;
mod teller;
mod words;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use wirereel_alerts::Reading;
use wirereel_alerts::Subject;
use wirereel_query::checks::DownRule;

use crate::health::{Gauges, QueueWatch};

use board::Board;
pub(crate) use board::Counts;
pub(crate) use desk::{Desk, Looked};
pub use feed::OwnedReading;
use feed::{Feed, Heard};
pub(crate) use judge::Judge;
pub use teller::Desktop;
use teller::TheDesktop;
pub(crate) use words::{condition, subjects};

/// The id of the queue of readings.
pub(crate) const QUEUE: &str = "alerts";

/// What is fed, and what is known. See the module.
#[derive(Default)]
pub struct Alerting {
    feed: Feed,
    board: Mutex<Board>,
    desk: Mutex<Desk>,
    desktop: TheDesktop,
    watch: Mutex<Option<Arc<QueueWatch>>>,
    waker: Mutex<Option<Box<dyn Fn() + Send>>>,
}

impl Alerting {
    /// Takes readings in. Never waits: those that find no room are counted and shown as drops of the queue `alerts`.
    pub fn feed(&self, readings: Vec<OwnedReading>) {
        if !readings.is_empty() {
            self.feed.readings(readings);
            self.wake();
        }
    }

    /// Nothing could be measured between two instants, in nanoseconds since 1970, through no fault of anybody's: this machine slept, or was
    /// offline. May be told again and again while it goes on.
    pub fn blind(&self, from_ns: i64, to_ns: i64) {
        self.order(Heard::Blind { from_ns, to_ns });
    }

    /// A subject is no longer there: its alerts are over.
    pub fn forget(&self, kind: &str, name: &str) {
        self.order(Heard::Forget(Subject::new(kind, name)));
    }

    /// There are these subjects of a kind and no others.
    pub fn keep_only(&self, kind: &str, names: Vec<String>) {
        self.order(Heard::KeepOnly { kind: kind.to_owned(), names });
    }

    /// The alert about a subject that is open; of several, one that says that it is down.
    pub fn open_alert_of(&self, kind: &str, name: &str) -> Option<String> {
        lock(&self.board).open_alert_of(kind, name)
    }

    /// Subjects of a kind with open alerts.
    pub(crate) fn open_of(&self, kind: &str) -> Vec<String> {
        lock(&self.board).open_of(kind)
    }

    /// When a website counts as down: the first rule about their availability.
    pub fn down_rule(&self) -> Option<DownRule> {
        lock(&self.board).down_rule
    }

    /// Notifications of the desktop are shown there from now on.
    pub fn show_on(&self, desktop: Arc<dyn Desktop>) {
        self.desktop.is(desktop);
    }

    fn order(&self, order: Heard) {
        self.feed.order(order);
        self.wake();
    }

    fn wake(&self) {
        if let Some(wake) = lock(&self.waker).as_ref() {
            wake();
        }
    }

    /// Who is woken when something was fed.
    pub(crate) fn wakes(&self, wake: impl Fn() + Send + 'static) {
        *lock(&self.waker) = Some(Box::new(wake));
    }

    /// Has the queue shown among the others.
    pub(crate) fn is_watched_by(&self, gauges: &Gauges) {
        *lock(&self.watch) = Some(gauges.queues.watch(QUEUE, self.feed.receiver()));
    }

    /// Readings that found no room since the start.
    pub(crate) fn lost(&self) -> u64 {
        self.feed.lost()
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        lock(&self.desk)
    }

    /// How many alerts are open, and how many of them nobody acknowledged.
    pub(crate) fn counts(&self) -> Counts {
        lock(&self.board).counts
    }

    /// Hears and judges what was fed, by this clock.
    pub(crate) fn look(&self, desk: &mut Desk, now_ns: i64) -> Looked {
        let looked = desk.look(&self.feed, now_ns);
        if looked.happened {
            self.tell(desk);
        }
        looked
    }

    /// Brings the board up to date.
    pub(crate) fn tell(&self, desk: &Desk) {
        *lock(&self.board) = Board::of(&desk.config().rules, desk.machine());
    }

    pub(crate) fn the_desktop(&self) -> &TheDesktop {
        &self.desktop
    }
}

/// A lock whose holder panicked guards a value that is still whole here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
