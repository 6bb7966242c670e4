//! The command line: arguments in, one of the shop's activities out.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use wirereel_shop::addresses::Plan;
use wirereel_shop::control::{self, Order};
use wirereel_shop::crowd::{self, LoadCurve};
use wirereel_shop::fault::Fault;
use wirereel_shop::hold::{self, Crowd};
use wirereel_shop::namespace::{self, Namespace};
use wirereel_shop::record::{self, RecordError, Sample};
use wirereel_shop::site::Site;
use wirereel_shop::supervisor::{self, Supervisor};
use wirereel_shop::topology::{ENTRY, Service};
use wirereel_shop::{dns, service};

/// A crash can catch a request that the service has not read yet; then log and capture differ and the sample is
/// recorded again, at most this often.
const RECORDING_ATTEMPTS: usize = 3;

/// A shop of 15 small HTTP services on one machine, to capture, to load and to break.
#[derive(Parser)]
#[command(name = "wirereel-shop", version, after_help = EXAMPLES)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  wirereel-shop run                             start the shop on 127.0.1.x and print its addresses
  wirereel-shop drive --seconds 60              send customers in
  wirereel-shop fault slow payment --extra-ms 900
  wirereel-shop fault recover payment
  sudo wirereel-shop record --out sample-pcaps  make the sample recordings again (about 11 minutes)";

