//! Gives every command its own permission, and embeds the built frontend.

use std::path::Path;

/// The same list that the commands are dispatched by.
const COMMANDS: &[&str] = include!("../crates/api/src/command_names.rs");

const FRONTEND: &str = "../frontend/dist";

fn main() {
    println!("cargo:rerun-if-changed=../crates/api/src/command_names.rs");
    println!("cargo:rerun-if-changed={FRONTEND}");
    assert!(
        Path::new(FRONTEND).join("index.html").exists(),
        "the window shows the built frontend and there is none yet: run `make frontend` first"
    );
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .expect("tauri.conf.json, capabilities and icons are consistent");
}
