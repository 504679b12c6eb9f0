//! What the frame codec promises, tried on arbitrary events, on damage and on lies.

mod damage;
mod golden;
mod in_columns;
mod size;
mod strategy;

use proptest::prelude::*;

use super::*;
use crate::event::{Body, Event, Status, TestEnd};
use strategy::{Script, script};

pub(super) fn header(start: u64, end: u64, last: bool) -> Header {
    Header {
        epoch: *b"0123456789abcdef",
        seq: 3,
        start,
        end,
        last,
    }
}

pub(super) fn frame_of(events: &[Event<'_>], header: Header) -> Frame {
    let mut builder = FrameBuilder::new();
    for event in events {
        builder.push(event);
    }
    builder.finish(header)
}

pub(super) fn result<'a>(offset: u64, name: &'a str) -> Event<'a> {
    Event {
        offset,
        sub: 0,
        line: offset / 10 + 1,
        time_ms: Some(1_700_000_000_000 + offset as i64),
        lane: 0,
        dialect: "tap",
        body: Body::TestEnd(TestEnd::new(Some("suite"), name, Status::Passed)),
    }
}

fn decoded(frame: &Frame) -> Frame {
    let bytes = frame.encode();
    let (back, used) = Frame::decode(&bytes, &Limits::default()).expect("own frame decodes");
    assert_eq!(used, bytes.len());
    back
}

