//! The serving process, as a browser speaks to it.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use reqwest::blocking::Client;
use serde_json::{Value, json};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Host {
    child: Child,
    base: String,
    client: Client,
}

impl Host {
    /// Starts it; an error is an opening that failed.
    pub(crate) fn start(home: &Path, frontend: &Path) -> Result<Self, String> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wirereel"))
            .args(["serve", "--workspace"])
            .arg(home)
            .env("WIREREEL_FRONTEND", frontend)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut url = String::new();
        let output = child.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut url).map_err(|error| error.to_string())?;
        let base = url.split("/?").next().unwrap_or_default().to_owned();
        // Built together with what speaks TLS, the client wants to know by whose cryptography, also for plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            Client::builder().cookie_store(true).timeout(PATIENCE).build().map_err(|error| error.to_string())?;
        let host = Self { child, base, client };
        host.client.get(url.trim()).send().map_err(|error| format!("{url:?}: {error}"))?;
        Ok(host)
    }

    pub(crate) fn call(&self, command: &str, arguments: &Value) -> Result<Value, String> {
        let url = format!("{}/api/{command}", self.base);
        let answer = self.client.post(url).json(arguments).send().map_err(|error| format!("{command}: {error}"))?;
        let good = answer.status().is_success();
        let value: Value = answer.json().map_err(|error| format!("{command}: {error}"))?;
        if good { Ok(value) } else { Err(format!("{command}: {value}")) }
    }

    /// Waits until the state of everything is as wanted.
    pub(crate) fn wait(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Result<Value, String> {
        let began = Instant::now();
        loop {
            let state = self.call("app_state", &json!({}))?;
            if holds(&state) {
                return Ok(state);
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("waited in vain: {what}: {state}"));
            }
            thread::sleep(Duration::from_millis(25));
        }
    }

    pub(crate) fn sql(&self, query: &str) -> Result<Value, String> {
        Ok(self.call("sql", &json!({ "query": query }))?["rows"].clone())
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `kill -9` of the agent that it has started; false when there is none at the moment.
    pub(crate) fn kill_agent(&self) -> bool {
        let Some(agent) = children(self.child.id()).into_iter().find(|(_, name)| name.contains("whisperer")) else {
            return false;
        };
        Command::new("kill").args(["-9", &agent.0.to_string()]).status().is_ok_and(|status| status.success())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it in order.
    pub(crate) fn end(mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        self.child.wait().unwrap();
    }
}

impl Drop for Host {
    /// Whoever was surprised by it leaves nothing running.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processes that a process has started, with what they run.
pub(crate) fn children(parent: u32) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // `pid (name) state ppid ...`: the name may hold anything.
        let of = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        if of == Some(parent) {
            found.push((pid, fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default()));
        }
    }
    found
}
