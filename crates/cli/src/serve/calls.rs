//! Commands over HTTP, and ticks as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use serde_json::Value;
use tokio_stream::{Stream, StreamExt, wrappers::WatchStream};
use wirereel_api::{ApiError, ErrorCode};

use super::Shared;

/// Least time between two ticks of one page.
const TICK_INTERVAL: Duration = Duration::from_millis(100);

/// `POST /api/<command>` with the arguments as JSON.
pub(super) async fn call(
    State(shared): State<Shared>,
    Path(command): Path<String>,
    headers: HeaderMap,
    Json(args): Json<Value>,
) -> Response {
    let lane = headers.get("x-wirereel-lane").and_then(|lane| lane.to_str().ok()).map(str::to_owned);
    let answer = tokio::task::spawn_blocking(move || shared.api.call(&command, args, lane.as_deref())).await;
    match answer {
        Ok(Ok(value)) => Json(value).into_response(),
        Ok(Err(error)) => refused(error),
        Err(panicked) => refused(ApiError {
            code: ErrorCode::Internal,
            message: "The command failed unexpectedly.".into(),
            detail: panicked.to_string(),
        }),
    }
}

/// An error as its code's HTTP status.
pub(super) fn refused(error: ApiError) -> Response {
    let status = match error.code {
        ErrorCode::BadRequest | ErrorCode::BadFilter | ErrorCode::BadSql | ErrorCode::BadCapture => {
            StatusCode::BAD_REQUEST
        }
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::NothingOpen | ErrorCode::Conflict | ErrorCode::Superseded | ErrorCode::Cancelled => {
            StatusCode::CONFLICT
        }
        ErrorCode::Unsupported => StatusCode::NOT_IMPLEMENTED,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, Json(error)).into_response()
}

/// `GET /api/ticks`: the newest tick at once, later ones as they come.
pub(super) async fn ticks(State(shared): State<Shared>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let ticks = WatchStream::new(shared.api.ticks())
        .map(|tick| Ok(Event::default().event("tick").data(serde_json::to_string(&tick).unwrap_or_default())))
        .throttle(TICK_INTERVAL);
    Sse::new(ticks).keep_alive(KeepAlive::default())
}
