//! A host that is killed at any moment while it checks websites: no result that it showed is lost, no alert comes twice.
//!
//! `WIREREEL_KILLS` has another number of kills than 3 (`scripts/torture checks` makes 50), `WIREREEL_SEED` another sequence of moments.

#![allow(clippy::unwrap_used, reason = "also in what it shares with benchmarks")]

#[path = "../benches/torture/host.rs"]
mod host;
#[path = "../benches/torture/random.rs"]
mod random;

use std::{
    collections::HashMap,
    fs,
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use host::Host;
use random::{Random, number};
use serde_json::{Value, json};

const WEBSITES: usize = 10;

/// All results until now, by website and instant.
fn runs(host: &Host) -> HashMap<(String, i64), Value> {
    let mut found = HashMap::new();
    // What comes meanwhile would move the pages.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros() as i64;
    let range = json!({ "from_us": 0, "to_us": now - 700_000 });
    loop {
        let page = host.call("check_runs", &json!({ "range": range, "offset": found.len(), "limit": 500 })).unwrap();
        let rows = page["rows"].as_array().expect("rows").clone();
        let is_last = rows.len() < 500;
        for mut row in rows {
            // Found anew with every question.
            for key in ["flow_id", "exchange_id"] {
                row.as_object_mut().expect("an object").remove(key);
            }
            let key =
                (row["website"].as_str().expect("a name").to_owned(), row["intended_us"].as_i64().expect("an instant"));
            found.insert(key, row);
        }
        if is_last {
            return found;
        }
    }
}

/// Answers 200, or 503 while it is to be down.
fn server() -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let is_down = Arc::new(AtomicBool::new(false));
    let says = Arc::clone(&is_down);
    let serve = move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 2_048];
            let _ = stream.read(&mut request);
            let status = if says.load(Ordering::SeqCst) { "503 Down" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            let _ = stream.write_all(answer.as_bytes());
        }
    };
    thread::Builder::new().name("server".into()).spawn(serve).expect("a thread");
    (port, is_down)
}

#[test]
fn a_host_that_is_killed_loses_no_result_that_it_showed_and_doubles_no_alert() {
    let kills = number("WIREREEL_KILLS", 3);
    let mut random = Random(number("WIREREEL_SEED", 20_261_126).max(1));
    let folder = tempfile::tempdir().expect("a folder");
    let (home, frontend) = (folder.path().join("home"), folder.path().join("frontend"));
    for folder in [&home, &frontend] {
        fs::create_dir_all(folder).expect("made");
    }
    fs::write(frontend.join("index.html"), "<!doctype html><title>Wirereel</title>").expect("written");
    let (port, is_down) = server();
    let website = |n: usize| json!({ "name": format!("site {n}"), "url": format!("http://127.0.0.1:{port}/{n}"), "interval": "150ms" });
    let websites: Vec<Value> = (0..WEBSITES).map(website).collect();
    let rule = json!({
        "id": "down", "subject": { "kind": "website" }, "metric": "up",
        "when": { "kind": "availability", "percent": 80, "recover_percent": 90, "over": "1s" },
    });
    let config = json!({ "websites": websites, "alerts": { "rules": [rule] } });
    fs::write(home.join("wirereel.json"), config.to_string()).expect("written");

    let mut shown: HashMap<(String, i64), Value> = HashMap::new();
    let mut alerts: HashMap<String, Value> = HashMap::new();
    let mut killed = Instant::now();
    for round in 0..=kills {
        let host = Host::start(&home, &frontend).unwrap();
        // What was shown last is to be out of the time that is still coming in.
        thread::sleep(Duration::from_millis(800).saturating_sub(killed.elapsed()));
        let there = runs(&host);
        for (key, row) in &shown {
            assert_eq!(there.get(key), Some(row), "round {round}");
        }
        for alert in told_alerts(&host) {
            let id = alert["alert_id"].as_str().expect("an id").to_owned();
            alerts.entry(id).or_insert(alert);
        }
        let now = told_alerts(&host);
        for (id, before) in &alerts {
            let after: Vec<_> = now.iter().filter(|alert| alert["alert_id"] == *id.as_str()).collect();
            assert_eq!(after.len(), 1, "round {round}: {before}");
            assert_eq!((&after[0]["message"], &after[0]["opened_us"]), (&before["message"], &before["opened_us"]));
        }
        // Of one website, one alert is over before the next one opens.
        for n in 0..WEBSITES {
            let name = format!("site {n}");
            let mut of_one: Vec<_> = now.iter().filter(|alert| alert["subject"]["name"] == *name.as_str()).collect();
            of_one.sort_by_key(|alert| alert["opened_us"].as_i64());
            for pair in of_one.windows(2) {
                assert!(pair[0]["resolved_us"].as_i64() <= pair[1]["opened_us"].as_i64(), "{pair:?}");
                assert!(pair[0]["resolved_us"].is_i64(), "{pair:?}");
            }
        }
        if round == kills {
            assert!(shown.len() > 20 && !alerts.is_empty(), "{} results, {} alerts", shown.len(), alerts.len());
            println!("{kills} kills: {} results shown, {} alerts", shown.len(), alerts.len());
            host.kill();
            return;
        }
        is_down.store(round % 2 == 0, Ordering::SeqCst);
        let until = Instant::now() + Duration::from_millis(1_200 + random.below(1_500));
        while Instant::now() < until {
            let latest = host.call("check_runs", &json!({ "limit": 100 })).unwrap();
            for mut row in latest["rows"].as_array().expect("rows").clone() {
                for key in ["flow_id", "exchange_id"] {
                    row.as_object_mut().expect("an object").remove(key);
                }
                let key = (
                    row["website"].as_str().expect("a name").to_owned(),
                    row["intended_us"].as_i64().expect("an instant"),
                );
                shown.insert(key, row);
            }
            thread::sleep(Duration::from_millis(10 + random.below(60)));
        }
        for alert in told_alerts(&host) {
            alerts.insert(alert["alert_id"].as_str().expect("an id").to_owned(), alert);
        }
        host.kill();
        killed = Instant::now();
    }
}

fn told_alerts(host: &Host) -> Vec<Value> {
    host.call("alerts", &json!({ "limit": 500 })).unwrap()["rows"].as_array().expect("rows").clone()
}
