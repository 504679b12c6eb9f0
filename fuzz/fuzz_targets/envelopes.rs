//! What stands in an envelope is read as if it stood alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::envelopes(data));
