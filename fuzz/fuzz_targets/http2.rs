//! A connection that begins with the preface of HTTP/2 (RFC 9113 §3.4).
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirereel_fuzz::inputs;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fuzz_target!(|input: &[u8]| inputs::dissect(&inputs::conversation(PREFACE, input)));
