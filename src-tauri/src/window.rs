//! The one window.

use tauri::{AppHandle, DragDropEvent, WebviewUrl, WebviewWindowBuilder, WindowEvent, window::Color};
use wirereel_api::Api;

/// Its label: capabilities, events and dialogs name it.
pub(crate) const LABEL: &str = "main";

const SIZE: (f64, f64) = (1440.0, 900.0);
const SMALLEST: (f64, f64) = (900.0, 600.0);

/// The page's own background (`--bg-frame`, dark), so that the window does not flash white before the page is up.
const BACKGROUND: Color = Color(0x0e, 0x0f, 0x12, 0xff);

/// Opens the window and takes in what is dropped on it. The paths go straight to the api: the page only hears of the import.
pub(crate) fn open(app: &AppHandle, api: Api) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Wirereel")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .center()
        .background_color(BACKGROUND)
        // The page's title says what is open and selected; the desktop shows the window's.
        .on_document_title_changed(|window, title| {
            if let Err(error) = window.set_title(&title) {
                tracing::debug!("the title cannot be set: {error}");
            }
        })
        .build()?;
    window.on_window_event(move |event| {
        if let WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) = event {
            open_paths(api.clone(), paths.clone());
        }
    });
    Ok(())
}

/// Opens captures away from the UI's thread. What goes wrong is told as a failed import, which the page shows.
pub(crate) fn open_paths(api: Api, paths: Vec<std::path::PathBuf>) {
    tauri::async_runtime::spawn_blocking(move || {
        if let Err(error) = api.open_paths(paths) {
            tracing::warn!(code = ?error.code, "{}", error.message);
        }
    });
}
