//! What a relay costs.
//!
//! `cargo run --release -p wirereel-probes --example bench_relay -- [--quick] [--streams 10000] [--out FILE]`
//!
//! Starts itself again as a service and as relays, each a process of its own, on loopback. All calls are probes with records. Measures
//! - latency at 1,000 calls a second through no, one and two relays: rounds take turns, and the median round counts;
//! - memory and time of so many conversations at once through two relays.
//!
//! Prints a table, and writes a list of `{name, value, unit}`.
#![allow(clippy::print_stdout, reason = "a program that prints its figures")]

use std::{
    convert::Infallible,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, BodyStream, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Request, Response,
    body::{Frame, Incoming},
    client::conn::http2::{Builder, SendRequest},
    header::{HeaderName, HeaderValue},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use wirereel_probes::{
    ProbeId,
    config::To,
    record::{HOP, request_metadata},
    relay::{Relay, RelayOptions, Routes},
};

type Failed = Box<dyn std::error::Error + Send + Sync>;
type Body = UnsyncBoxBody<Bytes, Infallible>;

const CALLS_PER_SECOND: u64 = 1_000;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if has("--service") {
        return runtime.block_on(serve());
    }
    if let Some(next) = value("--relay") {
        return runtime.block_on(relay(&next));
    }
    let streams = value("--streams").map_or(Ok(10_000), |text| text.parse())?;
    let (rounds, seconds) = if has("--quick") { (3, 1) } else { (9, 4) };
    let figures = runtime.block_on(measure(rounds, Duration::from_secs(seconds), streams))?;
    let mut list = Vec::new();
    for (name, value, unit) in figures {
        println!("  {name:<40} {value:>14.3} {unit}");
        list.push(json!({ "name": name, "value": value, "unit": unit }));
    }
    if let Some(path) = value("--out") {
        std::fs::write(path, serde_json::to_string_pretty(&list)? + "\n")?;
    }
    Ok(())
}

