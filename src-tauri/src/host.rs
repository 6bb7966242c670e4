//! What commands need from the window: its dialogs.

use std::path::PathBuf;

use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder};
use wirereel_api::{ApiError, Host};

use crate::window;

/// Endings offered by the open dialog; the content decides what a file is.
const CAPTURE_ENDINGS: &[&str] = &["pcap", "pcapng", "cap", "gz", "zst"];

/// The desktop window as a [`Host`]. Paths that the user chooses stay on this side: the page never sees or sends one.
pub(crate) struct WindowHost {
    app: AppHandle,
}

impl WindowHost {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app }
    }

    fn dialog(&self) -> FileDialogBuilder<tauri::Wry> {
        let dialog = self.app.dialog().file();
        match self.app.get_webview_window(window::LABEL) {
            Some(window) => dialog.set_parent(&window),
            None => dialog,
        }
    }
}

impl Host for WindowHost {
    fn name(&self) -> &'static str {
        "window"
    }

    fn choose_files(&self) -> Result<Vec<PathBuf>, ApiError> {
        let chosen = self
            .dialog()
            .set_title("Open captures")
            .add_filter("Captures", CAPTURE_ENDINGS)
            .add_filter("All files", &["*"])
            .blocking_pick_files();
        Ok(chosen.into_iter().flatten().filter_map(|file| file.into_path().ok()).collect())
    }

    fn choose_save_path(&self, suggested: &str) -> Result<Option<PathBuf>, ApiError> {
        let chosen = self.dialog().set_file_name(suggested).blocking_save_file();
        Ok(chosen.and_then(|file| file.into_path().ok()))
    }
}
