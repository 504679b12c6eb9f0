//! What a parser emits comes out of a frame as it went in.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::frame_roundtrip(data));
