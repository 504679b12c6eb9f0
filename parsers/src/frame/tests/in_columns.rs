//! Version 3: what goes into columns comes out, whatever it is, and lies in them are refused at no price.

use proptest::prelude::*;

use super::strategy::{Script, script};
use super::*;
use crate::event::TestStart;

/// A frame of version 3 as it was written first. It must never change.
const V3: &str = include_str!("v3.hex");

fn joined(frame: &Frame) -> Result<Payload, FrameError> {
    let (bytes, _) = columns::split(&frame.payload, 0)?;
    columns::join(&bytes, frame.payload_len(), &Limits::default())
}

/// A frame of `n` results whose names a builder's caller makes.
fn frame_named(n: u64, name: impl Fn(u64) -> String) -> Frame {
    let mut builder = FrameBuilder::new();
    for i in 0..n {
        builder.push(&result(i * 40, &name(i)));
    }
    builder.finish(header(0, n * 40, false))
}

/// Columns of the caller's in a frame whose checksums are right.
fn sealed(events: u32, columns: &[u8]) -> Vec<u8> {
    envelope::seal_columns(&header(0, 1 << 40, true), events, columns, &[], 0).unwrap()
}

fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    Frame::decode(bytes, &Limits::default()).map(|(frame, _)| frame)
}

