//! What the services say they served while a sample was recorded, in a form that tests can hold rows against.

use serde::{Deserialize, Serialize};

use super::audit::Tally;
use super::{Change, Frame, Sample, Story};
use crate::journal::Served;
use crate::topology::Service;

/// A sample's truth file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The capture's file name.
    pub file: String,
    /// As in the capture's section header.
    pub comment: String,
    /// First and last packet, nanoseconds since 1970-01-01 UTC.
    pub started_at_ns: i64,
    pub ended_at_ns: i64,
    pub packets: u64,
    /// Requests that reached a service, answered or not.
    pub requests: u64,
    /// How `route` is made from a path.
    pub folding: String,
    pub faults: Vec<FaultEvent>,
    /// In order of service, method, route, status.
    pub counts: Vec<RouteCount>,
}

/// A fault's beginning or end, in the capture's time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultEvent {
    pub at_ns: i64,
    pub service: Service,
    #[serde(flatten)]
    pub change: Change,
}

/// How often a service answered a route with a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteCount {
    pub service: Service,
    pub method: String,
    pub route: String,
    /// `None`: no response was sent.
    pub status: Option<u16>,
    pub count: u64,
}

impl Truth {
    pub(super) fn new(
        sample: Sample,
        story: &Story,
        frames: &[Frame],
        served: &[Served],
        faults: Vec<FaultEvent>,
    ) -> Self {
        let counts = Tally::of_log(served).0.into_iter().map(|((service, method, route, status), count)| RouteCount {
            service,
            method,
            route,
            status,
            count,
        });
        Self {
            file: sample.capture_name(),
            comment: format!(
                "Wirereel demo shop: {}. Recorded with `wirereel-shop record`, seed {}; real packets between 15 \
                 processes on one machine, demo credentials only.",
                sample.title(),
                story.seed
            ),
            started_at_ns: frames.first().map_or(0, |f| f.at_ns),
            ended_at_ns: frames.last().map_or(0, |f| f.at_ns),
            packets: frames.len() as u64,
            requests: served.len() as u64,
            folding: "every path segment with an ASCII digit becomes :id; the query is left out".into(),
            faults,
            counts: counts.collect(),
        }
    }

    /// The file's text: one line per fault and per count, so that two versions can be compared by eye.
    pub(super) fn to_json(&self) -> String {
        let line = |value: serde_json::Result<String>| value.unwrap_or_default();
        let head = [
            ("file", line(serde_json::to_string(&self.file))),
            ("comment", line(serde_json::to_string(&self.comment))),
            ("started_at_ns", self.started_at_ns.to_string()),
            ("ended_at_ns", self.ended_at_ns.to_string()),
            ("packets", self.packets.to_string()),
            ("requests", self.requests.to_string()),
            ("folding", line(serde_json::to_string(&self.folding))),
        ];
        let head = head.map(|(name, value)| format!("  \"{name}\": {value},\n")).concat();
        let faults = lines(&self.faults);
        let counts = lines(&self.counts);
        format!("{{\n{head}  \"faults\": [\n{faults}\n  ],\n  \"counts\": [\n{counts}\n  ]\n}}\n")
    }
}

/// JSON, one row per line, to stand between brackets.
pub(super) fn lines(rows: &[impl Serialize]) -> String {
    let row = |row| format!("    {}", serde_json::to_string(row).unwrap_or_default());
    rows.iter().map(row).collect::<Vec<_>>().join(",\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[test]
    fn a_truth_file_reads_back_as_it_was() {
        let change = Change::Begin { fault: Fault::Reset { share: 0.5 } };
        let count = RouteCount {
            service: Service::Cart,
            method: "GET".into(),
            route: "/carts/:id".into(),
            status: None,
            count: 2,
        };
        let truth = Truth {
            faults: vec![FaultEvent { at_ns: 5, service: Service::Inventory, change }],
            counts: vec![count.clone(), RouteCount { status: Some(200), ..count }],
            ..Truth::new(Sample::Day, &Sample::Day.story(), &[], &[], Vec::new())
        };
        assert_eq!(serde_json::from_str::<Truth>(&truth.to_json()).unwrap(), truth);
    }
}
