//! Importing the samples, beside what other programs do with the same files where they are installed.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and ends when something fails")]

mod figures;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use figures::Figures;
use wirereel_engine::{
    Workspace,
    import::{Unwatched, import},
};

const ROUNDS: u32 = 5;

fn main() {
    let mut figures = Figures::new("import");
    for sample in ["shop-flash-sale.pcapng", "shop-day.pcapng"] {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sample-pcaps").join(sample);
        let name = sample.trim_end_matches(".pcapng");
        let mut packets = 0;
        let mut database_bytes = 0;
        let ours = best(|| {
            let folder = tempfile::tempdir().unwrap();
            let workspace = Workspace::open(folder.path()).unwrap();
            packets = import(&workspace, std::slice::from_ref(&path), &Unwatched).unwrap().packets;
            drop(workspace);
            database_bytes = folder.path().join("events.duckdb").metadata().unwrap().len();
        });
        figures.add(format!("{name}_seconds"), ours.as_secs_f64(), "s");
        figures.add(format!("{name}_packets_per_second"), packets as f64 / ours.as_secs_f64(), "1/s");
        figures.add(format!("{name}_bytes_per_packet"), database_bytes as f64 / packets as f64, "B");
        for (peer, program, args) in peers(&path) {
            if let Some(theirs) = timed(program, &args) {
                figures.add(format!("{name}_{peer}_seconds"), theirs.as_secs_f64(), "s");
                figures.add(
                    format!("{name}_ratio_to_{peer}"),
                    theirs.as_secs_f64() / ours.as_secs_f64(),
                    "times faster",
                );
            }
        }
    }
    figures.finish();
}

/// Others and what they are asked: the nearest to what an import reads.
fn peers(path: &Path) -> Vec<(&'static str, &'static str, Vec<String>)> {
    let path = path.display().to_string();
    let fields = ["http.request.method", "http.request.uri", "http.host", "http.response.code"];
    let fields = fields.iter().flat_map(|field| ["-e".to_owned(), (*field).to_owned()]);
    let http = ["-r".to_owned(), path.clone(), "-Y".into(), "http".into(), "-T".into(), "fields".into()]
        .into_iter()
        .chain(fields)
        .collect();
    vec![
        ("capinfos", "capinfos", vec![path.clone()]),
        ("tcptrace", "tcptrace", vec![path.clone()]),
        ("tshark_conversations", "tshark", vec!["-r".into(), path, "-q".into(), "-z".into(), "conv,tcp".into()]),
        ("tshark_http", "tshark", http),
    ]
}

/// How long a program takes; `None` when it is not installed or fails.
fn timed(program: &str, args: &[String]) -> Option<Duration> {
    let started = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    status.success().then(|| started.elapsed())
}

fn best(mut work: impl FnMut()) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .min()
        .unwrap_or_default()
}