proptest! {
    #[test]
    fn any_payload_comes_back_from_columns(script in script(), at in 0usize..40) {
        let events = script.events();
        let frame = frame_of(&events, script.header());
        prop_assert_eq!(joined(&frame), Ok(frame.payload.clone()));
        let cut = events.get(at).map_or(script.header().end, |e| e.offset);
        let trimmed = frame.from_offset(cut);
        prop_assert_eq!(joined(&trimmed), Ok(trimmed.payload));
    }

    #[test]
    fn any_texts_come_back_from_columns(
        texts in proptest::collection::vec("([a-z]{0,9}|[0-9]{0,11}|[A-Z/_.:é\0\x01-]){0,70}", 0..40),
    ) {
        let mut builder = FrameBuilder::new();
        for text in &texts {
            builder.push(&result(0, text));
        }
        let frame = builder.finish(header(0, 1, false));
        prop_assert_eq!(joined(&frame), Ok(frame.payload));
    }

    #[test]
    fn damaged_columns_never_panic(
        script in script(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let frame = frame_of(&script.events(), script.header());
        let (mut bytes, _) = columns::split(&frame.payload, 0).unwrap();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(back) = decode(&sealed(script.len() as u32, &bytes)) {
            prop_assert_eq!(back.events().count() as u64, back.event_count());
            prop_assert_eq!(decode(&back.encode()), Ok(back));
        }
    }
}

#[test]
fn a_large_frame_is_written_in_columns_and_a_small_one_in_rows() {
    let name = |i| format!("test_{}_{i}", ["adds", "moves", "keeps"][i as usize % 3]);
    for (n, version) in [(3, 1), (500, 3)] {
        let frame = frame_named(n, name);
        let bytes = frame.encode();
        assert_eq!(bytes[4], version);
        assert_eq!(decode(&bytes), Ok(frame));
    }
}

#[test]
#[cfg_attr(miri, ignore = "it packs thousands of names, in an hour")]
fn more_words_and_skeletons_than_have_numbers_come_back() {
    let words = frame_named(6_000, |i| {
        format!("w{}", i.wrapping_mul(0x9e37_79b9) % 100_000)
    });
    assert_eq!(decode(&words.encode()), Ok(words));
    let letters = |i: u64| -> String {
        let letter = |n| char::from(b'a' + (i / 26u64.pow(n) % 26) as u8);
        (0..4).map(letter).collect()
    };
    let words = frame_named(6_000, letters);
    assert_eq!(decode(&words.encode()), Ok(words));
    let skeletons = frame_named(400, |i| format!("a{}b", "-".repeat(i as usize)));
    assert_eq!(decode(&skeletons.encode()), Ok(skeletons));
}

#[test]
fn more_shapes_than_have_numbers_come_back() {
    let mut builder = FrameBuilder::new();
    for i in 0..3_000u64 {
        let tags = "t".repeat((i % 5) as usize);
        builder.push(&Event {
            time_ms: (i % 3 > 0).then_some(i as i64 * 1_000_000),
            lane: i as u32 % 4,
            body: Body::TestStart(TestStart {
                suite: (i % 7 > 0).then_some("suite"),
                name: &format!("n{}", i % 900),
                attempt: (i % 2 > 0).then(|| 1 << (i % 31)),
                tags: (i % 5 > 0).then_some(&tags),
            }),
            ..result(i * 10, "")
        });
    }
    let frame = builder.finish(header(0, 30_000, false));
    assert_eq!(decode(&frame.encode()), Ok(frame));
}

#[test]
#[cfg_attr(miri, ignore = "it shrinks most of a mebibyte, in an hour")]
fn what_would_shrink_too_far_to_be_believed_is_written_in_rows() {
    let long = "x".repeat(1_000) + "/";
    let frame = frame_named(700, |i| format!("{long}{i}"));
    let bytes = frame.encode();
    assert_eq!(bytes[4], 1);
    assert_eq!(decode(&bytes), Ok(frame));
}

#[test]
fn columns_that_say_more_than_their_bytes_may_are_refused() {
    let long = "x".repeat(1_000) + "/";
    let frame = frame_named(700, |i| format!("{long}{i}"));
    let (columns, _) = columns::split(&frame.payload, 0).unwrap();
    assert!(columns.len() * 50 < frame.payload_len());
    let too_large = Err(FrameError::TooLarge { what: "payload" });
    assert_eq!(decode(&sealed(700, &columns)), too_large);
}

#[test]
fn lies_about_counts_and_lengths_are_refused() {
    let frame = frame_named(3, |i| format!("t{i}"));
    let (columns, _) = columns::split(&frame.payload, 0).unwrap();
    assert_eq!(
        decode(&sealed(3, &columns)).map(|f| f.payload),
        Ok(frame.payload)
    );
    let malformed = |what| Err(FrameError::Malformed { what });
    assert_eq!(decode(&sealed(4, &columns)), malformed("event count"));
    // Behind the state stand the numbers of strings and of events.
    let at = 1 + usize::from(columns[0]);
    for (place, value) in [(at, 100), (at + 1, 2), (at + 1, 4)] {
        let mut lie = columns.clone();
        lie[place] = value;
        assert_eq!(decode(&sealed(3, &lie)), malformed("column"));
    }
    let longer = [&columns[..], &[0]].concat();
    assert_eq!(decode(&sealed(3, &longer)), malformed("column"));
    let shorter = &columns[..columns.len() - 1];
    assert_eq!(decode(&sealed(3, shorter)), malformed("length"));
    let many = [&columns[..at], &[0x81, 0x80, 8, 1]].concat();
    let what = "string count";
    assert_eq!(
        decode(&sealed(3, &many)),
        Err(FrameError::TooLarge { what })
    );
}

#[test]
fn version_3_bytes_stay_readable() {
    let script = Script::of_every_kind();
    let expected = frame_of(&script.events(), script.header());
    let (columns, _) = columns::split(&expected.payload, 0).unwrap();
    let header = script.header();
    let bytes = envelope::seal_columns(&header, script.len() as u32, &columns, &[], 0).unwrap();
    let frame = decode(&golden::bytes_of(V3))
        .unwrap_or_else(|e| panic!("{e}; this version writes\n{}", golden::hex_of(&bytes)));
    assert_eq!(frame, expected);
}

#[test]
fn words_that_differ_in_their_length_and_in_bytes_of_0_are_told_apart() {
    let frame = frame_named(300, |i| format!("a{} x{i}", "\0".repeat(i as usize % 9)));
    assert_eq!(joined(&frame), Ok(frame.payload));
}
