//! Paths on which every hop wastes a known time in each direction, by clocks that disagree, and how well probes find it out.

use std::time::Duration;

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::task::JoinSet;
use wirereel_probes::{Measured, sender::Sender};

use super::{Running, options, probe, relay, responder, sum};

/// What probes found.
#[derive(Default)]
pub(crate) struct Found {
    /// Of every part of every probe, what was measured less what was injected; milliseconds.
    pub(crate) own: Vec<f64>,
    pub(crate) link: Vec<f64>,
    pub(crate) backend: Vec<f64>,
    /// Of every probe, the sum of its parts less its total; milliseconds.
    pub(crate) sums: Vec<f64>,
    /// Of every hop of every probe, how far its wall clock is off; hours.
    pub(crate) clocks: Vec<f64>,
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Injected {
    link_request: u64,
    request: u64,
    response: u64,
    link_response: u64,
}

impl Injected {
    fn random(random: &mut StdRng, longest: u64) -> Self {
        let mut one = || random.random_range(0..=longest);
        Self { link_request: one(), request: one(), response: one(), link_response: one() }
    }

    fn written(self) -> serde_json::Value {
        let Self { link_request, request, response, link_response } = self;
        let pairs = [
            ("link_request", link_request),
            ("request", request),
            ("response", response),
            ("link_response", link_response),
        ];
        // A span of nothing is none.
        pairs
            .into_iter()
            .filter(|(_, ms)| *ms > 0)
            .map(|(name, ms)| (name.to_owned(), json!(format!("{ms}ms"))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    fn own(self) -> f64 {
        (self.request + self.response) as f64
    }

    fn link(self) -> f64 {
        (self.link_request + self.link_response) as f64
    }
}

const NAMES: [&str; 4] = ["Mediary A", "Mediary B", "gateway", "catalog"];
const HOUR_MS: i64 = 3_600_000;
/// Probes of one path that run at a time.
const TOGETHER: usize = 4;

/// Makes so many paths with delays up to so many milliseconds, `at_once` at a time, and so many probes of each.
pub(crate) async fn find(paths: usize, probes: usize, at_once: usize, longest_ms: u64) -> Found {
    let mut random = StdRng::seed_from_u64(7);
    let mut found = Found::default();
    let mut waiting: JoinSet<(Injections, Vec<Measured>, Vec<Running>)> = JoinSet::new();
    for _ in 0..paths {
        if waiting.len() == at_once.max(1) {
            found.take(waiting.join_next().await.unwrap().unwrap());
        }
        let injections = Injections::random(&mut random, longest_ms);
        waiting.spawn(async move {
            let (running, target) = injections.path().await;
            let probe = probe(json!({
                "target": target, "to": { "region": "us", "service": "catalog" }, "timeout": "30s",
                "call": {
                    "method": "wirereel.probe.v1.Probe/Echo",
                    "request": { "delayUs": (injections.backend * 1_000).to_string() }
                },
                "path": NAMES.map(|hop| json!({ "hop": hop }))
            }));
            let mut measured = Vec::new();
            // The first one opens every connection on the way, which is the time of hops that wait for them.
            Sender::new().probe(&probe).await;
            while measured.len() < probes {
                let sender = Sender::new();
                measured.extend(join_all((0..TOGETHER).map(|_| sender.probe(&probe))).await);
            }
            (injections, measured, running)
        });
    }
    while let Some(ended) = waiting.join_next().await {
        found.take(ended.unwrap());
    }
    found
}

#[derive(Debug, Clone, Copy)]
struct Injections {
    relays: [Injected; 3],
    /// The link to the service: a relay that says nothing of itself stands in it.
    last_link: Injected,
    backend: u64,
    /// Of each hop's wall clock; milliseconds.
    clocks: [i64; 4],
}

impl Injections {
    fn random(random: &mut StdRng, longest: u64) -> Self {
        let relays = std::array::from_fn(|_| Injected::random(random, longest));
        let last_link = Injected {
            request: random.random_range(0..=longest),
            response: random.random_range(0..=longest),
            ..Injected::default()
        };
        let clocks = std::array::from_fn(|_| random.random_range(-HOUR_MS..=HOUR_MS));
        Self { relays, last_link, backend: random.random_range(0..=longest), clocks }
    }

    async fn path(&self) -> (Vec<Running>, String) {
        let catalog =
            responder(options(json!({ "name": NAMES[3], "region": "us", "wall_clock_offset_ms": self.clocks[3] })))
                .await;
        let wire = relay(options(json!({
            "name": "wire", "silent": true, "delays": self.last_link.written(),
            "routes": { "default": format!("grpc://{}", catalog.address) }
        })));
        let mut running = vec![catalog, wire.await];
        for at in [2, 1, 0] {
            let next = format!("grpc://{}", running.last().unwrap().address);
            let routes =
                if at == 2 { json!({ "services": { "catalog": next } }) } else { json!({ "regions": { "us": next } }) };
            let relay = relay(options(json!({
                "name": NAMES[at], "region": if at == 2 { "us" } else { "eu" }, "role": if at == 2 { "gateway" } else { "relay" },
                "routes": routes, "delays": self.relays[at].written(), "wall_clock_offset_ms": self.clocks[at]
            })));
            running.push(relay.await);
        }
        let target = format!("grpc://{}", running.last().unwrap().address);
        (running, target)
    }
}

fn ms(ns: i64) -> f64 {
    ns as f64 / 1e6
}

impl Found {
    fn take(&mut self, (injected, measured, _running): (Injections, Vec<Measured>, Vec<Running>)) {
        let now_ns = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as i64;
        for measured in measured {
            assert_eq!(measured.reason, None, "{measured:?}");
            let names: Vec<&str> = measured.hops.iter().map(|hop| hop.hop.as_str()).collect();
            assert_eq!(names, NAMES);
            self.sums.push(ms(sum(&measured) - i64::try_from(measured.total_ns).unwrap()));
            for (at, hop) in measured.hops.iter().enumerate() {
                let (own, link) = match injected.relays.get(at) {
                    Some(relay) => (relay.own(), relay.link()),
                    None => (injected.backend as f64, injected.last_link.own()),
                };
                self.own.push(ms(hop.own_ns.unwrap()) - own);
                self.link.push(ms(hop.link_ns.unwrap()) - link);
                self.clocks.push(ms(hop.received_at_ns.unwrap() - now_ns) / HOUR_MS as f64);
            }
            self.backend
                .push(ms(i64::try_from(measured.hops[3].backend_ns.unwrap()).unwrap()) - injected.backend as f64);
        }
    }
}

/// So many of a hundred are no further from zero than this.
pub(crate) fn percentile(errors: &[f64], percent: usize) -> f64 {
    let mut sorted: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or(f64::NAN)
}

/// Waits until something holds, for a few seconds at most.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) -> bool {
    for _ in 0..500 {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}
