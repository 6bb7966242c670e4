//! Ten thousand websites every ten seconds through the whole workbench, its store included, with servers in another process on loopback.
//!
//! `scripts/bench checks` prints a table and writes `target/bench/checks.json`. `WIREREEL_WEBSITES` and `WIREREEL_SECONDS` have other numbers.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and ends when something fails")]

#[path = "../../api/benches/figures/mod.rs"]
mod figures;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use figures::Figures;
use serde_json::{Value, json};
use wirereel_engine::Workbench;
use wirereel_query::checks::{CheckRunsQuestion, WebsiteSort, WebsitesQuestion};

/// Threads of the server: connections are short.
const SERVER_THREADS: usize = 4;
const SERVER: &str = "WIREREEL_BENCH_SERVER";

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

struct Server(Child, u16);

impl Server {
    fn start() -> Self {
        let mut child =
            Command::new(env::current_exe().unwrap()).env(SERVER, "1").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, line.trim().parse().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    let threads: Vec<_> = (0..SERVER_THREADS)
        .map(|n| {
            let listener = listener.try_clone().unwrap();
            let work = move || {
                for stream in listener.incoming() {
                    let Ok(mut stream) = stream else { continue };
                    let mut request = [0; 2_048];
                    if stream.read(&mut request).is_ok_and(|read| read > 0) {
                        let _ = stream.write_all(answer);
                    }
                }
            };
            thread::Builder::new().name(format!("server {n}")).spawn(work).unwrap()
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Memory of this process.
fn resident_bytes() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) * 1_024.0
}

/// Processor time of this process (proc(5): utime and stime, in hundredths of a second).
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn main() {
    if env::var_os(SERVER).is_some() {
        return serve();
    }
    let (websites, seconds) = (number("WIREREEL_WEBSITES", 10_000), number("WIREREEL_SECONDS", 75));
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir_all(&home).unwrap();
    let website = |n: u64| json!({ "name": format!("website {n}"), "url": format!("http://127.0.0.1:{}/{n}", server.1), "interval": "10s" });
    let list: Vec<Value> = (0..websites).map(website).collect();
    let before = resident_bytes();
    fs::write(home.join("wirereel.json"), json!({ "websites": list }).to_string()).unwrap();
    drop(list);
    let began = Instant::now();
    let workbench = Workbench::open(&home).unwrap();
    let mut figures = Figures::new("checks");
    figures.add("websites", websites as f64, "websites");
    figures.add("start_ms", began.elapsed().as_secs_f64() * 1e3, "ms");
    figures.add("bytes_per_website_before_results", (resident_bytes() - before) / websites as f64, "bytes");
    // Its first instants are together with reading the list.
    thread::sleep(Duration::from_secs(5));
    let (from_us, cpu, began) = (now_us(), cpu_seconds(), Instant::now());
    let (mut asked, mut first) = (Vec::new(), true);
    while began.elapsed() < Duration::from_secs(seconds) {
        let sorts = [WebsiteSort::State, WebsiteSort::ResponseAvg, WebsiteSort::Name];
        for sort in sorts {
            let question =
                WebsitesQuestion { sort, descending: true, offset: 0, limit: 50, ..WebsitesQuestion::default() };
            let asks = Instant::now();
            let answer = serde_json::to_vec(&workbench.websites(&question, None).unwrap()).unwrap();
            if !std::mem::take(&mut first) {
                asked.push(asks.elapsed());
            }
            assert!(!answer.is_empty());
            thread::sleep(Duration::from_millis(330));
        }
    }
    let (elapsed, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let workspace_bytes = resident_bytes();
    figures.add_times("websites_command", asked);
    let sql = format!(
        "SELECT count(*), count(*) FILTER (state = 'up'), count(*) FILTER (state = 'overrun'), \
         quantile_cont(epoch_us(r.\"at\") - epoch_us(r.intended_at), 0.5) / 1e3, \
         quantile_cont(epoch_us(r.\"at\") - epoch_us(r.intended_at), 0.99) / 1e3, \
         max(epoch_us(r.\"at\") - epoch_us(r.intended_at)) / 1e3 FROM check_results r WHERE epoch_us(r.intended_at) >= {from_us}"
    );
    workbench.open_recent("live").unwrap();
    let rows = workbench.reader(None).unwrap().sql(&sql, 1).unwrap().rows;
    let value = |at: usize| rows[0][at].as_f64().unwrap_or(f64::NAN);
    figures.add("checks_per_second", value(0) / elapsed, "1/s");
    figures.add("checks_up_share", value(1) / value(0), "");
    figures.add("overruns", value(2), "checks");
    figures.add("start_error_p50_ms", value(3), "ms");
    figures.add("start_error_p99_ms", value(4), "ms");
    figures.add("start_error_max_ms", value(5), "ms");
    figures.add("checks_per_cpu_second_with_store", value(0) / cpu, "1/s");
    figures.add("resident_bytes", workspace_bytes, "bytes");
    let question = CheckRunsQuestion { limit: 1, ..CheckRunsQuestion::default() };
    let stored = workbench.check_runs(&question, None).unwrap().total;
    figures.add("results_stored", stored as f64, "results");
    workbench.shut_down();
    drop(workbench);
    let began = Instant::now();
    let workbench = Workbench::open(&home).unwrap();
    figures.add("start_again_ms", began.elapsed().as_secs_f64() * 1e3, "ms");
    workbench.shut_down();
    figures.finish();
}

fn now_us() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64
}
