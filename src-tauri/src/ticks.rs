//! Small pushes to the page: something changed, pull what you show.

use serde_json::{Value, json};
use tauri::{AppHandle, Emitter as _, Manager as _};
use wirereel_api::Api;

use crate::window;

/// Passes every tick on to the page, and keeps the window's title. A tick that comes while another is on its way replaces it:
/// the page sees a hole in `seq` and pulls.
pub(crate) fn forward(app: AppHandle, api: Api) {
    tauri::async_runtime::spawn(async move {
        let mut ticks = api.ticks();
        let mut titled = None;
        loop {
            let tick = ticks.borrow_and_update().clone();
            if let Err(error) = app.emit_to(window::LABEL, "tick", &tick) {
                tracing::warn!(seq = tick.seq, %error, "a tick did not reach the page");
            }
            if titled.replace(tick.generation) != Some(tick.generation) {
                retitle(app.clone(), api.clone()).await;
            }
            if ticks.changed().await.is_err() {
                return;
            }
        }
    });
}

async fn retitle(app: AppHandle, api: Api) {
    let state = tauri::async_runtime::spawn_blocking(move || api.call("app_state", json!({}), None)).await;
    let title = match state {
        Ok(Ok(state)) => title(&state),
        // The page asks for the same and shows why there is none.
        Ok(Err(_)) | Err(_) => return,
    };
    if let Some(window) = app.get_webview_window(window::LABEL)
        && let Err(error) = window.set_title(&title)
    {
        tracing::warn!(%error, "the window keeps its old title");
    }
}

/// The recording's name first, as other windows of documents have it.
fn title(app_state: &Value) -> String {
    match app_state.pointer("/recording/name").and_then(Value::as_str) {
        Some(name) => format!("{name} - Wirereel"),
        None => "Wirereel".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_names_the_open_recording() {
        assert_eq!(title(&json!({ "recording": { "name": "shop-flash-sale" } })), "shop-flash-sale - Wirereel");
    }

    #[test]
    fn without_a_recording_the_title_is_the_program() {
        assert_eq!(title(&json!({ "recording": null })), "Wirereel");
    }
}
