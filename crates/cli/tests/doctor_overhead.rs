//! What watching costs, measured by the program itself with the real agent on this host's loopback interface.
//!
//! Where the right to capture is missing the tests say so and pass: nothing can be measured there.
#![cfg(target_os = "linux")]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::Shell;

const PATIENCE: Duration = Duration::from_secs(60);

/// `wirereel ARGS --workspace FOLDER` with a folder of its own for what it makes for a while.
fn command(shell: &Shell, args: &[&str]) -> Command {
    let scratch = shell.folder.path().join("scratch");
    fs::create_dir_all(&scratch).expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirereel"));
    command.args(args).arg("--workspace").arg(shell.folder.path().join("home")).env("TMPDIR", scratch);
    command
}

fn left_behind(shell: &Shell) -> Vec<String> {
    let files = fs::read_dir(shell.folder.path().join("scratch")).expect("a folder");
    files.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

/// Processes that have a word in their command line.
fn processes_with(word: &str) -> usize {
    let lines = fs::read_dir("/proc").expect("proc").flatten().map(|entry| fs::read(entry.path().join("cmdline")));
    lines.flatten().filter(|line| String::from_utf8_lossy(line).contains(word)).count()
}

/// Until it says something that begins so on stderr; the rest is read and forgotten.
fn hear(child: &mut Child, wanted: &str) {
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let said = lines.by_ref().find(|line| line.as_ref().is_ok_and(|line| line.starts_with(wanted)));
    assert!(said.is_some(), "it never said {wanted:?}");
    thread::Builder::new().name("stderr".into()).spawn(move || lines.for_each(drop)).expect("a thread");
}

fn ended(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a state") {
            return status;
        }
        assert!(began.elapsed() < PATIENCE, "it does not end");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_short_measuring_counts_every_request_and_says_what_each_mode_took() {
    let shell = Shell::new();
    if !shell.may_capture() {
        return;
    }
    let output = command(&shell, &["doctor", "--overhead", "--seconds", "5", "--json"])
        .output()
        .expect("wirereel can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("2 rounds of 4 runs") && said.contains("round 2 of 2, full"), "{said}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for name in ["full_p95_delta_percent", "full_cpu_percent", "lifecycle_cpu_percent"] {
        let value = |end: &str| told[format!("{name}{end}")].as_f64().unwrap_or_else(|| panic!("{name}{end}: {told}"));
        assert!(value("_low") <= value("") && value("") <= value("_high"), "{name}: {told}");
    }
    assert!(told["full_cpu_percent"].as_f64() > Some(0.0));
    let runs = told["levels"][0]["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 8);
    for run in runs {
        let (load, own) = (&run["load"], &run["own"]);
        let answered = load["requests"].as_u64().expect("a number") - load["failed"].as_u64().expect("a number");
        assert!(answered > 0, "{run}");
        match run["mode"].as_str() {
            Some("full") => {
                assert_eq!(own["lost"], 0, "{run}");
                assert_eq!(own["exchanges"], answered, "{run}");
                assert!(own["processes"].as_array().is_some_and(|all| all.len() == 2), "workbench and agent: {run}");
            }
            Some("lifecycle") => {
                assert_eq!(own["exchanges"], 0, "{run}");
                assert!(own["events"].as_u64() > Some(0), "{run}");
            }
            _ => assert_eq!((&own["exchanges"], &own["packets"]), (&Value::from(0), &Value::from(0)), "{run}"),
        }
    }
    assert_eq!(left_behind(&shell), [""; 0]);
    assert!(!shell.folder.path().join("home").exists(), "the user's workspace is not touched");
}

#[test]
fn ctrl_c_and_even_a_kill_leave_nothing_behind() {
    let shell = Shell::new();
    if !shell.may_capture() {
        return;
    }
    for signal in ["-INT", "-KILL"] {
        let mut child = command(&shell, &["doctor", "--overhead", "--seconds", "100"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("wirereel can be started");
        hear(&mut child, "round 1 of ");
        let scratch = shell.folder.path().join("scratch").display().to_string();
        assert_eq!((left_behind(&shell).len(), processes_with(&scratch)), (1, 1));
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        let status = ended(&mut child);
        assert_eq!(status.code(), (signal == "-INT").then_some(1), "{status}");
        let began = Instant::now();
        while !(left_behind(&shell).is_empty() && processes_with(&scratch) == 0) {
            assert!(signal == "-KILL" && began.elapsed() < PATIENCE, "{signal}: {:?}", left_behind(&shell));
            thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn what_another_one_captures_meanwhile_is_refused_to_be_measured_with() {
    let shell = Shell::new();
    if !shell.may_capture() {
        return;
    }
    let mut other = command(&shell, &["capture", "start", "--filter", "tcp port 9"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("wirereel can be started");
    hear(&mut other, "local: capturing");
    let output = command(&shell, &["doctor", "--overhead"]).output().expect("wirereel can be started");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("captures at this moment") && said.contains("wirereel capture stop"), "{said}");
    assert!(command(&shell, &["capture", "stop"]).output().expect("wirereel can be started").status.success());
    assert!(ended(&mut other).success());
}

#[test]
fn without_an_agent_it_says_what_is_missing_and_how_it_is_mended() {
    let shell = Shell::new();
    // The program alone: its agent would lie beside it.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("alone-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let alone = folder.join("wirereel");
    fs::hard_link(env!("CARGO_BIN_EXE_wirereel"), &alone).expect("a link");
    let output = Command::new(&alone)
        .args(["doctor", "--overhead", "--workspace"])
        .arg(shell.folder.path())
        .env("PATH", "/nowhere")
        .output()
        .expect("wirereel can be started");
    fs::remove_dir_all(folder).expect("removed");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("without capture there is nothing to measure: the agent wirereel-whisperer is neither"),
        "{said}"
    );
    assert!(said.contains("→ build it: cargo build -p wirereel-whisperer"), "{said}");
}
