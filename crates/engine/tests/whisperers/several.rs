//! Several at once, killed, resumed, and those of files.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use wirereel_engine::{Workbench, Workspace, import::Unwatched};
use wirereel_query::{
    question::DensityQuestion,
    whisperers::{NewWhisperer, WhispererKind},
    workbench::CaptureState,
};

use crate::support::{
    add, agent, ask, configure, descendants, one, reach, seen, server, signal, start, stop, value, wait_for, workbench,
};

#[test]
fn whisperers_capture_side_by_side_and_stop_one_by_one() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let (first_port, second_port) = (server(), server());
    configure(&workbench, "local", json!({ "filter": format!("tcp port {first_port}") }));
    let second = add(&workbench, "Next door", agent().to_str().unwrap(), second_port);
    assert_eq!(second, "next-door");
    let took = [start(&workbench, "local"), start(&workbench, &second)];
    println!("capturing after {took:?}");
    let open = |workbench: &Workbench| workbench.app_state("test").unwrap().capture;
    assert_eq!(open(&workbench).interfaces, ["lo", "Next door: lo"]);
    (0..10).for_each(|_| ask(first_port, "/first"));
    (0..20).for_each(|_| ask(second_port, "/second"));
    wait_for(|| (seen(&workbench, "/first"), seen(&workbench, "/second")) == (10, 20));
    let took = stop(&workbench, &second);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(open(&workbench).state, CaptureState::Capturing, "the other one goes on");
    (0..5).for_each(|_| ask(second_port, "/late"));
    (0..5).for_each(|_| ask(first_port, "/late-first"));
    wait_for(|| seen(&workbench, "/late-first") == 5);
    assert_eq!(seen(&workbench, "/late"), 0);
    wait_for(|| one(&workbench, "local").figures.packets >= 90);
    stop(&workbench, "local");
    // Each is a source of its own; numbers of exchanges are nobody's twice.
    assert_eq!(value(&workbench, "SELECT count(*) FROM sources WHERE kind = 'interface' AND packets > 0"), 2);
    assert_eq!(value(&workbench, "SELECT count(*) - count(DISTINCT exchange_id) FROM http_exchanges"), 0);
    assert_eq!(value(&workbench, "SELECT count(DISTINCT source_id) FROM http_exchanges"), 2);
    assert_eq!(value(&workbench, "SELECT name FROM sources ORDER BY name DESC LIMIT 1"), "lo");
    for id in ["local", second.as_str()] {
        let history = workbench.whisperer_history(id, None, None, 600).unwrap();
        assert!(!history.at_us.is_empty() && history.memory_bytes.iter().all(|bytes| *bytes > 0.0), "{history:?}");
        let told: Vec<&str> = history.events.iter().map(|event| event.text.as_str()).collect();
        assert_eq!(told, ["stopped", "capturing on lo", "connecting"], "latest first");
        let totals = one(&workbench, id).totals;
        assert_eq!((totals.captures, totals.lost), (1, 0));
        assert!(totals.packets >= 90 && totals.capturing_us > 500_000, "{totals:?}");
    }
    let metrics =
        "SELECT count(DISTINCT component) FROM self_metrics WHERE component LIKE 'whisperer:%' AND metric = 'cpu'";
    assert_eq!(value(&workbench, metrics), 2);
    workbench.remove_whisperer(&second).unwrap();
    assert_eq!(workbench.whisperers().len(), 1);
    assert_eq!(seen(&workbench, "/second"), 20, "what it captured stays");
    workbench.shut_down();
}

#[test]
fn a_killed_agent_comes_back_and_the_time_between_is_a_gap() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let port = server();
    // Under a name of its own, to be told from the agents of other tests.
    let program = home.path().join("killed-agent");
    std::os::unix::fs::symlink(agent(), &program).unwrap();
    let id = add(&workbench, "Killed", program.to_str().unwrap(), port);
    start(&workbench, &id);
    ask(port, "/before");
    wait_for(|| seen(&workbench, "/before") == 1);
    let ours = descendants(std::process::id());
    signal("KILL", ours.iter().find(|(_, name)| name == "killed-agent").unwrap().0);
    let took = reach(&workbench, &id, CaptureState::NotVisible);
    let gone = one(&workbench, &id);
    println!("not visible after {took:?}: {:?}", gone.reason);
    assert!(took < Duration::from_secs(3));
    assert!(gone.reason.unwrap().starts_with("it has ended"));
    assert_eq!(gone.attempt, 2);
    assert!(gone.next_attempt_us.is_some());
    reach(&workbench, &id, CaptureState::Capturing);
    assert_eq!((one(&workbench, &id).attempt, one(&workbench, &id).next_attempt_us), (0, None));
    ask(port, "/after");
    wait_for(|| seen(&workbench, "/after") == 1);
    wait_for(|| one(&workbench, &id).figures.updated_us.is_some());
    stop(&workbench, &id);
    let range = workbench.app_state("test").unwrap().recording.unwrap().range.unwrap();
    let question = DensityQuestion { range, buckets: 100, filter: String::new() };
    let gaps = workbench.reader(None).unwrap().density(&question).unwrap().gaps;
    let between: Vec<_> = gaps.iter().filter(|gap| gap.reason == "not capturing").collect();
    assert_eq!(between.len(), 1, "{gaps:?}");
    assert!(between[0].range.to_us - between[0].range.from_us > 500_000, "{between:?}");
    workbench.shut_down();
}