type Figure = (String, f64, &'static str);

async fn measure(rounds: usize, time: Duration, streams: usize) -> Result<Vec<Figure>, Failed> {
    let service = Process::start(&["--service"])?;
    let near = Process::start(&["--relay", &service.addr.to_string()])?;
    let far = Process::start(&["--relay", &near.addr.to_string()])?;
    let mut figures = latencies([service.addr, near.addr, far.addr], rounds, time).await?;
    figures.extend(many(&far, &near, streams).await?);
    Ok(figures)
}

/// Latencies through no, one and two relays.
async fn latencies(addrs: [SocketAddr; 3], rounds: usize, time: Duration) -> Result<Vec<Figure>, Failed> {
    let mut callers = Vec::new();
    for (relays, addr) in addrs.into_iter().enumerate() {
        let caller = connect(addr).await?;
        at_a_rate(&caller, relays, Duration::from_millis(500)).await?;
        callers.push(caller);
    }
    let mut of_rounds = vec![Vec::new(); 3];
    for _ in 0..rounds {
        for (relays, caller) in callers.iter().enumerate() {
            of_rounds[relays].push(at_a_rate(caller, relays, time).await?);
        }
    }
    let mut figures = Vec::new();
    for (at, share) in [("p50", 0.5), ("p99", 0.99)] {
        let medians: Vec<f64> = of_rounds
            .iter()
            .map(|rounds| {
                let of_each = rounds.iter().map(|latencies| percentile(latencies, share)).collect();
                percentile(&sorted(of_each), 0.5)
            })
            .collect();
        for (relays, median) in medians.iter().enumerate() {
            figures.push((format!("{at}_through_{relays}_relays"), median * 1e3, "ms"));
        }
        figures.push((format!("{at}_added_per_relay"), (medians[2] - medians[0]) / 2.0 * 1e3, "ms"));
    }
    Ok(figures)
}

/// Sorted latencies of calls at a fixed rate, in seconds. Calls do not wait for each other.
async fn at_a_rate(caller: &SendRequest<Body>, relays: usize, time: Duration) -> Result<Vec<f64>, Failed> {
    let mut ticks = interval(Duration::from_micros(1_000_000 / CALLS_PER_SECOND));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (begun, mut calls) = (Instant::now(), JoinSet::new());
    while begun.elapsed() < time {
        ticks.tick().await;
        calls.spawn(call(caller.clone(), relays));
    }
    let mut latencies = Vec::new();
    while let Some(done) = calls.join_next().await {
        latencies.push(done??);
    }
    Ok(sorted(latencies))
}

async fn call(mut caller: SendRequest<Body>, relays: usize) -> Result<f64, Failed> {
    let message = Frame::data(Bytes::from_static(b"\0\0\0\0\x05hello"));
    let body = StreamBody::new(stream::iter([Ok(message)])).boxed_unsync();
    let begun = Instant::now();
    let answer = caller.send_request(request(body)?).await?.into_body().collect().await?;
    let latency = begun.elapsed().as_secs_f64();
    let records = answer.trailers().map_or(0, |trailers| trailers.get_all(HOP).iter().count());
    if records == relays { Ok(latency) } else { Err(format!("{records} records through {relays} relays").into()) }
}

/// Conversations at once through two relays.
async fn many(far: &Process, near: &Process, streams: usize) -> Result<Vec<Figure>, Failed> {
    let mut caller = connect(far.addr).await?;
    let before = [far.resident()?, near.resident()?];
    let begun = Instant::now();
    let mut open = Vec::with_capacity(streams);
    for _ in 0..streams {
        let (send, mut frames) = mpsc::channel(1);
        let body = StreamBody::new(stream::poll_fn(move |cx| frames.poll_recv(cx))).boxed_unsync();
        let answer = caller.send_request(request(body)?).await?.into_body();
        open.push((send, answer));
    }
    ping(&mut open).await?;
    let opened = begun.elapsed();
    let held = [far.resident()?, near.resident()?];
    let begun = Instant::now();
    ping(&mut open).await?;
    let pinged = begun.elapsed();
    for (send, mut answer) in open {
        drop(send);
        while let Some(frame) = answer.frame().await {
            drop(frame?);
        }
    }
    let each = (held[0] + held[1] - before[0] - before[1]) / 2.0 / streams as f64;
    Ok(vec![
        ("streams_held".into(), streams as f64, "streams"),
        ("streams_opened_in".into(), opened.as_secs_f64(), "s"),
        ("a_message_on_each_in".into(), pinged.as_secs_f64(), "s"),
        ("memory_per_stream_and_relay".into(), each / 1_024.0, "KB"),
        ("memory_of_the_relay_with_all".into(), held[0] / 1_048_576.0, "MB"),
    ])
}

type Conversation = (mpsc::Sender<Result<Frame<Bytes>, Infallible>>, Incoming);

async fn ping(open: &mut [Conversation]) -> Result<(), Failed> {
    for (send, _) in open.iter() {
        send.send(Ok(Frame::data(Bytes::from_static(b"\0\0\0\0\x05hello")))).await?;
    }
    for (_, answer) in open.iter_mut() {
        let frame = answer.frame().await.ok_or("an answer ended early")??;
        frame.into_data().map_err(|_| "an answer ended early")?;
    }
    Ok(())
}

fn request(body: Body) -> Result<Request<Body>, Failed> {
    let mut request = Request::post("http://bench.test/bench/Echo").body(body)?;
    let headers = request.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    for (name, value) in request_metadata(ProbeId::random(), &To::default(), None) {
        headers.insert(HeaderName::from_static(name), value.parse()?);
    }
    Ok(request)
}

async fn connect(addr: SocketAddr) -> Result<SendRequest<Body>, Failed> {
    let tcp = TcpStream::connect(addr).await?;
    tcp.set_nodelay(true)?;
    let mut builder = Builder::new(TokioExecutor::new());
    let builder = builder.initial_connection_window_size(64 << 20).initial_max_send_streams(100_000);
    let (sender, connection) = builder.handshake(TokioIo::new(tcp)).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    sorted.get(((sorted.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// This program, started again; ended when dropped.
struct Process {
    child: Child,
    addr: SocketAddr,
}

impl Process {
    fn start(arguments: &[&str]) -> Result<Self, Failed> {
        let mut child = Command::new(std::env::current_exe()?).args(arguments).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { child, addr: line.trim().parse()? })
    }

    /// Bytes of memory that it has, where the system tells.
    fn resident(&self) -> Result<f64, Failed> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1_024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Says every message back.
async fn serve() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (tcp, _) = listener.accept().await?;
        tcp.set_nodelay(true)?;
        let service = service_fn(|request: Request<Incoming>| async move {
            let end = HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))]);
            // The empty frame that ends a request ends no answer.
            let says = |frame: &Result<Frame<Bytes>, _>| {
                std::future::ready(
                    frame.as_ref().is_ok_and(|frame| frame.data_ref().is_some_and(|data| !data.is_empty())),
                )
            };
            let frames = BodyStream::new(request.into_body()).filter(says);
            let body = StreamBody::new(frames.chain(stream::iter([Ok(Frame::trailers(end))])));
            Response::builder().header("content-type", "application/grpc").body(body)
        });
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.max_concurrent_streams(100_000).initial_connection_window_size(64 << 20);
        let connection = builder.serve_connection(TokioIo::new(tcp), service);
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn relay(next: &str) -> Result<(), Failed> {
    let routes = Routes { default: Some(format!("grpc://{next}").parse()?), ..Routes::default() };
    let options = RelayOptions { listen: "127.0.0.1:0".into(), routes, ..RelayOptions::default() };
    let relay = Relay::bind(options).await?;
    println!("{}", relay.local_addr()?);
    relay.run(CancellationToken::new()).await;
    Ok(())
}
