//! Splitting, replacing and forgetting frames: the range stays whole, whatever happens to it.

use proptest::prelude::*;
use sentinel_parsers::event::{EndOfStream, Status, TestEnd};
use sentinel_parsers::frame::Limits;

use super::*;

/// A frame of `0..end` with a result per offset given, the last one with an end of stream.
fn frame(offsets: &[u64], end: u64, last: bool) -> Frame {
    let mut builder = FrameBuilder::new();
    let mut sub = 0;
    let mut at = None;
    for offset in offsets {
        sub = if at == Some(*offset) { sub + 1 } else { 0 };
        at = Some(*offset);
        builder.push(&Event {
            offset: *offset,
            sub,
            line: 1,
            time_ms: None,
            lane: 0,
            dialect: "tap",
            body: Body::TestEnd(TestEnd::new(None, "t", Status::Passed)),
        });
    }
    if last {
        builder.push(&Event {
            offset: end,
            sub: 0,
            line: 1,
            time_ms: None,
            lane: 0,
            dialect: "stream",
            body: Body::EndOfStream(EndOfStream {
                total_bytes: end,
                hash: None,
                exit_code: Some(0),
                signal: None,
                cause: "exit",
            }),
        });
    }
    builder.finish(Header {
        epoch: [1; 16],
        seq: 0,
        start: 0,
        end,
        last,
    })
}

fn places(frames: &VecDeque<Waiting>) -> Vec<(u64, u32)> {
    frames
        .iter()
        .flat_map(|w| w.frame.events())
        .map(|e| (e.offset, e.sub))
        .collect()
}

proptest! {
    #[test]
    fn splitting_keeps_every_event_until_a_line_is_left(
        mut offsets in prop::collection::vec(0u64..50, 1..40),
        last in any::<bool>(),
    ) {
        offsets.sort_unstable();
        let whole = frame(&offsets, 50, last);
        let mut queue = Queue::default();
        queue.push(whole.clone());
        let before = places(&queue.frames);
        let mut lines = offsets.clone();
        lines.dedup();
        let mut splits = 0;
        while halves(&queue.frames[0].frame).is_some() {
            prop_assert!(queue.split());
            splits += 1;
            prop_assert!(splits < 64);
            let mut at = 0;
            for (i, w) in queue.frames.iter().enumerate() {
                prop_assert_eq!(w.header().start, at);
                at = w.header().end;
                prop_assert_eq!(w.header().last, last && i + 1 == queue.frames.len());
            }
            prop_assert_eq!(at, 50);
            prop_assert_eq!(places(&queue.frames), before.clone());
        }
        // What is left in front is one line's events, give or take an empty start.
        let first = &queue.frames[0].frame;
        let mut left: Vec<u64> = first.events().map(|e| e.offset).filter(|o| *o < 50).collect();
        left.dedup();
        prop_assert!(left.len() <= 1, "{left:?}");
        prop_assert!(queue.split());
        let reason = queue.frames[0].frame.events().next().map(|e| format!("{:?}", e.body));
        prop_assert!(reason.is_some_and(|r| r.contains("oversize")));
        prop_assert!(!queue.split(), "a gap is not replaced again");
    }
}

/// The frames of a body.
fn decoded(body: &Bytes) -> Vec<Frame> {
    let (mut at, mut frames) = (0, Vec::new());
    while at < body.len() {
        let (frame, length) = Frame::decode(&body[at..], &Limits::default()).unwrap();
        frames.push(frame);
        at += length;
    }
    frames
}

proptest! {
    #[test]
    fn bodies_keep_to_any_bound_but_for_one_line_alone_and_lose_nothing(
        lines in prop::collection::vec((1u64..20, 1usize..6), 1..60),
        frames in 1usize..12,
        bounds in prop::collection::vec((any::<bool>(), 1usize..2_000), 1..8),
    ) {
        let mut offsets = Vec::new();
        let mut end = 0;
        for (length, events) in lines {
            offsets.extend(std::iter::repeat_n(end, events));
            end += length;
        }
        let mut queue = Queue::default();
        let (mut rest, each) = (frame(&offsets, end, true), offsets.len().div_ceil(frames));
        while rest.event_count() > each as u64
            && let Some((first, behind)) = halves(&rest)
        {
            queue.push(first);
            rest = behind;
        }
        queue.push(rest);
        let wanted = places(&queue.frames);
        let (mut sent, mut at) = (Vec::new(), 0);
        for (one, most) in bounds.iter().cycle() {
            let body = queue.body(*one, *most);
            let frames = decoded(&body);
            prop_assert!(!frames.is_empty());
            let alone = frames.len() == 1;
            prop_assert!(alone || !one);
            let line = alone && halves(&frames[0]).is_none();
            prop_assert!(body.len() <= *most || line, "{} of {most}", body.len());
            for frame in &frames {
                prop_assert_eq!(frame.header().start, at);
                at = frame.header().end;
                sent.extend(frame.events().map(|e| (e.offset, e.sub)));
            }
            let closed = frames.last().is_some_and(|frame| frame.header().last);
            queue.forget(at, closed);
            if closed {
                break;
            }
        }
        prop_assert_eq!(sent, wanted);
        prop_assert_eq!(at, end);
        prop_assert!(queue.is_empty());
    }
}

