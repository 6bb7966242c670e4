//! The questions a report asks of a workspace.

use anyhow::Result;
use wirereel_engine::{Reader, Workspace};
use wirereel_query::{
    answer::{Density, Inspection, ServiceKind, ServiceNode, Topology},
    customers::UnresolvedQuestion,
    question::{DensityQuestion, InspectQuestion, Scope, TimeRange},
    reel::IncidentsQuestion,
};

use super::ReportData;

/// Parts of the recording in the timeline: one per few units of the picture.
const TIMELINE_BUCKETS: u32 = 240;

/// Addresses without a name that are listed, busiest first.
const MAX_UNRESOLVED: u32 = 500;

/// Services that are looked at closely.
const MAX_INSPECTIONS: usize = 20;

/// Asks for everything a report of the whole recording shows.
///
/// # Errors
/// When the workspace cannot be read.
pub(crate) fn collect(workspace: &Workspace) -> Result<ReportData> {
    let reader = workspace.reader(None)?;
    let recording = reader.recording()?;
    let topology = reader.topology(&Scope::default())?;
    let range = recording.range.unwrap_or(TimeRange { from_us: 0, to_us: 0 });
    let density = match recording.range {
        Some(range) => reader.density(&DensityQuestion { range, buckets: TIMELINE_BUCKETS, filter: String::new() })?,
        None => Density {
            range,
            bucket_us: 1.0,
            requests: Vec::new(),
            errors: Vec::new(),
            matches: Vec::new(),
            gaps: Vec::new(),
        },
    };
    let incidents = reader.incidents(&IncidentsQuestion::default())?;
    let inspections = inspections(&reader, &topology, range.to_us)?;
    let busiest = UnresolvedQuestion { descending: true, limit: MAX_UNRESOLVED, ..UnresolvedQuestion::default() };
    let unresolved = reader.unresolved(&busiest)?.rows;
    Ok(ReportData { recording, topology, density, incidents, inspections, unresolved })
}

/// The busiest services that were asked anything.
fn inspections(reader: &Reader, topology: &Topology, at_us: i64) -> Result<Vec<Inspection>> {
    let asked = |node: &&ServiceNode| {
        matches!(node.kind, ServiceKind::Service | ServiceKind::External) && node.golden.requests > 0
    };
    let mut nodes: Vec<_> = topology.nodes.iter().filter(asked).collect();
    nodes.sort_by_key(|node| std::cmp::Reverse(node.golden.requests));
    let inspect = |server: &str| {
        let question = InspectQuestion { scope: Scope::default(), client: None, server: server.to_owned(), at_us };
        Ok(reader.inspect(&question)?)
    };
    nodes.iter().take(MAX_INSPECTIONS).map(|node| inspect(&node.name)).collect()
}
