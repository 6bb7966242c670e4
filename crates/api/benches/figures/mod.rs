//! What a benchmark ends with: a table on the terminal and a list of figures in `target/bench/<name>.json`.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::{env, fs, path::PathBuf, time::Duration};

use serde::Serialize;

/// One measured value.
#[derive(Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

/// Collects the figures of one benchmark.
pub(crate) struct Figures {
    benchmark: &'static str,
    figures: Vec<Figure>,
}

impl Figures {
    /// Figures of the benchmark of this name.
    pub(crate) fn new(benchmark: &'static str) -> Self {
        Self { benchmark, figures: Vec::new() }
    }

    /// Adds one value.
    pub(crate) fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push(Figure { name: name.into(), value, unit });
    }

    /// Adds p50, p99 and maximum of durations, in milliseconds.
    pub(crate) fn add_times(&mut self, name: &str, mut times: Vec<Duration>) {
        times.sort();
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
        for (label, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            self.add(format!("{name}_{label}_ms"), at(share), "ms");
        }
    }

    /// Prints the table and writes the file.
    pub(crate) fn finish(self) {
        println!("\n{}", self.benchmark);
        for figure in &self.figures {
            println!("  {:<40} {:>14.3} {}", figure.name, figure.value, figure.unit);
        }
        let folder = env::var_os("WIREREEL_BENCH_DIR").map_or_else(|| PathBuf::from("target/bench"), PathBuf::from);
        fs::create_dir_all(&folder).expect("the folder for figures can be made");
        let text = serde_json::to_string_pretty(&self.figures).expect("figures are plain");
        fs::write(folder.join(format!("{}.json", self.benchmark)), text + "\n").expect("the figures can be written");
    }
}