proptest! {
    #[test]
    fn any_events_come_back_as_they_went_in(script in script()) {
        let events = script.events();
        let frame = frame_of(&events, script.header());
        let back = decoded(&frame);
        prop_assert_eq!(&back, &frame);
        prop_assert_eq!(back.events().collect::<Vec<_>>(), events);
        prop_assert_eq!(back.event_count(), script.len() as u64);
        prop_assert_eq!(back.payload_len(), frame.payload_len());
        prop_assert_eq!(back.header(), &script.header());
    }

    #[test]
    fn a_trimmed_frame_holds_exactly_the_events_from_there(script in script(), at in 0usize..40) {
        let events = script.events();
        let header = script.header();
        let cut = events.get(at).map_or(header.end, |e| e.offset);
        let trimmed = frame_of(&events, header).from_offset(cut);
        let kept: Vec<_> = events.into_iter().filter(|e| e.offset >= cut).collect();
        prop_assert_eq!(trimmed.header(), &Header { start: cut, ..header });
        prop_assert_eq!(trimmed.event_count(), kept.len() as u64);
        let back = decoded(&trimmed);
        prop_assert_eq!(back.events().collect::<Vec<_>>(), kept);
    }

    #[test]
    fn a_builder_makes_the_same_frame_again_after_use(script in script()) {
        let mut builder = FrameBuilder::new();
        let frames: Vec<Frame> = (0..2).map(|_| {
            script.events().iter().for_each(|e| builder.push(e));
            builder.finish(script.header())
        }).collect();
        prop_assert!(builder.is_empty());
        prop_assert_eq!(&frames[0], &frames[1]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        lanes in any::<bool>(),
    ) {
        let _ = Frame::decode(&bytes, &Limits::default());
        let sealed = envelope::seal(&header(0, u64::MAX, true), lanes, 3, &bytes);
        let _ = Frame::decode(&sealed, &Limits::default());
    }
}

#[test]
fn several_frames_lie_end_to_end() {
    let one = frame_of(&[result(0, "a")], header(0, 10, false)).encode();
    let two = frame_of(&[result(10, "b")], header(10, 20, true)).encode();
    let both = [one.clone(), two].concat();
    let (first, used) = Frame::decode(&both, &Limits::default()).unwrap();
    assert_eq!((first.header().end, used), (10, one.len()));
    let (second, _) = Frame::decode(&both[used..], &Limits::default()).unwrap();
    assert!(second.header().last);
}

#[test]
fn an_empty_frame_moves_the_position() {
    let frame = frame_of(&[], header(100, 5_000, false));
    assert_eq!(decoded(&frame).events().count(), 0);
    assert_eq!(
        Frame::peek(&frame.encode(), &Limits::default())
            .unwrap()
            .0
            .end,
        5_000
    );
}

#[test]
fn events_outside_the_range_are_refused() {
    let malformed = Err(FrameError::Malformed { what: "offset" });
    for (offset, last, fits) in [
        (99, false, false),
        (100, false, true),
        (199, false, true),
        (200, false, false),
        (200, true, true),
        (201, true, false),
    ] {
        let bytes = frame_of(&[result(offset, "t")], header(100, 200, last)).encode();
        let outcome = Frame::decode(&bytes, &Limits::default()).map(|(f, _)| f.event_count());
        assert_eq!(
            outcome,
            if fits { Ok(1) } else { malformed },
            "{offset} {last}"
        );
    }
}

#[test]
fn an_event_out_of_order_is_moved_behind_its_predecessor() {
    let events = [result(50, "a"), result(20, "b"), result(50, "c")];
    let frame = decoded(&frame_of(&events, header(0, 100, false)));
    let places: Vec<_> = frame.events().map(|e| (e.offset, e.sub)).collect();
    assert_eq!(places, [(50, 0), (50, 1), (50, 2)]);
}

#[test]
fn texts_over_the_cap_are_cut_between_characters_and_counted() {
    let long = "é".repeat(5_000);
    let mut end = TestEnd::new(Some(&long), &long, Status::Failed);
    end.message = Some(&long);
    let mut builder = FrameBuilder::new();
    builder.push(&Event {
        body: Body::TestEnd(end),
        ..result(0, "")
    });
    assert_eq!(builder.truncated(), 3);
    let frame = decoded(&builder.finish(header(0, 1, false)));
    let Some(Body::TestEnd(end)) = frame.events().next().map(|e| e.body) else {
        panic!("no test end");
    };
    assert_eq!(end.name, "é".repeat(NAME_CAP / 2));
    assert_eq!(end.message, Some("é".repeat(MESSAGE_CAP / 2).as_str()));
}

#[test]
#[cfg_attr(miri, ignore = "it shrinks a whole frame, in an hour")]
fn full_builders_stay_within_what_decoders_accept() {
    let mut builder = FrameBuilder::new();
    let mut offset = 0;
    while !builder.is_full() {
        builder.push(&result(
            offset,
            &format!("a test with a rather long name, number {offset}"),
        ));
        offset += 60;
    }
    let frame = builder.finish(header(0, offset, false));
    assert!(frame.event_count() > 5_000);
    assert_eq!(decoded(&frame), frame);
}

#[test]
fn lanes_cost_nothing_until_there_is_one() {
    let quiet = [result(0, "a"), result(10, "b")];
    let lane = |lane, event: &Event<'_>| {
        frame_of(
            &[
                quiet[0].clone(),
                Event {
                    lane,
                    ..event.clone()
                },
            ],
            header(0, 20, false),
        )
    };
    let (without, with) = (lane(0, &quiet[1]), lane(7, &quiet[1]));
    assert_eq!((without.encode()[4], with.encode()[4]), (1, 2));
    assert_eq!(with.payload_len(), without.payload_len() + 1);
    let lanes = |frame: &Frame| frame.events().map(|e| e.lane).collect::<Vec<_>>();
    assert_eq!(lanes(&decoded(&with)), [0, 7]);
    assert_eq!(lanes(&decoded(&with.from_offset(10))), [7]);
    assert_eq!(decoded(&without), without);
}

#[test]
fn a_frame_of_version_1_has_no_lanes() {
    let frame = frame_of(
        &[Event {
            lane: 7,
            ..result(0, "a")
        }],
        header(0, 20, false),
    );
    let sealed = envelope::seal(frame.header(), false, 1, &frame.payload.to_bytes());
    let what = FrameError::Malformed {
        what: "event flags",
    };
    assert_eq!(Frame::decode(&sealed, &Limits::default()), Err(what));
}

#[test]
fn a_script_is_not_trivial() {
    // Guards the strategy itself: the properties above must see every type.
    let script = Script::of_every_kind();
    let mut kinds: Vec<_> = script
        .events()
        .iter()
        .map(|e| body::head(&e.body).0)
        .collect();
    kinds.dedup();
    assert_eq!(kinds, (1..=13).collect::<Vec<u8>>());
    assert_eq!(
        decoded(&frame_of(&script.events(), script.header())).event_count(),
        13
    );
}