#[derive(Subcommand)]
enum Command {
    /// Start DNS and all services, print their addresses, stay until Ctrl-C.
    #[command(after_help = "\
Examples:
  wirereel-shop run
  curl -H 'Host: api-gateway' http://127.0.1.11:8080/products
  sudo wirereel-shop run --netns
  sudo ip netns exec wirereel-shop curl http://10.42.0.11:8080/products")]
    Run {
        #[command(flatten)]
        site: Site,
        /// Run in a network namespace with 10.42.0.x addresses (Linux, root).
        #[arg(long)]
        netns: bool,
    },
    /// Run one service (what `run` starts fifteen times).
    #[command(after_help = "Example:\n  wirereel-shop service payment-service")]
    Service {
        /// Which one; `payment` is enough for `payment-service`.
        service: Service,
        #[command(flatten)]
        site: Site,
    },
    /// Run the DNS responder (what `run` starts once).
    #[command(after_help = "Example:\n  wirereel-shop dns --dns-port 8053\n  dig @127.0.1.53 -p 8053 payment-service")]
    Dns {
        #[command(flatten)]
        site: Site,
    },
    /// Send customers into a running shop and print what they saw.
    #[command(after_help = "\
Examples:
  wirereel-shop drive --seconds 30 --visits-per-second 5 --seed 7
  sudo ip netns exec wirereel-shop wirereel-shop drive --plan namespace")]
    Drive {
        #[command(flatten)]
        site: Site,
        /// How long new customers come.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// How many come; each asks for one to five pages.
        #[arg(long, default_value_t = 2.0)]
        visits_per_second: f64,
        /// The same seed sends the same customers.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Break a service of a running shop, or repair it.
    #[command(after_help = "\
Examples:
  wirereel-shop fault crash payment
  wirereel-shop fault slow search --extra-ms 500 --share 0.3
  wirereel-shop fault errors inventory --status 503 --share 0.5
  wirereel-shop fault refuse shipping
  wirereel-shop fault reset cart
  wirereel-shop fault recover payment")]
    Fault(FaultLine),
    /// Hold connections open: reads orders from standard input, a line each, and prints how many are held.
    #[command(after_help = "\
Orders: open N, ask N, close N, flash N (opened and closed at once, every fourth with a reset).

Example:
  (echo open 2000; sleep 60) | wirereel-shop hold --connections 2000")]
    Hold {
        /// Most connections that will be held: as many open files are allowed.
        #[arg(long, default_value_t = 2_000)]
        connections: u64,
        /// Where the other end is, which is started for it.
        #[arg(long, default_value = "127.0.1.90:8090")]
        to: SocketAddr,
        /// Addresses that connections come from, of 127.80.0.0/16.
        #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..=60_000))]
        sources: u32,
        /// How many are opened and closed in a second.
        #[arg(long, default_value_t = 2_500)]
        per_second: u32,
    },
    /// The other end of `hold`: accepts, and answers every request the same.
    Keep {
        #[arg(long, default_value_t = 2_000)]
        connections: u64,
        #[arg(long, default_value = "127.0.1.90:8090")]
        at: SocketAddr,
    },
    /// Record the samples: shop, customers and faults as written in the stories, captured on loopback.
    #[command(after_help = "\
Needs the right to capture: root, or `sudo setcap cap_net_raw+ep` on this program.
As root on Linux the shop has a network namespace with 10.42.0.x addresses, and
customers from the documentation networks; otherwise all addresses are 127.x.

Examples:
  sudo wirereel-shop record --out sample-pcaps
  wirereel-shop record --out /tmp/samples --sample flash-sale --loopback")]
    Record {
        #[command(flatten)]
        site: Site,
        /// Folder for the recordings and their truth files.
        #[arg(long, default_value = "sample-pcaps")]
        out: PathBuf,
        /// Only this one.
        #[arg(long, value_enum)]
        sample: Option<Sample>,
        /// Stay on 127.x even as root.
        #[arg(long)]
        loopback: bool,
    },
}

#[derive(Args)]
struct FaultLine {
    what: FaultWord,
    /// Which service; `payment` is enough for `payment-service`.
    service: Service,
    /// With `slow`: extra time, milliseconds.
    #[arg(long, default_value_t = 800)]
    extra_ms: u64,
    /// With `errors`: the HTTP status sent.
    #[arg(long, default_value_t = 503, value_parser = clap::value_parser!(u16).range(400..600))]
    status: u16,
    /// With `slow`, `errors` and `reset`: share of requests, 0 to 1.
    #[arg(long, default_value_t = 1.0)]
    share: f64,
    #[command(flatten)]
    site: Site,
}

#[derive(Clone, Copy, ValueEnum)]
enum FaultWord {
    /// The process ends at once.
    Crash,
    /// Responses take longer.
    Slow,
    /// Requests are answered with an error.
    Errors,
    /// The port is closed: connections are refused.
    Refuse,
    /// Connections are reset when a request has arrived.
    Reset,
    /// The fault ends; a crashed service is started again.
    Recover,
}

/// Runs the command line; 0 done, 1 failed, 2 usage.
pub(crate) fn main() -> ExitCode {
    match run(Line::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "wirereel-shop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run { site, netns: true } => {
            let mut arguments = vec!["run".to_owned()];
            arguments.extend(Site { plan: Plan::Namespace, ..site }.arguments());
            inside_a_namespace("wirereel-shop", &arguments)
        }
        Command::Run { site, netns: false } => several_threads()?.block_on(run_shop(site)),
        Command::Service { service, site } => {
            supervisor::end_with_parent()?;
            one_thread()?.block_on(service::run(service, site)).with_context(|| format!("{service} cannot run"))
        }
        Command::Dns { site } => {
            supervisor::end_with_parent()?;
            let address = site.dns_address();
            let responding = dns::respond(address, site.plan, site.pace.dns_ttl());
            one_thread()?.block_on(responding).with_context(|| format!("the DNS responder cannot use {address}"))
        }
        Command::Drive { site, seconds, visits_per_second, seed } => {
            let curve = LoadCurve::even(Duration::from_secs(seconds), visits_per_second, Duration::from_secs(1));
            several_threads()?.block_on(drive(&site, &curve, seed))
        }
        Command::Hold { connections, to, sources, per_second } => {
            hold(connections, Crowd::new(to, sources, per_second), to)
        }
        Command::Keep { connections, at } => {
            supervisor::end_with_parent()?;
            hold::allow_connections(connections)?;
            one_thread()?.block_on(async {
                let listener = hold::listen(at).with_context(|| format!("{at} cannot be used"))?;
                say("listening\n")?;
                hold::keep(listener).await;
                Ok(())
            })
        }
        Command::Fault(line) => one_thread()?.block_on(break_or_repair(&line)),
        Command::Record { site, out, sample, loopback } => {
            record::check_permission()?;
            std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
            if site.plan == Plan::Loopback && !loopback && namespace::is_root() {
                return inside_a_namespace("wirereel-shop-record", &record_again(&site, &out, sample));
            }
            let samples = sample.map_or(Sample::ALL.to_vec(), |sample| vec![sample]);
            several_threads()?.block_on(record_samples(&site, &out, &samples))
        }
    }
}

/// A service must run on one thread: its log depends on it.
fn one_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn several_threads() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("shop").enable_all().build()
}

/// Runs this program inside a new namespace; this process stays outside to delete it afterwards.
fn inside_a_namespace(name: &str, arguments: &[String]) -> anyhow::Result<()> {
    let namespace = Namespace::make(name)?;
    let runtime = several_threads()?;
    // Ctrl-C reaches the inner process as well; this one waits for it, then clears away.
    runtime.spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let status = namespace.run_self(arguments)?;
    anyhow::ensure!(status.success(), "the shop inside the namespace ended with {status}");
    Ok(())
}

