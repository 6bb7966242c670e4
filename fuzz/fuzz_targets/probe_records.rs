//! Metadata and trailers of probes, as hops and strangers write them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirereel_fuzz::probes;

fuzz_target!(|input: &[u8]| probes::said(input));
