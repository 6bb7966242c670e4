//! Probes are sent by a running workbench: what it shows is stored, what is edited takes effect, a restart loses nothing, rules are told,
//! and packets tell of hops that say nothing.
#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::{
    fs,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wirereel_engine::{
    Workbench, Workspace,
    import::{Unwatched, import},
};
use wirereel_probes::{
    relay::{Relay, RelayOptions},
    responder::{Responder, ResponderOptions},
};
use wirereel_query::{
    alerts::AlertsQuestion,
    checks::{CheckState, WebsiteState},
    probes::{
        HopReported, ProbeDraft, ProbePartKind, ProbeQuestion, ProbeRow, ProbeRunsQuestion, Probes, ProbesQuestion,
    },
    question::TimeRange,
};
use wirereel_store::{NewProbeHop, NewProbeRun, Store};
use wirereel_testkit::Conversation;

/// A relay and a service behind it, until it is dropped.
struct Way {
    runtime: Option<tokio::runtime::Runtime>,
    relay: String,
    service_ends: CancellationToken,
}

impl Way {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let service_ends = CancellationToken::new();
        let options: ResponderOptions =
            serde_json::from_value(json!({ "name": "catalog", "region": "us", "listen": "127.0.0.1:0" })).unwrap();
        let service = runtime.block_on(Responder::bind(options)).unwrap();
        let routes = json!({ "services": { "catalog": format!("grpc://{}", service.local_addr().unwrap()) } });
        runtime.spawn(service.run(service_ends.clone()));
        let options: RelayOptions = serde_json::from_value(
            json!({ "name": "Relay A", "region": "us", "listen": "127.0.0.1:0", "routes": routes }),
        )
        .unwrap();
        let relay = runtime.block_on(Relay::bind(options)).unwrap();
        let address = relay.local_addr().unwrap().to_string();
        runtime.spawn(relay.run(CancellationToken::new()));
        Self { runtime: Some(runtime), relay: address, service_ends }
    }

    fn probe(&self, name: &str) -> Value {
        json!({ "name": name, "target": format!("grpc://{}", self.relay), "from": "eu", "interval": "100ms", "timeout": "2s",
            "to": { "region": "us", "service": "catalog" } })
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn write(home: &Path, config: &Value) {
    fs::create_dir_all(home).unwrap();
    fs::write(home.join("wirereel.json"), config.to_string()).unwrap();
}

fn listed(workbench: &Arc<Workbench>) -> Probes {
    workbench.probes(&ProbesQuestion::default(), None).unwrap()
}

/// Asks again and again until an answer is what is waited for.
fn until<T: std::fmt::Debug>(mut ask: impl FnMut() -> T, is_so: impl Fn(&T) -> bool) -> T {
    let began = Instant::now();
    loop {
        let answer = ask();
        if is_so(&answer) {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{answer:?}");
        thread::sleep(Duration::from_millis(30));
    }
}

fn row<'a>(answer: &'a Probes, name: &str) -> &'a ProbeRow {
    answer.rows.iter().find(|row| row.probe == name).unwrap()
}

fn total(workbench: &Arc<Workbench>, probe: &str) -> u64 {
    let question = ProbeRunsQuestion { probe: Some(probe.into()), limit: 1, ..ProbeRunsQuestion::default() };
    workbench.probe_runs(&question, None).unwrap().total
}

