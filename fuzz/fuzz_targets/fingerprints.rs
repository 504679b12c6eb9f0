//! Masking settles at once and leaves no long number.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::fingerprints(data));
