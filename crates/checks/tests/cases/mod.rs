//! Cases: what a website is, and what a check of it is to find.
//!
//! Which phases there are must hold every time. How long each lasts must hold in one of several tries: server and check share a thread
//! with all other cases.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test takes what it needs, and fails where something is missing"
)]

use std::{future::Future, pin::Pin};

use wirereel_checks::{Checker, Failure, Measurement, Phase, Website, config::Span};

use crate::server::{Act, serve};

/// A scripted delay. Phases without one are shorter.
pub(crate) const DELAY_MS: u64 = 150;
pub(crate) const TRIES: usize = 5;
/// Bytes that no two sockets hold between them.
pub(crate) const MORE_THAN_BUFFERS: usize = 20_000_000;

/// What a check is to find.
pub(crate) struct Wanted {
    /// The kind of its failure; empty is up.
    kind: &'static str,
    /// Phases that are there, and no others.
    present: &'static [Phase],
    /// Phases that last a scripted delay.
    slow: &'static [Phase],
    unfinished: Option<Phase>,
    status: Option<u16>,
    hops: usize,
}

impl Wanted {
    pub(crate) fn up(present: &'static [Phase]) -> Self {
        Self { kind: "", present, slow: &[], unfinished: None, status: Some(200), hops: 0 }
    }

    pub(crate) fn down(kind: &'static str, present: &'static [Phase]) -> Self {
        Self { kind, status: None, ..Self::up(present) }
    }

    pub(crate) fn slow(self, slow: &'static [Phase]) -> Self {
        Self { slow, ..self }
    }

    pub(crate) fn in_phase(self, phase: Phase) -> Self {
        Self { unfinished: Some(phase), ..self }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    pub(crate) fn no_status(self) -> Self {
        Self { status: None, ..self }
    }

    pub(crate) fn hops(self, hops: usize) -> Self {
        Self { hops, ..self }
    }
}

pub(crate) const ALL: [Phase; 7] =
    [Phase::Dns, Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Write, Phase::Ttfb, Phase::Transfer];
pub(crate) const NONE: &[Phase] = &[];
pub(crate) const CONNECTED: &[Phase] = &[Phase::Connect];
pub(crate) const WRITTEN: &[Phase] = &[Phase::Connect, Phase::Write];
pub(crate) const BEGUN: &[Phase] = &[Phase::Connect, Phase::Write, Phase::Ttfb];
pub(crate) const WHOLE: &[Phase] = &[Phase::Connect, Phase::Write, Phase::Ttfb, Phase::Transfer];
pub(crate) const NAMED: &[Phase] = &[Phase::Dns, Phase::Connect, Phase::Write, Phase::Ttfb, Phase::Transfer];
pub(crate) const WITH_TLS: &[Phase] = &[Phase::Connect, Phase::Tls, Phase::Write, Phase::Ttfb, Phase::Transfer];

pub(crate) fn phase_us(measured: &Measurement, phase: Phase) -> Option<u64> {
    let phases = measured.phases;
    match phase {
        Phase::Dns => phases.dns_us,
        Phase::Connect => phases.connect_us,
        Phase::Proxy => phases.proxy_us,
        Phase::Tls => phases.tls_us,
        Phase::Write => phases.write_us,
        Phase::Ttfb => phases.ttfb_us,
        Phase::Transfer => phases.transfer_us,
    }
}

/// What is wrong whatever the machine does; panics. What is wrong because it is slow is returned.
pub(crate) fn compare(name: &str, wanted: &Wanted, measured: &Measurement) -> Result<(), String> {
    let told = format!("{name}: {measured:#?}");
    assert_eq!(measured.failure.as_ref().map_or("", Failure::kind), wanted.kind, "{told}");
    assert_eq!(measured.status, wanted.status, "{told}");
    assert_eq!(measured.hops.len(), wanted.hops, "{told}");
    assert_eq!(measured.unfinished.map(|open| open.phase), wanted.unfinished, "{told}");
    if let Some(Failure::Timeout { phase, .. }) = &measured.failure {
        assert_eq!(Some(*phase), wanted.unfinished, "{told}");
    }
    let explained = measured.phases.sum_us() + measured.unfinished.map_or(0, |open| open.after_us);
    assert_eq!(explained + measured.unattributed_us, measured.total_us, "{told}");
    for phase in ALL {
        let took = phase_us(measured, phase);
        assert_eq!(took.is_some(), wanted.present.contains(&phase), "{phase:?} of {told}");
        if wanted.slow.contains(&phase) {
            // Timers of both ends count in milliseconds. Shorter is what begins late, as this thread was busy with other cases.
            if took < Some((DELAY_MS - 2) * 1_000) {
                return Err(format!("{phase:?} too short of {told}"));
            }
        } else if took >= Some(DELAY_MS * 1_000) {
            return Err(format!("{phase:?} of {told}"));
        }
    }
    if measured.unattributed_us >= DELAY_MS * 1_000 {
        return Err(format!("unattributed of {told}"));
    }
    Ok(())
}

pub(crate) type Case = (&'static str, Website, Wanted);

pub(crate) async fn hold(checker: &Checker, (name, website, wanted): Case) {
    let check = checker.prepare(&website).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    let mut late = Ok(());
    for _ in 0..TRIES {
        late = compare(name, &wanted, &checker.measure(&check).await);
        if late.is_ok() {
            return;
        }
    }
    panic!("other times in all of {TRIES} tries: {}", late.unwrap_err());
}

pub(crate) async fn at(script: Vec<Act>) -> Website {
    let address = serve(script).await;
    Website { timeout: Span::from_secs(5), ..Website::new("", &format!("http://{address}/path?a=b")) }
}

pub(crate) fn with(mut website: Website, change: impl FnOnce(&mut Website)) -> Website {
    change(&mut website);
    website
}

pub(crate) fn soon(website: Website) -> Website {
    with(website, |website| website.timeout = Span::from_millis(DELAY_MS))
}

pub(crate) async fn run(cases: Vec<Case>) {
    let checker = Checker::new();
    let all: Vec<Pin<Box<dyn Future<Output = ()>>>> =
        cases.into_iter().map(|case| Box::pin(hold(&checker, case)) as Pin<Box<dyn Future<Output = ()>>>).collect();
    futures_util::future::join_all(all).await;
}
