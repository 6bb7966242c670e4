//! What an end knows of its calls, as JSON lines.

use std::{
    fs::File,
    io::Write as _,
    sync::{Arc, Mutex},
};

use serde_json::json;
use tonic::{Code, Status};

/// A file with one line per call, in the order in which calls ended.
#[derive(Clone)]
pub struct Ledger(Arc<Mutex<File>>);

impl Ledger {
    pub fn create(path: &str) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(File::create(path)?))))
    }

    /// Opens the entry of a call.
    pub fn call(&self, path: &'static str) -> Entry {
        Entry { ledger: self.clone(), path, requests: 0, responses: 0, status: None }
    }
}

/// One call; written when it is dropped, which an abandoned call is as well.
pub struct Entry {
    ledger: Ledger,
    path: &'static str,
    /// Messages from client to server.
    pub requests: u32,
    /// Messages from server to client.
    pub responses: u32,
    /// The status that crossed the wire; none when the call was abandoned.
    status: Option<Code>,
}

impl Entry {
    /// Notes the status that the call ended with.
    pub fn ended(&mut self, status: Code) {
        self.status = Some(status);
    }

    /// Notes how a call with one response ended.
    pub fn answered<T>(&mut self, result: &Result<T, Status>) {
        match result {
            Ok(_) => {
                self.responses += 1;
                self.ended(Code::Ok);
            }
            Err(status) => self.ended(status.code()),
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let line = json!({
            "path": self.path,
            "request_messages": self.requests,
            "response_messages": self.responses,
            "grpc_status": self.status.map(|code| code as i32),
        });
        let written = self.ledger.0.lock().map(|mut file| writeln!(file, "{line}"));
        if !matches!(written, Ok(Ok(()))) {
            eprintln!("wirereel-peers: not in the log: {line}");
        }
    }
}
