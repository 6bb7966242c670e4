//! Gathers figures for whoever collects them.

use std::sync::{Arc, PoisonError, TryLockError};

use wirereel_query::{checks::WebsiteState, health::HealthQuestion, question::Scope};

use super::{Workbench, lock};
use crate::{
    EngineError,
    clock::now_us,
    metering::{Meters, ProbeMeter, WebsiteMeter, hop_meter},
};

impl Workbench {
    /// Everything at this moment. It reads what is in memory and, while something is captured, a few seconds of traffic.
    ///
    /// # Errors
    /// When Wirereel cannot look at itself.
    pub fn meters(&self) -> Result<Meters, EngineError> {
        self.read_traffic();
        let health = self.health(&HealthQuestion::default())?;
        let (websites, probes) = (self.website_meters(), self.probe_meters());
        let mut meters = Meters { websites, probes, health, ..Meters::default() };
        let traffic = lock(&self.metered);
        (meters.services, meters.calls) = (traffic.services(), traffic.calls());
        meters.uncounted = traffic.uncounted();
        Ok(meters)
    }

    fn website_meters(&self) -> Vec<WebsiteMeter> {
        let now_us = now_us();
        let board = lock(&self.checks.board);
        let meters = board.sites().map(|(name, site)| WebsiteMeter {
            name: Arc::clone(name),
            url: site.listed.check.website().url.clone(),
            is_up: is_up(site.standing.at(&site.listed.check, now_us)),
            results: site.meter.results,
            durations: site.meter.durations.clone(),
            last: site.meter.last,
        });
        let mut meters: Vec<WebsiteMeter> = meters.collect();
        drop(board);
        meters.sort_by(|one, other| one.name.cmp(&other.name));
        meters
    }

    fn probe_meters(&self) -> Vec<ProbeMeter> {
        let now_us = now_us();
        let board = lock(&self.probes.board);
        let meters = board.sites().map(|(name, site)| {
            let (probe, last) = (&site.ready.probe, site.counts.last.as_ref());
            let split = site.counts.split();
            ProbeMeter {
                name: Arc::clone(name),
                target: probe.target.clone(),
                from_region: probe.from.clone(),
                to_region: probe.to.region.clone(),
                to_service: probe.to.service.clone(),
                is_up: is_up(site.state(now_us)),
                results: site.counts.results,
                durations: site.counts.durations.clone(),
                last_s: last.map(|last| last.total_ns as f64 / 1e9),
                total_s: split.map(|split| split.total_ns as f64 / 1e9),
                grpc_status: last.and_then(|last| last.grpc_status),
                http_status: last.and_then(|last| last.http_status),
                unattributed_s: split.and_then(|split| split.unattributed_ns).map(|nanos| nanos as f64 / 1e9),
                hops: split.map(|split| split.hops.iter().map(hop_meter).collect()).unwrap_or_default(),
            }
        });
        let mut meters: Vec<ProbeMeter> = meters.collect();
        drop(board);
        meters.sort_by(|one, other| one.name.cmp(&other.name));
        meters
    }

    /// Counts the traffic since somebody collected last.
    fn read_traffic(&self) {
        // Of two who collect at the same time one reads.
        let mut traffic = match self.metered.try_lock() {
            Ok(traffic) => traffic,
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            Err(TryLockError::WouldBlock) => return,
        };
        let Some(workspace) = self.captured_into() else { return traffic.rest() };
        let Some(piece) = traffic.piece(now_us()) else { return };
        let scope = Scope { range: Some(piece), filter: String::new() };
        // What cannot be read now is a part of the next piece.
        if let Ok(topology) = workspace.reader(None).and_then(|reader| Ok(reader.topology(&scope)?)) {
            traffic.take(piece, &topology);
        }
    }
}

/// `None` when it is not known now.
fn is_up(state: WebsiteState) -> Option<bool> {
    match state {
        WebsiteState::Up => Some(true),
        WebsiteState::Down => Some(false),
        WebsiteState::SelfOffline | WebsiteState::Unknown | WebsiteState::Paused => None,
    }
}
