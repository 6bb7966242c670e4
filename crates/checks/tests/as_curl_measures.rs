//! What curl says about the same server is what a check says.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod server;

use std::process::Command;

use server::{
    Act::{Request, Say, Slowly, Tls, Wait},
    authority::Authority,
    ok, serve,
};
use wirereel_checks::{Checker, Measurement, Phases, Website};

const TRIES: usize = 12;
/// Both must agree within a millisecond or five in a hundred.
const WITHIN_US: u64 = 1_000;
const WITHIN_SHARE: u64 = 20;

/// What curl measured, in microseconds since its beginning.
#[derive(Debug, Clone, Copy)]
struct Curl {
    name_us: u64,
    connect_us: u64,
    tls_us: u64,
    first_byte_us: u64,
    total_us: u64,
}

fn curl(url: &str, ca_file: &str) -> Curl {
    let format =
        "%{time_namelookup} %{time_connect} %{time_appconnect} %{time_starttransfer} %{time_total} %{http_code}";
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--output", "/dev/null", "--http1.1", "--ipv4", "--noproxy", "*"])
        .args(["--cacert", ca_file, "--write-out", format, url])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Vec<f64> = text.split(' ').map(|figure| figure.parse().unwrap()).collect();
    assert_eq!(said[5], 200.0, "{text} {}", String::from_utf8_lossy(&output.stderr));
    let us = |seconds: f64| (seconds * 1e6).round() as u64;
    Curl {
        name_us: us(said[0]),
        connect_us: us(said[1]),
        tls_us: us(said[2]),
        first_byte_us: us(said[3]),
        total_us: us(said[4]),
    }
}

/// Pairs of the same figure: ours, curl's.
fn pairs(phases: &Phases, ours_us: u64, curl: &Curl) -> Vec<(&'static str, u64, u64)> {
    let connected_us = curl.tls_us.max(curl.connect_us);
    let mut pairs = vec![
        ("connect", phases.connect_us.unwrap(), curl.connect_us - curl.name_us),
        ("write and first byte", phases.write_us.unwrap() + phases.ttfb_us.unwrap(), curl.first_byte_us - connected_us),
        ("transfer", phases.transfer_us.unwrap(), curl.total_us - curl.first_byte_us),
        ("total", ours_us, curl.total_us),
    ];
    if let Some(tls_us) = phases.tls_us {
        pairs.push(("TLS", tls_us, curl.tls_us - curl.connect_us));
    }
    pairs
}

fn is_near(one: u64, other: u64) -> bool {
    one.abs_diff(other) <= WITHIN_US.max(one.max(other) / WITHIN_SHARE)
}

/// Whether one try agrees in everything. What a busy machine makes late is late in one of both, and not in every try.
fn agrees(try_of_both: &[(&'static str, u64, u64)]) -> bool {
    try_of_both.iter().all(|(what, ours, theirs)| {
        // The total of curl has what it does before its first look-up and after its last byte.
        is_near(*ours, *theirs) || (*what == "total" && is_near(*ours, theirs.saturating_sub(2_000)))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phases_are_those_that_curl_measures() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("SKIPPED: there is no curl on this machine, so nothing was compared with it");
        return;
    }
    let ours = Authority::new("ours-curl");
    let answer = vec![Request, Wait(60), Say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), Slowly("12345", 2, 40)];
    let plain = serve(answer.clone()).await;
    let quick = serve(vec![Request, ok("quick")]).await;
    let secure = serve([vec![Wait(50), Tls(ours.good())], answer].concat()).await;
    let ca_file = ours.pem.display().to_string();
    let checker = Checker::new();
    for url in [format!("http://{quick}/"), format!("http://{plain}/"), format!("https://{secure}/")] {
        let mut website = Website::new("", &url);
        website.tls.ca_file = Some(ours.pem.clone());
        website.http_version = serde_json::from_str("\"1.1\"").unwrap();
        let check = checker.prepare(&website).unwrap();
        let mut tries = Vec::new();
        while tries.last().is_none_or(|last: &Vec<_>| !agrees(last)) && tries.len() < TRIES {
            let measured: Measurement = checker.measure(&check).await;
            assert!(measured.is_up(), "{measured:?}");
            let (for_curl, ca_file) = (url.clone(), ca_file.clone());
            let theirs = tokio::task::spawn_blocking(move || curl(&for_curl, &ca_file)).await.unwrap();
            tries.push(pairs(&measured.phases, measured.total_us, &theirs));
        }
        println!("{url}: {:?} after {} tries", tries.last(), tries.len());
        assert!(tries.last().is_some_and(|last| agrees(last)), "{url}: {tries:#?}");
    }
}
