//! Imports by the built `wirereel`, as a user makes them, beside what other programs take for the same file.
//!
//! `make bench-import` records a file of its own first (`scripts/record-benchmark`), prints a table, and writes `target/bench/import.json` and
//! `docs/benchmarks.md`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and ends when something fails")]

#[path = "../../../api/benches/figures/mod.rs"]
mod figures;
mod measure;
mod page;
mod peers;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use figures::Figures;
use measure::{Measured, best};
use peers::{Peer, peers};

/// Runs of which the quickest counts: the others were disturbed.
const ROUNDS: usize = 3;

/// One file, as every program read it.
pub(crate) struct Compared {
    name: String,
    file_bytes: u64,
    packets: u64,
    exchanges: u64,
    database_bytes: u64,
    ours: Measured,
    peers: Vec<(Peer, Measured)>,
}

fn main() {
    let samples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sample-pcaps");
    let mut files = vec![samples.join("shop-flash-sale.pcapng"), samples.join("shop-day.pcapng")];
    files.extend(env::var_os("WIREREEL_BENCH_RECORDING").map(PathBuf::from));
    let mut figures = Figures::new("import");
    let compared: Vec<Compared> = files.iter().map(|file| compare(file)).collect();
    for one in &compared {
        tell(one, &mut figures);
    }
    figures.finish();
    if let (Some(docs), Some(large)) = (env::var_os("WIREREEL_BENCH_DOCS"), compared.get(2)) {
        page::write(Path::new(&docs), large, &compared[..2]);
    }
}

fn compare(file: &Path) -> Compared {
    let folder = tempfile::tempdir().unwrap();
    let ours = best(ROUNDS, || {
        let workspace = folder.path().join("workspace");
        // Each import begins with nothing.
        let _ = std::fs::remove_dir_all(&workspace);
        let mut import = Command::new(env!("CARGO_BIN_EXE_wirereel"));
        import.arg("import").arg(file).arg("--workspace").arg(workspace);
        import
    })
    .expect("wirereel imports its own samples");
    let workspace = folder.path().join("workspace");
    let count = |query: &str| -> u64 {
        let mut sql = Command::new(env!("CARGO_BIN_EXE_wirereel"));
        let output = sql.args(["sql", "--format", "csv", query, "--workspace"]).arg(&workspace).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().nth(1).unwrap().parse().unwrap()
    };
    Compared {
        name: file.file_stem().unwrap().to_string_lossy().into_owned(),
        file_bytes: file.metadata().unwrap().len(),
        packets: count("SELECT sum(packets)::BIGINT FROM sources"),
        exchanges: count("SELECT count(*) FROM http_exchanges"),
        database_bytes: workspace.join("events.duckdb").metadata().unwrap().len(),
        ours,
        peers: peers().into_iter().filter_map(|peer| Some((peer, best(1, || peer.command(file))?))).collect(),
    }
}

/// The large recording's figures have plain names; those of the samples begin with the sample's.
fn tell(one: &Compared, figures: &mut Figures) {
    let prefix = if one.name == "recording" { String::new() } else { format!("{}_", one.name) };
    let mut add = |name: &str, value: f64, unit| figures.add(format!("{prefix}{name}"), value, unit);
    add("seconds", one.ours.seconds, "s");
    add("packets_per_second", one.packets as f64 / one.ours.seconds, "1/s");
    add("peak_rss_mb", one.ours.peak_mb, "MB");
    add("bytes_per_packet", one.database_bytes as f64 / one.packets as f64, "B");
    add("bytes_per_exchange", one.database_bytes as f64 / one.exchanges as f64, "B");
    for (peer, theirs) in &one.peers {
        add(&format!("{}_seconds", peer.name), theirs.seconds, "s");
        add(&format!("{}_peak_rss_mb", peer.name), theirs.peak_mb, "MB");
        if peer.slower {
            add(&format!("ratio_to_{}", peer.name), theirs.seconds / one.ours.seconds, "times faster than it");
        } else {
            add(&format!("ratio_to_{}", peer.name), one.ours.seconds / theirs.seconds, "times its time");
        }
    }
}
