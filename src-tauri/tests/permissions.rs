//! The page may ask exactly what the api offers: handler list = permissions = capability.
#![allow(clippy::unwrap_used, reason = "what cannot be read fails the test")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

fn read(path: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn allow(command: &str) -> String {
    format!("allow-{}", command.replace('_', "-"))
}

fn allowed_commands() -> BTreeSet<String> {
    wirereel_api::COMMANDS.iter().copied().map(allow).collect()
}

#[test]
fn every_command_has_a_permission_of_its_own_and_no_permission_is_left_over() {
    let manifests = read("gen/schemas/acl-manifests.json");
    let permissions = manifests["__app-acl__"]["permissions"].as_object().unwrap();
    let made: BTreeSet<_> = permissions.keys().filter(|name| name.starts_with("allow-")).cloned().collect();
    assert_eq!(made, allowed_commands());
}

#[test]
fn the_capability_grants_every_command_and_beyond_them_only_to_hear_ticks() {
    let capability = read("capabilities/main.json");
    let granted: BTreeSet<_> =
        capability["permissions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let mut expected = allowed_commands();
    expected.extend(["core:event:allow-listen".to_owned(), "core:event:allow-unlisten".to_owned()]);
    assert_eq!(granted, expected);
}

#[test]
fn only_the_main_window_on_this_machine_is_granted_anything() {
    let capability = read("capabilities/main.json");
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert_eq!(capability.get("remote"), None);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("capabilities");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "one capability file");
}

#[test]
fn the_content_policy_lets_nothing_in_from_outside() {
    let configuration = read("tauri.conf.json");
    let policy = configuration["app"]["security"]["csp"].as_object().unwrap();
    for (directive, sources) in policy {
        for source in sources.as_str().unwrap().split_whitespace() {
            let known = ["'self'", "'none'", "data:", "blob:", "ipc:", "http://ipc.localhost"];
            assert!(known.contains(&source), "{directive} admits {source}");
        }
    }
    assert_eq!(configuration["app"]["withGlobalTauri"], false);
}
