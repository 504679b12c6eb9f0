//! What a request holds: the frames from the hub's position on, and a gap where one cannot be had.

use sentinel_parsers::event::{Body, Event, Status, TestEnd};
use sentinel_parsers::frame::FrameBuilder;
use sentinel_parsers::wire::OpenStream;

use super::*;

const EPOCH: [u8; 16] = [9; 16];

fn frame(start: u64, end: u64, last: bool) -> StoredFrame {
    let mut builder = FrameBuilder::new();
    for offset in [start, (start + end) / 2] {
        builder.push(&Event {
            offset,
            sub: 0,
            line: 1,
            time_ms: None,
            lane: 0,
            dialect: "tap",
            body: Body::TestEnd(TestEnd::new(None, "t", Status::Passed)),
        });
    }
    let header = Header {
        epoch: EPOCH,
        seq: 0,
        start,
        end,
        last,
    };
    StoredFrame {
        start,
        end,
        data: builder.finish(header).encode(),
    }
}

fn garbage(start: u64, end: u64) -> StoredFrame {
    StoredFrame {
        start,
        end,
        data: vec![1, 2, 3],
    }
}

/// What a hub at this position is sent of a stream of 100 bytes.
fn parcel(position: u64, frames: Vec<StoredFrame>) -> Option<Parcel> {
    let stretch = Stretch {
        open: OpenStream {
            identity: Default::default(),
            run: Default::default(),
            command: None,
        },
        committed: 100,
        closed: true,
        over: false,
        frames,
    };
    Parcel::new(stretch, EPOCH, position, false)
}

/// The ranges of a body's frames, and whether each is a loss.
fn ranges(parcel: &mut Parcel) -> Vec<(u64, u64, bool)> {
    let (body, mut at, mut ranges) = (parcel.body(usize::MAX), 0, Vec::new());
    while at < body.len() {
        let (frame, used) = Frame::decode(&body[at..], &Limits::default()).unwrap();
        let lost = frame.events().any(|e| matches!(e.body, Body::Gap(_)));
        ranges.push((frame.header().start, frame.header().end, lost));
        at += used;
    }
    ranges
}

#[test]
fn frames_the_hub_has_are_left_out_and_the_one_it_has_half_of_is_not() {
    let all = || {
        vec![
            frame(0, 40, false),
            frame(40, 80, false),
            frame(80, 100, true),
        ]
    };
    let sent = |position| parcel(position, all()).map(|mut p| (p.start(), ranges(&mut p)));
    let (a, b, c) = ((0, 40, false), (40, 80, false), (80, 100, false));
    assert_eq!(sent(0), Some((0, vec![a, b, c])));
    assert_eq!(sent(40), Some((40, vec![b, c])));
    assert_eq!(sent(50), Some((50, vec![b, c])));
    // The end of the stream is more than its last byte.
    assert_eq!(sent(100), Some((100, vec![c])));
    assert!(parcel(0, Vec::new()).is_none());
}

#[test]
fn what_is_not_there_any_more_is_told_before_what_is() {
    let mut parcel = parcel(10, vec![frame(40, 80, false), frame(80, 100, true)]).unwrap();
    assert_eq!(
        (parcel.start(), ranges(&mut parcel)),
        (10, vec![(10, 40, true)])
    );
    assert!(
        !parcel.replace() || ranges(&mut parcel)[0].2,
        "a loss stays a loss"
    );
}

#[test]
fn a_damaged_frame_is_a_gap_in_its_place_and_waits_for_its_turn() {
    let damaged = || vec![frame(0, 40, false), garbage(40, 80), frame(80, 100, true)];
    assert_eq!(ranges(&mut parcel(0, damaged()).unwrap()), [(0, 40, false)]);
    let rest = damaged().split_off(1);
    assert_eq!(ranges(&mut parcel(40, rest).unwrap()), [(40, 80, true)]);
    let mut last = parcel(80, vec![garbage(80, 100)]).unwrap();
    let (frame, _) = Frame::decode(&last.body(usize::MAX), &Limits::default()).unwrap();
    assert!(frame.header().last, "the stream ends all the same");
}

#[test]
fn of_a_frame_that_is_sent_alone_only_what_the_hub_has_not() {
    let mut parcel = parcel(50, vec![frame(40, 80, false), frame(80, 100, true)]).unwrap();
    assert!(parcel.shrink());
    assert_eq!(
        (parcel.start(), ranges(&mut parcel)),
        (50, vec![(50, 80, false)])
    );
}

#[test]
fn what_is_too_large_gets_smaller_until_it_is_a_gap() {
    let mut parcel = parcel(0, vec![frame(0, 40, false), frame(40, 80, false)]).unwrap();
    assert_eq!(parcel.len(), 2);
    assert!(parcel.shrink());
    assert_eq!(ranges(&mut parcel), [(0, 40, false)]);
    assert!(parcel.shrink());
    assert_eq!(ranges(&mut parcel), [(0, 20, false)]);
    assert!(parcel.shrink());
    assert_eq!(ranges(&mut parcel), [(0, 20, true)]);
    assert!(
        !parcel.shrink(),
        "a gap that is refused is not made smaller"
    );
}
