//! Captures with known answers and hostile files, where the corpus is at hand: `WIREREEL_CORPUS`, else `../shared/corpus` beside the checkout.
#![allow(clippy::print_stdout, reason = "what was compared is worth reading when a test fails, and that nothing was")]

mod support;

use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use support::{Shell, repository};

/// The corpus' folder. Without it there is nothing to compare with, and the test says so.
fn corpus() -> Option<PathBuf> {
    let folder = env::var_os("WIREREEL_CORPUS").map_or_else(|| repository().join("../shared/corpus"), PathBuf::from);
    if !folder.is_dir() {
        println!("no corpus at {}: set WIREREEL_CORPUS to compare with it", folder.display());
        return None;
    }
    Some(folder)
}

/// `conn: 72/75 rows match (…)` → 0.96.
fn share(text: &str, kind: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(": ")).expect(kind);
    let (hit, want) = line.split_whitespace().next().and_then(|f| f.split_once('/')).expect("a fraction");
    hit.parse::<f64>().expect("a number") / want.parse::<f64>().expect("a number")
}

#[test]
fn connections_and_requests_agree_with_zeek() {
    let Some(corpus) = corpus() else { return };
    let output = Command::new("python3")
        .arg(corpus.join("score.py"))
        .arg(env!("CARGO_BIN_EXE_wirereel"))
        .arg("-v")
        .output()
        .expect("python3");
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    // What differs on purpose is named in docs/dissection.md.
    assert!(share(&text, "conn") >= 0.96 - 1e-9, "{text}");
    assert!(share(&text, "http") >= 22.0 / 27.0 - 1e-9, "{text}");
    assert_eq!(share(&text, "captures"), 1.0, "{text}");
}

#[test]
fn hostile_files_are_imported_or_refused_with_a_sentence() {
    let Some(corpus) = corpus() else { return };
    let mut tried = 0;
    for entry in fs::read_dir(corpus.join("hostile")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let shell = Shell::new();
        let started = Instant::now();
        let output = shell.run(&["import", &path.display().to_string()]);
        let error = String::from_utf8_lossy(&output.stderr);
        let name = path.display();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {:?} {error}", output.status);
        assert!(!error.contains("panicked"), "{name}: {error}");
        assert!(output.status.success() || error.starts_with("wirereel: "), "{name}: {error}");
        // A runaway would take minutes; the exact limit is measured, not asserted, since machines differ.
        assert!(started.elapsed() < Duration::from_secs(30), "{name}: {:?}", started.elapsed());
        tried += 1;
    }
    assert!(tried > 100, "{tried} files");
}
