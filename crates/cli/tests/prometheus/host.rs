//! A workbench that exposes figures, and a Prometheus that collects them every second; both on loopback, in folders that go away.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use reqwest::{Url, blocking::Client};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{PATIENCE, server, support::Shell};

pub(crate) fn client() -> Client {
    // Built together with what speaks TLS, the client wants to know by whose cryptography, also for plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(Duration::from_secs(20)).build().expect("a client")
}

/// `wirereel serve --metrics`, with three websites.
pub(crate) struct Host {
    child: Child,
    pub(crate) metrics: String,
    shell: Shell,
    port: u16,
    path: server::Path,
    config: Value,
}

impl Host {
    pub(crate) fn start() -> Self {
        let shell = Shell::new();
        let folder = shell.folder.path();
        let page = folder.join("page");
        fs::create_dir_all(&page).expect("a folder");
        fs::write(page.join("index.html"), "<!doctype html><title>Wirereel</title>").expect("written");
        let port = server::plain();
        let website =
            |name: &str, url: String| json!({ "name": name, "url": url, "interval": "300ms", "timeout": "5s" });
        let mut secure = website("secure", format!("https://127.0.0.1:{}/", server::secure()));
        secure["tls"] = json!({ "verify": false });
        // Bound and never listened on, so that nobody else answers there.
        let websites = json!([
            website("shop", format!("http://localhost:{port}/")),
            secure,
            website("gone", "tcp://127.0.0.1:1".into())
        ]);
        let config = json!({ "websites": websites });
        fs::write(folder.join("wirereel.json"), config.to_string()).expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_wirereel"))
            .args(["serve", "--metrics", "127.0.0.1:0", "--workspace"])
            .arg(folder)
            .env("WIREREEL_FRONTEND", page)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("wirereel serve");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let said =
            lines.find_map(|line| line.ok()?.strip_prefix("metrics: http://").map(str::to_owned)).expect("its address");
        let metrics = said.trim_end_matches("/metrics").to_owned();
        // What it says later must not fill the pipe.
        thread::Builder::new().name("stderr".into()).spawn(move || lines.for_each(drop)).expect("a thread");
        Self { child, metrics, shell, port, path: server::Path::start(), config }
    }

    /// Sends probes through a whole path, and one to a website, of which nobody says where its time goes.
    pub(crate) fn probe(&self) {
        let page = format!("http://127.0.0.1:{}/", self.port);
        let page = json!({ "name": "page", "target": page, "interval": "300ms", "timeout": "5s" });
        let mut config = self.config.clone();
        config["probes"] = json!([self.path.probe(), page]);
        fs::write(self.shell.folder.path().join("wirereel.json"), config.to_string()).expect("written");
    }

    /// Captures the checks of one website, and probes at a hop that says nothing, where this machine allows it; whether it does.
    pub(crate) fn capture(&self) -> bool {
        let (proxy, behind) = (self.path.proxy.port(), self.path.behind.port());
        let filter = format!("tcp port {} or tcp port {proxy} or tcp port {behind}", self.port);
        let asked = self.shell.run(&["capture", "start", "--interface", "lo", "--filter", &filter]);
        if !asked.status.success() {
            println!("panels about captured traffic are not tested: {}", String::from_utf8_lossy(&asked.stderr).trim());
        }
        asked.status.success()
    }

    /// Asks it to end, which it must do well.
    pub(crate) fn end(mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        assert!(asked.success());
        let began = Instant::now();
        let status = loop {
            match self.child.try_wait().expect("a state") {
                Some(status) => break status,
                None => assert!(began.elapsed() < PATIENCE, "it does not end"),
            }
            thread::sleep(Duration::from_millis(50));
        };
        assert!(status.success(), "{status}");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Prometheus {
    child: Child,
    base: String,
    client: Client,
    _folder: TempDir,
}

impl Prometheus {
    pub(crate) fn start(targets: &[String], more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s" },
            "scrape_configs": [{ "job_name": "wirereel", "static_configs": [{ "targets": targets }] }],
        });
        // JSON is YAML too.
        let path = folder.path().join("prometheus.yml");
        fs::write(&path, config.to_string()).expect("written");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its own");
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", path.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={free}"))
            .args(["--log.level=error", "--storage.tsdb.retention.time=1h"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus");
        Self { child, base: format!("http://{free}"), client: client(), _folder: folder }
    }

    /// Series of an instant query with their values; none while it does not answer yet.
    pub(crate) fn ask(&self, query: &str) -> Vec<(Value, f64)> {
        let url = Url::parse_with_params(&format!("{}/api/v1/query", self.base), [("query", query)]).expect("a URL");
        let Ok(response) = self.client.get(url).send() else { return Vec::new() };
        let answer: Value = response.json().unwrap_or_default();
        assert_ne!(answer["status"], "error", "{query}: {answer}");
        let result = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let value = |series: &Value| series["value"][1].as_str().and_then(|text| text.parse().ok());
        result.iter().filter_map(|series| Some((series["metric"].clone(), value(series)?))).collect()
    }

    /// The same, once there are any that are numbers.
    pub(crate) fn eventually(&self, query: &str, patience: Duration) -> Vec<(Value, f64)> {
        let began = Instant::now();
        loop {
            let found = self.ask(query);
            if found.iter().any(|(_, value)| !value.is_nan()) {
                return found;
            }
            assert!(began.elapsed() < patience, "{query} has no data: {found:?}");
            thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
