//! Inputs of the fuzz targets (`fuzz/`) that once failed, read again: one folder per target.

use std::fs;
use std::path::Path;

#[path = "../../../../fuzz/src/inputs.rs"]
mod inputs;

use inputs::InputPacket;

/// The inputs of one target, as packets.
fn read_all(target: &str, packets: impl Fn(&[u8]) -> Vec<InputPacket>) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in &files {
        println!("{}", file.display());
        inputs::dissect(&packets(&fs::read(file).unwrap()));
    }
    files.len()
}

#[test]
fn inputs_that_once_failed_are_read() {
    assert!(read_all("dissector", inputs::frames) > 0);
    assert!(read_all("tcp", inputs::segments) > 0);
    assert!(read_all("http1", |input| inputs::conversation(b"", input)) > 0);
    assert!(read_all("dns", inputs::datagrams) > 0);
}
