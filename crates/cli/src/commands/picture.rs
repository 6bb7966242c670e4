//! `wirereel picture`.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use wirereel_engine::Reader;
use wirereel_query::{
    answer::{Inspection, ServiceKind},
    question::{DensityQuestion, InspectQuestion, Scope, TimeRange},
    reel::{IncidentsQuestion, Metric, SeriesQuestion},
};

use super::open;
use crate::{
    arguments::Drawn,
    pictures::{self, Theme},
};

/// Parts of the range in the reel, and points of a series: one per few units of the picture.
const PARTS: u32 = 480;
/// Services drawn when none is named.
const BUSIEST: usize = 3;
/// Services whose latency is drawn.
const STRIPS: usize = 8;

/// Asks for what the picture shows, and writes it.
pub(super) fn run(
    folder: &Path,
    what: Drawn,
    scope: Scope,
    services: Vec<String>,
    metric: Metric,
    theme: Theme,
    out: &Path,
) -> Result<()> {
    ensure!(what == Drawn::Series || services.is_empty(), "--service is for the picture `series`");
    let workspace = open(folder)?;
    let reader = workspace.reader(None)?;
    let Some(whole) = reader.recording()?.range else { bail!("nothing is recorded in {}", folder.display()) };
    let range = within(scope.range, whole)?;
    let scope = Scope { range: Some(range), filter: scope.filter };
    match what {
        Drawn::Reel => {
            let density = reader.density(&DensityQuestion { range, buckets: PARTS, filter: scope.filter })?;
            let incidents = reader.incidents(&IncidentsQuestion { range: Some(range) })?;
            pictures::timeline(&density, &incidents).save(out, theme)?;
        }
        Drawn::Topology => pictures::graph(&reader.topology(&scope)?).save(out, theme)?,
        Drawn::Series => {
            let services = if services.is_empty() { busiest(&reader, &scope, BUSIEST)? } else { services };
            ensure!(!services.is_empty(), "no service was asked anything in the range: name some with --service");
            let question = SeriesQuestion { range, points: PARTS, metric, services, filter: scope.filter };
            pictures::chart(&reader.series(&question)?).save(out, theme)?;
        }
        Drawn::Latency => pictures::heat(&inspections(&reader, &scope, range)?).save(out, theme)?,
    }
    eprintln!("written to {}", out.display());
    Ok(())
}

/// The part of the asked range that lies in the recording.
fn within(asked: Option<TimeRange>, whole: TimeRange) -> Result<TimeRange> {
    let asked = asked.unwrap_or(whole);
    let range = TimeRange { from_us: asked.from_us.max(whole.from_us), to_us: asked.to_us.min(whole.to_us) };
    let told = crate::figures::span(whole);
    ensure!(range.from_us < range.to_us, "nothing of the recording lies in the range: it reaches from {told}");
    Ok(range)
}

/// Services by requests, most first.
fn busiest(reader: &Reader, scope: &Scope, most: usize) -> Result<Vec<String>> {
    let mut nodes = reader.topology(scope)?.nodes;
    nodes.retain(|node| matches!(node.kind, ServiceKind::Service | ServiceKind::External) && node.golden.requests > 0);
    nodes.sort_by(|a, b| b.golden.requests.cmp(&a.golden.requests).then_with(|| a.name.cmp(&b.name)));
    Ok(nodes.into_iter().take(most).map(|node| node.name).collect())
}

fn inspections(reader: &Reader, scope: &Scope, range: TimeRange) -> Result<Vec<Inspection>> {
    let inspect = |server: String| {
        let question = InspectQuestion { scope: scope.clone(), client: None, server, at_us: range.to_us };
        Ok(reader.inspect(&question)?)
    };
    busiest(reader, scope, STRIPS)?.into_iter().map(inspect).collect()
}
