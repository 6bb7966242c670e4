//! prometheus-blackbox-exporter, asked for probes of the same server as fast as it gives them.

use std::{
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::net::TcpListener;
use wirereel_checks::Checker;

use super::{AT_ONCE, Failed, RATE_SECONDS, prepare, server::Server};

/// Probes per second of its processor time.
pub(super) struct Theirs {
    pub(super) plain: f64,
    pub(super) tls: f64,
}

const PROGRAM: &str = "/usr/bin/prometheus-blackbox-exporter";
/// Ticks of `/proc` in a second, as Linux has it everywhere.
const TICKS: f64 = 100.0;

struct Exporter(Child, std::path::PathBuf);

impl Drop for Exporter {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
        drop(std::fs::remove_file(&self.1));
    }
}

pub(super) async fn rates(server: &Server) -> Result<Option<Theirs>, Failed> {
    if !std::path::Path::new(PROGRAM).exists() {
        return Ok(None);
    }
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let config = std::env::temp_dir().join(format!("blackbox-{}.yml", std::process::id()));
    let authority = server.authority.display();
    std::fs::write(
        &config,
        format!(
            "modules:\n  plain:\n    prober: http\n    timeout: 5s\n    http: {{ preferred_ip_protocol: ip4 }}\n  tls:\n    prober: http\n    \
             timeout: 5s\n    http: {{ preferred_ip_protocol: ip4, tls_config: {{ ca_file: {authority} }} }}\n"
        ),
    )?;
    let process = Command::new(PROGRAM)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--log.level=error")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let exporter = Exporter(process, config);
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let plain = probed(&exporter, server, port, "plain", &server.plain).await?;
    let tls = probed(&exporter, server, port, "tls", &server.tls).await?;
    Ok(Some(Theirs { plain, tls }))
}

async fn probed(exporter: &Exporter, server: &Server, port: u16, module: &str, target: &str) -> Result<f64, Failed> {
    let (checker, done) = (Arc::new(Checker::new()), Arc::new(AtomicU64::new(0)));
    let before = cpu_seconds_of(exporter.0.id())?;
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..AT_ONCE {
        let check = prepare(&checker, server, &format!("probe {n}"), |website| {
            website.url = format!("http://127.0.0.1:{port}/probe?module={module}&target={target}");
            website.keep_alive = true;
            website.expect.body_contains = Some("probe_success 1".into());
        })?;
        let (checker, done) = (Arc::clone(&checker), Arc::clone(&done));
        tasks.spawn(async move {
            while started.elapsed() < Duration::from_secs(RATE_SECONDS) {
                if checker.measure(&check).await.is_up() {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    tasks.join_all().await;
    let cpu = cpu_seconds_of(exporter.0.id())? - before;
    Ok(done.load(Ordering::Relaxed) as f64 / cpu)
}

/// What a process has computed so far, its system calls included (proc(5): utime and stime).
fn cpu_seconds_of(process: u32) -> Result<f64, Failed> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / TICKS)
}
