//! Live capture from the command line, with the real agent on this host's loopback interface.
//!
//! Where the right to capture is missing the tests say so and pass: nothing can be captured there.
#![cfg(unix)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::Shell;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server of one answer per connection, for as long as the test runs.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its own").port();
    let serve = move || {
        for stream in listener.incoming().flatten() {
            let (mut stream, mut asked) = (stream, [0; 512]);
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
    };
    thread::Builder::new().name("server".into()).spawn(serve).expect("a thread");
    port
}

fn ask(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.write_all(b"GET /cli HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
}

fn spawn(folder: &Path, args: &[&str]) -> Child {
    let page = folder.join("page");
    fs::create_dir_all(&page).expect("a folder");
    fs::write(page.join("index.html"), "<!doctype html><title>Wirereel</title>").expect("written");
    Command::new(env!("CARGO_BIN_EXE_wirereel"))
        .args(args)
        .arg("--workspace")
        .arg(folder)
        .env("WIREREEL_FRONTEND", page)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("wirereel can be started")
}

/// Until it says this on stderr.
fn hear(child: &mut Child, wanted: &str) {
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let said = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with(wanted)));
    assert!(said.is_some(), "it never said {wanted:?}");
}

fn ended(child: Child) -> Output {
    let (mut child, began) = (child, Instant::now());
    while child.try_wait().expect("a state").is_none() {
        assert!(began.elapsed() < PATIENCE, "it does not end");
        thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output().expect("its output")
}

fn requests(shell: &Shell) -> Value {
    let live = shell.folder.path().join("live");
    let output = Command::new(env!("CARGO_BIN_EXE_wirereel"))
        .args([
            "sql",
            "--format",
            "json",
            "SELECT count(*) AS n FROM http_exchanges WHERE path = '/cli'",
            "--workspace",
        ])
        .arg(live)
        .output()
        .expect("wirereel can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Value>(&output.stdout).expect("JSON")[0]["n"].clone()
}

#[test]
fn where_no_workbench_runs_it_captures_by_itself_for_as_long_as_it_is_told() {
    let shell = Shell::new();
    if !shell.may_capture() {
        return;
    }
    let port = server();
    let filter = format!("tcp port {port}");
    let mut child = spawn(shell.folder.path(), &["capture", "start", "--filter", &filter, "--for", "3s"]);
    hear(&mut child, "local: capturing");
    (0..7).for_each(|_| ask(port));
    let output = ended(child);
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(said.starts_with("local: stopped, ") && said.contains("packets"), "{said}");
    assert_eq!(requests(&shell), 7);
    let wrong = shell.run(&["capture", "start", "--filter", "tcp prot 80", "--for", "3s"]);
    assert_eq!(wrong.status.code(), Some(1));
    let told = String::from_utf8(wrong.stderr).expect("text");
    assert!(told.contains("filter: \"tcp prot 80\" is not a capture filter"), "{told}");
}

#[test]
fn a_running_one_is_told_by_another_and_ends_when_it_is_stopped() {
    let shell = Shell::new();
    if !shell.may_capture() {
        return;
    }
    let filter = format!("tcp port {}", server());
    let mut child = spawn(shell.folder.path(), &["capture", "start", "--filter", &filter]);
    hear(&mut child, "local: capturing");
    let all: Vec<Value> = serde_json::from_str(&shell.done(&["capture", "status", "--format", "json"])).expect("JSON");
    assert_eq!(all[0]["state"], "capturing");
    assert!(shell.done(&["capture", "status"]).contains("capturing"));
    assert!(shell.done(&["capture", "stop"]).starts_with("local: stopped"));
    assert!(ended(child).status.success());
}

#[test]
fn the_web_host_s_workbench_is_told_too() {
    let shell = Shell::new();
    if !shell.may_capture() {
        return;
    }
    let mut host = spawn(shell.folder.path(), &["serve"]);
    let mut url = String::new();
    BufReader::new(host.stdout.take().expect("a pipe")).read_line(&mut url).expect("the URL");
    let port = server();
    shell.done(&["capture", "start", "--filter", &format!("tcp port {port}"), "--for", "2s"]);
    let all: Vec<Value> = serde_json::from_str(&shell.done(&["capture", "status", "--format", "json"])).expect("JSON");
    assert_eq!(all[0]["state"], "stopped");
    assert_eq!(all[0]["totals"]["captures"], 1);
    let by_url = |session: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirereel"));
        command.args(["capture", "status", "--format", "json", "--url", url.trim()]);
        session.map(|session| command.env("WIREREEL_SESSION", session));
        command.output().expect("wirereel can be started")
    };
    let first = by_url(None);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(serde_json::from_slice::<Value>(&first.stdout).expect("JSON")[0]["id"], "local");
    let told = String::from_utf8(first.stderr).expect("text");
    let session = told.trim().rsplit_once('=').expect("a session").1.to_owned();
    assert!(by_url(Some(&session)).status.success());
    assert_eq!(by_url(None).status.code(), Some(1), "a token is good once");
    let unknown = shell.run(&["capture", "stop", "--whisperer", "nobody"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("\"nobody\" does not exist"));
    let stopped = Command::new("kill").arg(host.id().to_string()).status().expect("kill");
    assert!(stopped.success() && ended(host).status.success());
}

#[test]
fn without_a_workbench_there_is_nobody_to_stop_and_wrong_words_are_usage() {
    let shell = Shell::new();
    let nobody = shell.run(&["capture", "stop"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no workbench is running in"));
    assert_eq!(shell.run(&["capture", "start", "--for", "soon"]).status.code(), Some(2));
}
