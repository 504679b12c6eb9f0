//! No line makes a redactor panic or let a token through.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::redact(data));
