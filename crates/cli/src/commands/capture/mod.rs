//! `wirereel capture`: live capture from the command line.

mod http;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use wirereel_api::{Api, Headless, Workbench};
use wirereel_engine::config::Span;
use wirereel_query::{whisperers::Whisperer, workbench::CaptureState};

use crate::{
    arguments::{Capture, Meant, Shape},
    commands::folder,
    figures::{count, counted},
    serve::{reached_by_programs, stopped},
};

/// This machine's whisperer.
const LOCAL: &str = "local";
/// How long a whisperer may take until it captures, or has stopped; one behind a network takes some seconds.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

/// Runs what was asked.
pub(super) fn run(capture: Capture) -> Result<()> {
    match capture {
        Capture::Start { whisperer, interfaces, filter, length, workbench } => {
            let config = config(interfaces, filter);
            let start = Start { id: whisperer, config, length: length.map(Span::as_duration) };
            if start.config.is_some() && start.id != LOCAL {
                bail!(
                    "--interface and --filter are for this machine's whisperer; {:?} is configured in the window",
                    start.id
                );
            }
            match Found::look(&workbench)? {
                Found::Running(ask) => start.in_running(&*ask),
                Found::Nobody(folder) => start.here(&folder),
            }
        }
        Capture::Stop { whisperer, workbench } => {
            let ask = match Found::look(&workbench)? {
                Found::Running(ask) => ask,
                Found::Nobody(folder) => bail!("no workbench is running in {}", folder.display()),
            };
            match &whisperer {
                Some(id) => ask("whisperer_stop", json!({ "id": id }))?,
                None => ask("capture_stop", json!({}))?,
            };
            let is_at_rest = |one: &Whisperer| !matches!(one.state, CaptureState::Capturing | CaptureState::Connecting);
            let all = wait(&*ask, whisperer.as_deref(), |all| all.iter().all(is_at_rest))?;
            print!("{}", words(&all));
            Ok(())
        }
        Capture::Status { whisperer, workbench, format } => {
            let all = match Found::look(&workbench)? {
                Found::Running(ask) => serde_json::from_value(ask("whisperers", json!({}))?)?,
                // Nobody captures, but what there is can be told.
                Found::Nobody(folder) => {
                    let workbench = Workbench::open(&folder)?;
                    let all = workbench.whisperers();
                    workbench.shut_down();
                    all
                }
            };
            show(&chosen(all, whisperer.as_deref())?, format)
        }
    }
}

/// Where the workbench is that is meant.
enum Found {
    Running(Box<Ask<'static>>),
    /// None runs in the folder.
    Nobody(PathBuf),
}

impl Found {
    fn look(meant: &Meant) -> Result<Self> {
        if let Some(url) = &meant.url {
            let host = http::WebHost::enter(url)?;
            return Ok(Self::Running(Box::new(move |command: &str, args: Value| host.ask(command, &args))));
        }
        let folder = folder(&meant.workspace)?;
        match running::ask(&folder, "whisperers", json!({}))? {
            Some(_) => Ok(Self::Running(Box::new(move |command: &str, args: Value| {
                running::ask(&folder, command, args)?
                    .with_context(|| format!("no workbench is running in {} any more", folder.display()))
            }))),
            None => Ok(Self::Nobody(folder)),
        }
    }
}

/// The workbench that runs in a folder; there are sockets for that on Unix only.
mod running {
    use std::path::Path;

    use anyhow::Result;
    use serde_json::Value;

