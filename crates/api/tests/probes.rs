//! The commands about probes as a page calls them.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use wirereel_api::{Api, ErrorCode, Headless, Workbench};

#[test]
fn a_page_writes_sends_looks_at_rests_and_removes_a_probe() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new(Workbench::open(&folder.path().join("home")).unwrap(), Arc::new(Headless));
    let call = |name: &str, arguments: Value| api.call(name, arguments, None);
    let schema = call("probe_schema", json!({})).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["target"].is_object() && schema["properties"]["path"].is_object());

    // Nobody listens there: it is down at once.
    let probe = json!({ "name": "way", "target": "grpc://127.0.0.1:1", "from": "eu", "to": { "region": "us", "service": "catalog" },
        "interval": "100ms", "path": [{ "hop": "Relay A" }, { "hop": "catalog" }] });
    let tested = call("probe_test", json!({ "probe": probe })).unwrap();
    assert_eq!((&tested["problems"], &tested["run"]["failure"]), (&json!([]), &json!("refused")));
    let wrong =
        call("probe_check", json!({ "probe": { "name": "way", "target": "grpc://x:1", "timeout": 5 } })).unwrap();
    assert_eq!(wrong[0]["path"], "timeout");
    assert_eq!(call("probe_save", json!({ "probe": { "target": "grpc://x:1" } })).unwrap()[0]["path"], "name");
    assert_eq!(call("probe_save", json!({ "probe": probe })).unwrap(), json!([]));

    let began = Instant::now();
    let told = loop {
        let told = call("probes", json!({})).unwrap();
        if told["down"] == 1 && told["rows"][0]["last"].is_object() {
            break told;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{told}");
        thread::sleep(Duration::from_millis(50));
    };
    let row = &told["rows"][0];
    assert_eq!((&row["hops"], &row["hops_told"], &row["state"]), (&json!(2), &json!(0), &json!("down")));
    assert_eq!(told["matrix"][0]["probes"], json!(["way"]));
    let detail = call("probe", json!({ "probe": "way", "columns": 10 })).unwrap();
    assert_eq!((&detail["config"], detail["columns"].as_array().unwrap().len()), (&probe, 10));
    let runs = call("probe_runs", json!({ "probe": "way", "limit": 5, "failing": true })).unwrap();
    assert_eq!(runs["rows"][0]["failure"], "refused");
    let exactly = json!({ "probe": "way", "intended_us": runs["rows"][0]["intended_us"], "limit": 5 });
    assert_eq!(call("probe_runs", exactly).unwrap()["total"], 1);

    call("probe_pause", json!({ "probe": "way", "paused": true })).unwrap();
    assert_eq!(call("probes", json!({ "search": "CATALOG" })).unwrap()["rows"][0]["state"], "paused");
    call("probe_remove", json!({ "probe": "way" })).unwrap();
    assert_eq!(call("probes", json!({})).unwrap()["total"], 0);
    assert_eq!(call("probe", json!({ "probe": "way", "columns": 1 })).unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(call("probe_remove", json!({ "probe": "way" })).unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(call("probe", json!({ "probe": "way", "columns": 999 })).unwrap_err().code, ErrorCode::BadRequest);
    assert_eq!(call("probe_pause", json!({ "website": "way" })).unwrap_err().code, ErrorCode::BadRequest);
    api.workbench().shut_down();
}
