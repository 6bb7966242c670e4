//! Time frames of website checks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirereel_checks::Frame;

use super::{ConfigProblem, read::one};

/// Frames at most: each costs a summary for every website.
const MOST: usize = 4;

/// Over which times websites' figures are told, and how often anew; the first one is what lists are ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CheckFrames(#[schemars(length(min = 1, max = 4))] pub Vec<Frame>);

impl Default for CheckFrames {
    fn default() -> Self {
        Self(Frame::DEFAULTS.to_vec())
    }
}

/// Reads them. One that is wrong leaves all as they were.
///
/// # Errors
/// Everything that is wrong.
pub(crate) fn read_frames(value: Option<&Value>) -> Result<Vec<Frame>, Vec<ConfigProblem>> {
    let Some(value) = value else { return Ok(CheckFrames::default().0) };
    let problem = |path: String, message: String| ConfigProblem { path, message };
    let Some(items) = value.as_array().filter(|items| (1..=MOST).contains(&items.len())) else {
        return Err(vec![problem("check_frames".into(), format!("must be a list of 1 to {MOST} frames"))]);
    };
    let (mut frames, mut problems) = (Vec::new(), Vec::new());
    for (place, item) in items.iter().enumerate() {
        let path = format!("check_frames[{place}]");
        let Some(frame) = one::<Frame>(&path, item.clone(), &mut problems) else { continue };
        let wrong = frame.problems();
        problems.extend(wrong.iter().map(|wrong| {
            problem(format!("{path}.{}", wrong.path), format!("{} is not {}", wrong.found, wrong.allowed))
        }));
        frames.push(frame);
    }
    if problems.is_empty() { Ok(frames) } else { Err(problems) }
}
