//! A workbench, somebody to capture, and waiting.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use wirereel_engine::Workbench;
use wirereel_query::{
    whisperers::{NewWhisperer, Whisperer, WhispererConfig, WhispererKind},
    workbench::CaptureState,
};

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A workbench in the folder; `None` where this machine does not let it capture.
pub(crate) fn workbench(home: &Path) -> Option<Arc<Workbench>> {
    let workbench = Workbench::open(home).unwrap();
    let found = workbench.capture_interfaces().expect("the agent is built: cargo build -p wirereel-whisperer");
    if let Some(why) = found.hindrance {
        println!("not tested: {why}");
        return None;
    }
    Some(workbench)
}

/// The agent's program, beside the test programs' folder.
pub(crate) fn agent() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("wirereel-whisperer")
}

/// A server that answers one request per connection, for as long as the test runs.
pub(crate) fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut asked = [0; 1_024];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        }
    };
    thread::Builder::new().name("server".into()).spawn(serve).unwrap();
    port
}

pub(crate) fn ask(port: u16, path: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let asked = format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("hello"));
}

/// A whisperer whose agent is started by a command line, capturing what goes to a port.
pub(crate) fn add(workbench: &Workbench, name: &str, command: &str, port: u16) -> String {
    let new = NewWhisperer { name: name.into(), kind: WhispererKind::Interface, command: command.into(), path: None };
    let id = workbench.add_whisperer(&new).unwrap().id;
    configure(workbench, &id, json!({ "filter": format!("tcp port {port}") }));
    id
}

/// Saves capture settings, in which nothing may be wrong; gives what waits for a restart.
pub(crate) fn configure(workbench: &Workbench, id: &str, capture: Value) -> Vec<String> {
    let saved = workbench.save_whisperer(id, &WhispererConfig { capture, parsing: json!({}) }).unwrap();
    assert_eq!(saved.problems, []);
    saved.restart
}

pub(crate) fn one(workbench: &Workbench, id: &str) -> Whisperer {
    workbench.whisperer(id).unwrap()
}

/// Waits for a state, and tells how long that took.
#[track_caller]
pub(crate) fn reach(workbench: &Workbench, id: &str, wanted: CaptureState) -> Duration {
    let began = Instant::now();
    loop {
        let now = one(workbench, id);
        if now.state == wanted {
            return began.elapsed();
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {wanted:?}: {:?}, {:?}", now.state, now.reason);
        thread::sleep(Duration::from_millis(10));
    }
}

#[track_caller]
pub(crate) fn start(workbench: &Arc<Workbench>, id: &str) -> Duration {
    workbench.start_whisperer(id).unwrap();
    reach(workbench, id, CaptureState::Capturing)
}

#[track_caller]
pub(crate) fn stop(workbench: &Workbench, id: &str) -> Duration {
    workbench.stop_whisperer(id).unwrap();
    reach(workbench, id, CaptureState::Stopped)
}

#[track_caller]
pub(crate) fn wait_for(mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain");
        thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

/// The only value of a query on the open recording.
pub(crate) fn value(workbench: &Workbench, query: &str) -> Value {
    workbench.reader(None).unwrap().sql(query, 10).unwrap().rows[0][0].clone()
}

/// Requests of a path that were captured.
pub(crate) fn seen(workbench: &Workbench, path: &str) -> u64 {
    value(workbench, &format!("SELECT count(*) FROM http_exchanges WHERE path = '{path}'")).as_u64().unwrap()
}

/// Processes below one, with their names.
pub(crate) fn descendants(of: u32) -> Vec<(u32, String)> {
    let all: Vec<(u32, u32, String)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let pid: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let (head, tail) = stat.rsplit_once(") ")?;
            let mut words = tail.split(' ');
            let state = words.next()?;
            let parent = words.next()?.parse().ok()?;
            (state != "Z").then(|| (pid, parent, head.split_once('(').map_or("", |(_, name)| name).to_owned()))
        })
        .collect();
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut parents = vec![of];
    while let Some(parent) = parents.pop() {
        for (pid, _, name) in all.iter().filter(|(_, of, _)| *of == parent) {
            parents.push(*pid);
            found.push((*pid, name.clone()));
        }
    }
    found
}

/// Sends a signal to a process that this test has started.
pub(crate) fn signal(name: &str, pid: u32) {
    assert!(
        std::process::Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap().success()
    );
}
