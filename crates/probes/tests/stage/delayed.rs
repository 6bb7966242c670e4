//! Paths on which every hop wastes a known time in each direction, by clocks that disagree, and how well probes find it out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::task::JoinSet;
use wirereel_probes::{
    Measured,
    relay::Delays,
    sender::{PreparedProbe, Sender},
};
use wirereel_span::Span;

use super::{Running, options, probe, relay, responder, sum};

/// What probes found.
#[derive(Default)]
pub(crate) struct Found {
    /// Of every part of every probe, what was measured, less what it takes of itself and what was injected; milliseconds.
    pub(crate) own: Vec<f64>,
    pub(crate) link: Vec<f64>,
    pub(crate) backend: Vec<f64>,
    /// The same with what parts take of themselves and to wake up: `[own, link, backend]`.
    pub(crate) plain: [Vec<f64>; 3],
    /// The most by which any part was faster than what was injected; milliseconds.
    pub(crate) faster: f64,
    /// Of every probe, the sum of its parts less its total; milliseconds.
    pub(crate) sums: Vec<f64>,
    /// Of every hop, how far its wall clock is off; hours.
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

    fn delays(self) -> Delays {
        // A span of nothing is none.
        let span = |ms: u64| (ms > 0).then(|| Span::from_millis(ms));
        Delays {
            link_request: span(self.link_request),
            request: span(self.request),
            response: span(self.response),
            link_response: span(self.link_response),
        }
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
/// Delays of every part before others are injected, and probes of each path with them: what parts take of themselves, and to wake up from a
/// delay, is no error of what is found out.
const EVEN_MS: u64 = 5;
const BEFORE: usize = 7;

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) paths: usize,
    pub(crate) paths_at_once: usize,
    /// Of each path.
    pub(crate) probes: usize,
    /// Of each path; what they share is also time that they wait for each other.
    pub(crate) probes_at_once: usize,
    /// Of every hop and direction.
    pub(crate) longest_ms: u64,
}

