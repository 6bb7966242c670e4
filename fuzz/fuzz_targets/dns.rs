//! Datagrams to and from port 53 and others.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirereel_fuzz::inputs;

fuzz_target!(|input: &[u8]| inputs::dissect(&inputs::datagrams(input)));
