//! What people do about alerts, as a page asks it of a host: acknowledge, note, silence, try a target; and what is refused.

#![allow(clippy::unwrap_used, reason = "also in what it shares with benchmarks")]

#[path = "../benches/torture/host.rs"]
mod host;

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use host::Host;
use serde_json::{Value, json};

/// The one alert, once it is as wanted.
fn alert(host: &Host, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let told = host.call("alerts", &json!({ "limit": 10 })).unwrap();
        assert!(told["rows"].as_array().unwrap().len() < 2, "{told}");
        if holds(&told) {
            return told;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain: {what}: {told}");
        thread::sleep(Duration::from_millis(25));
    }
}

/// The code and message of what was refused.
fn refused(host: &Host, command: &str, arguments: &Value) -> (String, String) {
    let error = host.call(command, arguments).expect_err(command);
    let error: Value = serde_json::from_str(error.strip_prefix(&format!("{command}: ")).unwrap()).unwrap();
    (error["code"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
}

#[test]
fn alerts_are_acknowledged_noted_and_silenced_and_stay_so_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (home, frontend) = (folder.path().join("home"), folder.path().join("frontend"));
    for folder in [&home, &frontend] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(frontend.join("index.html"), "<!doctype html><title>Wirereel</title>").unwrap();
    let told = folder.path().join("told.json");
    let config = json!({
        "websites": [{ "name": "gone", "url": "tcp://127.0.0.1:1", "interval": "200ms" }],
        "alerts": {
            "rules": [{
                "id": "down", "subject": { "kind": "website" }, "metric": "up",
                "when": { "kind": "availability", "percent": 80, "over": "1s" },
            }],
            "targets": [
                { "id": "file", "to": { "kind": "command", "argv": ["sh", "-c", format!("cat >> '{}'", told.display())] } },
                { "id": "broken", "to": { "kind": "command", "argv": ["false"] } },
            ],
        },
    });
    fs::write(home.join("wirereel.json"), config.to_string()).unwrap();

    let host = Host::start(&home, &frontend).unwrap();
    let open = alert(&host, "down", |told| told["open"] == 1);
    assert_eq!((&open["unacknowledged"], &open["problems"]), (&json!(1), &json!([])));
    let row = &open["rows"][0];
    let message = row["message"].as_str().unwrap();
    assert!(message.starts_with("Website gone is down. availability=0"), "{message}");
    let subject = json!({ "kind": "website", "name": "gone" });
    assert_eq!((&row["subject"], &row["note"], &row["acknowledged_us"]), (&subject, &json!(""), &Value::Null));
    let id = &row["alert_id"];

    host.call("alert_acknowledge", &json!({ "alert_id": id })).unwrap();
    host.call("alert_note", &json!({ "alert_id": id, "note": "Port 1 is nobody's." })).unwrap();
    let until_us = row["opened_us"].as_i64().unwrap() + 3_600_000_000;
    host.call("alert_silence", &json!({ "subject": subject, "until_us": until_us })).unwrap();
    let acted = alert(&host, "acknowledged", |told| told["unacknowledged"] == 0);
    let row = &acted["rows"][0];
    assert!(row["acknowledged_us"].as_i64() >= row["opened_us"].as_i64());
    assert_eq!((&row["note"], &row["silenced_until_us"]), (&json!("Port 1 is nobody's."), &json!(until_us)));
    assert_eq!(acted["silences"], json!([{ "subject": subject, "rule": null, "until_us": until_us }]));

    // A test goes out at once, and what fails says why.
    host.call("alert_test_target", &json!({ "target": "file" })).unwrap();
    assert!(fs::read_to_string(&told).unwrap().contains("Wirereel tests the target file. Nothing is wrong."));
    let (code, why) = refused(&host, "alert_test_target", &json!({ "target": "broken" }));
    assert!(why.contains("\"broken\" was not reached"), "{code} {why}");

    for (command, arguments, code) in [
        ("alert_acknowledge", json!({ "alert_id": "nobody's" }), "not_found"),
        ("alert_note", json!({ "alert_id": "nobody's", "note": "x" }), "not_found"),
        ("alert_silence", json!({ "subject": { "kind": "website", "name": "other" } }), "not_found"),
        ("alert_test_target", json!({ "target": "nobody" }), "not_found"),
        ("alert_acknowledge", json!({}), "bad_request"),
        ("alerts", json!({ "which": "some" }), "bad_request"),
    ] {
        assert_eq!(refused(&host, command, &arguments).0, code, "{command} {arguments}");
    }
    let (_, why) = refused(&host, "alert_note", &json!({ "alert_id": id, "note": "x".repeat(4_001) }));
    assert!(why.contains("at most 4000 characters; this one has 4001"), "{why}");
    host.kill();

    let host = Host::start(&home, &frontend).unwrap();
    let again = alert(&host, "still open", |told| told["open"] == 1);
    let row = &again["rows"][0];
    assert_eq!((&row["alert_id"], &row["note"]), (id, &json!("Port 1 is nobody's.")));
    assert_eq!((&again["unacknowledged"], &row["silenced_until_us"]), (&json!(0), &json!(until_us)));
    // A silence that is ended is nobody's any more.
    host.call("alert_silence", &json!({ "subject": subject, "until_us": null })).unwrap();
    alert(&host, "not silenced", |told| {
        told["silences"] == json!([]) && told["rows"][0]["silenced_until_us"].is_null()
    });
    host.end();
}
