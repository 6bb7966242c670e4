//! The menu bar: what the page offers too, for who looks for it there.

use serde_json::{Value, json};
use tauri::{
    AppHandle, Wry,
    menu::{Menu, MenuBuilder, MenuItemBuilder, SubmenuBuilder},
};
use wirereel_api::Api;

const OPEN: &str = "open";
const OPEN_SAMPLE: &str = "open-sample";
const CLOSE: &str = "close";

/// Builds the menu.
pub(crate) fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let open = MenuItemBuilder::with_id(OPEN, "Open…").accelerator("CmdOrCtrl+O").build(app)?;
    let open_sample = MenuItemBuilder::with_id(OPEN_SAMPLE, "Open Sample Recording").build(app)?;
    let close = MenuItemBuilder::with_id(CLOSE, "Close Recording").build(app)?;
    let file = SubmenuBuilder::new(app, "File")
        .items(&[&open, &open_sample, &close])
        .separator()
        .quit_with_text("Quit Wirereel")
        .build()?;
    let menu = MenuBuilder::new(app).item(&file);
    // Elsewhere the webview has these keys by itself; macOS takes them from the menu.
    #[cfg(target_os = "macos")]
    let menu = menu.item(&SubmenuBuilder::new(app, "Edit").cut().copy().paste().select_all().build()?);
    menu.build()
}

/// Does what a menu item says.
pub(crate) fn chosen(id: &str, api: Api) {
    let (command, args) = match id {
        OPEN => ("choose_files", json!({})),
        OPEN_SAMPLE => match first_sample(&api) {
            Some(name) => ("open_sample", json!({ "name": name })),
            None => return tracing::warn!("this installation holds no sample recording"),
        },
        CLOSE => ("close_recording", json!({})),
        _ => return,
    };
    tauri::async_runtime::spawn_blocking(move || {
        if let Err(error) = api.call(command, args, None) {
            tracing::warn!(command, code = ?error.code, "{}", error.message);
        }
    });
}

fn first_sample(api: &Api) -> Option<String> {
    let state = api.call("app_state", json!({}), None).ok()?;
    state.pointer("/samples/0/name").and_then(Value::as_str).map(str::to_owned)
}