/// Makes paths with delays, and probes of each.
pub(crate) async fn find(run: Run) -> Found {
    let mut random = StdRng::seed_from_u64(7);
    let mut found = Found::default();
    let mut waiting: JoinSet<(Injections, Vec<Measured>, Vec<Measured>)> = JoinSet::new();
    for _ in 0..run.paths {
        if waiting.len() == run.paths_at_once {
            found.take(waiting.join_next().await.unwrap().unwrap());
        }
        let injections = Injections::random(&mut random, run.longest_ms);
        waiting.spawn(async move {
            let path = Path::new(&injections).await;
            // The first one opens every connection on the way, which is the time of hops that wait for them.
            let (even, sender) = (path.probe(EVEN_MS), Sender::new());
            sender.probe(&even).await;
            path.delay(&Injections::even());
            let mut before = Vec::new();
            while before.len() < BEFORE {
                before.push(sender.probe(&even).await);
            }
            path.delay(&injections);
            let (probe, mut measured) = (path.probe(injections.backend), Vec::new());
            while measured.len() < run.probes {
                measured.extend(join_all((0..run.probes_at_once).map(|_| sender.probe(&probe))).await);
            }
            (injections, before, measured)
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
    fn even() -> Self {
        let all = Injected { link_request: EVEN_MS, request: EVEN_MS, response: EVEN_MS, link_response: EVEN_MS };
        let last_link = Injected { request: EVEN_MS, response: EVEN_MS, ..Injected::default() };
        Self { relays: [all; 3], last_link, backend: EVEN_MS, clocks: [0; 4] }
    }

    /// Of the hop at this place: its own, and that of the link before it.
    fn of(&self, at: usize) -> (f64, f64) {
        match self.relays.get(at) {
            Some(relay) => (relay.own(), relay.link()),
            None => (self.backend as f64, self.last_link.own()),
        }
    }

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
}

/// The gateway last; the silent one is the link to the service.
struct Path {
    relays: [Running; 3],
    wire: Running,
    _catalog: Running,
}

impl Path {
    async fn new(injections: &Injections) -> Self {
        let clocks = injections.clocks;
        let named = json!({ "name": NAMES[3], "region": "us", "wall_clock_offset_ms": clocks[3] });
        let catalog = responder(options(named)).await;
        let to = |next: &Running| format!("grpc://{}", next.address);
        let wire = json!({ "name": "wire", "silent": true, "routes": { "default": to(&catalog) } });
        let wire = relay(options(wire)).await;
        let gateway = relay(options(json!({
            "name": NAMES[2], "region": "us", "role": "gateway", "wall_clock_offset_ms": clocks[2],
            "routes": { "services": { "catalog": to(&wire) } }
        })));
        let gateway = gateway.await;
        let mediary = async |at: usize, next: &Running| {
            let routes = json!({ "regions": { "us": to(next) } });
            let named =
                json!({ "name": NAMES[at], "region": "eu", "wall_clock_offset_ms": clocks[at], "routes": routes });
            relay(options(named)).await
        };
        let b = mediary(1, &gateway).await;
        let a = mediary(0, &b).await;
        Self { relays: [a, b, gateway], wire, _catalog: catalog }
    }

    fn delay(&self, injections: &Injections) {
        let relays = self.relays.iter().zip(injections.relays).chain([(&self.wire, injections.last_link)]);
        for (relay, injected) in relays {
            relay.handle.as_ref().unwrap().delay(&injected.delays());
        }
    }

    fn probe(&self, backend_ms: u64) -> PreparedProbe {
        probe(json!({
            "target": format!("grpc://{}", self.relays[0].address), "timeout": "30s",
            "to": { "region": "us", "service": "catalog" },
            "call": {
                "method": "wirereel.probe.v1.Probe/Echo",
                "request": { "delayUs": (backend_ms * 1_000).to_string() }
            },
            "path": NAMES.map(|hop| json!({ "hop": hop }))
        }))
    }
}

fn ms(ns: i64) -> f64 {
    ns as f64 / 1e6
}

/// The one in the middle.
fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn own(measured: &Measured, at: usize) -> f64 {
    ms(measured.hops[at].own_ns.unwrap())
}

fn link(measured: &Measured, at: usize) -> f64 {
    ms(measured.hops[at].link_ns.unwrap())
}

fn backend(measured: &Measured) -> f64 {
    ms(i64::try_from(measured.hops[3].backend_ns.unwrap()).unwrap())
}

impl Found {
    fn take(&mut self, (injected, before, measured): (Injections, Vec<Measured>, Vec<Measured>)) {
        let now_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64;
        for measured in before.iter().chain(&measured) {
            assert_eq!(measured.reason, None, "{measured:?}");
            let names: Vec<&str> = measured.hops.iter().map(|hop| hop.hop.as_str()).collect();
            assert_eq!(names, NAMES);
            self.sums.push(ms(sum(measured) - i64::try_from(measured.total_ns).unwrap()));
        }
        let even = Injections::even();
        let itself =
            |part: &dyn Fn(&Measured) -> f64, injected: f64| median(before.iter().map(part).collect()) - injected;
        for (at, clock_ms) in injected.clocks.iter().enumerate() {
            let ((of_own, of_link), (even_own, even_link)) = (injected.of(at), even.of(at));
            for one in &measured {
                self.faster = self.faster.max(of_own - own(one, at)).max(of_link - link(one, at));
            }
            let own_itself = itself(&|one| own(one, at), even_own);
            let link_itself = itself(&|one| link(one, at), even_link);
            self.own.extend(measured.iter().map(|one| own(one, at) - own_itself - of_own));
            self.link.extend(measured.iter().map(|one| link(one, at) - link_itself - of_link));
            self.plain[0].extend(measured.iter().map(|one| own(one, at) - of_own));
            self.plain[1].extend(measured.iter().map(|one| link(one, at) - of_link));
            let off = |one: &Measured| ms(one.hops[at].received_at_ns.unwrap() - now_ns) - *clock_ms as f64;
            assert!(measured.iter().all(|one| off(one).abs() < 60_000.0), "the clock is another one");
        }
        self.clocks.extend(injected.clocks.iter().map(|ms| *ms as f64 / HOUR_MS as f64));
        let backend_itself = itself(&backend, even.backend as f64);
        self.backend.extend(measured.iter().map(|one| backend(one) - backend_itself - injected.backend as f64));
        self.plain[2].extend(measured.iter().map(|one| backend(one) - injected.backend as f64));
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
