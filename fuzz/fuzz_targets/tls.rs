//! A connection that begins with a handshake record (RFC 8446 §5.1).
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirereel_fuzz::inputs;

const RECORD: &[u8] = &[22, 3, 1];

fuzz_target!(|input: &[u8]| inputs::dissect(&inputs::conversation(RECORD, input)));
