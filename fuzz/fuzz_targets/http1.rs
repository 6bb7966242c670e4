//! Both sides of a connection that speak text; seeds make it HTTP/1.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirereel_fuzz::inputs;

fuzz_target!(|input: &[u8]| inputs::dissect(&inputs::conversation(b"", input)));
