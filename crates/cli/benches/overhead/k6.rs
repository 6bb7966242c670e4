//! k6, asked once per run.

use std::{
    env, fs, io,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use wirereel_overhead::Load;

/// Beyond its load: k6's start, what is under way at the end, its summary.
const MARGIN: Duration = Duration::from_secs(40);
/// Connections at most, below saturation and at it.
const USERS: u64 = 64;
const USERS_SATURATING: u64 = 32;

pub(crate) struct K6 {
    target: String,
    /// Share of requests that are the last of their connection.
    fresh: f64,
    folder: tempfile::TempDir,
}

impl K6 {
    pub(crate) fn new(target: String, fresh: f64) -> Self {
        Self { target, fresh, folder: tempfile::tempdir().unwrap() }
    }

    /// So many requests a second for so long; 0 for as many as are answered.
    pub(crate) fn run(&self, rate: u64, seconds: u64) -> Result<Load, String> {
        let summary = self.folder.path().join("summary.json");
        let _ = fs::remove_file(&summary);
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../k6/constant-rate.js");
        let users = if rate == 0 { USERS_SATURATING } else { USERS };
        let mut child = Command::new(env::var("WIREREEL_K6").unwrap_or_else(|_| "k6".into()))
            .args(["run", "--quiet", "--no-usage-report"])
            .arg(script)
            .env("TARGET", &self.target)
            .env("RATE", rate.to_string())
            .env("DURATION_S", seconds.to_string())
            .env("USERS", users.to_string())
            .env("FRESH", self.fresh.to_string())
            .env("SUMMARY", &summary)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("k6: {error}"))?;
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|error: io::Error| error.to_string())? {
                break status;
            }
            if began.elapsed() > Duration::from_secs(seconds) + MARGIN {
                let _ = child.kill();
                let _ = child.wait();
                return Err("k6 does not end".into());
            }
            thread::sleep(Duration::from_millis(20));
        };
        if !status.success() {
            return Err(format!("k6: {status}"));
        }
        let told = fs::read_to_string(&summary).map_err(|error| format!("k6's summary: {error}"))?;
        let told: Value = serde_json::from_str(&told).map_err(|error| format!("k6's summary: {error}"))?;
        let value = |name: &str| told[name].as_f64().ok_or_else(|| format!("k6's summary has no {name}: {told}"));
        let load = Load {
            requests: value("requests")? as u64,
            failed: value("failed")? as u64,
            dropped: value("dropped")? as u64,
            seconds: value("seconds")?,
            p50_ms: value("p50_ms")?,
            p95_ms: value("p95_ms")?,
            p99_ms: value("p99_ms")?,
        };
        if load.requests == 0 { Err("k6 sent nothing".into()) } else { Ok(load) }
    }
}
