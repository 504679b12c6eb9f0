//! Any chunking of any stream gives the same events.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::lines(data));
