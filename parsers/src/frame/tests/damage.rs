//! Truncation, bit flips, lies about lengths, compression bombs: rejected or identical, never
//! wrong, and never at the price of memory.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::strategy::{Script, script};
use super::*;

/// A header made by hand before stored bytes made by hand, with right checksums.
fn forged(events: u32, inflated: u32, crc: u32, stored: &[u8]) -> Vec<u8> {
    let mut frame = envelope::seal(&header(0, 1000, true), false, events, b"");
    frame.truncate(68);
    frame[56..60].copy_from_slice(&inflated.to_le_bytes());
    frame[60..64].copy_from_slice(&(stored.len() as u32).to_le_bytes());
    frame[64..68].copy_from_slice(&crc.to_le_bytes());
    resum(&mut frame);
    frame.extend_from_slice(stored);
    frame
}

fn resum(frame: &mut [u8]) {
    let crc = crc32c::crc32c_append(crc32c::crc32c(&frame[..8]), &frame[12..68]);
    frame[8..12].copy_from_slice(&crc.to_le_bytes());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    Frame::decode(bytes, &Limits::default()).map(|(frame, _)| frame)
}

fn malformed(what: &'static str) -> Result<Frame, FrameError> {
    Err(FrameError::Malformed { what })
}

fn sealed(events: u32, payload: &[u8]) -> Vec<u8> {
    envelope::seal(&header(0, 1000, true), false, events, payload)
}

/// Miri takes a thousand times as long: of what is tried in sequence it tries every so many.
const STEP: usize = if cfg!(miri) { 101 } else { 1 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 32 }))]
    #[test]
    fn every_truncation_is_incomplete(script in script()) {
        let bytes = frame_of(&script.events(), script.header()).encode();
        for length in (0..bytes.len()).step_by(STEP) {
            match decode(&bytes[..length]) {
                Err(FrameError::Incomplete { needed }) => {
                    prop_assert!(needed > length && needed <= bytes.len());
                }
                other => prop_assert!(false, "{length}: {other:?}"),
            }
        }
    }
}

#[test]
fn every_single_bit_flip_is_refused_or_without_effect() {
    let mut runner = TestRunner::deterministic();
    let mut scripts = vec![Script::of_every_kind()];
    scripts.extend((0..12).map(|_| script().new_tree(&mut runner).unwrap().current()));
    let (mut flips, mut harmless) = (0, 0);
    for script in scripts {
        let frame = frame_of(&script.events(), script.header());
        let bytes = frame.encode();
        for bit in (0..bytes.len() * 8).step_by(STEP) {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
            if let Ok(back) = decode(&damaged) {
                harmless += 1;
                assert_eq!(back, frame, "bit {bit}");
            }
        }
    }
    // Only parts of gzip's own ten-byte header (time, system) mean nothing.
    assert!(
        harmless * 20 < flips,
        "{harmless} of {flips} flips went unseen"
    );
}

#[test]
fn a_later_version_and_foreign_bytes_are_told_apart() {
    let mut bytes = frame_of(&[result(0, "a")], header(0, 10, false)).encode();
    bytes[4] = 4;
    assert_eq!(decode(&bytes), Err(FrameError::Version(4)));
    assert_eq!(decode(b"GET / HTTP/1.1"), Err(FrameError::BadMagic));
    assert_eq!(decode(b"G"), Err(FrameError::BadMagic));
    assert_eq!(decode(b"SN"), Err(FrameError::Incomplete { needed: 68 }));
}

#[test]
#[cfg_attr(miri, ignore = "it shrinks a mebibyte, in an hour")]
fn a_bomb_is_refused_by_its_header() {
    let zeros = vec![0; 1 << 20];
    let bomb = forged(0, 1 << 20, crc32c::crc32c(&zeros), &gzip(&zeros));
    assert!(bomb.len() < 2000);
    assert_eq!(
        decode(&bomb),
        Err(FrameError::TooLarge {
            what: "compression ratio"
        })
    );
    let huge = forged(0, u32::MAX, 0, &gzip(&zeros));
    assert_eq!(decode(&huge), Err(FrameError::TooLarge { what: "payload" }));
}

