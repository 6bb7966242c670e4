//! Websites are checked by a running workbench: what it shows is stored, what is edited takes effect, and a restart loses nothing.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use wirereel_engine::Workbench;
use wirereel_query::{
    checks::{
        CheckRunsQuestion, WebsiteDraft, WebsiteImport, WebsiteQuestion, WebsiteRow, WebsiteSort, WebsiteState,
        Websites, WebsitesQuestion,
    },
    health::HealthQuestion,
};

/// Answers with the status that a test wants.
struct Server {
    url: String,
    status: Arc<AtomicU16>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/health", listener.local_addr().unwrap());
        let status = Arc::new(AtomicU16::new(200));
        let says = Arc::clone(&status);
        thread::Builder::new()
            .name("server".into())
            .spawn(move || {
                for stream in listener.incoming() {
                    let Ok(mut stream) = stream else { return };
                    let mut request = [0; 2_048];
                    let _ = stream.read(&mut request);
                    let status = says.load(Ordering::SeqCst);
                    let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
                    let _ = stream.write_all(answer.as_bytes());
                }
            })
            .unwrap();
        Self { url, status }
    }
}

fn write(home: &Path, config: &Value) {
    fs::create_dir_all(home).unwrap();
    fs::write(home.join("wirereel.json"), config.to_string()).unwrap();
}

fn frames() -> Value {
    json!([{ "past": "10s", "every": "1s" }, { "past": "1m", "every": "1s" }])
}

fn listed(workbench: &Arc<Workbench>) -> Websites {
    workbench.websites(&WebsitesQuestion { limit: 100, ..WebsitesQuestion::default() }, None).unwrap()
}

/// Asks again and again until an answer is what is waited for.
fn until<T: std::fmt::Debug>(mut ask: impl FnMut() -> T, is_so: impl Fn(&T) -> bool) -> T {
    let began = Instant::now();
    loop {
        let answer = ask();
        if is_so(&answer) {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{answer:?}");
        thread::sleep(Duration::from_millis(30));
    }
}

fn row<'a>(answer: &'a Websites, name: &str) -> &'a WebsiteRow {
    answer.rows.iter().find(|row| row.website == name).unwrap()
}

fn total(workbench: &Arc<Workbench>, website: &str) -> u64 {
    let question = CheckRunsQuestion { website: Some(website.into()), limit: 1, ..CheckRunsQuestion::default() };
    workbench.check_runs(&question, None).unwrap().total
}

