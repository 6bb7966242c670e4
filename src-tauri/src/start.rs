//! From arguments to a running window.

use std::sync::Arc;

use tauri::{App, AppHandle, Manager as _, RunEvent, Wry, ipc::Invoke};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogKind};
use wirereel_api::{Api, Workbench};

use crate::{
    arguments::Arguments, bridge, display::NoDisplay, host::WindowHost, menu, milestones::Milestones,
    notifications::Notifications, ticks, window,
};

/// Why the window did not come up, or ended badly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    NoDisplay(#[from] NoDisplay),
    #[error("the window system: {0}")]
    Window(#[from] tauri::Error),
}

/// Opens the workspace and the window, and runs until the window is closed.
///
/// # Errors
/// When the window system does not let us in.
pub(crate) fn start(arguments: Arguments) -> Result<(), StartError> {
    let milestones = Arc::new(Milestones::new());
    let builder = tauri::Builder::default().plugin(tauri_plugin_dialog::init());
    let builder = if cfg!(target_os = "macos") { builder.menu(menu::build) } else { builder };
    let app = builder
        .on_menu_event(|app, event| menu::chosen(event.id().as_ref(), app.state::<Api>().inner().clone()))
        .invoke_handler(move |invoke: Invoke<Wry>| {
            let api = invoke.message.webview_ref().state::<Api>().inner().clone();
            bridge::answer(invoke, api, Arc::clone(&milestones))
        })
        .setup(move |app| Ok(open(app, arguments)?))
        .build(tauri::generate_context!())?;
    app.run(on_event);
    Ok(())
}

/// Opens workspace, window and the captures of the command line. A workspace that cannot be opened is told in a dialog, because who
/// started us from a menu sees no terminal.
fn open(app: &App, arguments: Arguments) -> tauri::Result<()> {
    let workspace = match arguments.workspace {
        Some(folder) => folder,
        None => app.path().data_dir()?.join("wirereel"),
    };
    let workbench = match Workbench::open(&workspace) {
        Ok(workbench) => workbench,
        Err(error) => {
            tell_and_leave(
                app.handle(),
                &format!("Wirereel cannot open its workspace {}: {error}", workspace.display()),
            );
            return Ok(());
        }
    };
    workbench.alerting().show_on(Arc::new(Notifications));
    let api = Api::new(workbench, Arc::new(WindowHost::new(app.handle().clone())));
    app.manage(api.clone());
    reach(app, &api, &workspace);
    if let Err(error) = api.workbench().resume_captures() {
        tracing::warn!("what was captured does not go on: {error}");
    }
    window::open(app.handle(), api.clone())?;
    ticks::forward(app.handle().clone(), api.clone());
    if !arguments.files.is_empty() {
        window::open_paths(api, arguments.files);
    }
    Ok(())
}

/// Lets `wirereel capture` reach this workbench, where it can; everything else works without.
#[cfg(unix)]
fn reach(app: &App, api: &Api, workspace: &std::path::Path) {
    match wirereel_api::Socket::listen(api.clone(), workspace) {
        // Kept until the program ends.
        Ok(socket) => {
            let _is_first = app.manage(socket);
        }
        Err(error) => tracing::warn!("`wirereel capture` cannot reach this workbench: {error}"),
    }
}

/// There are no such sockets here.
#[cfg(not(unix))]
fn reach(_app: &App, _api: &Api, _workspace: &std::path::Path) {}

fn tell_and_leave(app: &AppHandle, message: &str) {
    tracing::error!("{message}");
    let leave = app.clone();
    app.dialog().message(message).title("Wirereel").kind(MessageDialogKind::Error).show(move |_| leave.exit(1));
}

fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        // The process ends right after this: batches and the import have to end first.
        RunEvent::Exit => {
            if let Some(api) = app.try_state::<Api>() {
                api.workbench().shut_down();
            }
        }
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            let paths = urls.iter().filter_map(|url| url.to_file_path().ok()).collect();
            window::open_paths(app.state::<Api>().inner().clone(), paths);
        }
        _ => {}
    }
}
