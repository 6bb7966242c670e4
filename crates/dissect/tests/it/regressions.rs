//! Inputs of the fuzz targets (`fuzz/`) that once failed, read again: one folder per target.

use std::fs;
use std::path::Path;

#[path = "../../../../fuzz/src/inputs.rs"]
#[expect(unreachable_pub, reason = "a module of a library in its own package")]
mod inputs;

use inputs::InputPacket;

/// How a target reads its inputs.
type Reading = fn(&[u8]) -> Vec<InputPacket>;

const TARGETS: [(&str, Reading); 6] = [
    ("dissector", inputs::frames),
    ("tcp", inputs::segments),
    ("http1", |input| inputs::conversation(b"", input)),
    ("http2", |input| inputs::conversation(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", input)),
    ("tls", |input| inputs::conversation(&[22, 3, 1], input)),
    ("dns", inputs::datagrams),
];

#[test]
fn inputs_that_once_failed_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut read = 0;
    for (target, packets) in TARGETS {
        // No folder: nothing has failed there.
        let Ok(files) = fs::read_dir(folder.join(target)) else { continue };
        for file in files {
            let file = file.unwrap().path();
            println!("{}", file.display());
            inputs::dissect(&packets(&fs::read(&file).unwrap()));
            read += 1;
        }
    }
    assert!(read >= 4, "{read} files were found in {}", folder.display());
}