#[test]
fn a_capture_that_was_on_comes_back_on_where_the_user_wants_it() {
    let home = tempfile::tempdir().unwrap();
    let Some(first) = workbench(home.path()) else { return };
    let port = server();
    configure(&first, "local", json!({ "filter": format!("tcp port {port}") }));
    first.resume_whisperer("local", true).unwrap();
    let other = add(&first, "Other", agent().to_str().unwrap(), port);
    start(&first, "local");
    start(&first, &other);
    first.shut_down();
    drop(first);

    let second = Workbench::open(home.path()).unwrap();
    assert_eq!(one(&second, "local").state, CaptureState::Stopped);
    second.resume_captures().unwrap();
    reach(&second, "local", CaptureState::Capturing);
    assert_eq!(one(&second, &other).state, CaptureState::Stopped, "nobody wanted it to");
    assert!(one(&second, &other).host.is_some(), "what its host said last is remembered");
    ask(port, "/again");
    second.open_recent("live").unwrap();
    wait_for(|| seen(&second, "/again") == 1);
    stop(&second, "local");
    second.shut_down();
    drop(second);

    let third = Workbench::open(home.path()).unwrap();
    third.resume_captures().unwrap();
    assert_eq!(one(&third, "local").state, CaptureState::Stopped, "the user has stopped it");
    assert_eq!(one(&third, "local").totals.captures, 2);
    third.shut_down();
}

#[test]
fn a_capture_file_of_a_host_becomes_a_source_with_the_rows_of_an_import() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-pcaps/shop-flash-sale.pcapng");
    let new = NewWhisperer {
        name: "Archive".into(),
        kind: WhispererKind::File,
        command: agent().to_str().unwrap().into(),
        path: Some(sample.into()),
    };
    let id = workbench.add_whisperer(&new).unwrap().id;
    workbench.start_whisperer(&id).unwrap();
    let began = Instant::now();
    wait_for(|| {
        one(&workbench, &id).reason.is_some_and(|reason| reason.starts_with("the file was sent: 32531 packets"))
    });
    println!("sent and stored after {:?}", began.elapsed());
    assert_eq!(one(&workbench, &id).state, CaptureState::Stopped);
    assert_eq!(value(&workbench, "SELECT kind FROM sources"), "file");
    let imported = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(imported.path()).unwrap();
    wirereel_engine::import::import(&workspace, &[sample.into()], &Unwatched).unwrap();
    for query in [
        "SELECT count(*), sum(response_body_bytes)::BIGINT, count(DISTINCT target) FROM http_exchanges",
        "SELECT count(*), sum(client_bytes)::BIGINT FROM flows",
        "SELECT count(*) FROM flow_events",
    ] {
        let theirs = workspace.reader(None).unwrap().sql(query, 10).unwrap().rows;
        assert_eq!(workbench.reader(None).unwrap().sql(query, 10).unwrap().rows, theirs, "{query}");
    }
    workbench.shut_down();

    let missing = NewWhisperer { path: Some("/no/such/file.pcap".into()), ..new };
    let again = Workbench::open(home.path()).unwrap();
    let id = again.add_whisperer(&missing).unwrap().id;
    again.start_whisperer(&id).unwrap();
    reach(&again, &id, CaptureState::WrongConfiguration);
    assert!(one(&again, &id).reason.unwrap().contains("/no/such/file.pcap"));
    again.shut_down();
}

#[test]
fn looking_at_figures_never_keeps_a_capture_from_starting() {
    let home = tempfile::tempdir().unwrap();
    let Some(workbench) = workbench(home.path()) else { return };
    let ended = Arc::new(AtomicBool::new(false));
    let look = {
        let (workbench, ended) = (Arc::clone(&workbench), Arc::clone(&ended));
        move || {
            while !ended.load(Ordering::Relaxed) {
                workbench.whisperer_history("local", None, None, 60).unwrap();
            }
        }
    };
    let looking = thread::Builder::new().name("looking".into()).spawn(look).unwrap();
    for _ in 0..6 {
        start(&workbench, "local");
        stop(&workbench, "local");
        workbench.close_recording();
    }
    ended.store(true, Ordering::Relaxed);
    looking.join().unwrap();
    workbench.shut_down();
}