fn record_again(site: &Site, out: &Path, sample: Option<Sample>) -> Vec<String> {
    let mut arguments = vec!["record".to_owned(), "--out".into(), out.display().to_string()];
    if let Some(name) = sample.and_then(|s| s.to_possible_value()) {
        arguments.extend(["--sample".to_owned(), name.get_name().to_owned()]);
    }
    arguments.extend(Site { plan: Plan::Namespace, ..site.clone() }.arguments());
    arguments
}

async fn run_shop(site: Site) -> anyhow::Result<()> {
    let site = site.with_a_dns_port_that_may_be_bound();
    let shop = Supervisor::start(std::env::current_exe()?, site.clone()).await?;
    shop.tell_all(&Order::Go).await;
    let mut lines = format!("{:<26} {}\n", "dns", site.dns_address());
    for service in Service::ALL {
        lines += &format!("{:<26} http://{}\n", service.name(), site.plan.service_address(service));
    }
    lines += &format!("requests are logged in {}; stop with Ctrl-C\n", site.state.display());
    say(&lines)?;
    tokio::select! {
        ended = shop.answer() => Ok(ended?),
        stopped = tokio::signal::ctrl_c() => Ok(stopped?),
    }
}

/// Obeys until standard input ends; the other end goes then as well.
fn hold(connections: u64, mut crowd: Crowd, to: SocketAddr) -> anyhow::Result<()> {
    hold::allow_connections(connections)?;
    let (most, at) = (connections.to_string(), to.to_string());
    // It ends when its standard input does, whatever becomes of this process.
    let mut keeper = std::process::Command::new(std::env::current_exe()?)
        .args(["keep", "--connections", &most, "--at", &at])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let mut listens = String::new();
    BufReader::new(keeper.stdout.take().context("no output")?).read_line(&mut listens)?;
    anyhow::ensure!(!listens.is_empty(), "the other end did not come up");
    let runtime = one_thread()?;
    say("{\"held\":0}\n")?;
    for line in std::io::stdin().lock().lines() {
        let held = runtime.block_on(crowd.obey(&line?))?;
        say(&format!("{{\"held\":{held}}}\n"))?;
    }
    drop(crowd);
    drop(keeper.stdin.take());
    keeper.wait()?;
    Ok(())
}

async fn drive(site: &Site, curve: &LoadCurve, seed: u64) -> anyhow::Result<()> {
    let visits = crowd::plan(curve, site.plan, seed);
    let mut seen = crowd::run(visits, site.plan.service_address(ENTRY)).await;
    seen.sort();
    let mut lines = String::new();
    for same in seen.chunk_by(|a, b| a == b) {
        let one = &same[0];
        let status = one.status.map_or_else(|| "---".to_owned(), |s| s.to_string());
        lines += &format!("{:>6}  {status}  {} {}\n", same.len(), one.method, one.route);
    }
    Ok(say(&lines)?)
}

async fn break_or_repair(line: &FaultLine) -> anyhow::Result<()> {
    let socket = line.site.service_socket(line.service);
    let fault = match line.what {
        FaultWord::Crash => return Ok(control::crash(&socket).await?),
        FaultWord::Recover => {
            control::ask(&line.site.shop_socket(), &Order::Recover(line.service)).await?;
            return Ok(());
        }
        FaultWord::Slow => Fault::Slow { extra_ms: line.extra_ms, share: line.share },
        FaultWord::Errors => Fault::Errors { status: line.status, share: line.share },
        FaultWord::Refuse => Fault::Refuse,
        FaultWord::Reset => Fault::Reset { share: line.share },
    };
    control::ask(&socket, &Order::Fault(fault)).await?;
    Ok(())
}

async fn record_samples(site: &Site, out: &Path, samples: &[Sample]) -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    for sample in samples {
        let mut attempt = 1;
        let truth = loop {
            // A recording has its own folder, so that a shop that is running stays as it is.
            let state = std::env::temp_dir().join(format!("wirereel-shop-record-{}", std::process::id()));
            let site = Site { state: state.clone(), ..site.clone() }.with_a_dns_port_that_may_be_bound();
            let made = record::record(*sample, &program, site, out).await;
            std::fs::remove_dir_all(&state).or_else(missing_is_fine)?;
            match made {
                Err(RecordError::Disagreement(rows)) if attempt < RECORDING_ATTEMPTS => {
                    attempt += 1;
                    warn(&format!("{}: log and capture disagree, recording again\n{rows}", sample.capture_name()));
                }
                other => break other?,
            }
        };
        let bytes = std::fs::metadata(out.join(&truth.file))?.len();
        say(&format!("{}: {} packets, {} requests, {bytes} bytes\n", truth.file, truth.packets, truth.requests))?;
    }
    Ok(())
}

fn missing_is_fine(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Figures and addresses go to standard output.
fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Progress and warnings go to standard error; that it is closed is no reason to stop.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
