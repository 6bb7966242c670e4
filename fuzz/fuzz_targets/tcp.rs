//! Segments of one connection in any order, overlapping, with any control bits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirereel_fuzz::inputs;

fuzz_target!(|input: &[u8]| inputs::dissect(&inputs::segments(input)));
