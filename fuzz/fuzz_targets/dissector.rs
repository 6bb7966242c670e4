//! Frames of every link type, one after the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirereel_fuzz::inputs;

fuzz_target!(|input: &[u8]| inputs::dissect(&inputs::frames(input)));
