//! The claims of [`sentinel_fuzz::family`] about the dialects of the family `go`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::family("go", data));
