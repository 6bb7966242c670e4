//! The menu bar of macOS: what the page offers too, for who looks for it there. Other systems would draw it into the window, as a
//! second bar above the page's own.

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
    let program = SubmenuBuilder::new(app, "Wirereel").hide().separator().quit().build()?;
    let file = SubmenuBuilder::new(app, "File").items(&[&open, &open_sample, &close]).build()?;
    // The web view takes these keys from here.
    let edit = SubmenuBuilder::new(app, "Edit").cut().copy().paste().select_all().build()?;
    MenuBuilder::new(app).items(&[&program, &file, &edit]).build()
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
