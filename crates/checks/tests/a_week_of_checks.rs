//! A schedule in virtual time: a week passes in a second or two.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use wirereel_checks::{
    Check, CheckResult, Checker, Failure, Measurement, Phase, Schedule, ScheduleOptions, State, Website,
    config::Span,
    schedule::{Clock, Connectivity, Measure, Now, Reference},
};

const SECOND: i64 = 1_000_000_000;
const WEEK: i64 = 7 * 86_400 * SECOND;
/// When the tests begin: not at the beginning of any interval.
const BEGIN_NS: i64 = 1_790_000_123_456_789_000;

/// Tokio's time, with sleep and a wall clock that can be set.
struct Virtual {
    start: Instant,
    asleep_ns: AtomicI64,
    set_ns: AtomicI64,
}

impl Virtual {
    fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), asleep_ns: AtomicI64::new(0), set_ns: AtomicI64::new(0) })
    }
}

impl Clock for Virtual {
    fn now(&self) -> Now {
        let awake_ns = self.start.elapsed().as_nanos() as i64;
        let continuous_ns = awake_ns + self.asleep_ns.load(Ordering::SeqCst);
        Now { continuous_ns, awake_ns, wall_ns: BEGIN_NS + continuous_ns + self.set_ns.load(Ordering::SeqCst) }
    }
}

type Answer = dyn Fn(&str) -> (Duration, Option<Failure>) + Send + Sync;

/// Says what a test wants, after as long as it wants.
struct Pretend(Box<Answer>);

impl Measure<Check> for Pretend {
    async fn measure(&self, check: &Arc<Check>) -> Measurement {
        let (takes, failure) = (self.0)(check.website().display_name());
        sleep(takes).await;
        let remote = check.website().name.starts_with("near").then_some(([192, 0, 2, 1], 80).into());
        Measurement { failure, remote, total_us: takes.as_micros() as u64, ..Measurement::default() }
    }
}

#[derive(Clone)]
struct Says(Arc<Mutex<Connectivity>>);

impl Says {
    fn new(connectivity: Connectivity) -> Self {
        Self(Arc::new(Mutex::new(connectivity)))
    }
}

impl Reference for Says {
    fn connectivity(&self) -> Connectivity {
        self.0.lock().unwrap().clone()
    }

    fn has_route(&self, to: IpAddr) -> bool {
        to == IpAddr::from([192, 0, 2, 1])
    }
}

struct Running {
    schedule: Schedule,
    results: mpsc::Receiver<CheckResult>,
    clock: Arc<Virtual>,
}

fn start(options: ScheduleOptions, reference: Says, answer: Box<Answer>) -> Running {
    let clock = Virtual::new();
    let (sender, results) = mpsc::channel(1_024);
    let (schedule, run) =
        Schedule::new(Arc::new(Pretend(answer)), Arc::clone(&clock), Box::new(reference), options, sender);
    tokio::spawn(run);
    Running { schedule, results, clock }
}

fn check(name: &str, interval: Span) -> Arc<Check> {
    let website = Website { interval, ..Website::new(name, &format!("http://{name}.test/")) };
    Arc::new(Checker::new().prepare(&website).unwrap())
}

/// Everything that came until a moment of the virtual time since the beginning.
async fn collect(running: &mut Running, until_ns: i64) -> Vec<CheckResult> {
    let mut all = Vec::new();
    while running.clock.now().continuous_ns < until_ns {
        let left = Duration::from_nanos((until_ns - running.clock.now().continuous_ns) as u64);
        tokio::select! {
            result = running.results.recv() => all.extend(result),
            () = sleep(left) => {}
        }
    }
    all
}

/// The results of each website, in the order of their instants.
fn by_website(results: Vec<CheckResult>) -> HashMap<String, Vec<CheckResult>> {
    let mut sorted: HashMap<String, Vec<CheckResult>> = HashMap::new();
    for result in results {
        sorted.entry(result.website.to_string()).or_default().push(result);
    }
    for results in sorted.values_mut() {
        results.sort_by_key(|result| result.intended_at_ns);
    }
    sorted
}

