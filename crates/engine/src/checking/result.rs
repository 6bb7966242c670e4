//! A result as a row, and as readings for rules.

use wirereel_checks::{
    CheckResult, Failure, Measurement, Phase, Phases, State,
    measure::{Hop, SpokenHttp},
};
use wirereel_query::checks::{CheckCertificate, CheckHop, CheckPhases, CheckRun};
use wirereel_store::NewCheckRun;

use super::KIND;
use crate::{
    alerting::{OwnedReading, Reading},
    results::{blind_time, state_of},
};

/// When it was intended, in microseconds since 1970: with the website, what tells it from others.
pub(super) fn intended_us(result: &CheckResult) -> i64 {
    result.intended_at_ns.div_euclid(1_000)
}

/// The row.
pub(crate) fn run_of(result: &CheckResult) -> NewCheckRun {
    let mut run = CheckRun {
        website: result.website.to_string(),
        intended_us: intended_us(result),
        at_us: result.at_ns.div_euclid(1_000),
        instants: result.instants,
        state: state_of(result.state),
        reason: result.reason.clone(),
        ..CheckRun::default()
    };
    let Some(measured) = &result.measured else { return NewCheckRun { run, response_us: None } };
    if let Some(failure) = &measured.failure {
        run.reason.get_or_insert_with(|| failure.to_string());
        run.failure = Some(failure.kind().to_owned());
    }
    run.status = measured.status;
    run.phases = CheckPhases { unattributed_us: Some(measured.unattributed_us as f64), ..phases(&measured.phases) };
    run.stopped_in = measured.unfinished.map(|unfinished| phase_name(unfinished.phase).to_owned());
    run.stopped_after_us = measured.unfinished.map(|unfinished| unfinished.after_us);
    run.total_us = Some(measured.total_us);
    run.http_version = measured.http_version.map(|version| http_name(version).to_owned());
    run.remote = measured.remote.map(|remote| remote.to_string());
    run.local = measured.local.map(|local| local.to_string());
    run.body_bytes = measured.body_bytes;
    run.reused_connection = measured.reused_connection;
    if let Some(tls) = &measured.tls {
        run.tls_version.clone_from(&tls.version);
        run.tls_cipher.clone_from(&tls.cipher);
        run.certificate = tls.certificate.as_ref().map(|certificate| CheckCertificate {
            subject: certificate.subject.clone().unwrap_or_default(),
            issuer: certificate.issuer.clone().unwrap_or_default(),
            not_after_us: certificate.not_after_s.checked_mul(1_000_000),
        });
    }
    run.hops = measured.hops.iter().map(hop).collect();
    NewCheckRun { run, response_us: measured.response_us() }
}

fn phases(phases: &Phases) -> CheckPhases {
    let told = |us: Option<u64>| us.map(|us| us as f64);
    CheckPhases {
        dns_us: told(phases.dns_us),
        connect_us: told(phases.connect_us),
        proxy_us: told(phases.proxy_us),
        tls_us: told(phases.tls_us),
        write_us: told(phases.write_us),
        ttfb_us: told(phases.ttfb_us),
        transfer_us: told(phases.transfer_us),
        unattributed_us: None,
    }
}

fn hop(hop: &Hop) -> CheckHop {
    CheckHop {
        url: hop.url.clone(),
        status: hop.status,
        remote: hop.remote.map(|remote| remote.to_string()),
        phases: phases(&hop.phases),
        total_us: hop.total_us,
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Dns => "dns",
        Phase::Connect => "connect",
        Phase::Proxy => "proxy",
        Phase::Tls => "tls",
        Phase::Write => "write",
        Phase::Ttfb => "ttfb",
        Phase::Transfer => "transfer",
    }
}

fn http_name(version: SpokenHttp) -> &'static str {
    match version {
        SpokenHttp::Http10 => "http/1.0",
        SpokenHttp::Http11 => "http/1.1",
        SpokenHttp::Http2 => "h2",
    }
}

/// What rules are told of it: nothing of an instant that says nothing about the website.
pub(super) fn readings(result: &CheckResult, every_ns: Option<i64>, into: &mut Vec<OwnedReading>) {
    let (Some(measured), State::Up | State::Down) = (&result.measured, result.state) else { return };
    // As it is stored, so that a replay says the same: when it began, and what it took.
    let at_us = result.at_ns.div_euclid(1_000).saturating_add(measured.total_us as i64);
    let mut say = |metric, reading| {
        into.push(OwnedReading {
            kind: KIND,
            name: result.website.clone(),
            metric,
            at_ns: at_us.saturating_mul(1_000),
            every_ns,
            reading,
        });
    };
    let is_up = result.state == State::Up;
    say("up", Reading::Outcomes { good: u64::from(is_up), bad: u64::from(!is_up) });
    if let Some(us) = measured.response_us() {
        say("response_ms", Reading::Value(us as f64 / 1e3));
    }
    if let Some(us) = measured.phases.ttfb_us {
        say("ttfb_ms", Reading::Value(us as f64 / 1e3));
    }
    if let Some(not_after_s) = certificate_ends_s(measured) {
        say("certificate", Reading::Deadline(not_after_s.saturating_mul(1_000_000_000)));
    }
}

fn certificate_ends_s(measured: &Measurement) -> Option<i64> {
    Some(measured.tls.as_ref()?.certificate.as_ref()?.not_after_s)
}

/// The time for which this machine could check nothing, if that is why it was not checked.
pub(super) fn blind_ns(result: &CheckResult, every_ns: i64) -> Option<(i64, i64)> {
    let failure = result.measured.as_ref().and_then(|measured| measured.failure.as_ref());
    // That it may send no echoes, or has no more files, says nothing about other checks.
    if result.state != State::SelfOffline || failure.is_some_and(Failure::is_own_trouble) {
        return None;
    }
    let took_ns = result.measured.as_ref().map_or(0, |measured| measured.total_us as i64 * 1_000);
    Some(blind_time(result.intended_at_ns, (result.instants, every_ns), (result.at_ns, took_ns)))
}
