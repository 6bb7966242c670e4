//! The wire from the page to the api: one handler for every command.
//!
//! Tauri has already checked that this window holds the command's permission when a message arrives here.

use std::sync::Arc;

use serde_json::Value;
use tauri::{
    Wry,
    ipc::{Invoke, InvokeBody, InvokeError},
};
use wirereel_api::{Api, ApiError, ErrorCode};
use wirereel_query::workbench::ImportState;

use crate::milestones::Milestones;

/// What the page sends beside the command's name.
#[derive(Debug, PartialEq)]
struct Question {
    args: Value,
    lane: Option<String>,
}

impl Question {
    /// Reads `{ args?, lane? }`; a command without arguments may leave them out.
    fn read(body: &InvokeBody) -> Result<Self, ApiError> {
        let InvokeBody::Json(Value::Object(fields)) = body else {
            return Err(malformed("a JSON object with `args` is expected"));
        };
        let args = fields.get("args").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let lane = match fields.get("lane") {
            None | Some(Value::Null) => None,
            Some(Value::String(lane)) => Some(lane.clone()),
            Some(_) => return Err(malformed("`lane` is not a text")),
        };
        Ok(Self { args, lane })
    }
}

/// Answers every command of the page through `api`, off the UI's thread.
pub(crate) fn answer(invoke: Invoke<Wry>, api: Api, milestones: Arc<Milestones>) -> bool {
    let command = invoke.message.command().to_owned();
    let question = Question::read(invoke.message.payload());
    invoke.resolver.respond_async(async move {
        let question = question.map_err(InvokeError::from)?;
        let answer = tauri::async_runtime::spawn_blocking(move || {
            let answer = api.call(&command, question.args, question.lane.as_deref());
            if answer.is_ok() {
                milestones.answered(&command, importing(&api));
            }
            answer
        });
        match answer.await {
            Ok(answer) => answer.map_err(InvokeError::from),
            Err(crash) => Err(InvokeError::from(crashed(&crash))),
        }
    });
    true
}

fn importing(api: &Api) -> bool {
    api.ticks().borrow().import.as_ref().is_some_and(|import| import.state == ImportState::Running)
}

fn malformed(what: &str) -> ApiError {
    ApiError {
        code: ErrorCode::BadRequest,
        message: format!("The window sent a malformed question: {what}."),
        detail: String::new(),
    }
}

fn crashed(crash: &tauri::Error) -> ApiError {
    ApiError {
        code: ErrorCode::Internal,
        message: "The command ended without an answer.".into(),
        detail: crash.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_question_holds_arguments_and_lane() {
        let body = InvokeBody::Json(json!({ "args": { "range": null }, "lane": "graph" }));
        let question = Question::read(&body).unwrap();
        assert_eq!(question, Question { args: json!({ "range": null }), lane: Some("graph".into()) });
    }

    #[test]
    fn arguments_may_be_left_out() {
        let question = Question::read(&InvokeBody::Json(json!({}))).unwrap();
        assert_eq!(question, Question { args: json!({}), lane: None });
    }

    #[test]
    fn bytes_are_refused() {
        let problem = Question::read(&InvokeBody::Raw(vec![1, 2])).unwrap_err();
        assert_eq!(problem.code, ErrorCode::BadRequest);
    }

    #[test]
    fn a_lane_that_is_no_text_is_refused() {
        let problem = Question::read(&InvokeBody::Json(json!({ "lane": 3 }))).unwrap_err();
        assert!(problem.message.contains("lane"), "{}", problem.message);
    }
}
