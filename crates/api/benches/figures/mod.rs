//! What a benchmark ends with: a table on the terminal and a list of figures in `target/bench/<name>.json`.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

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

    /// A value that was added.
    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
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

/// Replaces the part of a page that begins with a heading of the first level, up to the next one, or adds it at the end.
pub(crate) fn write_part(page: &Path, heading: &str, text: &str) {
    let old = fs::read_to_string(page).unwrap_or_default();
    let mut parts: Vec<String> = Vec::new();
    for line in old.lines() {
        if line.starts_with("# ") || parts.is_empty() {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    let new = format!("# {heading}\n\n{}\n", text.trim());
    match parts.iter_mut().find(|part| part.lines().next() == Some(&format!("# {heading}"))) {
        Some(part) => *part = new,
        None => parts.push(new),
    }
    let parts: Vec<&str> = parts.iter().map(|part| part.trim_end()).collect();
    fs::write(page, parts.join("\n\n") + "\n").expect("the page can be written");
}

/// Processor and cores.
pub(crate) fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", model.unwrap_or("an unknown processor"))
}
