//! Files in and out of a browser.

use std::path::{Path, PathBuf};

use axum::{
    Json,
    body::Body,
    extract::{Query, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio_stream::StreamExt;
use tokio_util::io::ReaderStream;
use wirereel_api::{ApiError, ErrorCode, bad_request, to_api_error};
use wirereel_engine::{EngineError, RowsExport, Selection};
use wirereel_query::question::{Message, RowsFormat, RowsOf, Scope};

use super::{Shared, calls::refused};

#[derive(Deserialize)]
pub(super) struct UploadName {
    name: String,
}

/// `POST /api/upload?name=…`: keeps the file in the workspace, then opens it.
pub(super) async fn upload(
    State(shared): State<Shared>,
    Query(UploadName { name }): Query<UploadName>,
    request: Request,
) -> Response {
    let Some(name) = safe_name(&name) else {
        return refused(bad_request(format!("upload: {name:?} is not a file name")));
    };
    let path = match shared.api.workbench().upload_path(&name).map_err(to_api_error) {
        Ok(path) => path,
        Err(error) => return refused(error),
    };
    if let Err(error) = receive(request.into_body(), &path).await {
        // Half a file is of no use; removing it may fail only if it was never made.
        let _ = tokio::fs::remove_file(&path).await;
        return refused(trouble("The upload could not be stored.", &error));
    }
    let opened = tokio::task::spawn_blocking(move || shared.api.open_paths(vec![path])).await;
    match opened {
        Ok(Ok(())) => Json(serde_json::json!({})).into_response(),
        Ok(Err(error)) => refused(error),
        Err(panicked) => refused(trouble("The upload could not be opened.", &panicked)),
    }
}

async fn receive(body: Body, path: &Path) -> std::io::Result<()> {
    let mut file = tokio::fs::File::create(path).await?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        file.write_all(&chunk.map_err(std::io::Error::other)?).await?;
    }
    file.flush().await
}

/// The last part of a path-like name, when it is one that any file system takes.
fn safe_name(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next()?.trim();
    let fine = !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || "<>:\"|?*".contains(c));
    fine.then(|| name.to_owned())
}

#[derive(Deserialize)]
pub(super) struct ExportQuery {
    flow_id: Option<u64>,
    exchange_id: Option<u64>,
    /// A `Scope` as JSON.
    scope: Option<String>,
}

/// `GET /export/pcap?flow_id=…` (or `exchange_id`, or `scope` as JSON): downloads the packets as pcapng.
pub(super) async fn export_pcap(State(shared): State<Shared>, Query(query): Query<ExportQuery>) -> Response {
    let selection = match (query.flow_id, query.exchange_id, query.scope.as_deref().map(serde_json::from_str)) {
        (Some(id), None, None) => Selection::Flow(id),
        (None, Some(id), None) => Selection::Exchange(id),
        (None, None, Some(Ok(scope))) => Selection::Scope(scope),
        _ => return refused(bad_request("export: give exactly one of flow_id, exchange_id and scope")),
    };
    download(move || {
        let path = shared.api.workbench().scratch_path("pcapng")?;
        shared.api.workbench().export_pcap(&selection, &path)?;
        Ok(Download { path, name: "wirereel.pcapng".into(), media_type: "application/x-pcapng" })
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct RowsQuery {
    rows: RowsOf,
    format: RowsFormat,
    /// A `Scope` as JSON; left out, it is everything.
    scope: Option<String>,
    #[serde(default)]
    bodies: bool,
}

/// `GET /export/rows?rows=exchanges&format=har&scope=…`: downloads rows.
pub(super) async fn export_rows(State(shared): State<Shared>, Query(query): Query<RowsQuery>) -> Response {
    let scope = match query.scope.as_deref().map(serde_json::from_str::<Scope>).transpose() {
        Ok(scope) => scope.unwrap_or_default(),
        Err(error) => return refused(bad_request(format!("export: scope: {error}"))),
    };
    let export = RowsExport { rows: query.rows, format: query.format, scope, bodies: query.bodies };
    let media_type = match query.format {
        RowsFormat::Har => "application/json",
        RowsFormat::Csv => "text/csv; charset=utf-8",
        RowsFormat::Parquet => "application/vnd.apache.parquet",
    };
    download(move || {
        let path = shared.api.workbench().scratch_path("rows")?;
        shared.api.workbench().export_rows(&export, &path)?;
        Ok(Download { path, name: export.file_name().into(), media_type })
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct BodyQuery {
    exchange_id: u64,
    message: Message,
}

/// `GET /export/body?exchange_id=…&message=response`: downloads a decoded body. Never shown as what it says it is: it comes from a
/// capture, and a page of this host may not run what was in one.
pub(super) async fn export_body(State(shared): State<Shared>, Query(query): Query<BodyQuery>) -> Response {
    download(move || {
        let body = shared.api.workbench().whole_body(query.exchange_id, query.message)?;
        let path = shared.api.workbench().scratch_path("body")?;
        body.write(&path)?;
        Ok(Download { path, name: body.file_name, media_type: "application/octet-stream" })
    })
    .await
}

/// A written file on its way to the browser. Names are made here, of letters, digits, `-` and `.`.
struct Download {
    path: PathBuf,
    name: String,
    media_type: &'static str,
}

/// Writes a file off the runtime's threads and sends it.
async fn download(write: impl FnOnce() -> Result<Download, EngineError> + Send + 'static) -> Response {
    let Download { path, name, media_type } = match tokio::task::spawn_blocking(write).await {
        Ok(Ok(download)) => download,
        Ok(Err(error)) => return refused(to_api_error(error)),
        Err(panicked) => return refused(trouble("The export failed.", &panicked)),
    };
    match tokio::fs::File::open(&path).await {
        Ok(file) => {
            // The open handle keeps the contents until they are sent; the name is no longer needed.
            let _ = tokio::fs::remove_file(&path).await;
            let headers = [
                (header::CONTENT_TYPE, media_type.to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            ];
            (headers, Body::from_stream(ReaderStream::new(file))).into_response()
        }
        Err(error) => refused(trouble("The export could not be read back.", &error)),
    }
}

fn trouble(message: &str, error: &dyn std::fmt::Display) -> ApiError {
    ApiError { code: ErrorCode::Internal, message: message.into(), detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn only_plain_file_names_are_taken() {
        assert_eq!(safe_name("shop.pcapng").as_deref(), Some("shop.pcapng"));
        assert_eq!(safe_name("../../etc/cron.d/x").as_deref(), Some("x"));
        assert_eq!(safe_name(r"C:\captures\a b.pcap").as_deref(), Some("a b.pcap"));
        for bad in ["", "..", ".hidden", "a/..", "x\0y", "a|b"] {
            assert_eq!(safe_name(bad), None, "{bad:?}");
        }
    }
}
