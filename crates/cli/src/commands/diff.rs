//! `wirereel diff`.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use comfy_table::{Table, presets};
use wirereel_engine::{WindowFigures, difference, instant};
use wirereel_query::{
    answer::Golden,
    question::TimeRange,
    reel::{Difference, DifferentEdge, Effect, Presence, Trend},
};

use super::open;
use crate::{
    arguments::Shape,
    figures::{duration, rate, share},
};

/// Compares and prints what changed; edges that stayed the same are only in the JSON.
pub(super) fn run(
    before: &str,
    after: &str,
    filter: &str,
    folder: impl Fn() -> Result<PathBuf>,
    shape: Shape,
) -> Result<()> {
    let difference = difference(&figures(before, filter, &folder)?, &figures(after, filter, &folder)?);
    let mut out = io::BufWriter::new(io::stdout().lock());
    match shape {
        Shape::Json => {
            serde_json::to_writer(&mut out, &difference)?;
            writeln!(out)?;
        }
        Shape::Table => print(&difference, &mut out)?,
    }
    Ok(out.flush()?)
}

/// The figures of a window, or of another workspace. One workspace is open at a time, so both may be the same.
fn figures(side: &str, filter: &str, folder: impl Fn() -> Result<PathBuf>) -> Result<WindowFigures> {
    let (folder, range) = match side.split_once("..") {
        Some((from, to)) if side == ".." || !Path::new(side).is_dir() => (folder()?, Some(window(from, to)?)),
        _ => (PathBuf::from(side), None),
    };
    let workspace = open(&folder)?;
    Ok(workspace.reader(None)?.window_figures(range, filter)?)
}

fn window(from: &str, to: &str) -> Result<TimeRange> {
    let instant = |text: &str, open: i64| match text {
        "" => Ok(open),
        text => instant::parse_us(text).with_context(|| format!("{text:?} is not a time such as 2026-11-20T12:00:00Z")),
    };
    // Times of captures are nanoseconds in 64 bits, so no packet lies beyond these.
    let range = TimeRange { from_us: instant(from, i64::MIN / 1_000)?, to_us: instant(to, i64::MAX / 1_000)? };
    if range.from_us >= range.to_us {
        bail!("{from}..{to} is empty");
    }
    Ok(range)
}

fn print(difference: &Difference, mut out: impl Write) -> Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["edge", "", "requests", "errors", "median"]);
    let changed = difference.edges.iter().filter(|edge| edge.presence != Presence::Same);
    for edge in changed {
        table.add_row(row(edge));
    }
    if table.is_empty() {
        writeln!(out, "no edge is new, gone or changed")?;
    } else {
        writeln!(out, "{table}")?;
    }
    let same = difference.edges.iter().filter(|edge| edge.presence == Presence::Same).count();
    writeln!(
        out,
        "{same} of {} edges stayed the same; {} against {} recorded",
        difference.edges.len(),
        length(difference.before_seconds),
        length(difference.after_seconds)
    )?;
    Ok(())
}

fn length(seconds: f64) -> String {
    duration((seconds.max(0.0) * 1e6) as u64)
}

fn row(edge: &DifferentEdge) -> [String; 5] {
    let presence = match edge.presence {
        Presence::New => "new",
        Presence::Gone => "gone",
        Presence::Changed => "changed",
        Presence::Same => "same",
    };
    let figure = |effect: &Effect, name: &str, of: &dyn Fn(&Golden) -> String| {
        let sides: Vec<String> = [edge.before, edge.after].iter().flatten().map(of).collect();
        let size = effect.size.filter(|_| matches!(effect.trend, Trend::Rose | Trend::Fell));
        sides.join(" → ") + &size.map(|size| format!(" ({name}{size:.2})")).unwrap_or_default()
    };
    let median = |golden: &Golden| golden.p50_us.map_or("none".into(), duration);
    [
        format!("{} → {}", edge.client, edge.server),
        presence.into(),
        figure(&edge.rate, "×", &|golden| rate(golden.rate)),
        figure(&edge.errors, "h ", &|golden| share(golden.error_share)),
        figure(&edge.latency, "δ ", &median),
    ]
}