#[test]
fn what_is_shown_is_stored_and_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let way = Way::new();
    let gone = json!({ "name": "gone", "target": "grpc://127.0.0.1:1", "interval": "200ms" });
    write(&home, &json!({ "probes": [way.probe("way"), gone] }));
    let workbench = Workbench::open(&home).unwrap();
    let told = until(
        || listed(&workbench),
        |told| told.rows.len() == 2 && told.rows.iter().all(|row| row.figures.up + row.figures.down >= 8),
    );
    assert!(told.present && told.problems.is_empty(), "{:?}", told.problems);
    assert_eq!((told.total, told.down, told.rows[0].probe.as_str()), (2, 1, "gone"), "worst first");
    let (up, down) = (row(&told, "way"), row(&told, "gone"));
    assert_eq!((up.state, down.state), (WebsiteState::Up, WebsiteState::Down));
    assert_eq!((up.white_box, up.hops, up.hops_told, up.figures.success), (true, 2, 2, Some(1.0)));
    assert_eq!((down.figures.outcomes[0].outcome.as_str(), down.figures.outcomes[0].failure), ("refused", true));
    assert_eq!(up.figures.strip.iter().map(|mark| u64::from(mark.up)).sum::<u64>(), up.figures.up);
    let last = up.last.clone().unwrap();
    let sum: f64 = last.hops.iter().map(|hop| hop.own_us.unwrap() + hop.link_us.unwrap()).sum();
    assert!((sum - last.total_us.unwrap()).abs() < 0.01, "{last:?}");
    let [cell] = &told.matrix[..] else { panic!("{:?}", told.matrix) };
    assert_eq!((cell.from_region.as_str(), cell.to_region.as_str(), cell.success), ("eu", "us", Some(1.0)));
    assert!(cell.p50_us.is_some() && workbench.ticks().borrow().checks > 0);

    let question = ProbeQuestion { probe: "way".into(), range: None, columns: 60 };
    let detail = workbench.probe(&question, None).unwrap();
    assert_eq!((&detail.config["interval"], detail.columns.len()), (&json!("100ms"), 60));
    assert!(detail.figures.up >= up.figures.up && detail.median.unwrap().hops.len() == 2);
    assert_eq!(detail.hops.iter().map(|hop| hop.hop.as_str()).collect::<Vec<_>>(), ["Relay A", "catalog"]);
    let column = detail.columns.iter().rfind(|column| !column.parts.is_empty()).unwrap();
    let kinds: Vec<_> = column.parts.iter().map(|part| part.part).collect();
    use ProbePartKind::{Hop, Service, Wire};
    assert_eq!(kinds, [Wire, Hop, Wire, Service]);

    // A past moment is told from what is stored.
    let then = ProbesQuestion { at_us: Some(told.at_us), ..ProbesQuestion::default() };
    let then = workbench.probes(&then, None).unwrap();
    assert!(!then.present);
    assert_eq!((row(&then, "way").state, row(&then, "way").figures.down), (WebsiteState::Up, 0));
    assert!(row(&then, "way").figures.up >= up.figures.up);
    let search = ProbesQuestion { search: Some("CATA".into()), past_ms: Some(3_600_000), ..ProbesQuestion::default() };
    let some = workbench.probes(&search, None).unwrap();
    assert_eq!((some.total, some.rows.len()), (2, 1));

    let all = ProbeRunsQuestion { limit: 500, ..ProbeRunsQuestion::default() };
    let known = workbench.probe_runs(&all, None).unwrap().rows;
    workbench.shut_down();
    drop(workbench);
    let workbench = Workbench::open(&home).unwrap();
    let again = listed(&workbench);
    let kept = workbench.probe_runs(&all, None).unwrap().rows;
    assert!(known.iter().all(|run| kept.contains(run)), "every probe that was shown is there");
    let after = row(&again, "way");
    assert!(after.figures.up >= up.figures.up, "{} after {}", after.figures.up, up.figures.up);
    assert_eq!((after.state, after.since_us), (WebsiteState::Up, up.since_us));
    workbench.shut_down();
}

