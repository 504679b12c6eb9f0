//! F2 and F3: frames with a bit flipped, and cut.

use std::iter::once;

use sentinel_parsers::event::{Body, Event, Status, TestEnd};
use sentinel_parsers::frame::{Frame, FrameBuilder, FrameError, Header, Limits};

use crate::full_size;

/// The n-th frame: a few results that look like no others.
fn frame(n: u64) -> Frame {
    let mut builder = FrameBuilder::new();
    let mut word = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let events = 1 + n % 4;
    for i in 0..events {
        word = word.rotate_left(11).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let name = format!("test_{word:x}");
        let mut end = TestEnd::new(Some("suite"), &name, Status::Failed);
        end.message = Some("expected <n>");
        builder.push(&Event {
            offset: i * 40,
            sub: 0,
            line: i + 1,
            time_ms: Some(1_700_000_000_000 + (word % 1_000).cast_signed()),
            lane: 0,
            dialect: "sentinel",
            body: Body::TestEnd(end),
        });
    }
    builder.finish(Header {
        epoch: [3; 16],
        seq: n,
        start: 0,
        end: 200,
        last: false,
    })
}

#[test]
fn f2_a_flipped_bit_is_refused_or_changes_nothing_in_ten_thousand_frames() {
    let frames = if full_size() { 10_000 } else { 150 };
    let (mut flips, mut harmless) = (0u64, 0u64);
    for n in 0..frames {
        let frame = frame(n);
        let mut bytes = frame.encode();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
            if let Ok((back, _)) = Frame::decode(&bytes, &Limits::default()) {
                harmless += 1;
                assert!(back == frame, "frame {n}, bit {bit}");
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
    eprintln!("{flips} bits flipped in {frames} frames, {harmless} without effect");
    assert!(harmless * 20 < flips, "{harmless} of {flips}");
}

#[test]
fn f3_a_frame_cut_at_any_byte_is_incomplete_and_what_stands_before_it_is_read() {
    for n in 0..50 {
        let (first, second) = (frame(n), frame(n + 1));
        let before = first.encode();
        let both: Vec<u8> = before.iter().copied().chain(second.encode()).collect();
        for cut in once(0).chain(1..both.len()) {
            let read = Frame::decode(&both[..cut], &Limits::default());
            if cut < before.len() {
                assert!(
                    matches!(read, Err(FrameError::Incomplete { .. })),
                    "{n}: {cut}"
                );
                continue;
            }
            let (frame, length) = read.unwrap();
            assert!(frame == first && length == before.len());
            let rest = Frame::decode(&both[length..cut], &Limits::default());
            assert!(
                matches!(rest, Err(FrameError::Incomplete { .. })),
                "{n}: {cut}"
            );
        }
    }
}
