//! A whisperer behind a real sshd: started, changed, stopped, cut off and found again.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use wirereel_engine::Workbench;
use wirereel_query::workbench::CaptureState;

use crate::{
    sshd::Sshd,
    support::{add, ask, configure, one, reach, seen, server, signal, start, stop, wait_for, workbench},
};

/// How soon a state must follow.
const SOON: Duration = Duration::from_secs(3);

fn reached(sshd: &Sshd, workbench: &Arc<Workbench>, port: u16) -> String {
    let id = add(workbench, "Stage", &sshd.command(), port);
    let took = start(workbench, &id);
    println!("capturing over ssh after {took:?}");
    assert!(took < SOON);
    id
}

/// A request shows that it is captured; the one before it need not, since the capture may just have begun.
fn is_seen(workbench: &Workbench, port: u16, path: &str) {
    wait_for(|| {
        ask(port, path);
        seen(workbench, path) > 0
    });
}

#[test]
fn over_ssh_it_starts_changes_and_stops() {
    let home = tempfile::tempdir().unwrap();
    let (Some(workbench), Some(sshd)) = (workbench(home.path()), Sshd::start()) else { return };
    let (first, second) = (server(), server());
    let id = reached(&sshd, &workbench, first);
    (0..30).for_each(|_| ask(first, "/remote"));
    wait_for(|| seen(&workbench, "/remote") == 30);
    let remote = one(&workbench, &id);
    assert!(remote.host.is_some() && remote.interfaces.iter().any(|interface| interface.name == "lo"), "{remote:?}");
    let restart =
        configure(&workbench, &id, json!({ "filter": format!("tcp port {second} or tcp port {}", sshd.port()) }));
    assert!(restart.is_empty());
    is_seen(&workbench, second, "/second");
    wait_for(|| one(&workbench, &id).figures.packets > 0);
    let took = stop(&workbench, &id);
    println!("stopped over ssh after {took:?}");
    assert!(took < Duration::from_secs(1));
    wait_for(|| sshd.agents().is_empty());
    // Its own connection was left out, though the filter asked for that port.
    let own = format!("SELECT count(*) FROM flows WHERE server_port = {}", sshd.port());
    assert_eq!(crate::support::value(&workbench, &own), 0);
    assert_eq!(one(&workbench, &id).figures.lost_in_queue, 0);
    workbench.shut_down();
}

#[test]
fn a_killed_agent_behind_ssh_is_noticed_and_started_again() {
    let home = tempfile::tempdir().unwrap();
    let (Some(workbench), Some(sshd)) = (workbench(home.path()), Sshd::start()) else { return };
    let port = server();
    let id = reached(&sshd, &workbench, port);
    is_seen(&workbench, port, "/before");
    signal("KILL", sshd.agents()[0]);
    let took = reach(&workbench, &id, CaptureState::NotVisible);
    println!("agent killed: noticed after {took:?}: {:?}", one(&workbench, &id).reason);
    assert!(took < SOON);
    let took = reach(&workbench, &id, CaptureState::Capturing);
    println!("capturing again after {took:?}");
    assert!(took < SOON);
    is_seen(&workbench, port, "/after");
    stop(&workbench, &id);
    workbench.shut_down();
}

#[test]
fn a_cut_connection_is_noticed_within_three_seconds_and_taken_up_again() {
    let home = tempfile::tempdir().unwrap();
    let (Some(workbench), Some(sshd)) = (workbench(home.path()), Sshd::start()) else { return };
    let port = server();
    let id = reached(&sshd, &workbench, port);
    is_seen(&workbench, port, "/before");
    for session in sshd.sessions() {
        signal("KILL", session);
    }
    let took = reach(&workbench, &id, CaptureState::NotVisible);
    println!("connection closed: noticed after {took:?}: {:?}", one(&workbench, &id).reason);
    assert!(took < SOON);
    assert!(one(&workbench, &id).next_attempt_us.is_some());
    assert!(reach(&workbench, &id, CaptureState::Capturing) < SOON);
    is_seen(&workbench, port, "/after");

    // Nothing is closed this time: the other end just says no more.
    let silent = sshd.sessions();
    for session in &silent {
        signal("STOP", *session);
    }
    let took = reach(&workbench, &id, CaptureState::NotVisible);
    println!("silent: noticed after {took:?}: {:?}", one(&workbench, &id).reason);
    assert!(took < Duration::from_millis(3_200), "{took:?}");
    let took = reach(&workbench, &id, CaptureState::Capturing);
    println!("capturing again after {took:?}");
    for session in silent {
        signal("KILL", session);
    }
    is_seen(&workbench, port, "/at-last");
    stop(&workbench, &id);
    workbench.shut_down();
}

#[test]
fn a_host_key_that_is_not_the_known_one_is_refused_and_told() {
    let home = tempfile::tempdir().unwrap();
    let Some(sshd) = Sshd::start() else { return };
    let workbench = Workbench::open(home.path()).unwrap();
    sshd.forget_host();
    let id = add(&workbench, "Stage", &sshd.command(), 80);
    workbench.start_whisperer(&id).unwrap();
    let took = reach(&workbench, &id, CaptureState::NotVisible);
    let reason = one(&workbench, &id).reason.unwrap();
    println!("refused after {took:?}: {reason}");
    assert!(reason.contains("Host key verification failed"), "{reason}");
    stop(&workbench, &id);
    workbench.shut_down();
}