#[test]
fn a_bomb_behind_a_modest_header_stops_at_the_promised_length() {
    // Above the promised length in any case.
    let zeros = vec![0; if cfg!(miri) { 80 << 10 } else { 50 << 20 }];
    let bomb = gzip(&zeros);
    assert_eq!(decode(&forged(0, 60_000, 0, &bomb)), malformed("gzip"));
}

#[test]
fn a_second_gzip_member_or_trailing_bytes_are_refused() {
    let frame = frame_of(&[result(0, "a")], header(0, 1000, true));
    let payload = frame.payload.to_bytes();
    let crc = crc32c::crc32c(&payload);
    let good = gzip(&payload);
    let length = payload.len() as u32;
    assert_eq!(decode(&forged(1, length, crc, &good)), Ok(frame));
    for extra in [gzip(b""), gzip(b"more"), vec![0], b"garbage".to_vec()] {
        let stored = [good.clone(), extra].concat();
        assert_eq!(decode(&forged(1, length, crc, &stored)), malformed("gzip"));
    }
    let mut wrong_size = good;
    let at = wrong_size.len() - 1;
    wrong_size[at] ^= 1;
    assert_eq!(
        decode(&forged(1, length, crc, &wrong_size)),
        malformed("gzip")
    );
}

#[test]
fn stored_bytes_far_beyond_the_inflated_ones_are_refused_before_they_are_read() {
    let mut bytes = sealed(0, b"");
    bytes[60..64].copy_from_slice(&(1u32 << 31).to_le_bytes());
    resum(&mut bytes);
    assert_eq!(
        decode(&bytes),
        Err(FrameError::TooLarge {
            what: "stored payload"
        })
    );
}

#[test]
fn lies_about_counts_are_refused() {
    let payload = frame_of(&[result(0, "a")], header(0, 1000, true))
        .payload
        .to_bytes();
    for count in [0, 2, 65_536] {
        assert_eq!(decode(&sealed(count, &payload)), malformed("event count"));
    }
    let many = decode(&sealed(65_537, &payload));
    assert_eq!(
        many,
        Err(FrameError::TooLarge {
            what: "event count"
        })
    );
}

#[test]
fn lies_about_lengths_inside_the_payload_are_refused() {
    let mut huge = Vec::new();
    varint::put(&mut huge, 1 << 63);
    let state = [7, 0, 0, 0, 0, 0, 0, 0];
    let with = |parts: &[&[u8]]| decode(&sealed(1, &[&state[..], &parts.concat()].concat()));
    assert_eq!(decode(&sealed(1, &huge)), malformed("length"));
    assert_eq!(
        with(&[&huge]),
        Err(FrameError::TooLarge {
            what: "string count"
        })
    );
    assert_eq!(with(&[&[100]]), malformed("string count"));
    assert_eq!(with(&[&[1], &huge]), malformed("string table"));
    assert_eq!(with(&[&[1, 0], &huge]), malformed("length"));
    assert_eq!(
        with(&[&[2, 1, 1], "é".as_bytes()]),
        malformed("string table")
    );
    assert_eq!(with(&[&[1, 1, 0xff]]), malformed("string table"));
    // A plan event with a dialect reference beyond the table.
    assert_eq!(
        with(&[&[0, 7, 5, 2, 1, 0, 0, 0, 9]]),
        malformed("string reference")
    );
    assert_eq!(
        with(&[&[0, 7, 5, 2, 0, 0, 0, 1, 9]]),
        malformed("string reference")
    );
    // Numbers of more than 64 bits.
    assert_eq!(with(&[&[0xff; 11]]), malformed("number"));
}
