//! The workbench as hosts use it: opening, importing, cancelling, remembering.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use wirereel_engine::{
    EngineError, StoreError, Workbench, Workspace,
    import::{Unwatched, import},
};
use wirereel_query::{question::Scope, workbench::ImportState};
use wirereel_testkit::{Conversation, Packets};

/// A small capture: `n` customers ask a named server once each.
fn capture(folder: &Path, name: &str, n: u16) -> PathBuf {
    let mut packets = Packets(Vec::new());
    for i in 0..n {
        let client = format!("198.51.100.{}:{}", 1 + i % 200, 20_000 + i);
        packets = packets.merge(
            Conversation::tcp(&client, "10.0.0.1:80")
                .at(1_790_000_000_000_000_000 + i64::from(i) * 1_000_000)
                .handshake()
                .client(b"GET /thing HTTP/1.1\r\nHost: shop\r\n\r\n")
                .server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .close()
                .packets(),
        );
    }
    let path = folder.join(name);
    fs::write(&path, packets.pcap()).expect("written");
    path
}

fn finished(workbench: &Workbench) -> ImportState {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let state = workbench.app_state("test").expect("a state").import.map(|import| import.state);
        match state {
            Some(ImportState::Running) | None => assert!(Instant::now() < until, "the import does not end"),
            Some(state) => return state,
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_capture_that_was_opened_before_opens_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = capture(folder.path(), "a.pcap", 20);
    let workbench = Workbench::open(&folder.path().join("home")).expect("opens");
    assert!(matches!(workbench.reader(None), Err(EngineError::NothingOpen)));
    workbench.open_paths(std::slice::from_ref(&path)).expect("opens");
    assert_eq!(finished(&workbench), ImportState::Done);
    let first = workbench.app_state("test").expect("a state").recording.expect("a recording");
    assert_eq!((first.name.as_str(), first.exchanges, first.services), ("a.pcap", 20, 1));

    workbench.close_recording();
    workbench.open_paths(&[path]).expect("opens");
    let state = workbench.app_state("test").expect("a state");
    assert_eq!(state.import, None, "nothing is imported a second time");
    assert_eq!(state.recording.map(|recording| recording.recording_id), Some(first.recording_id));
    workbench.shut_down();
}

#[test]
fn recents_outlive_the_program_and_can_be_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("home");
    let path = capture(folder.path(), "a.pcap", 5);
    let workbench = Workbench::open(&home).expect("opens");
    workbench.open_paths(std::slice::from_ref(&path)).expect("opens");
    finished(&workbench);
    workbench.shut_down();
    drop(workbench);

    let workbench = Workbench::open(&home).expect("opens");
    let recents = workbench.app_state("test").expect("a state").recents;
    assert_eq!(recents.len(), 1);
    assert_eq!((recents[0].exchanges, recents[0].trend.iter().sum::<u32>(), recents[0].available), (5, 5, true));
    workbench.open_recent(&recents[0].recording_id).expect("opens");
    assert_eq!(workbench.reader(None).expect("open").recording().expect("answers").exchanges, 5);

    workbench.forget_recent(&recents[0].recording_id).expect("forgets");
    let state = workbench.app_state("test").expect("a state");
    assert_eq!((state.recents.len(), state.recording), (0, None));
    assert!(path.is_file(), "the capture itself stays");
}

#[test]
fn a_cancelled_import_leaves_nothing_and_the_next_one_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = capture(folder.path(), "a.pcap", 3_000);
    let workbench = Workbench::open(&folder.path().join("home")).expect("opens");
    workbench.open_paths(std::slice::from_ref(&path)).expect("opens");
    workbench.cancel_import();
    if finished(&workbench) == ImportState::Cancelled {
        assert!(matches!(workbench.reader(None), Err(EngineError::NothingOpen)));
        assert!(workbench.app_state("test").expect("a state").recents.is_empty());
    }
    workbench.open_paths(&[path]).expect("opens");
    let until = Instant::now() + Duration::from_secs(60);
    while workbench.app_state("test").expect("a state").recording.is_none_or(|recording| recording.exchanges < 3_000) {
        assert!(Instant::now() < until, "the import does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    finished(&workbench);
    workbench.shut_down();
}

#[test]
fn the_workbench_shuts_down_at_any_moment_of_an_import() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = capture(folder.path(), "a.pcap", 2_000);
    for moment in 0..8 {
        let workbench = Workbench::open(&folder.path().join(format!("home-{moment}"))).expect("opens");
        workbench.open_paths(std::slice::from_ref(&path)).expect("opens");
        std::thread::sleep(Duration::from_millis(moment * 15));
        let (ended, has_ended) = std::sync::mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("shut-down".into())
            .spawn(move || {
                workbench.shut_down();
                ended.send(()).expect("somebody waits");
            })
            .expect("a thread");
        has_ended.recv_timeout(Duration::from_secs(60)).expect("it has shut down");
    }
}

#[test]
fn files_opened_together_are_one_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = [capture(folder.path(), "a.pcap", 3), capture(folder.path(), "b.pcap", 4)];
    let workbench = Workbench::open(&folder.path().join("home")).expect("opens");
    workbench.open_paths(&paths).expect("opens");
    assert_eq!(finished(&workbench), ImportState::Done);
    let recording = workbench.app_state("test").expect("a state").recording.expect("a recording");
    assert_eq!((recording.name.as_str(), recording.sources.len(), recording.exchanges), ("a.pcap and 1 more", 2, 7));
    workbench.shut_down();
}

