//! Configurations: checked, saved, changed while capturing, edited in the file.

use std::fs;

use serde_json::{Value, json};
use wirereel_engine::Workbench;
use wirereel_query::{whisperers::WhispererConfig, workbench::CaptureState};

use crate::support::{ask, configure, one, seen, server, start, stop, wait_for, workbench};

#[test]
fn wrong_values_are_told_with_their_place_and_nothing_is_saved() {
    let home = tempfile::tempdir().unwrap();
    let workbench = Workbench::open(home.path()).unwrap();
    let interfaces = workbench.capture_interfaces().unwrap().interfaces;
    let wrong = WhispererConfig {
        capture: json!({ "interfaces": ["lo", "eth99"], "snap_length": 3, "filter": "tcp port 80 prot 5", "mode": "all" }),
        parsing: json!({ "flows": { "idle_after": "soon" }, "limits": { "tunnel_depth": 99 } }),
    };
    let saved = workbench.save_whisperer("local", &wrong).unwrap();
    let told: Vec<_> = saved.problems.iter().map(|problem| (problem.path.as_str(), problem.found.as_str())).collect();
    assert_eq!(
        told,
        [
            ("capture.mode", "\"all\""),
            ("capture.snap_length", "3"),
            ("parsing.flows.idle_after", "\"soon\""),
            ("parsing.limits.tunnel_depth", "99"),
            ("capture.interfaces[1]", "\"eth99\""),
            ("capture.filter", "\"tcp port 80 prot 5\""),
        ]
    );
    assert_eq!(saved.problems[5].at, Some(12));
    let names = interfaces.iter().map(|interface| interface.name.as_str()).collect::<Vec<_>>().join(", ");
    assert_eq!(saved.problems[4].allowed, format!("one of {names}"));
    assert_eq!(one(&workbench, "local").config.capture, json!({}));
    assert!(!home.path().join("live/wirereel.json").exists());
    workbench.shut_down();
}

#[test]
fn the_schema_says_of_every_setting_what_it_means_and_when_it_takes_effect() {
    let home = tempfile::tempdir().unwrap();
    let workbench = Workbench::open(home.path()).unwrap();
    let schema = workbench.whisperer_schema();
    let mut at_once = Vec::new();
    for part in [&schema.capture, &schema.parsing] {
        for (key, property) in part["properties"].as_object().unwrap() {
            // What is not said beside a reference is said where it points to.
            let referred = property["$ref"].as_str().map(|place| part.pointer(&place[1..]).unwrap());
            let said = |name: &str| property[name].as_str().or_else(|| referred?[name].as_str());
            let text = |name: &str| said(name).unwrap_or_else(|| panic!("{key} has no {name}: {property}"));
            assert!(!text("title").is_empty() && !text("description").is_empty());
            assert!(property.get("default").is_some(), "{key}");
            if text("x-takes-effect") == "at_once" {
                at_once.push(key.clone());
            }
        }
    }
    assert_eq!(at_once, ["filter", "leave_out"]);
    assert_eq!(schema.capture["properties"]["snap_length"]["minimum"], 64);
    assert_eq!(schema.capture["properties"]["snap_length"]["maximum"], 262_144);
    workbench.shut_down();
}

#[test]
fn a_filter_changes_while_capturing_and_a_buffer_waits_for_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let (first, second) = (server(), server());
    configure(&workbench, "local", json!({ "filter": format!("tcp port {first}") }));
    start(&workbench, "local");
    ask(first, "/one");
    wait_for(|| seen(&workbench, "/one") == 1);
    let restart = configure(&workbench, "local", json!({ "filter": format!("tcp port {second}"), "buffer_mib": 32 }));
    assert_eq!(restart, ["capture.buffer_mib"]);
    assert!(one(&workbench, "local").restart_needed);
    // It is in force once a request to the second port shows.
    wait_for(|| {
        ask(second, "/two");
        seen(&workbench, "/two") > 0
    });
    ask(first, "/no-more");
    ask(second, "/three");
    wait_for(|| seen(&workbench, "/three") == 1);
    assert_eq!(seen(&workbench, "/no-more"), 0);
    let restart = configure(&workbench, "local", json!({ "filter": format!("tcp port {second}") }));
    assert!(restart.is_empty() && !one(&workbench, "local").restart_needed, "back to what is captured by");
    stop(&workbench, "local");
    workbench.shut_down();
}

#[test]
fn an_edit_of_the_file_shows_and_a_wrong_one_leaves_the_rest_in_force() {
    let home = tempfile::tempdir().unwrap();
    let workbench = Workbench::open(home.path()).unwrap();
    configure(&workbench, "local", json!({ "filter": "tcp", "snap_length": 2_000 }));
    let path = home.path().join("live/wirereel.json");
    let written: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(
        written,
        json!({ "whisperers": [{ "id": "local", "capture": { "filter": "tcp", "snap_length": 2_000 } }] })
    );
    let edited = json!({
        "names": [{ "name": "cart", "address": "10.0.0.1" }],
        "whisperers": [
            { "id": "stage", "name": "Stage", "command": "ssh stage wirereel-whisperer", "capture": { "filter": "udp" } },
            { "id": "local", "capture": { "filter": "udp", "snap_length": 5 } },
        ]
    });
    fs::write(&path, edited.to_string()).unwrap();
    wait_for(|| workbench.whisperers().len() == 2);
    let all = workbench.whisperers();
    assert_eq!((all[0].id.as_str(), all[1].name.as_str()), ("local", "Stage"), "this machine's is first");
    assert_eq!(all[1].state, CaptureState::NotVisible);
    assert_eq!(all[0].config.capture["snap_length"], 5, "what is wrong is shown, to be mended");
    workbench.rename_whisperer("stage", "Staging").unwrap();
    let after: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(after["names"], edited["names"], "what others wrote stays");
    assert_eq!(
        (&after["whisperers"][0]["name"], &after["whisperers"][1]),
        (&json!("Staging"), &edited["whisperers"][1])
    );
    fs::write(&path, "{ \"whisperers\": [").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    assert_eq!(workbench.whisperers().len(), 2, "what cannot be read changes nothing");
    let error = workbench.rename_whisperer("stage", "Other").unwrap_err().to_string();
    assert!(error.contains("mend it before anything is saved"), "{error}");
    workbench.shut_down();
}