#[test]
fn a_replaced_last_frame_still_ends_the_stream() {
    let mut queue = Queue::default();
    queue.push(frame(&[0, 10], 20, true));
    assert!(queue.replace("rejected"));
    let bodies: Vec<String> = queue.frames[0]
        .frame
        .events()
        .map(|e| format!("{:?}", e.body))
        .collect();
    assert_eq!(bodies.len(), 2);
    assert!(bodies[0].contains("Gap { from: 0, to: 20, reason: \"rejected\" }"));
    assert!(bodies[1].starts_with("EndOfStream"));
}

#[test]
fn the_last_frame_is_forgotten_only_when_the_stream_is_closed() {
    let mut queue = Queue::default();
    queue.push(frame(&[0], 20, true));
    queue.forget(20, false);
    assert_eq!(queue.start(), Some(0));
    queue.forget(20, true);
    assert!(queue.is_empty());
}

#[test]
fn what_a_pipe_cannot_give_again_is_bridged_by_a_loss() {
    let mut queue = Queue::default();
    let later = frame(&[30], 40, false).from_offset(30);
    queue.push(later);
    queue.bridge(12);
    let header = queue.frames[0].header();
    assert_eq!((header.start, header.end, header.last), (12, 30, false));
    queue.bridge(12);
    assert_eq!(queue.frames.len(), 2, "nothing to bridge any more");
}

#[test]
fn a_request_holds_several_frames_but_never_more_than_its_bound() {
    let mut queue = Queue::default();
    assert!(queue.body(false, 1_000).is_empty());
    for _ in 0..3 {
        queue.push(frame(&[0], 20, false));
    }
    let one = queue.body(true, 1_000).len();
    assert_eq!(queue.body(false, 1_000).len(), 3 * one);
    assert_eq!(queue.body(false, 2 * one).len(), 2 * one);
}

#[test]
fn a_frame_over_the_bound_is_divided_down_to_a_line_and_a_line_is_sent_whole() {
    let mut queue = Queue::default();
    // So irregular that they compress badly.
    let offsets: Vec<u64> = (0..400u64).map(|n| n * 900 + n * n * n % 887).collect();
    queue.push(frame(&offsets, 400 * 900, true));
    let before = places(&queue.frames);
    let most = 300;
    assert!(queue.frames[0].bytes.len() > most);
    let body = queue.body(false, most);
    assert!(!body.is_empty() && body.len() <= most, "{}", body.len());
    assert_eq!(places(&queue.frames), before);
    assert!(queue.frames.back().unwrap().header().last);
    // Less than a frame without anything in it.
    assert!(!queue.body(false, 1).is_empty());
    assert_eq!(places(&queue.frames), before);
    assert!(queue.frames.iter().all(|w| !w.replaced));
}

#[test]
fn a_frame_in_columns_that_is_refused_is_told_in_rows_before_it_is_a_gap() {
    let offsets: Vec<u64> = (0..600).collect();
    let version = |waiting: &Waiting| waiting.bytes[4];
    let mut queue = Queue::default();
    queue.push(frame(&offsets, 600, false));
    queue.push(frame(&offsets, 600, false));
    assert_eq!(queue.frames.iter().map(version).max(), Some(3));
    let before = places(&queue.frames);
    assert!(queue.refused());
    queue.push(frame(&offsets, 600, false));
    assert_eq!(queue.frames.iter().map(version).max(), Some(1));
    assert_eq!(places(&queue.frames)[..1200], before);
    assert!(queue.refused());
    assert!(queue.frames[0].replaced && !queue.frames[1].replaced);
    assert!(!queue.refused());
    // What is in rows already is refused for what it says.
    let mut queue = Queue::default();
    queue.push(frame(&[1], 2, false));
    assert!(queue.refused());
    assert!(queue.frames[0].replaced);
}
