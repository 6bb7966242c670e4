//! pcap and pcapng files of either byte order, also compressed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirereel_fuzz::files;

fuzz_target!(|input: &[u8]| files::read(input));