#[test]
fn what_is_shown_is_stored_and_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let server = Server::start();
    let websites = json!([{ "name": "shop", "url": server.url, "interval": "100ms" },
        { "name": "gone", "url": "tcp://127.0.0.1:1", "interval": "200ms" }]);
    write(&home, &json!({ "websites": websites, "check_frames": frames() }));
    let workbench = Workbench::open(&home).unwrap();
    let told = until(
        || listed(&workbench),
        |told| told.rows.len() == 2 && told.rows.iter().all(|row| row.figures[0].up + row.figures[0].down >= 8),
    );
    assert!(told.present && told.problems.is_empty(), "{:?}", told.problems);
    assert_eq!((told.total, told.up, told.down, told.rows[0].website.as_str()), (2, 1, 1, "gone"), "worst first");
    assert_eq!(
        told.frames.iter().map(|frame| (frame.past_ms, frame.every_ms)).collect::<Vec<_>>(),
        [(10_000, 1_000), (60_000, 1_000)]
    );
    assert!(told.frames[0].next_us == Some(told.frames[0].told_us + 1_000_000));
    let (shop, gone) = (row(&told, "shop"), row(&told, "gone"));
    assert_eq!((shop.state, gone.state), (WebsiteState::Up, WebsiteState::Down));
    let figures = &shop.figures[0];
    assert_eq!((figures.availability, figures.down), (Some(1.0), 0));
    assert_eq!((figures.outcomes[0].outcome.as_str(), figures.outcomes[0].count), ("200", figures.up));
    assert!(
        figures.response.p50_us.is_some() && figures.phases.connect_us.is_some() && figures.phases.tls_us.is_none()
    );
    assert_eq!(figures.strip.iter().map(|mark| u64::from(mark.up)).sum::<u64>(), figures.up);
    assert_eq!((gone.figures[0].outcomes[0].outcome.as_str(), gone.figures[0].outcomes[0].failure), ("refused", true));
    let last = shop.last.clone().unwrap();
    assert_eq!((last.status, last.http_version.as_deref()), (Some(200), Some("http/1.1")));
    let local = last.local.as_deref().unwrap();
    assert!(local.starts_with("127.0.0.1:") && Some(local) != last.remote.as_deref());
    until(|| workbench.ticks().borrow().alerts.websites_down, |down| *down == 1);
    assert!(workbench.ticks().borrow().checks > 0);
    let queue = || {
        let health = workbench.health(&HealthQuestion { points: 60, ..HealthQuestion::default() }).unwrap();
        health.queues.into_iter().find(|queue| queue.id == "checks")
    };
    let queue = until(queue, Option::is_some).unwrap();
    assert_eq!((queue.name.as_str(), queue.capacity, queue.drops), ("Results to keep", Some(4_096), 0));

    let detail = WebsiteQuestion { website: "shop".into(), points: 60, ..WebsiteQuestion::default() };
    let detail = workbench.website(&detail, None).unwrap();
    assert_eq!(detail.config["interval"], "100ms");
    assert!(detail.figures.up >= figures.up && detail.curve.len() == 60 && detail.curve[59].availability == Some(1.0));
    assert_eq!(u64::from(detail.heat.counts.iter().sum::<u32>()), detail.figures.response.count);
    assert!(detail.days.last().unwrap().figures.up >= figures.up, "{:?}", detail.days);
    assert_eq!((detail.weeks.len(), detail.months.len()), (1, 1));

    // A past moment is told from what is stored.
    let at_us = told.frames[0].told_us;
    let then =
        WebsitesQuestion { at_us: Some(at_us), limit: 9, sort: WebsiteSort::Name, ..WebsitesQuestion::default() };
    let then = workbench.websites(&then, None).unwrap();
    assert!(!then.present && then.frames[0].next_us.is_none());
    assert_eq!((then.rows[1].website.as_str(), then.rows[1].state), ("shop", WebsiteState::Up));
    assert_eq!(then.rows[1].figures[0].up, figures.up, "the same frame, the same figures");
    assert_eq!(then.rows[1].figures[0].outcomes, figures.outcomes);

    let shown = total(&workbench, "shop");
    let known: Vec<_> =
        workbench.check_runs(&CheckRunsQuestion { limit: 500, ..CheckRunsQuestion::default() }, None).unwrap().rows;
    workbench.shut_down();
    drop(workbench);
    let workbench = Workbench::open(&home).unwrap();
    let again = listed(&workbench);
    assert!(total(&workbench, "shop") >= shown);
    let kept =
        workbench.check_runs(&CheckRunsQuestion { limit: 500, ..CheckRunsQuestion::default() }, None).unwrap().rows;
    assert!(known.iter().all(|run| kept.contains(run)), "every check that was shown is there");
    let after = row(&again, "shop");
    assert!(after.figures[1].up >= shop.figures[1].up, "{} after {}", after.figures[1].up, shop.figures[1].up);
    assert_eq!((after.state, after.since_us), (WebsiteState::Up, shop.since_us));
    workbench.shut_down();
}

#[test]
fn an_edit_takes_effect_and_one_that_is_wrong_is_told_and_leaves_what_was() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let server = Server::start();
    write(&home, &json!({ "keep_secrets": true, "check_frames": frames() }));
    let workbench = Workbench::open(&home).unwrap();
    let told = listed(&workbench);
    assert_eq!((told.present, told.total, told.frames.len()), (true, 0, 2));
    assert!(told.frames[0].next_us > Some(told.at_us));
    assert!(!home.join("live").exists(), "nothing is opened where nothing is checked");

    let draft =
        |original: Option<&str>, website: Value| WebsiteDraft { original: original.map(str::to_owned), website };
    let wrong = workbench.save_website(&draft(None, json!({ "url": "http://", "interval": "1x" }))).unwrap();
    assert_eq!(wrong.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), ["interval", "url"]);
    let shop = json!({ "name": "shop", "url": server.url, "interval": "100ms" });
    assert_eq!(workbench.save_website(&draft(None, shop.clone())).unwrap(), []);
    assert_eq!(workbench.check_website(&draft(None, shop.clone()))[0].path, "name", "the name is taken");
    assert_eq!(workbench.check_website(&draft(Some("shop"), shop.clone())), []);
    until(|| listed(&workbench), |told| told.up == 1);
    let text = fs::read_to_string(home.join("wirereel.json")).unwrap();
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&whole["websites"], &whole["keep_secrets"]), (&json!([shop]), &json!(true)));

    server.status.store(503, Ordering::SeqCst);
    until(
        || listed(&workbench),
        |told| told.down == 1 && row(told, "shop").figures[0].outcomes.iter().any(|o| o.outcome == "503" && o.failure),
    );
    let reason = row(&listed(&workbench), "shop").last.clone().unwrap().reason.unwrap();
    assert_eq!(reason, "The status is 503, expected is 200-299");
    let accepting = json!({ "name": "shop", "url": server.url, "interval": "100ms", "expect": { "status": [503] } });
    workbench.save_website(&draft(Some("shop"), accepting)).unwrap();
    until(|| listed(&workbench), |told| told.up == 1);

    workbench.pause_website("shop", true).unwrap();
    assert_eq!(listed(&workbench).paused, 1);
    thread::sleep(Duration::from_millis(300));
    let rests = total(&workbench, "shop");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(total(&workbench, "shop"), rests, "it is not checked");
    workbench.pause_website("shop", false).unwrap();
    until(|| total(&workbench, "shop"), |now| *now > rests);

    fs::write(home.join("wirereel.json"), "{ \"websites\": [").unwrap();
    let told = until(|| listed(&workbench), |told| !told.problems.is_empty());
    assert!(told.total == 1 && told.problems[0].contains("not JSON"), "{:?}", told.problems);
    assert!(workbench.remove_website("shop").is_err(), "what cannot be read is not written over");
    write(&home, &json!({ "websites": [{ "name": "shop", "url": server.url }, { "url": 7 }] }));
    let told =
        until(|| listed(&workbench), |told| told.problems.iter().any(|problem| problem.contains("websites[1].url")));
    assert_eq!((told.total, told.rows[0].interval_ms), (1, 30_000));
    assert_eq!(told.frames[0].past_ms, 600_000, "frames are as by default again");

    workbench.remove_website("shop").unwrap();
    assert_eq!(listed(&workbench).total, 0);
    assert!(total(&workbench, "shop") > 0, "what came of its checks stays");
    assert!(
        workbench.website(&WebsiteQuestion { website: "shop".into(), ..WebsiteQuestion::default() }, None).is_err()
    );
    workbench.shut_down();
}

