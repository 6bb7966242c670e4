//! Makes the sample recordings: shop and crowd at work, a real capture of it, and the log of what happened.

mod audit;
mod pcapng;
mod story;
mod stretch;
mod truth;
mod wire;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use crate::control::{self, ControlError, Order};
use crate::crowd;
use crate::fault::Fault;
use crate::site::Site;
use crate::supervisor::{Supervisor, SupervisorError};
use crate::topology::{self, ENTRY, Service};
use crate::{journal, wall_clock_ns};

pub use audit::{Audit, Disagreement, Key, Tally, compare, read as audit};
pub use story::{Change, Event, Sample, Story};
pub use truth::{FaultEvent, RouteCount, Truth};
pub use wire::{Capture, CaptureError, Frame, Recording, check_permission, read_file};

/// Why a sample was not made.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Supervisor(#[from] SupervisorError),
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error("cannot write or read {path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error("requests were still in work {0:?} after the last customer had gone")]
    NeverQuiet(Duration),
    #[error("the log and the capture disagree:\n{0}")]
    Disagreement(Disagreement),
}

/// What one recording gave, before it is written.
struct Take {
    recording: Recording,
    served: Vec<journal::Served>,
    events: Vec<FaultEvent>,
}

/// Records one sample into `out`: the capture, and beside it what the services say they served.
///
/// The two are compared before anything is written.
///
/// # Errors
/// When the shop does not run, the capture loses packets, or log and capture disagree (a request that a crash caught
/// before the service had read it: record again).
pub async fn record(sample: Sample, program: &Path, site: Site, out: &Path) -> Result<Truth, RecordError> {
    let story = sample.story();
    let site = Site { pace: story.pace, ..site };
    let take = play(&story, program, site.clone()).await?;
    let shown = audit(&take.recording.frames, site.plan);
    compare(&shown.tally, &Tally::of_log(&take.served)).map_err(RecordError::Disagreement)?;
    let (frames, events) = match story.stretch {
        Some(factor) => {
            let map = stretch::TimeMap::new(&take.recording.frames, &shown.in_flight, factor);
            (map.frames(&take.recording.frames), map.events(&take.events))
        }
        None => (take.recording.frames, take.events),
    };
    let truth = Truth::new(sample, &story, &frames, &take.served, events);
    let write = |name: String, bytes: &[u8]| {
        let path = out.join(name);
        std::fs::write(&path, bytes).map_err(|cause| RecordError::File { path, cause })
    };
    let section = pcapng::Section { comment: &truth.comment, interface: "lo", filter: &take.recording.filter };
    write(truth.file.clone(), &pcapng::encode(&section, &frames))?;
    write(sample.truth_name(), truth.to_json().as_bytes())?;
    write("shop-edges.json".into(), edges_json().as_bytes())?;
    Ok(truth)
}

/// Plays the story once: services up, capture on, crowd in, faults as written, everything quiet, capture off.
async fn play(story: &Story, program: &Path, site: Site) -> Result<Take, RecordError> {
    let mut shop = Supervisor::start(program.to_owned(), site.clone()).await?;
    let capture = Capture::start(site.plan, site.dns_port)?;
    shop.tell_all(&Order::Go).await;
    let visits = crowd::plan(&story.load, site.plan, story.seed);
    let gateway = site.plan.service_address(ENTRY);
    let beginning = Instant::now();
    let crowd = tokio::spawn(crowd::run(visits, gateway));
    let mut events = Vec::new();
    for event in &story.events {
        tokio::time::sleep_until(beginning + event.at).await;
        if event.change == (Change::Begin { fault: Fault::Crash }) {
            catch_at_work(&site.service_socket(event.service)).await?;
        }
        events.push(FaultEvent { at_ns: wall_clock_ns(), service: event.service, change: event.change });
        apply(&mut shop, &site, event).await?;
    }
    // A customer that panicked would show as requests missing from the capture's comparison with the log.
    let _ = crowd.await;
    settle(&shop).await?;
    drop(shop);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let recording = capture.stop()?;
    let served = read_journals(&site)?;
    Ok(Take { recording, served, events })
}

async fn apply(shop: &mut Supervisor, site: &Site, event: &Event) -> Result<(), RecordError> {
    let socket = site.service_socket(event.service);
    match event.change {
        Change::Begin { fault: Fault::Crash } => control::crash(&socket).await?,
        Change::Begin { fault } => {
            control::ask(&socket, &Order::Fault(fault)).await?;
        }
        Change::Recover => shop.recover(event.service).await?,
    }
    Ok(())
}

/// Waits for a moment at which the service has a request in work, so that the crash is one that somebody notices.
async fn catch_at_work(socket: &Path) -> Result<(), RecordError> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let started = Instant::now();
    while control::ask(socket, &Order::Status).await? == 0 && started.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// Waits until nothing is in work anywhere, twice in a row, then lets the pools close.
async fn settle(shop: &Supervisor) -> Result<(), RecordError> {
    const LIMIT: Duration = Duration::from_secs(15);
    let started = Instant::now();
    let mut quiet = 0;
    while quiet < 3 {
        if started.elapsed() > LIMIT {
            return Err(RecordError::NeverQuiet(LIMIT));
        }
        let in_work = shop.tell_all(&Order::Quiet).await;
        quiet = if in_work == 0 { quiet + 1 } else { 0 };
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

fn read_journals(site: &Site) -> Result<Vec<journal::Served>, RecordError> {
    let mut served = Vec::new();
    for service in Service::ALL {
        let path = site.journal(service);
        let lines = journal::read(&path).map_err(|cause| RecordError::File { path, cause })?;
        served.extend(lines);
    }
    served.sort_by_key(|request| request.at_ns);
    Ok(served)
}

/// The edge list as other programs read it, one line per service and per edge.
fn edges_json() -> String {
    let services: Vec<_> = Service::ALL.iter().map(|s| s.name()).collect();
    let services = truth::lines(&services);
    let edges = truth::lines(&topology::edges());
    format!("{{\n  \"entry\": \"{ENTRY}\",\n  \"services\": [\n{services}\n  ],\n  \"edges\": [\n{edges}\n  ]\n}}\n")
}
