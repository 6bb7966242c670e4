//! `wirereel report`: what a recording holds, as text for a terminal or as one HTML page with pictures.

mod collect;
mod html;
mod lists;
#[cfg(test)]
mod made_up;
mod text;

pub(crate) use collect::collect;
pub(crate) use html::html;
pub(crate) use text::text;

use wirereel_query::{
    answer::{Density, Inspection, Recording, Topology},
    customers::UnresolvedRow,
    reel::Incident,
};

/// Answers over the whole recording, from which a report is made.
pub(crate) struct ReportData {
    pub(crate) recording: Recording,
    pub(crate) topology: Topology,
    pub(crate) density: Density,
    /// Services that stopped answering, failed or became slow, by time.
    pub(crate) incidents: Vec<Incident>,
    /// One per service that is worth a closer look, most requests first: gives latency over time and endpoints.
    pub(crate) inspections: Vec<Inspection>,
    pub(crate) unresolved: Vec<UnresolvedRow>,
}