#[test]
fn a_website_is_tried_without_a_trace_and_lists_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let server = Server::start();
    let workbench = Workbench::open(&home).unwrap();
    let draft = |website: Value| WebsiteDraft { original: None, website };
    let tried = workbench.test_website(&draft(json!({ "url": server.url }))).unwrap();
    let run = tried.run.unwrap();
    assert_eq!((run.status, run.failure), (Some(200), None));
    assert!(run.phases.connect_us.is_some() && run.phases.ttfb_us.is_some() && run.total_us.is_some());
    server.status.store(404, Ordering::SeqCst);
    let run = workbench.test_website(&draft(json!({ "url": server.url }))).unwrap().run.unwrap();
    assert_eq!(run.reason.as_deref(), Some("The status is 404, expected is 200-299"));
    let tried = workbench.test_website(&draft(json!({ "url": "ftp://x" }))).unwrap();
    assert!(tried.run.is_none() && tried.problems[0].path == "url");
    assert!(!home.join("live").exists() && !home.join("wirereel.json").exists());

    let text = format!("# mine\nshop {}\nother {}2\nwhat is this\n", server.url, server.url);
    let seen = workbench.import_websites(&WebsiteImport { text: text.clone(), save: false }).unwrap();
    assert_eq!((seen.format.as_str(), seen.websites.len(), seen.saved), ("text", 2, 0));
    assert_eq!(seen.websites[0], json!({ "name": "shop", "url": server.url }));
    assert!(seen.problems.len() == 1 && !home.join("wirereel.json").exists(), "{:?}", seen.problems);
    let saved = workbench.import_websites(&WebsiteImport { text: text.clone(), save: true }).unwrap();
    assert_eq!((saved.saved, listed(&workbench).total), (2, 2));
    let again = workbench.import_websites(&WebsiteImport { text, save: true }).unwrap();
    assert_eq!((again.saved, again.known), (0, vec!["shop".to_owned(), "other".to_owned()]));
    workbench.shut_down();
}

#[test]
fn rebuilding_rows_from_packets_keeps_what_came_of_checks() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let server = Server::start();
    write(&home, &json!({ "websites": [{ "name": "shop", "url": server.url, "interval": "100ms" }] }));
    let workbench = Workbench::open(&home).unwrap();
    until(|| total(&workbench, "shop"), |now| *now >= 5);
    workbench.shut_down();
    let before = total(&workbench, "shop");
    drop(workbench);
    // As a workspace of its own, so that there is something to be rebuilt.
    let rebuilt = wirereel_engine::keeping::rebuild(&home.join("live"), &Nobody).unwrap();
    assert!(rebuilt.warnings.is_empty() && rebuilt.aside.len() == 1, "{rebuilt:?}");
    fs::write(home.join("wirereel.json"), "{}").unwrap();
    let workbench = Workbench::open(&home).unwrap();
    assert_eq!(total(&workbench, "shop"), before);
    workbench.shut_down();
}

/// Looks on at nothing.
struct Nobody;

impl wirereel_engine::import::Watch for Nobody {}
