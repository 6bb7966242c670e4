//! A running workbench, reached by programs of the same user on the same machine: a Unix socket in its folder.
//!
//! No port is opened. The folder that the socket is in may be entered by its owner alone. One line of JSON asks, one answers:
//! `{"command": "whisperer_start", "args": {"id": "local"}}`, then `{"ok": …}` or `{"error": ApiError}`.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wirereel_query::workbench::ApiError;

use crate::{Api, bad_request};

/// Longest question and answer.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// How long a program may take to ask its question, or to take its answer.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize, Deserialize)]
struct Question {
    command: String,
    #[serde(default)]
    args: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Ok(Value),
    Error(ApiError),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// No workbench runs in the folder.
    #[error("no workbench is running in {}", .0.display())]
    Nobody(PathBuf),
    #[error("{}", .0.message)]
    Refused(ApiError),
    #[error("the running workbench cannot be asked: {0}")]
    Io(#[from] io::Error),
}

/// Answers until it is dropped.
pub struct Socket {
    path: PathBuf,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join("control").join("socket")
}

impl Socket {
    /// Listens in the workbench's folder. What a killed process left there is replaced.
    ///
    /// # Errors
    /// `AddrInUse` when another workbench listens there, and what else the system says; a path of more than about 100 bytes is too long for
    /// it.
    pub fn listen(api: Api, folder: &Path) -> io::Result<Self> {
        let path = path_in(folder);
        if let Some(own) = path.parent() {
            match fs::DirBuilder::new().mode(0o700).create(own) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => fs::set_permissions(own, fs::Permissions::from_mode(0o700))?,
            }
        }
        if UnixStream::connect(&path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        let ended = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&ended);
        let thread = thread::Builder::new().name("wr-socket".into()).spawn(move || {
            for stream in listener.incoming() {
                if until.load(Ordering::SeqCst) {
                    return;
                }
                // One after the other: whoever asks is a person's script. One that goes away has no answer to miss.
                let _ = stream.and_then(|stream| answer(&api, &stream));
            }
        })?;
        Ok(Self { path, ended, thread: Some(thread) })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread up, which then sees that it is to end.
        let woken = UnixStream::connect(&self.path).is_ok();
        if let Some(thread) = self.thread.take()
            && woken
        {
            // A panic of it was reported when it happened.
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

fn answer(api: &Api, stream: &UnixStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.take(MOST_BYTES)).read_line(&mut line)?;
    let answered = match serde_json::from_str::<Question>(&line) {
        Ok(Question { command, args }) => {
            let args = if args.is_null() { Value::Object(serde_json::Map::new()) } else { args };
            api.call(&command, args, None)
        }
        Err(error) => Err(bad_request(format!("one line of JSON with a command is expected: {error}"))),
    };
    let answer = match answered {
        Ok(value) => Answer::Ok(value),
        Err(error) => Answer::Error(error),
    };
    let mut text = serde_json::to_vec(&answer).map_err(io::Error::other)?;
    text.push(b'\n');
    let mut out = stream;
    out.write_all(&text)
}

/// Asks the workbench that runs in a folder.
///
/// # Errors
/// See [`SocketError`].
pub fn ask_running(folder: &Path, command: &str, args: Value) -> Result<Value, SocketError> {
    let stream = match UnixStream::connect(path_in(folder)) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Err(SocketError::Nobody(folder.to_owned()));
        }
        stream => stream?,
    };
    let question = Question { command: command.to_owned(), args };
    let mut text = serde_json::to_vec(&question).map_err(io::Error::other)?;
    text.push(b'\n');
    let mut out = &stream;
    out.write_all(&text)?;
    let mut line = String::new();
    BufReader::new(stream.take(MOST_BYTES)).read_line(&mut line)?;
    match serde_json::from_str(&line).map_err(io::Error::other)? {
        Answer::Ok(value) => Ok(value),
        Answer::Error(error) => Err(SocketError::Refused(error)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Headless, Workbench};

    #[test]
    fn the_owner_s_programs_are_answered_and_nobody_else_s() {
        let home = tempfile::tempdir().unwrap();
        assert!(matches!(ask_running(home.path(), "whisperers", json!({})), Err(SocketError::Nobody(_))));
        let api = Api::new(Workbench::open(home.path()).unwrap(), Arc::new(Headless));
        let socket = Socket::listen(api.clone(), home.path()).unwrap();
        let listed = ask_running(home.path(), "whisperers", Value::Null).unwrap();
        assert_eq!(listed[0]["id"], "local");
        let refused = ask_running(home.path(), "whisperer_stop", json!({ "id": "nobody" })).unwrap_err();
        assert_eq!(refused.to_string(), "The whisperer \"nobody\" does not exist.");
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(home.path().join("control")), mode(path_in(home.path()))), (0o700, 0o600));
        let taken = Socket::listen(api.clone(), home.path()).err().unwrap();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        let mut stream = UnixStream::connect(path_in(home.path())).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.contains("bad_request"), "{said}");
        drop(socket);
        assert!(matches!(ask_running(home.path(), "whisperers", json!({})), Err(SocketError::Nobody(_))));
        // What a killed process leaves is replaced.
        drop(UnixListener::bind(path_in(home.path())).unwrap());
        drop(Socket::listen(api.clone(), home.path()).unwrap());
        api.workbench().shut_down();
    }
}
