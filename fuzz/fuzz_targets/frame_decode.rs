//! No bytes make the frame decoder panic, and what it accepts encodes to the same frame.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sentinel_fuzz::frame_decode(data));