#[test]
fn an_edit_takes_effect_one_that_is_wrong_is_told_and_rules_open_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let way = Way::new();
    let rules = json!({ "rules": [
        { "id": "down", "subject": { "kind": "probe" }, "metric": "up",
          "when": { "kind": "availability", "percent": 50, "over": "2s", "min_records": 3 } },
        { "id": "slow", "subject": { "kind": "probe" }, "metric": "latency_ms", "when": { "kind": "at_least", "threshold": 0.000001 } },
    ] });
    write(&home, &json!({ "keep_secrets": true, "alerts": rules }));
    let workbench = Workbench::open(&home).unwrap();
    assert_eq!((listed(&workbench).present, listed(&workbench).total), (true, 0));
    assert!(!home.join("live").exists(), "nothing is opened where nothing is sent");

    let draft = |original: Option<&str>, probe: Value| ProbeDraft { original: original.map(str::to_owned), probe };
    let wrong =
        workbench.save_probe(&draft(None, json!({ "name": "x", "target": "grpc://", "interval": "1x" }))).unwrap();
    assert!(wrong.iter().any(|problem| problem.path == "interval"), "{wrong:?}");
    assert_eq!(workbench.save_probe(&draft(None, way.probe("way"))).unwrap(), []);
    assert_eq!(workbench.check_probe(&draft(None, way.probe("way")))[0].path, "name", "the name is taken");
    assert_eq!(workbench.check_probe(&draft(Some("way"), way.probe("way"))), []);
    until(|| listed(&workbench), |told| told.rows.iter().any(|row| row.state == WebsiteState::Up));
    let text = fs::read_to_string(home.join("wirereel.json")).unwrap();
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&whole["probes"], &whole["keep_secrets"]), (&json!([way.probe("way")]), &json!(true)));
    let opened = |rule: &str| {
        let alerts = workbench.alerts(&AlertsQuestion { limit: 50, ..AlertsQuestion::default() }, None).unwrap();
        alerts.rows.iter().filter(|row| row.rule == rule && row.subject.kind == "probe").count()
    };
    until(|| opened("slow"), |count| *count == 1);

    way.service_ends.cancel();
    let told = until(|| listed(&workbench), |told| row(told, "way").state == WebsiteState::Down);
    let last = row(&told, "way").last.clone().unwrap();
    assert!(last.state == CheckState::Down && last.reason.is_some(), "{last:?}");
    until(|| opened("down"), |count| *count == 1);
    until(|| listed(&workbench), |told| row(told, "way").alert_id.is_some());

    workbench.pause_probe("way", true).unwrap();
    assert_eq!(row(&listed(&workbench), "way").state, WebsiteState::Paused);
    workbench.pause_probe("way", false).unwrap();
    let rests = total(&workbench, "way");
    until(|| total(&workbench, "way"), |now| *now > rests);
    write(&home, &json!({ "probes": [way.probe("way"), { "name": 7 }] }));
    let told = until(|| listed(&workbench), |told| !told.problems.is_empty());
    assert!(told.total == 1 && told.problems[0].contains("probes[1]"), "{:?}", told.problems);
    workbench.remove_probe("way").unwrap();
    assert_eq!(listed(&workbench).total, 0);
    assert!(total(&workbench, "way") > 0, "what came of it stays");
    let gone = ProbeQuestion { probe: "way".into(), range: None, columns: 1 };
    assert!(workbench.probe(&gone, None).is_err() && workbench.remove_probe("way").is_err());
    workbench.shut_down();
}

#[test]
fn a_probe_is_tried_without_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let way = Way::new();
    let workbench = Workbench::open(&home).unwrap();
    let draft = |probe: Value| ProbeDraft { original: None, probe };
    let run = workbench.test_probe(&draft(way.probe("way"))).unwrap().run.unwrap();
    assert_eq!((run.state, run.hops.len(), run.failure), (CheckState::Up, 2, None));
    let run =
        workbench.test_probe(&draft(json!({ "name": "a", "target": "grpc://127.0.0.1:1" }))).unwrap().run.unwrap();
    assert_eq!((run.state, run.failure.as_deref()), (CheckState::Down, Some("refused")));
    let wrong = workbench.test_probe(&draft(json!({ "name": "a", "target": "ftp://x" }))).unwrap();
    assert!(wrong.run.is_none() && wrong.problems[0].path == "target", "{wrong:?}");
    assert!(!home.join("live").exists() && !home.join("wirereel.json").exists());
    workbench.shut_down();
}

