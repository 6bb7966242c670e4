//! The built frontend, from disk.

use std::{
    env,
    path::{Component, Path, PathBuf},
};

use axum::{
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::Shared;

/// `WIREREEL_FRONTEND`, else beside the program as installed, else in the source tree it was built from.
pub(super) fn folder() -> Option<PathBuf> {
    let beside = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("../share/wirereel/frontend")));
    let source_tree = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../frontend/dist");
    env::var_os("WIREREEL_FRONTEND")
        .map(PathBuf::from)
        .into_iter()
        .chain(beside)
        .chain([source_tree])
        .find(|folder| folder.join("index.html").is_file())
}

/// Serves a file of the folder, and nothing outside it.
pub(super) async fn file(State(shared): State<Shared>, uri: Uri) -> Response {
    let wanted = uri.path().trim_start_matches('/');
    let relative = Path::new(if wanted.is_empty() { "index.html" } else { wanted });
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match tokio::fs::read(shared.assets.join(relative)).await {
        Ok(bytes) => {
            // Built files carry a hash in their name; the page itself must always be the newest.
            let cache =
                if relative.starts_with("assets") { "private, max-age=31536000, immutable" } else { "no-cache" };
            ([(header::CONTENT_TYPE, media_type(relative)), (header::CACHE_CONTROL, cache)], bytes).into_response()
        }
        Err(_) => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
