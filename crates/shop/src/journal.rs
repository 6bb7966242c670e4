//! The log of requests served: one line of JSON per request, written when its response is, or when its connection died.
//!
//! A service runs on one thread, and the line is written in the same breath as the response is handed to the socket,
//! so the log and a capture cannot disagree, not even about the instant of a crash.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::topology::Service;

/// A request that reached a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// When its head had arrived: nanoseconds since 1970-01-01 UTC.
    pub at_ns: i64,
    pub service: Service,
    pub method: String,
    /// The path with ids folded, see [`crate::route::fold`].
    pub route: String,
    /// The request target as received.
    pub target: String,
    /// `None` when no response was sent: the service crashed, reset the connection, or the caller gave up.
    pub status: Option<u16>,
    pub client: SocketAddr,
    /// Trace id of `traceparent`.
    pub trace: Option<String>,
}

/// A service's log.
#[derive(Debug)]
pub struct Journal {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    next: u64,
    in_work: BTreeMap<u64, Served>,
}

impl Journal {
    /// Opens a log for appending: a service that comes back after a crash goes on where it was.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Arc<Self>> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Arc::new(Self { state: Mutex::new(State { file, next: 0, in_work: BTreeMap::new() }) }))
    }

    /// Notes a request that arrived. Its line is written when the entry is.
    pub fn begin(self: &Arc<Self>, request: Served) -> Entry {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.in_work.insert(number, request);
        Entry { journal: Arc::clone(self), number }
    }

    /// Requests that arrived and have no line yet.
    pub fn in_work(&self) -> usize {
        self.lock().in_work.len()
    }

    /// Writes every request in work as unanswered: the process is about to end.
    pub fn abandon(&self) {
        let mut state = self.lock();
        for request in std::mem::take(&mut state.in_work).into_values() {
            state.write(&request);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// One `write` per line: what is written survives the process. A full disk ends the process, since a log with
    /// holes would be worse than none.
    fn write(&mut self, request: &Served) {
        let line = serde_json::to_string(request).map(|mut line| {
            line.push('\n');
            self.file.write_all(line.as_bytes())
        });
        if !matches!(line, Ok(Ok(()))) {
            std::process::exit(74);
        }
    }
}

/// A request in work. Dropped without [`Entry::answered`], it is written as unanswered.
#[derive(Debug)]
pub struct Entry {
    journal: Arc<Journal>,
    number: u64,
}

impl Entry {
    /// The response with this status goes to the socket now.
    pub fn answered(self, status: u16) {
        self.close(Some(status));
    }

    fn close(&self, status: Option<u16>) {
        let mut state = self.journal.lock();
        if let Some(mut request) = state.in_work.remove(&self.number) {
            request.status = status;
            state.write(&request);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.close(None);
    }
}

/// Reads a log back.
///
/// # Errors
/// When the file cannot be read or a line is not one of ours. A missing file is an empty log.
pub fn read(path: &Path) -> io::Result<Vec<Served>> {
    let text = match std::fs::read_to_string(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    text.lines().map(|line| serde_json::from_str(line).map_err(io::Error::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Served {
        Served {
            at_ns: 1,
            service: Service::Cart,
            method: "GET".into(),
            route: crate::route::fold(target),
            target: target.into(),
            status: None,
            client: ([127, 0, 1, 11], 40000).into(),
            trace: None,
        }
    }

    #[test]
    fn answered_dropped_and_abandoned_requests_all_have_exactly_one_line() {
        let path = std::env::temp_dir().join(format!("wirereel-shop-journal-{}", std::process::id()));
        let journal = Journal::open(&path).unwrap();
        journal.begin(request("/a")).answered(200);
        drop(journal.begin(request("/b")));
        let in_work = journal.begin(request("/c/1"));
        assert_eq!(journal.in_work(), 1);
        journal.abandon();
        drop(in_work);
        let lines = read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let found: Vec<_> = lines.iter().map(|l| (l.route.as_str(), l.status)).collect();
        assert_eq!(found, [("/a", Some(200)), ("/b", None), ("/c/:id", None)]);
    }
}
