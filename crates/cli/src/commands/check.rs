//! `wirereel check run`: one round, for scripts and CI.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Result, bail};
use comfy_table::{Table, presets};
use serde::Serialize;
use tokio::sync::Semaphore;
use wirereel_checks::{Checker, Measurement, Website};
use wirereel_engine::config;

use crate::{
    arguments::Shape,
    figures::{counted, duration, maybe_duration},
};

/// Checks that run at one time.
const AT_ONCE: usize = 32;

/// One website and what a check of it came to.
#[derive(Serialize)]
struct Checked {
    website: String,
    url: String,
    up: bool,
    #[serde(flatten)]
    measured: Measurement,
}

/// Checks websites once and prints what came of it, in their order. An error when one is down, or could not be checked.
pub(super) fn run(folder: &Path, wanted: &[String], shape: Shape) -> Result<()> {
    let (websites, wrong) = chosen(folder, wanted)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let checked = runtime.block_on(round(websites))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match shape {
        Shape::Json => {
            serde_json::to_writer(&mut out, &checked)?;
            writeln!(out)?;
        }
        Shape::Table => writeln!(out, "{}", table(&checked))?,
    }
    out.flush()?;
    let down = checked.iter().filter(|one| !one.up).count();
    match (down, wrong) {
        (0, 0) => Ok(()),
        (down, 0) => bail!("{down} of {} down", counted(checked.len() as u64, "website")),
        (0, _) => bail!("wirereel.json has mistakes in its websites, which were not all checked"),
        (down, _) => {
            bail!("{down} of {} down, and wirereel.json has mistakes", counted(checked.len() as u64, "website"))
        }
    }
}

/// The websites that are named, by name or by URL, or all that do not rest; and how many mistakes kept others from it.
fn chosen(folder: &Path, wanted: &[String]) -> Result<(Vec<Website>, usize)> {
    let (config, problems) = config::read(folder)?;
    let mut wrong = 0;
    for problem in problems.iter().filter(|problem| problem.path.is_empty() || problem.path.starts_with("websites")) {
        eprintln!("warning: {problem}");
        wrong += 1;
    }
    if wanted.is_empty() {
        let websites: Vec<Website> = config.websites.into_iter().filter(|website| !website.paused).collect();
        if websites.is_empty() && wrong == 0 {
            bail!("no websites: name a URL, or write some into {}", folder.join(config::FILE_NAME).display());
        }
        return Ok((websites, wrong));
    }
    let mut websites = Vec::new();
    for name in wanted {
        match config.websites.iter().find(|website| website.display_name() == name) {
            Some(website) => websites.push(website.clone()),
            None if name.contains(':') => {
                let website = Website::new("", name);
                let problems = website.problems();
                if let Some(problem) = problems.first() {
                    bail!("{problem}");
                }
                websites.push(website);
            }
            None => {
                let known: Vec<&str> = config.websites.iter().map(Website::display_name).collect();
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                bail!("no website is called {name:?}, and it is no URL; wirereel.json has: {known}");
            }
        }
    }
    Ok((websites, 0))
}

async fn round(websites: Vec<Website>) -> Result<Vec<Checked>> {
    let (checker, turns) = (Arc::new(Checker::new()), Arc::new(Semaphore::new(AT_ONCE)));
    let mut running = Vec::with_capacity(websites.len());
    for website in websites {
        let (checker, turns) = (Arc::clone(&checker), Arc::clone(&turns));
        running.push(tokio::spawn(async move {
            let _turn = turns.acquire().await?;
            let check = match checker.prepare(&website) {
                Ok(check) => check,
                Err(problems) => {
                    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                    bail!("{}: {}", website.display_name(), problems.join("; "));
                }
            };
            let measured = checker.measure(&check).await;
            let name = website.display_name().to_owned();
            Ok(Checked { website: name, url: website.url, up: measured.is_up(), measured })
        }));
    }
    let mut checked = Vec::with_capacity(running.len());
    for one in running {
        checked.push(one.await??);
    }
    Ok(checked)
}

fn table(checked: &[Checked]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header([
        "website",
        "state",
        "status",
        "total",
        "DNS",
        "connect",
        "TLS",
        "first byte",
        "transfer",
        "why",
    ]);
    for Checked { website, up, measured, .. } in checked {
        let phases = &measured.phases;
        table.add_row([
            website.clone(),
            if *up { "up" } else { "DOWN" }.into(),
            measured.status.map_or_else(|| "–".into(), |status| status.to_string()),
            duration(measured.total_us),
            maybe_duration(phases.dns_us),
            maybe_duration(phases.connect_us),
            maybe_duration(phases.tls_us),
            maybe_duration(phases.ttfb_us),
            maybe_duration(phases.transfer_us),
            measured.failure.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]);
    }
    table
}