#[test]
fn names_follow_the_file_when_a_workspace_is_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = capture(folder.path(), "a.pcap", 10);
    let home = folder.path().join("home");
    let names = |workspace: &Workspace| {
        let topology = workspace.reader(None).expect("a reader").topology(&Scope::default()).expect("answers");
        let mut names: Vec<String> = topology.nodes.into_iter().map(|node| node.name).collect();
        names.sort();
        (names, topology.entry_points_guessed)
    };
    let workspace = Workspace::open(&home).expect("opens");
    import(&workspace, &[path], &Unwatched).expect("imports");
    assert_eq!(names(&workspace), (vec!["customers".to_owned(), "shop".to_owned()], true));
    drop(workspace);

    let config =
        r#"{ "names": [{ "name": "front", "address": "10.0.0.1" }], "entry_points": [{ "service": "front" }] }"#;
    fs::write(home.join("wirereel.json"), config).expect("written");
    let workspace = Workspace::open_existing(&home).expect("opens");
    assert_eq!(names(&workspace), (vec!["customers".to_owned(), "front".to_owned()], false));
}

#[test]
fn trusted_proxies_and_kept_secrets_count_for_what_is_imported_from_then_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let request = "GET / HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.77, 10.0.0.7\r\n\
                   Authorization: Bearer opaque-credential\r\n\r\n";
    let packets = Conversation::tcp("10.0.0.7:20001", "10.0.0.1:80")
        .handshake()
        .client(request.as_bytes())
        .server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .close()
        .packets();
    let path = folder.path().join("proxied.pcap");
    fs::write(&path, packets.pcap()).expect("written");
    let row = |home: &Path, config: Option<&str>| {
        fs::create_dir_all(home).expect("a folder");
        if let Some(config) = config {
            fs::write(home.join("wirereel.json"), config).expect("written");
        }
        let workspace = Workspace::open(home).expect("opens");
        assert!(workspace.config_problems().is_empty());
        import(&workspace, std::slice::from_ref(&path), &Unwatched).expect("imports");
        let query = "SELECT origin_ip, request_headers LIKE '%opaque-credential%' FROM http_exchanges";
        workspace.reader(None).expect("a reader").sql(query, 2).expect("answers").rows.remove(0)
    };
    let default = row(&folder.path().join("default"), None);
    assert_eq!(default, [serde_json::json!("198.51.100.77"), serde_json::json!(false)]);
    let config = r#"{ "trusted_proxies": ["10.0.0.0/8", "198.51.100.77"], "keep_secrets": true }"#;
    let decided = row(&folder.path().join("decided"), Some(config));
    assert_eq!(decided, [serde_json::json!("203.0.113.9"), serde_json::json!(true)]);
}

#[test]
fn a_newer_question_on_a_lane_takes_the_older_ones_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = capture(folder.path(), "a.pcap", 50);
    let workspace = Arc::new(Workspace::open(folder.path()).expect("opens"));
    import(&workspace, &[path], &Unwatched).expect("imports");
    let slow = {
        let workspace = workspace.clone();
        std::thread::Builder::new()
            .name("slow-question".into())
            .spawn(move || {
                let endless = "SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c WHERE a.range = b.range + c.range";
                workspace.reader(Some("lane")).expect("a reader").sql(endless, 1)
            })
            .expect("a thread")
    };
    std::thread::sleep(Duration::from_millis(300));
    let quick = workspace.reader(Some("lane")).expect("a reader").sql("SELECT 1", 1);
    assert!(quick.is_ok());
    assert!(matches!(slow.join().expect("no panic"), Err(StoreError::Superseded)));
}

#[test]
fn an_edited_file_is_followed_while_its_recording_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = capture(folder.path(), "a.pcap", 10);
    let home = folder.path().join("home");
    import(&Workspace::open(&home).expect("opens"), &[path], &Unwatched).expect("imports");
    let workbench = Workbench::open(&home).expect("opens");
    let names = || {
        let topology = workbench.reader(None).expect("a reader").topology(&Scope::default()).expect("answers");
        let mut names: Vec<String> = topology.nodes.into_iter().map(|node| node.name).collect();
        names.sort();
        names
    };
    let until = |what: &str, holds: &dyn Fn() -> bool| {
        let until = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < until, "{what}: {:?}", names());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let generation = workbench.ticks().borrow().generation;
    let write = |text: &str| fs::write(home.join("wirereel.json"), text).expect("written");
    write(r#"{ "names": [{ "name": "front", "address": "10.0.0.1" }] }"#);
    until("the edit applies", &|| names() == ["customers", "front"]);
    until("hosts are told", &|| workbench.ticks().borrow().generation > generation);
    assert!(workbench.app_state("test").expect("a state").notices.is_empty());

    write(r#"{ "names": [{ "name": "back", "address": "10.0.0" }] }"#);
    until("the mistake is told", &|| !workbench.app_state("test").expect("a state").notices.is_empty());
    let notices = workbench.app_state("test").expect("a state").notices;
    assert!(notices[0].contains("names[0].address: \"10.0.0\" is not an address"), "{notices:?}");
    assert_eq!(names(), ["customers", "front"], "what was right before stays in force");

    fs::remove_file(home.join("wirereel.json")).expect("removed");
    until("the defaults are back", &|| names() == ["customers", "shop"]);
    workbench.shut_down();
    drop(workbench);
    Workspace::open_existing(&home).expect("nobody has it open any more");
}
