//! What both reports list, chosen and sorted.

use wirereel_query::answer::{EndpointFigures, ServiceEdge, ServiceKind, ServiceNode};

use super::ReportData;

/// Longest list of endpoints.
const MAX_ENDPOINTS: usize = 12;

/// Services, most requests first; customers and unresolved addresses are no services.
pub(super) fn services(data: &ReportData) -> Vec<&ServiceNode> {
    let own = |node: &&ServiceNode| matches!(node.kind, ServiceKind::Service | ServiceKind::External);
    let mut nodes: Vec<_> = data.topology.nodes.iter().filter(own).collect();
    nodes.sort_by(|a, b| b.golden.requests.cmp(&a.golden.requests).then_with(|| a.name.cmp(&b.name)));
    nodes
}

/// Calls, most requests first.
pub(super) fn calls(data: &ReportData) -> Vec<&ServiceEdge> {
    let mut edges: Vec<_> = data.topology.edges.iter().collect();
    edges.sort_by(|a, b| {
        let names = (&a.client, &a.server).cmp(&(&b.client, &b.server));
        b.golden.requests.cmp(&a.golden.requests).then(names)
    });
    edges
}

/// An endpoint with the service that offers it.
pub(super) struct Endpoint<'a> {
    pub(super) service: &'a str,
    pub(super) figures: &'a EndpointFigures,
}

impl Endpoint<'_> {
    /// Answers of 500 and above, and requests without any.
    pub(super) fn failures(&self) -> u64 {
        self.figures.golden.errors_5xx + self.figures.golden.failed
    }
}

/// Endpoints that failed, most failures first.
pub(super) fn failing(data: &ReportData) -> Vec<Endpoint<'_>> {
    let mut endpoints = endpoints(data);
    endpoints.retain(|endpoint| endpoint.failures() > 0);
    endpoints.sort_by_key(|endpoint| std::cmp::Reverse(endpoint.failures()));
    endpoints.truncate(MAX_ENDPOINTS);
    endpoints
}

/// Endpoints with the longest 95th percentile; those without a response have none.
pub(super) fn slowest(data: &ReportData) -> Vec<Endpoint<'_>> {
    let mut endpoints = endpoints(data);
    endpoints.retain(|endpoint| endpoint.figures.golden.p95_us.is_some());
    endpoints.sort_by_key(|endpoint| std::cmp::Reverse(endpoint.figures.golden.p95_us));
    endpoints.truncate(MAX_ENDPOINTS);
    endpoints
}

fn endpoints(data: &ReportData) -> Vec<Endpoint<'_>> {
    let mut all = Vec::new();
    for inspection in &data.inspections {
        let service = &*inspection.server;
        all.extend(inspection.endpoints.iter().map(|figures| Endpoint { service, figures }));
    }
    all
}

/// Sums over the timeline.
pub(super) struct Totals {
    pub(super) requests: u64,
    pub(super) errors: u64,
}

impl Totals {
    pub(super) fn of(data: &ReportData) -> Self {
        let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum();
        Self { requests: sum(&data.density.requests), errors: sum(&data.density.errors) }
    }

    /// Errors as a share of requests; 0 without requests.
    pub(super) fn error_share(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.errors as f64 / self.requests as f64 }
    }
}

/// What the captures themselves say is missing.
pub(super) fn warnings(data: &ReportData) -> Vec<String> {
    let mut all = Vec::new();
    for source in &data.recording.sources {
        all.extend(source.warnings.iter().map(|warning| format!("{}: {warning}", source.name)));
        if source.dropped > 0 {
            let lost = crate::figures::counted(source.dropped, "packet");
            all.push(format!("{}: {lost} lost while capturing, as its capture tool says", source.name));
        }
    }
    if data.recording.problems > 0 {
        let problems = crate::figures::counted(data.recording.problems, "problem");
        all.push(format!("{problems} while reading packets: see the view ingest_errors"));
    }
    all
}
