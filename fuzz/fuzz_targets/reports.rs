//! The claims of [`sentinel_fuzz::family`] about the dialects of the family `reports`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::family("reports", data));
