//! Error signatures are the same however their lines come, and in bounds.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::signatures(data));