    /// Its answer; `None` where none runs.
    #[cfg(unix)]
    pub(super) fn ask(folder: &Path, command: &str, args: Value) -> Result<Option<Value>> {
        match wirereel_api::ask_running(folder, command, args) {
            Ok(answer) => Ok(Some(answer)),
            Err(wirereel_api::SocketError::Nobody(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn ask(_folder: &Path, _command: &str, _args: Value) -> Result<Option<Value>> {
        Ok(None)
    }
}

/// Settings that were named.
fn config(interfaces: Vec<String>, filter: Option<String>) -> Option<Value> {
    let mut config = serde_json::Map::new();
    if !interfaces.is_empty() {
        config.insert("interfaces".into(), interfaces.into());
    }
    if let Some(filter) = filter {
        config.insert("filter".into(), filter.into());
    }
    (!config.is_empty()).then_some(Value::Object(config))
}

/// Asks a workbench, a running one or the one of this process.
type Ask<'a> = dyn Fn(&str, Value) -> Result<Value> + 'a;

struct Start {
    id: String,
    config: Option<Value>,
    length: Option<Duration>,
}

impl Start {
    /// Has a running workbench do it.
    fn in_running(&self, ask: &Ask<'_>) -> Result<()> {
        self.begin(ask)?;
        if let Some(length) = self.length {
            thread::sleep(length);
            self.end(ask)?;
        }
        Ok(())
    }

    /// Captures in this process until it is ended.
    fn here(&self, folder: &Path) -> Result<()> {
        let workbench = Workbench::open(folder)?;
        let api = Api::new(Arc::clone(&workbench), Arc::new(Headless));
        let reached = reached_by_programs(&api, folder);
        let ask = |command: &str, args: Value| -> Result<Value> {
            api.call(command, args, None).map_err(|error| anyhow::anyhow!(error.message))
        };
        let captured = self.begin(&ask).and_then(|()| {
            self.stay(&ask)?;
            self.end(&ask)
        });
        drop(reached);
        workbench.shut_down();
        captured
    }

    /// Starts, and waits until it captures.
    fn begin(&self, ask: &Ask<'_>) -> Result<()> {
        match &self.config {
            Some(config) => ask("capture_start", json!({ "config": config }))?,
            None => ask("whisperer_start", json!({ "id": self.id }))?,
        };
        let all = wait(ask, Some(&self.id), |all| all.iter().all(|one| one.state != CaptureState::Connecting))?;
        eprint!("{}", words(&all));
        if all.iter().all(|one| one.state == CaptureState::Capturing) { Ok(()) } else { bail!("nothing is captured") }
    }

    /// Until the time is over, Ctrl-C, or another program stops it.
    fn stay(&self, ask: &Ask<'_>) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let until = self.length.map(|length| tokio::time::Instant::now() + length);
            let mut signalled = std::pin::pin!(stopped());
            loop {
                let look = tokio::time::Instant::now() + Duration::from_millis(500);
                tokio::select! {
                    () = &mut signalled => return Ok(()),
                    () = tokio::time::sleep_until(until.map_or(look, |until| until.min(look))) => {}
                }
                if until.is_some_and(|until| until <= tokio::time::Instant::now()) {
                    return Ok(());
                }
                let all = list(ask, Some(&self.id))?;
                if all.iter().all(|one| matches!(one.state, CaptureState::Stopped | CaptureState::WrongConfiguration)) {
                    return Ok(());
                }
            }
        })
    }

    fn end(&self, ask: &Ask<'_>) -> Result<()> {
        ask("whisperer_stop", json!({ "id": self.id }))?;
        let all = wait(ask, Some(&self.id), |all| all.iter().all(|one| one.state != CaptureState::Capturing))?;
        print!("{}", words(&all));
        Ok(())
    }
}

fn list(ask: &Ask<'_>, id: Option<&str>) -> Result<Vec<Whisperer>> {
    chosen(serde_json::from_value(ask("whisperers", json!({}))?)?, id)
}

fn chosen(all: Vec<Whisperer>, id: Option<&str>) -> Result<Vec<Whisperer>> {
    let chosen: Vec<_> = all.into_iter().filter(|one| id.is_none_or(|id| one.id == id)).collect();
    match id {
        Some(id) if chosen.is_empty() => bail!("There is no whisperer {id:?}."),
        _ => Ok(chosen),
    }
}

/// Asks until it holds.
fn wait(ask: &Ask<'_>, id: Option<&str>, holds: impl Fn(&[Whisperer]) -> bool) -> Result<Vec<Whisperer>> {
    let began = Instant::now();
    loop {
        let all = list(ask, id)?;
        if holds(&all) {
            return Ok(all);
        }
        if began.elapsed() >= PATIENCE {
            bail!("it takes longer than {} s:\n{}", PATIENCE.as_secs(), words(&all));
        }
        thread::sleep(LOOK);
    }
}

/// A line per whisperer.
fn words(all: &[Whisperer]) -> String {
    let line = |one: &Whisperer| {
        let reason = one.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let figures = &one.figures;
        let packets =
            if figures.packets > 0 { format!(", {}", counted(figures.packets, "packet")) } else { String::new() };
        let lost = figures.lost_in_kernel + figures.lost_in_queue;
        let lost = if lost > 0 { format!(", {} lost", count(lost)) } else { String::new() };
        format!("{}: {}{packets}{lost}{reason}\n", one.id, state(one.state))
    };
    all.iter().map(line).collect()
}

fn state(state: CaptureState) -> &'static str {
    match state {
        CaptureState::NotVisible => "not visible",
        CaptureState::Connecting => "connecting",
        CaptureState::Stopped => "stopped",
        CaptureState::Capturing => "capturing",
        CaptureState::WrongConfiguration => "wrong configuration",
    }
}

fn show(all: &[Whisperer], format: Shape) -> Result<()> {
    if format == Shape::Json {
        println!("{}", serde_json::to_string(all)?);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header([
        "id",
        "name",
        "host",
        "state",
        "packets",
        "packets/s",
        "lost",
        "why",
    ]);
    for one in all {
        let figures = &one.figures;
        table.add_row([
            one.id.clone(),
            one.name.clone(),
            one.host.clone().unwrap_or_default(),
            state(one.state).to_owned(),
            count(figures.packets),
            format!("{:.0}", figures.packets_per_s),
            count(figures.lost_in_kernel + figures.lost_in_queue),
            one.reason.clone().or_else(|| one.hindrance.clone()).unwrap_or_default(),
        ]);
    }
    for place in 4..=6 {
        if let Some(column) = table.column_mut(place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
    Ok(())
}
