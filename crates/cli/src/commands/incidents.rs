//! `wirereel incidents`.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::Result;
use comfy_table::{Table, presets};
use wirereel_engine::instant;
use wirereel_query::reel::{CallerSaw, Incident, IncidentKind, IncidentsQuestion};

use super::open;
use crate::{
    arguments::Shape,
    figures::{counted, duration},
};

/// Finds them and prints them by time.
pub(super) fn run(folder: &Path, shape: Shape) -> Result<()> {
    let workspace = open(folder)?;
    let incidents = workspace.reader(None)?.incidents(&IncidentsQuestion::default())?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match shape {
        Shape::Json => {
            serde_json::to_writer(&mut out, &incidents)?;
            writeln!(out)?;
        }
        Shape::Table if incidents.is_empty() => writeln!(out, "no incidents")?,
        Shape::Table => writeln!(out, "{}", table(&incidents))?,
    }
    Ok(out.flush()?)
}

fn table(incidents: &[Incident]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header([
        "begin (UTC)",
        "lasted",
        "service",
        "what",
        "first sign",
        "callers saw",
    ]);
    for incident in incidents {
        let length_us = u64::try_from(incident.range.to_us - incident.range.from_us).unwrap_or(0);
        let lasted = duration(length_us) + if incident.recovered { "" } else { ", to the end" };
        let what = match (incident.kind, incident.before_us, incident.during_us) {
            (IncidentKind::Slow, Some(before), Some(during)) => {
                format!("slow: median {} instead of {}", duration(during), duration(before))
            }
            (IncidentKind::Slow, ..) => "slow".into(),
            (IncidentKind::Crash, ..) => "stopped answering".into(),
            (IncidentKind::Failing, ..) => "failing".into(),
        };
        let callers: Vec<String> = incident.callers.iter().map(saw).collect();
        table.add_row([
            instant::with_millis(incident.range.from_us),
            lasted,
            incident.service.clone(),
            what,
            incident.first_sign.clone(),
            callers.join("; "),
        ]);
    }
    table
}

/// `order-service: 25 calls, 24 refused, 1 unanswered`
fn saw(caller: &CallerSaw) -> String {
    let parts = [(caller.refused, "refused"), (caller.unanswered, "unanswered"), (caller.errors_5xx, "5xx")];
    let bad = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    format!("{}: {}{}", caller.client, counted(caller.calls, "call"), bad.collect::<String>())
}
