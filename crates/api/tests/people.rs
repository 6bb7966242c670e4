//! The commands about customers and names as a page calls them.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use wirereel_api::{Api, ErrorCode, Headless, Workbench};

#[test]
fn a_page_looks_at_customers_names_an_address_and_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new(Workbench::open(&folder.path().join("home")).unwrap(), Arc::new(Headless));
    let call = |name: &str, arguments: Value| api.call(name, arguments, None);
    assert_eq!(call("naming", json!({})).unwrap_err().code, ErrorCode::NothingOpen);
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-pcaps/shop-flash-sale.pcapng");
    api.open_paths(vec![sample.into()]).unwrap();
    let began = Instant::now();
    while call("app_state", json!({})).unwrap()["import"]["state"] != "done" {
        assert!(began.elapsed() < Duration::from_secs(60), "the import does not end");
        thread::sleep(Duration::from_millis(50));
    }

    let everything = json!({ "range": null, "filter": "" });
    let by = |by: &str| json!({ "scope": everything, "by": by, "sort": "requests", "descending": true, "offset": 0, "limit": 3, "points": 20 });
    let customers = call("customers", by("network")).unwrap();
    assert!(customers["addresses"].as_u64().unwrap() > 100 && customers["rows"].as_array().unwrap().len() == 3);
    assert_eq!(
        (&customers["entry_points"], customers["points"].as_array().unwrap().len()),
        (&json!(["api-gateway"]), 20)
    );
    let identities = call("customers", by("identity")).unwrap();
    assert!(identities["identities"].as_u64().unwrap() > 0, "{identities}");
    for row in identities["rows"].as_array().unwrap().iter().chain(customers["rows"].as_array().unwrap()) {
        let grid = json!({ "scope": { "range": null, "filter": row["filter"] }, "sort": "started_at", "descending": false, "offset": 0,
            "limit": 1 });
        assert_eq!(call("exchanges", grid).unwrap()["total"], row["requests"], "{row}");
    }
    assert_eq!(call("customers", json!({ "by": "colour" })).unwrap_err().code, ErrorCode::BadRequest);
    let mut beyond = by("address");
    beyond["limit"] = json!(501);
    assert_eq!(call("customers", beyond).unwrap_err().code, ErrorCode::BadRequest);

    let listed = json!({ "scope": everything, "sort": "flows", "descending": true, "offset": 0, "limit": 10 });
    let unresolved = call("unresolved", listed.clone()).unwrap();
    assert_eq!((&unresolved["total"], &unresolved["rows"][0]["hint"]), (&json!(1), &json!("DNS")), "{unresolved}");
    let before = call("naming", json!({})).unwrap()["rules"].clone();
    let mut after = before.clone();
    after["names"] = json!([{ "name": "resolver", "address": unresolved["rows"][0]["ip"] }]);
    let checked = call("naming_check", json!({ "rules": after })).unwrap();
    assert_eq!((&checked["problems"], &checked["addresses"]), (&json!([]), &json!([1])));
    let wrong = json!({ "names": [{ "name": "x", "address": "10.0" }], "entry_points": [], "reverse_dns": false });
    assert_eq!(call("naming_check", json!({ "rules": wrong })).unwrap()["problems"][0]["path"], "names[0].address");
    let refused = call("naming_save", json!({ "before": before, "after": wrong })).unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadRequest);
    let saved = call("naming_save", json!({ "before": before, "after": after })).unwrap();
    assert!(saved["services"].as_array().unwrap().contains(&json!("resolver")), "{saved}");
    assert_eq!(call("unresolved", listed.clone()).unwrap()["total"], 0);
    let again = call("naming_save", json!({ "before": before, "after": after })).unwrap_err();
    assert_eq!(again.code, ErrorCode::Conflict);
    call("naming_save", json!({ "before": after, "after": before })).unwrap();
    assert_eq!(call("unresolved", listed).unwrap()["total"], 1);
    api.workbench().shut_down();
}
