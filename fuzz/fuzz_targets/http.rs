//! No bytes on a connection make the agent panic, answer with 500, or read what nobody proved to send.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::http(data));
