//! `wirereel probe run`: every probe once.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Result, bail};
use comfy_table::{Table, presets};
use serde::Serialize;
use tokio::sync::Semaphore;
use wirereel_engine::{config, probing};
use wirereel_probes::Probe;
use wirereel_query::{
    checks::CheckState,
    probes::{HopReported, ProbeHop, ProbeRun},
};

use crate::{
    arguments::Shape,
    figures::{counted, maybe_duration},
};

/// Probes that are sent at one time. Few, so that they measure the path and not each other.
const AT_ONCE: usize = 8;

/// One probe and what it came to.
#[derive(Serialize)]
struct Sent {
    target: String,
    up: bool,
    #[serde(flatten)]
    run: ProbeRun,
}

/// Sends probes once and prints what came of it, in their order. An error when one is down, or could not be sent.
pub(super) fn run(folder: &Path, wanted: &[String], shape: Shape) -> Result<()> {
    let (probes, wrong) = chosen(folder, wanted)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let sent = runtime.block_on(round(probes))?;
    runtime.shutdown_background();
    let mut out = io::BufWriter::new(io::stdout().lock());
    match shape {
        Shape::Json => {
            serde_json::to_writer(&mut out, &sent)?;
            writeln!(out)?;
        }
        Shape::Table => writeln!(out, "{}", table(&sent))?,
    }
    out.flush()?;
    let down = sent.iter().filter(|one| !one.up).count();
    match (down, wrong) {
        (0, 0) => Ok(()),
        (down, 0) => bail!("{down} of {} down", counted(sent.len() as u64, "probe")),
        (0, _) => bail!("wirereel.json has mistakes in its probes, which were not all sent"),
        (down, _) => bail!("{down} of {} down, and wirereel.json has mistakes", counted(sent.len() as u64, "probe")),
    }
}

/// The probes that are named, by name or by target, or all that do not rest; and how many mistakes kept others from it.
fn chosen(folder: &Path, wanted: &[String]) -> Result<(Vec<Probe>, usize)> {
    let (config, problems) = config::read(folder)?;
    let mut wrong = 0;
    for problem in problems.iter().filter(|problem| problem.path.is_empty() || problem.path.starts_with("probes")) {
        eprintln!("warning: {problem}");
        wrong += 1;
    }
    if wanted.is_empty() {
        let probes: Vec<Probe> = config.probes.into_iter().filter(|probe| !probe.paused).collect();
        if probes.is_empty() && wrong == 0 {
            bail!("no probes: name a target, or write some into {}", folder.join(config::FILE_NAME).display());
        }
        return Ok((probes, wrong));
    }
    let mut probes = Vec::new();
    for name in wanted {
        match config.probes.iter().find(|probe| probe.name == *name) {
            Some(probe) => probes.push(probe.clone()),
            None if name.contains("://") => {
                probes.push(Probe { name: name.clone(), target: name.clone(), ..Probe::default() });
            }
            None => {
                let known: Vec<&str> = config.probes.iter().map(|probe| probe.name.as_str()).collect();
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                bail!("no probe is called {name:?}, and it is no target; wirereel.json has: {known}");
            }
        }
    }
    Ok((probes, 0))
}

async fn round(probes: Vec<Probe>) -> Result<Vec<Sent>> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = Vec::with_capacity(probes.len());
    for probe in probes {
        let turns = Arc::clone(&turns);
        running.push(tokio::spawn(async move {
            let _turn = turns.acquire().await?;
            let (name, target) = (probe.name.clone(), probe.target.clone());
            match probing::send_once(probe).await {
                Ok(run) => Ok(Sent { target, up: run.state == CheckState::Up, run }),
                Err(problems) => {
                    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                    bail!("{name}: {}", problems.join("; "));
                }
            }
        }));
    }
    let mut sent = Vec::with_capacity(running.len());
    for one in running {
        sent.push(one.await??);
    }
    Ok(sent)
}

fn table(sent: &[Sent]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["probe", "state", "status", "total", "connect", "path", "why"]);
    for Sent { up, run, .. } in sent {
        let status =
            run.grpc_status.map(|status| status.to_string()).or(run.http_status.map(|status| status.to_string()));
        table.add_row([
            run.probe.clone(),
            if *up { "up" } else { "DOWN" }.into(),
            status.unwrap_or_else(|| "–".into()),
            micros(run.total_us),
            micros(run.connect_us),
            run.hops.iter().map(hop).collect::<Vec<_>>().join(" > "),
            run.reason.clone().or_else(|| run.last_seen.clone()).unwrap_or_default(),
        ]);
    }
    table
}

/// `Relay A 120 µs`: what the hop itself took, behind the link to it: `(40 µs) Relay A 120 µs`.
fn hop(hop: &ProbeHop) -> String {
    let link = hop.link_us.map(|us| format!("({}) ", micros(Some(us)))).unwrap_or_default();
    match hop.reported {
        HopReported::Opaque => format!("{link}{} not split", hop.hop),
        _ => format!("{link}{} {}", hop.hop, micros(hop.own_us)),
    }
}

fn micros(us: Option<f64>) -> String {
    maybe_duration(us.map(|us| us.max(0.0).round() as u64))
}
