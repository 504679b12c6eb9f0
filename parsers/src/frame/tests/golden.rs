//! Fixed bytes: what older senders have sent must stay readable, and what later ones may send
//! must be stepped over.

use super::strategy::Script;
use super::*;
use crate::event::Plan;

/// A frame of one event of each type as version 1 wrote it first. It must never change.
const V1: &str = include_str!("v1.hex");

pub(super) fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

pub(super) fn hex_of(bytes: &[u8]) -> String {
    bytes
        .chunks(32)
        .map(|row| row.iter().map(|b| format!("{b:02x}")).collect::<String>() + "\n")
        .collect()
}

#[test]
fn version_1_bytes_stay_readable() {
    let script = Script::of_every_kind();
    let expected = frame_of(&script.events(), script.header());
    let bytes = bytes_of(V1);
    let (frame, used) = Frame::decode(&bytes, &Limits::default())
        .unwrap_or_else(|e| panic!("{e}; this version writes\n{}", hex_of(&expected.encode())));
    assert_eq!(used, bytes.len());
    assert_eq!(frame, expected);
    assert_eq!(frame.events().collect::<Vec<_>>(), script.events());
}

/// Records of a plan, of a type nobody knows, and of a plan with fields nobody knows; the strings
/// are `d`, `suite` and `new`.
fn from_a_later_writer() -> Vec<u8> {
    let state = [7, 0, 0, 0, 0, 0, 0, 0];
    let strings = [&[3, 1, 5, 3][..], b"dsuitenew"].concat();
    let plan = [11, 5, 0b1010, 2, 10, 2, 0, 0, 42, 0xaa, 0xbb, 0xcc];
    let unknown = [9, 200, 0b0100, 1, 5, 2, 0, 0xde, 0xad, 0xbe];
    let after = [6, 5, 0b0100, 0, 7, 2, 9];
    [&state[..], &strings, &plan, &unknown, &after].concat()
}

#[test]
fn unknown_types_are_skipped_by_length_and_trailing_fields_ignored() {
    let bytes = envelope::seal(&header(0, 100, false), false, 3, &from_a_later_writer());
    let (frame, _) = Frame::decode(&bytes, &Limits::default()).unwrap();
    assert_eq!((frame.event_count(), frame.unknown_events()), (2, 1));
    let plan = |offset, line, tests| Event {
        offset,
        sub: 0,
        line,
        time_ms: None,
        lane: 0,
        dialect: "d",
        body: Body::Plan(Plan {
            suite: Some("suite"),
            tests,
        }),
    };
    assert_eq!(
        frame.events().collect::<Vec<_>>(),
        [plan(10, 1, 42), plan(22, 3, 9)]
    );
}

#[test]
fn passing_a_frame_on_keeps_what_is_unknown() {
    let bytes = envelope::seal(&header(0, 100, false), false, 3, &from_a_later_writer());
    let (frame, _) = Frame::decode(&bytes, &Limits::default()).unwrap();
    let trimmed = frame.from_offset(11);
    assert_eq!((trimmed.event_count(), trimmed.unknown_events()), (1, 1));
    let (again, _) = Frame::decode(&trimmed.encode(), &Limits::default()).unwrap();
    assert_eq!(again, trimmed);
    assert_eq!(
        again
            .events()
            .map(|e| (e.offset, e.line))
            .collect::<Vec<_>>(),
        [(22, 3)]
    );
}

#[test]
fn a_longer_header_is_read_as_far_as_it_is_known() {
    let frame = frame_of(&[result(0, "a")], header(0, 10, false));
    let mut bytes = frame.encode();
    bytes[6] = 72;
    bytes.splice(68..68, *b"more");
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..8]), &bytes[12..72]);
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(
        Frame::decode(&bytes, &Limits::default()),
        Ok((frame, bytes.len()))
    );
}

#[test]
fn a_status_of_a_later_version_makes_the_event_unknown() {
    let mut end = TestEnd::new(Some(""), "t", Status::Passed);
    end.duration_s = Some(0.5);
    let event = Event {
        body: Body::TestEnd(end),
        time_ms: None,
        ..result(0, "t")
    };
    let mut frame = frame_of(&[event], header(0, 10, false));
    let records = &mut frame.payload.records;
    // length, type, flags, fresh, offset, line, dialect, suite, mask, status
    assert_eq!(records[8..10], [1, 0]);
    records[9] = 77;
    let (back, _) = Frame::decode(&frame.encode(), &Limits::default()).unwrap();
    assert_eq!((back.event_count(), back.unknown_events()), (0, 1));
}
