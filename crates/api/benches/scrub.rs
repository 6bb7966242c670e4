//! Scrubbing the day sample: random playhead moves through the api, as the reel asks when it is dragged.
//!
//! A move is what one settled pointer position asks: the state at the instant. Beside it, what a range change asks: the density of
//! the reel, the graph and the first page of the grid.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and ends when something fails")]

mod figures;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use figures::Figures;
use serde_json::{Value, json};
use wirereel_api::{Api, Headless, Workbench};
use wirereel_engine::{
    Workspace,
    import::{Unwatched, import},
};

const MOVES: u32 = 200;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sample-pcaps/shop-day.pcapng");
    {
        let workspace = Workspace::open(folder.path()).unwrap();
        import(&workspace, &[sample], &Unwatched).unwrap();
    }
    let api = Api::new(Workbench::open(folder.path()).unwrap(), Arc::new(Headless));
    let range = ask(&api, "app_state", json!({}))["recording"]["range"].clone();
    let (from, to) = (range["from_us"].as_i64().unwrap(), range["to_us"].as_i64().unwrap());
    let mut instants = Instants { state: 0x9e37_79b9_7f4a_7c15, from, to };

    let mut figures = Figures::new("scrub");
    for _ in 0..5 {
        ask(&api, "state_at", json!({ "at_us": instants.next() }));
    }
    figures.add_times("move", times(|| ask(&api, "state_at", json!({ "at_us": instants.next() }))));
    figures.add_times(
        "density",
        times(|| {
            let at = instants.next();
            let window = json!({ "from_us": at - 3_600_000_000i64, "to_us": at + 3_600_000_000i64 });
            ask(&api, "density", json!({ "range": window, "buckets": 1200 }))
        }),
    );
    figures.add_times(
        "topology",
        times(|| {
            let at = instants.next();
            ask(&api, "topology", json!({ "range": { "from_us": at - 600_000_000i64, "to_us": at } }))
        }),
    );
    figures.add_times(
        "exchanges",
        times(|| {
            let at = instants.next();
            let scope = json!({ "range": { "from_us": at - 600_000_000i64, "to_us": at } });
            ask(
                &api,
                "exchanges",
                json!({ "scope": scope, "sort": "started_at", "descending": false, "offset": 0, "limit": 200 }),
            )
        }),
    );
    figures.finish();
}

fn ask(api: &Api, command: &str, args: Value) -> Value {
    api.call(command, args, None).unwrap_or_else(|error| panic!("{command}: {}", error.message))
}

fn times(mut work: impl FnMut() -> Value) -> Vec<Duration> {
    (0..MOVES)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect()
}

/// The same "random" instants at every run (xorshift64).
struct Instants {
    state: u64,
    from: i64,
    to: i64,
}

impl Instants {
    fn next(&mut self) -> i64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.from + (self.state % (self.to - self.from) as u64) as i64
    }
}
