//! Probes find out what every hop, every link and the service take, whatever clocks say.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod stage;

use serde_json::json;
use stage::delayed::{Found, Run, find, percentile};

/// On a machine that does other things besides; `bench-paths` holds figures to a millisecond.
const ROOM_MS: f64 = 25.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_every_part_of_a_path_takes_is_found_out_with_clocks_that_are_hours_apart() {
    let found = find(Run { paths: 12, paths_at_once: 12, probes: 4, probes_at_once: 4, longest_ms: 60 }).await;
    assert_eq!((found.own.len(), found.link.len(), found.backend.len()), (192, 192, 48));
    for (part, errors) in [("own", &found.own), ("link", &found.link), ("backend", &found.backend)] {
        let off = percentile(errors, 50);
        assert!(off < ROOM_MS, "{part} is {off} ms off");
    }
    // However busy the machine is: no delay is found out shorter than it was.
    assert!(found.faster < 0.01, "{} ms", found.faster);
    assert!(found.sums.iter().all(|sum| *sum == 0.0), "{:?}", found.sums);
    let spread = found.clocks.iter().fold((0.0_f64, 0.0_f64), |(low, high), off| (low.min(*off), high.max(*off)));
    assert!(spread.0 < -0.5 && spread.1 > 0.5, "clocks agree: {spread:?}");
}

/// 1,000 probes with delays up to 200 ms per hop and direction; run by `scripts/bench paths`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute or two, and wants the machine to itself"]
async fn a_thousand_probes_recover_each_delay_within_a_millisecond() {
    let found = find(Run { paths: 50, paths_at_once: 17, probes: 20, probes_at_once: 1, longest_ms: 200 }).await;
    let figures = figures(&found);
    for (name, value) in &figures {
        println!("{name:24} {value:9.4} ms");
    }
    if let Some(folder) = std::env::var_os("WIREREEL_BENCH_DIR") {
        std::fs::create_dir_all(&folder).unwrap();
        let rows: Vec<_> =
            figures.iter().map(|(name, value)| json!({ "name": name, "value": value, "unit": "ms" })).collect();
        std::fs::write(std::path::Path::new(&folder).join("paths.json"), serde_json::to_vec_pretty(&rows).unwrap())
            .unwrap();
    }
    assert_eq!(found.backend.len(), 1_000);
    for (part, errors) in [("own", &found.own), ("link", &found.link), ("backend", &found.backend)] {
        assert!(percentile(errors, 95) <= 1.0, "{part}");
    }
    assert!(percentile(&found.sums, 100) <= 0.1);
}

fn figures(found: &Found) -> Vec<(String, f64)> {
    let [own, link, backend] = &found.plain;
    let parts = [
        ("own", &found.own),
        ("link", &found.link),
        ("backend", &found.backend),
        ("own plain", own),
        ("link plain", link),
        ("backend plain", backend),
        ("sum", &found.sums),
    ];
    let of = |(part, errors): (&str, &Vec<f64>)| {
        [50, 95, 99, 100].map(|percent| (format!("{part} off, p{percent}"), percentile(errors, percent)))
    };
    parts.into_iter().flat_map(of).collect()
}
