//! A hop's file, followed while the hop runs: what it plays may change, everything else counts when it starts again.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::de::DeserializeOwned;
use tokio::time::sleep;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Has every edit of a file taken over, for as long as it is polled. What cannot be read is told once, and what was before stays.
pub(super) async fn follow<T: DeserializeOwned>(path: Option<PathBuf>, take_over: impl Fn(T)) {
    let Some(path) = path else { return std::future::pending().await };
    let mut seen = stamp(&path);
    loop {
        sleep(LOOK).await;
        let now = stamp(&path);
        if now.is_none() || now == seen {
            continue;
        }
        seen = now;
        match fs::read_to_string(&path).map_err(|error| error.to_string()).and_then(|text| read(&text)) {
            Ok(config) => take_over(config),
            Err(why) => eprintln!("warning: {}: {why}; what was before stays in force", path.display()),
        }
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// What tells an edit; `None` while the file is being replaced.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let facts = fs::metadata(path).ok()?;
    Some((facts.modified().ok()?, facts.len()))
}