/// 2026-11-20.
const BEGIN_NS: i64 = 1_795_000_000_000_000_000;
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[test]
fn packets_that_come_later_tell_how_long_a_silent_hop_held_a_probe() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    // The proxy's own capture: it holds the request for 30 ms, of which it waits for 20.
    let ms = 1_000_000;
    let request = format!("GET /health HTTP/1.1\r\nHost: shop\r\ntraceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n\r\n");
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let came = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:443").at(BEGIN_NS).handshake().at(BEGIN_NS + 10 * ms);
    let came = came.client(request.as_bytes()).at(BEGIN_NS + 40 * ms).server(answer).at(BEGIN_NS + 50 * ms).close();
    let sent = Conversation::tcp("10.0.0.2:51000", "10.0.0.3:80").at(BEGIN_NS).handshake().at(BEGIN_NS + 15 * ms);
    let sent = sent.client(request.as_bytes()).at(BEGIN_NS + 35 * ms).server(answer).at(BEGIN_NS + 50 * ms).close();
    let capture = folder.path().join("proxy.pcap");
    fs::write(&capture, came.packets().merge(sent.packets()).pcap()).unwrap();

    let intended_us = BEGIN_NS / 1_000;
    let hop =
        |position, name: &str, link_ns| NewProbeHop { position, hop: name.into(), link_ns, ..NewProbeHop::default() };
    let run = NewProbeRun {
        probe: "way".into(),
        intended_us,
        at_us: intended_us + 10_000,
        instants: 1,
        white_box: true,
        state: CheckState::Up,
        probe_id: Some(TRACE.into()),
        total_ns: Some(50 * ms as u64),
        hops: vec![hop(0, "nginx", None), hop(1, "shop", Some(50 * ms))],
        ..NewProbeRun::default()
    };
    {
        drop(Workspace::open(&home.join("live")).unwrap());
        Store::open(&home.join("live")).unwrap().store.probe_writer().unwrap().write(&[run]).unwrap();
    }
    let probe = json!({ "name": "way", "target": "http://10.0.0.2:443/health", "paused": true,
        "path": [{ "hop": "nginx", "address": "10.0.0.2" }, { "hop": "shop" }] });
    write(&home, &json!({ "probes": [probe] }));
    let question = ProbeRunsQuestion { intended_us: Some(intended_us), limit: 1, ..ProbeRunsQuestion::default() };
    let workbench = Workbench::open(&home).unwrap();
    let before = workbench.probe_runs(&question, None).unwrap().rows.remove(0);
    assert_eq!((before.hops[0].reported, before.exchange_ids.len()), (HopReported::Opaque, 0));
    workbench.shut_down();
    drop(workbench);
    {
        let live = Workspace::open(&home.join("live")).unwrap();
        import(&live, &[capture], &Unwatched).unwrap();
    }
    let workbench = Workbench::open(&home).unwrap();
    let seen = workbench.probe_runs(&question, None).unwrap().rows.remove(0);
    assert_eq!((seen.hops[0].reported, seen.exchange_ids.len()), (HopReported::Observed, 2));
    let part = |at: usize| (seen.hops[at].link_us.unwrap(), seen.hops[at].own_us);
    assert_eq!((part(0), part(1)), ((20_000.0, Some(10_000.0)), (20_000.0, None)), "{seen:?}");
    assert_eq!((seen.unattributed_us, seen.inconsistent), (None, false));

    // Figures over time and lists have it as soon as it was written down, which it is although its packets came before this start.
    let range = TimeRange { from_us: intended_us - 1_000_000, to_us: intended_us + 1_000_000 };
    let over_time = ProbeQuestion { probe: "way".into(), range: Some(range), columns: 1 };
    let detail =
        until(|| workbench.probe(&over_time, None).unwrap(), |detail| detail.hops[0].reported == HopReported::Observed);
    assert_eq!((detail.hops[0].own.avg_us, detail.hops[1].link.avg_us), (Some(10_000.0), Some(20_000.0)));
    let parts: Vec<_> =
        detail.columns[0].parts.iter().map(|part| (part.hop.as_str(), part.part, part.mean_us)).collect();
    use ProbePartKind::{Hop, NotSplit, Wire};
    assert_eq!(parts, [("nginx", Wire, 20_000.0), ("nginx", Hop, 10_000.0), ("shop", NotSplit, 20_000.0)]);
    let list = ProbeRunsQuestion { limit: 1, ..ProbeRunsQuestion::default() };
    let listed = workbench.probe_runs(&list, None).unwrap().rows.remove(0);
    assert_eq!(listed.hops, seen.hops);
    workbench.shut_down();
    drop(workbench);

    // A capture nearer to the hop comes even later: it is what counts from then on.
    let near = Conversation::tcp("10.0.0.1:40000", "10.0.0.2:443").at(BEGIN_NS).handshake().at(BEGIN_NS + 12 * ms);
    let near = near.client(request.as_bytes()).at(BEGIN_NS + 38 * ms).server(answer).at(BEGIN_NS + 50 * ms).close();
    let capture = folder.path().join("nearer.pcap");
    fs::write(&capture, near.packets().pcap()).unwrap();
    {
        let live = Workspace::open(&home.join("live")).unwrap();
        import(&live, &[capture], &Unwatched).unwrap();
    }
    let workbench = Workbench::open(&home).unwrap();
    let own_us = || workbench.probe_runs(&list, None).unwrap().rows[0].hops[0].own_us;
    until(own_us, |own_us| *own_us == Some(6_000.0));
    workbench.shut_down();
    drop(workbench);
    let live = Workspace::open(&home.join("live")).unwrap();
    let told = "SELECT hop, reported, observed, own_us, link_us FROM probe_hops ORDER BY position";
    let rows = live.reader(None).unwrap().sql(told, 10).unwrap().rows;
    assert_eq!(json!(rows), json!([["nginx", false, true, 6_000.0, 24_000.0], ["shop", false, false, null, 20_000.0]]));
}