/// Every instant from the first one on has exactly one result, until the last check that has ended: one that runs is still to come.
fn assert_whole(name: &str, results: &[CheckResult], interval_ns: i64) {
    let ended = results.iter().rposition(|result| result.measured.is_some()).unwrap();
    let results = &results[..=ended];
    for pair in results.windows(2) {
        let next_ns = pair[0].intended_at_ns + i64::from(pair[0].instants) * interval_ns;
        assert_eq!(pair[1].intended_at_ns, next_ns, "{name}: {pair:#?}");
    }
}

fn online() -> Says {
    Says::new(Connectivity::Online)
}

#[tokio::test(start_paused = true)]
async fn every_intended_instant_of_a_week_has_exactly_one_result() {
    let intervals = [180, 300, 600, 900, 3_600].map(Span::from_secs);
    let answer = |name: &str| {
        // Every seventh website hangs for longer than its interval now and then.
        let number: usize = name.trim_start_matches("site").parse().unwrap();
        let takes =
            if number.is_multiple_of(7) { Duration::from_secs(250) } else { Duration::from_millis(number as u64) };
        (takes, None)
    };
    let mut running = start(ScheduleOptions::default(), online(), Box::new(answer));
    let checks: Vec<_> = (0..50).map(|n| check(&format!("site{n}"), intervals[n % intervals.len()])).collect();
    running.schedule.set(checks.clone()).await;
    let results = collect(&mut running, WEEK).await;
    let sorted = by_website(results);
    assert_eq!(sorted.len(), 50);
    for check in &checks {
        let name = check.website().display_name();
        let (results, interval_ns) = (&sorted[name], check.website().interval.as_nanos());
        let instants: i64 = results.iter().map(|result| i64::from(result.instants)).sum();
        let from_first_on = &results[1..];
        assert_whole(name, from_first_on, interval_ns);
        // At the end one may still run.
        let expected = (BEGIN_NS + WEEK - from_first_on[0].intended_at_ns) / interval_ns + 2;
        assert!((expected - instants).abs() <= 3, "{name}: {instants} of {expected}");
        let hangs = check.website().interval.as_millis() < 250_000 && results.iter().any(|r| r.state == State::Overrun);
        let number: usize = name.trim_start_matches("site").parse().unwrap();
        assert_eq!(hangs, number.is_multiple_of(7) && interval_ns < 250 * SECOND, "{name}");
        for result in results {
            let late_ns = result.start_error_ns();
            assert!((0..2_000_000).contains(&late_ns), "{name} began {late_ns} ns late");
            assert!(matches!(result.state, State::Up | State::Overrun), "{result:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn instants_are_the_same_after_another_start_and_spread_over_the_interval() {
    let mut first_instants = Vec::new();
    for wait_s in [0, 7] {
        let mut running = start(ScheduleOptions::default(), online(), Box::new(|_| (Duration::ZERO, None)));
        running.clock.set_ns.store(wait_s * SECOND, Ordering::SeqCst);
        sleep(Duration::from_millis(1)).await;
        running.schedule.set((0..200).map(|n| check(&format!("w{n}"), Span::from_secs(10))).collect()).await;
        let sorted = by_website(collect(&mut running, 25 * SECOND).await);
        let moments: HashMap<String, i64> =
            sorted.into_iter().map(|(name, results)| (name, results[0].intended_at_ns % (10 * SECOND))).collect();
        first_instants.push(moments);
    }
    assert_eq!(first_instants[0], first_instants[1]);
    let mut seconds = [0; 10];
    first_instants[0].values().for_each(|moment| seconds[(moment / SECOND) as usize] += 1);
    assert!(seconds.iter().all(|count| (5..40).contains(count)), "{seconds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_website_delays_no_other_and_its_missed_instants_are_told() {
    use State::{Overrun, Up};
    let answer = |name: &str| (if name == "slow" { Duration::from_secs(35) } else { Duration::from_millis(2) }, None);
    let mut running = start(ScheduleOptions::default(), online(), Box::new(answer));
    let names = ["slow", "one", "two", "three"];
    running.schedule.set(names.map(|name| check(name, Span::from_secs(10))).to_vec()).await;
    let sorted = by_website(collect(&mut running, 400 * SECOND).await);
    for name in &names[1..] {
        assert!(sorted[*name].iter().all(|result| result.state == Up && result.start_error_ns() < 2_000_000));
        assert_whole(name, &sorted[*name], 10 * SECOND);
    }
    let slow = &sorted["slow"];
    assert_whole("slow", slow, 10 * SECOND);
    let states: Vec<_> = slow.iter().take(8).map(|result| result.state).collect();
    assert_eq!(states, [Up, Overrun, Overrun, Overrun, Up, Overrun, Overrun, Overrun]);
    assert_eq!(slow[1].reason.as_deref(), Some("The check before was still running"));
}

#[tokio::test(start_paused = true)]
async fn no_more_checks_run_at_once_than_may() {
    let answer = |_: &str| (Duration::from_secs(3), None);
    let mut running = start(ScheduleOptions { concurrency: 2 }, online(), Box::new(answer));
    running.schedule.set((0..4).map(|n| check(&format!("w{n}"), Span::from_secs(12))).collect()).await;
    let sorted = by_website(collect(&mut running, 1_200 * SECOND).await);
    let mut events: Vec<(i64, i32)> = Vec::new();
    for (name, results) in &sorted {
        assert_whole(name, results, 12 * SECOND);
        for result in results.iter().filter(|result| result.measured.is_some()) {
            events.extend([(result.at_ns, 1), (result.at_ns + 3 * SECOND, -1)]);
        }
    }
    events.sort_unstable();
    let mut at_once = 0;
    for (_, change) in &events {
        at_once += change;
        assert!(at_once <= 2, "{at_once}");
    }
    assert!(events.len() > 700, "all of them had their turn: {}", events.len());
}

#[tokio::test(start_paused = true)]
async fn sleep_is_this_machine_s_and_not_the_websites_downtime() {
    let asleep = Arc::new(Mutex::new(false));
    let broken = Arc::clone(&asleep);
    let answer = move |_: &str| {
        let failure = broken.lock().unwrap().then_some(Failure::Timeout { phase: Phase::Ttfb, after_ms: 9_000 });
        (Duration::from_secs(9), failure)
    };
    let mut running = start(ScheduleOptions::default(), online(), Box::new(answer));
    running.schedule.set(vec![check("site", Span::from_secs(10))]).await;
    let mut results = collect(&mut running, 95 * SECOND).await;
    *asleep.lock().unwrap() = true;
    results.extend(collect(&mut running, 99 * SECOND).await);
    // Eight hours, in which the monotonic clock of a Linux machine stands still.
    running.clock.asleep_ns.fetch_add(8 * 3_600 * SECOND, Ordering::SeqCst);
    let since = running.clock.now().continuous_ns;
    *asleep.lock().unwrap() = false;
    results.extend(collect(&mut running, since + 100 * SECOND).await);
    let results = &by_website(results)["site"];
    assert_whole("site", results, 10 * SECOND);
    let slept: Vec<_> = results.iter().filter(|result| result.state == State::SelfOffline).collect();
    let instants: u32 = slept.iter().map(|result| result.instants).sum();
    assert!((2_879..=2_882).contains(&instants), "{slept:#?}");
    assert!(
        slept.len() <= 3 && slept.iter().any(|r| r.reason.as_deref() == Some("This machine was asleep")),
        "{slept:#?}"
    );
    assert!(results.iter().all(|result| result.state != State::Down), "{results:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_network_is_not_the_websites_downtime() {
    let unreachable = Failure::Unreachable { address: "192.0.2.1:80".into(), reason: "network is unreachable".into() };
    let now = Arc::new(Mutex::new(None));
    let told = Arc::clone(&now);
    let says = online();
    let mut running = start(
        ScheduleOptions::default(),
        says.clone(),
        Box::new(move |_| (Duration::ZERO, told.lock().unwrap().clone())),
    );
    let mut local = Website::new("local", "http://127.0.0.1:9/");
    local.interval = Span::from_secs(10);
    let local = Arc::new(Checker::new().prepare(&local).unwrap());
    running
        .schedule
        .set(vec![
            check("a", Span::from_secs(10)),
            check("b", Span::from_secs(10)),
            check("c", Span::from_secs(10)),
            local,
        ])
        .await;
    let states = async |running: &mut Running| {
        let until = running.clock.now().continuous_ns + 20 * SECOND;
        let mut states: Vec<_> = by_website(collect(running, until).await)
            .into_iter()
            .map(|(name, results)| (name, results.last().unwrap().state))
            .collect();
        states.sort_by(|one, other| one.0.cmp(&other.0));
        states.into_iter().map(|(_, state)| state).collect::<Vec<_>>()
    };
    use State::{Down, SelfOffline, Up};
    assert_eq!(states(&mut running).await, [Up; 4]);
    *now.lock().unwrap() = Some(unreachable);
    assert_eq!(states(&mut running).await, [Down; 4], "there is a way out, so they are down");
    *says.0.lock().unwrap() = Connectivity::Offline("no route");
    assert_eq!(
        states(&mut running).await,
        [SelfOffline, SelfOffline, SelfOffline, Down],
        "but the one that needs no network"
    );
    running.schedule.set(vec![check("near", Span::from_secs(10))]).await;
    *says.0.lock().unwrap() = Connectivity::LocalOnly("no route");
    assert_eq!(
        states(&mut running).await,
        [SelfOffline, SelfOffline, SelfOffline, Down, Down],
        "but those that have a route"
    );
    running.schedule.remove(vec!["near".into()]).await;
    *says.0.lock().unwrap() = Connectivity::Unknown;
    assert_eq!(states(&mut running).await, [SelfOffline, SelfOffline, SelfOffline, Down], "nobody at all answers");
    *now.lock().unwrap() = Some(Failure::Refused { address: "192.0.2.1:80".into() });
    assert_eq!(states(&mut running).await, [Down; 4], "whoever refuses is there");
}

#[tokio::test(start_paused = true)]
async fn websites_come_go_and_change_while_others_run() {
    let mut running = start(ScheduleOptions::default(), online(), Box::new(|_| (Duration::from_secs(2), None)));
    let (a, b) = (check("a", Span::from_secs(10)), check("b", Span::from_secs(10)));
    running.schedule.set(vec![Arc::clone(&a), b]).await;
    let mut first = collect(&mut running, 60 * SECOND).await;
    running.schedule.set_only(vec![Arc::clone(&a), check("c", Span::from_secs(5))]).await;
    let second = collect(&mut running, 120 * SECOND).await;
    let count = |results: &[CheckResult], name: &str| results.iter().filter(|result| &*result.website == name).count();
    assert!(count(&first, "b") >= 5 && count(&second, "b") == 0);
    assert!(count(&second, "c") >= 10);
    running.schedule.set(vec![check("c", Span::from_secs(30))]).await;
    let third = collect(&mut running, 240 * SECOND).await;
    assert!((3..=5).contains(&count(&third, "c")), "{}", count(&third, "c"));
    running.schedule.remove(vec!["c".into(), "nobody".into()]).await;
    let fourth = collect(&mut running, 300 * SECOND).await;
    assert_eq!(count(&fourth, "c"), 0);
    first.extend(second.into_iter().chain(third).chain(fourth));
    assert_whole("a", &by_website(first)["a"], 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn results_that_nobody_takes_are_not_lost_and_not_without_bound() {
    let mut running = start(ScheduleOptions { concurrency: 4 }, online(), Box::new(|_| (Duration::ZERO, None)));
    let (sender, results) = mpsc::channel(1);
    let clock = Arc::clone(&running.clock);
    let pretend = Arc::new(Pretend(Box::new(|_| (Duration::ZERO, None))));
    let (schedule, run) = Schedule::new(pretend, clock, Box::new(online()), ScheduleOptions { concurrency: 2 }, sender);
    tokio::spawn(run);
    running.results = results;
    running.schedule = schedule;
    running.schedule.set((0..5).map(|n| check(&format!("w{n}"), Span::from_secs(10))).collect()).await;
    sleep(Duration::from_secs(600)).await;
    let sorted = by_website(collect(&mut running, 700 * SECOND).await);
    for (name, results) in &sorted {
        assert_whole(name, results, 10 * SECOND);
        let instants: u32 = results.iter().map(|result| result.instants).sum();
        assert!((68..=71).contains(&instants), "{name}: {instants}");
    }
    assert_eq!(sorted.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_breaks_off_is_told_and_the_website_is_checked_again() {
    let answer = |_: &str| panic!("an error in the check itself");
    let mut running = start(ScheduleOptions::default(), online(), Box::new(answer));
    running.schedule.set(vec![check("a", Span::from_secs(10))]).await;
    let results = collect(&mut running, 100 * SECOND).await;
    assert!(results.len() >= 9, "{results:?}");
    for result in results {
        assert_eq!((result.state, result.measured), (State::SelfOffline, None));
        assert_eq!(result.reason.as_deref(), Some("The check broke off with an error of its own"));
    }
}
