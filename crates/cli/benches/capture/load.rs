//! nginx on loopback, and two load tools that ask it: k6 at a constant rate, wrk as fast as it goes.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::{
    env, fs,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// The port that is captured.
pub(crate) const PORT: u16 = 8_932;

/// The server; ended with this.
pub(crate) struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        for name in ["steady", "trickle", "flat_out"] {
            fs::write(folder.path().join(name), "x".repeat(900)).unwrap();
        }
        let config = format!(
            "worker_processes 1; daemon off; pid {at}/pid; error_log {at}/error.log; user root;
             events {{ worker_connections 512; }}
             http {{ access_log off; keepalive_requests 100000; client_body_temp_path {at}; proxy_temp_path {at};
             fastcgi_temp_path {at}; uwsgi_temp_path {at}; scgi_temp_path {at};
             server {{ listen 127.0.0.1:{PORT}; root {at}; }} }}"
        );
        fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let child = Command::new("nginx")
            .arg("-c")
            .arg(folder.path().join("nginx.conf"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", PORT)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "nginx does not listen on {PORT}");
            thread::sleep(Duration::from_millis(50));
        }
        Self { child, folder }
    }

    /// k6 at so many requests a second. Gives how many it sent, and how many were not answered well.
    pub(crate) fn steady(&self, page: &str, rate: u64, seconds: u64) -> Sent {
        let summary = self.folder.path().join("summary.json");
        let k6 = env::var("WIREREEL_K6").unwrap_or_else(|_| "k6".into());
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../k6/constant-rate.js");
        let status = Command::new(k6)
            .args(["run", "--quiet", "--no-usage-report"])
            .arg(script)
            .env("TARGET", format!("http://127.0.0.1:{PORT}/{page}"))
            .env("RATE", rate.to_string())
            .env("DURATION_S", seconds.to_string())
            .env("SUMMARY", &summary)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "k6: {status}");
        let told: Value = serde_json::from_str(&fs::read_to_string(&summary).unwrap()).unwrap();
        let count = |name: &str| told[name].as_f64().unwrap() as u64;
        Sent { requests: count("requests"), failed: count("failed"), left_out: count("dropped") }
    }

    /// wrk with as many requests as it gets answered. Gives how many those were.
    pub(crate) fn flat_out(page: &str, seconds: u64) -> u64 {
        let run = Command::new("wrk")
            .args(["-t", "1", "-c", "64", "-d", &seconds.to_string()])
            .arg(format!("http://127.0.0.1:{PORT}/{page}"))
            .output()
            .unwrap();
        let told = String::from_utf8(run.stdout).unwrap();
        let line = told.lines().find(|line| line.contains("requests in")).unwrap_or_else(|| panic!("wrk: {told}"));
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The worker goes with its master when that is asked to end.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// What k6 counted.
pub(crate) struct Sent {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    /// What it would have sent, had it had a connection free.
    pub(crate) left_out: u64,
}
