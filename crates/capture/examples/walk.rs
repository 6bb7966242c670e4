//! Walks captures from start to end and says what they are: `cargo run --example walk -- FILE...`
#![expect(clippy::print_stdout, reason = "an example program")]

use std::{path::Path, time::Instant};

use wirereel_capture::{CaptureError, CaptureFile};

fn main() {
    for path in std::env::args().skip(1) {
        if let Err(error) = walk(Path::new(&path)) {
            println!("{path}: {error}");
        }
    }
}

fn walk(path: &Path) -> Result<(), CaptureError> {
    let started = Instant::now();
    let mut file = CaptureFile::open(path)?;
    let (mut packets, mut bytes) = (0u64, 0u64);
    while let Some(packet) = file.next()? {
        packets += 1;
        bytes += packet.bytes.len() as u64;
    }
    let (format, seconds) = (file.format(), started.elapsed().as_secs_f64());
    let rate = file.bytes_total() as f64 / 1e9 / seconds;
    println!("{}: {format}, {packets} packets of {bytes} bytes, {seconds:.3} s, {rate:.2} GB/s", path.display());
    for warning in file.warnings() {
        println!("  at byte {}: {}", warning.position, warning.message);
    }
    Ok(())
}
