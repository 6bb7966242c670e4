//! Little room, and none at all.

use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    thread,
    time::Duration,
};

use wirereel_capture::{CaptureFile, segments};

use super::{
    rebuild::complete,
    space::OfSystem,
    station::{SECOND_NS, Station, Told, connection, count, folder, wait_for},
};
use crate::{Workspace, import::Unwatched};

const START_NS: i64 = 1_795_000_000 * SECOND_NS;
const FOLDER: &str = "WIREREEL_TEST_SMALL_DISK";

fn packets_in(run: &std::path::Path) -> u64 {
    let mut packets = 0;
    for segment in segments(run).unwrap() {
        let mut file = CaptureFile::open(&segment.path).unwrap();
        while file.next().unwrap().is_some() {
            packets += 1;
        }
    }
    packets
}

#[test]
fn below_the_bound_packets_are_counted_as_lost_and_above_it_they_are_kept_again() {
    let folder = folder();
    let probe = Arc::new(Told(AtomicU64::new(10 << 30)));
    let mut station = Station::open(folder.path(), r#"{ "retention": { "free_space_gib": 2 } }"#, probe.clone());
    let run = station.begin();
    let mut sent = 0;
    let mut send = |station: &mut Station, number: u64| {
        let packets = connection(START_NS + number as i64 * 10 * SECOND_NS, number, 3).0;
        sent += packets.len() as u64;
        station.send(&packets);
        packets.len() as u64
    };
    let kept = send(&mut station, 1);
    wait_for(|| station.count("SELECT count(*) FROM http_exchanges") == 3);
    probe.0.store(1 << 30, Ordering::Relaxed);
    wait_for(|| station.space.is_paused());
    let said = station.space.paused().unwrap();
    assert!(
        said.starts_with("Paused: 1.0 GiB are free on the disk of ") && said.contains("capture stops at 2.0 GiB"),
        "{said}"
    );
    let lost = send(&mut station, 2);
    thread::sleep(Duration::from_millis(100));
    probe.0.store(3 << 30, Ordering::Relaxed);
    wait_for(|| !station.space.is_paused());
    let more = send(&mut station, 3);
    wait_for(|| station.count("SELECT count(*) FROM http_exchanges") == 6);
    wait_for(|| station.count("SELECT coalesce(sum(in_queue), 0)::BIGINT FROM raw.lost_packets") == lost as i64);
    assert_eq!(
        station.count("SELECT min(second) FROM raw.lost_packets"),
        START_NS / SECOND_NS + 20,
        "when they were sent"
    );
    assert_eq!(station.space.take_count().get("local"), Some(&lost));
    let health = Arc::clone(&station.health);
    let counted = [&health.packets, &health.refused].map(|gauge| gauge.load(Ordering::Relaxed));
    assert_eq!(counted, [kept + more, lost], "as health shows it");
    station.end();
    let workspace = station.finish();
    assert_eq!(packets_in(&run), kept + more);
    assert_eq!(count(&workspace, "SELECT dropped::BIGINT FROM sources"), lost as i64);
    assert_eq!(count(&workspace, "SELECT packets::BIGINT FROM sources"), (sent - lost) as i64);
}

/// Runs the next test on a disk of its own, which is small and which nobody else sees.
#[test]
fn a_disk_that_is_really_full_loses_nothing_that_was_kept() {
    if !cfg!(target_os = "linux")
        || !Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success())
    {
        // Only who may mount can try this.
        return;
    }
    let folder = folder();
    let script = "mount -t tmpfs -o size=40m tmpfs \"$0\" && exec \"$1\" --exact keeping::space_tests::on_a_small_disk --ignored --nocapture";
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", script])
        .arg(folder.path())
        .arg(env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by the test above, on a disk of its own"]
fn on_a_small_disk() {
    let Some(disk) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let live = disk.join("live");
    fs::create_dir(&live).unwrap();
    let mut station = Station::open(&live, r#"{ "retention": { "free_space_gib": 0.001 } }"#, Arc::new(OfSystem));
    let run = station.begin();
    let mut sent = 0;
    let mut send = |station: &mut Station, number: u64| {
        let packets = connection(START_NS + number as i64 * SECOND_NS, number, 6).0;
        sent += packets.len() as u64;
        station.send(&packets);
    };
    (0..200).for_each(|number| send(&mut station, number));
    wait_for(|| station.count("SELECT count(*) FROM http_exchanges") >= 1_000);
    // Somebody else takes all that is left, at once.
    let fill = disk.join("fill");
    let mut taken = fs::File::create(&fill).unwrap();
    while std::io::Write::write_all(&mut taken, &[7; 4_096]).is_ok() {}
    let mut number = 200;
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_secs(6) {
        send(&mut station, number);
        number += 1;
        thread::sleep(Duration::from_millis(2));
    }
    assert!(station.space.is_paused(), "{number} connections went somewhere");
    drop(taken);
    fs::remove_file(&fill).unwrap();
    wait_for(|| {
        send(&mut station, number);
        number += 1;
        thread::sleep(Duration::from_millis(20));
        !station.space.is_paused()
    });
    let before = station.count("SELECT count(*) FROM http_exchanges");
    (number..number + 100).for_each(|number| send(&mut station, number));
    wait_for(|| station.count("SELECT count(*) FROM http_exchanges") >= before + 500);
    station.end();
    drop(station.finish());
    let workspace = Workspace::open(&live).unwrap();
    complete(&workspace, &Unwatched).unwrap();
    let lost = count(&workspace, "SELECT dropped::BIGINT FROM sources") as u64;
    let kept = packets_in(&run);
    assert_eq!(kept + lost, sent, "every packet is kept or counted");
    assert!(lost > 0);
    assert_eq!(count(&workspace, "SELECT packets::BIGINT FROM sources") as u64, kept);
    assert_eq!(workspace.notes(), Vec::<String>::new(), "the database was never damaged");
}