#[test]
fn what_sources_find_is_probed_and_leaves_with_its_target() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let way = Way::new();
    let list = folder.path().join("targets.json");
    fs::write(&list, json!([{ "address": way.relay, "service": "catalog", "node": "n1" }]).to_string()).unwrap();
    let template = json!({ "name": "{service} on {node}", "target": "grpc://{address}", "interval": "100ms",
        "to": { "region": "us", "service": "{service}" } });
    let source = json!({ "name": "list", "find": { "file": { "path": list } }, "probe": template });
    let wrong = json!({ "name": "", "find": { "static": [] }, "probe": template });
    write(&home, &json!({ "probes": [way.probe("written")], "probe_sources": [source, wrong] }));
    let workbench = Workbench::open(&home).unwrap();
    let told =
        until(|| listed(&workbench), |told| told.rows.len() == 2 && told.rows.iter().all(|row| row.figures.up >= 3));
    let found = row(&told, "catalog on n1");
    assert_eq!((found.state, found.target.as_str()), (WebsiteState::Up, format!("grpc://{}", way.relay).as_str()));
    assert!(told.problems.len() == 1 && told.problems[0].contains("probe_sources[1].name"), "{:?}", told.problems);

    // A file that is wrong keeps what was said last, and says so.
    fs::write(&list, "[{").unwrap();
    let told = until(|| listed(&workbench), |told| told.problems.len() == 2);
    assert!(told.problems[1].contains("The source list: ") && told.problems[1].contains("stays in force"), "{told:?}");
    assert_eq!(told.rows.len(), 2);
    fs::write(&list, "[]").unwrap();
    let told = until(|| listed(&workbench), |told| told.rows.len() == 1);
    assert_eq!((told.rows[0].probe.as_str(), told.problems.len()), ("written", 1));
    assert!(total(&workbench, "catalog on n1") >= 3, "what came of it stays");
}
