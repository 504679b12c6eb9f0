//! The pipeline against the parser alone: the same events, whatever the chunks, the clock, the
//! restarts and the losses.

use proptest::prelude::*;
use sentinel_parsers::event::Event;

use super::*;

mod forgotten;

const EPOCH: [u8; 16] = [7; 16];

fn config(events: usize) -> SidecarConfig {
    SidecarConfig {
        frame_events: events,
        excerpts: true,
        ..SidecarConfig::default()
    }
}

fn told(event: &Event<'_>) -> String {
    let Event {
        offset,
        sub,
        lane,
        body,
        ..
    } = event;
    format!("{offset}.{sub} {lane} {body:?}")
}

fn ended(total: usize) -> StreamEnd {
    StreamEnd {
        total_bytes: total as u64,
        hash: Some("crc32c:00000000".to_owned()),
        exit_code: Some(1),
        cause: "exit".to_owned(),
        ..StreamEnd::default()
    }
}

/// Events of the bytes as the parser alone tells them.
fn parsed(bytes: &[u8]) -> Vec<String> {
    let mut events = Vec::new();
    let mut parser = Parser::new();
    parser.feed(bytes, &mut |e| events.push(told(e)));
    parser.finish(&mut |e| events.push(told(e)));
    events
}

fn drain(pipeline: &mut Pipeline, frames: &mut Vec<Frame>) {
    while let Some(frame) = pipeline.take() {
        frames.push(frame);
    }
}

fn run(bytes: &[u8], chunks: &[usize], frame_events: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut now = 0;
    let mut pipeline = Pipeline::resume(&config(frame_events), Parser::new(), EPOCH, 0, 0, now);
    let mut rest = bytes;
    let mut sizes = chunks.iter().cycle();
    while !rest.is_empty() {
        let n = sizes.next().map_or(1, |n| *n).clamp(1, rest.len());
        now += n as i64 * 7;
        pipeline.feed(&rest[..n], now);
        drain(&mut pipeline, &mut frames);
        rest = &rest[n..];
    }
    pipeline.finish(&ended(bytes.len()), now);
    drain(&mut pipeline, &mut frames);
    frames
}

fn events(frames: &[Frame]) -> Vec<String> {
    frames
        .iter()
        .flat_map(Frame::events)
        .map(|e| told(&e))
        .collect()
}

/// Frames stand end to end from `start`, only the last is last, and each begins at a line start.
fn check_tiling(frames: &[Frame], start: u64, bytes: &[u8]) {
    let mut at = start;
    for (i, frame) in frames.iter().enumerate() {
        let header = frame.header();
        assert_eq!(header.start, at);
        assert_eq!(header.seq, i as u64);
        assert_eq!(header.last, i + 1 == frames.len());
        // The end of a stream counts: nothing can follow there.
        let end = at == bytes.len() as u64;
        let line_start = at == 0 || end || bytes[at as usize - 1] == b'\n';
        assert!(line_start, "frame begins inside a line, at {at}");
        at = header.end;
        // What a decoder demands holds as well.
        let bytes = frame.encode();
        let back = Frame::decode(&bytes, &sentinel_parsers::frame::Limits::default());
        assert_eq!(
            back.as_ref().map(|(f, n)| (f, *n)),
            Ok((frame, bytes.len()))
        );
    }
    assert_eq!(at, bytes.len() as u64);
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (1u32..50).prop_map(|n| format!("TEST_START name=t{n} suite=s\n")),
        3 => (1u32..50, "[a-z ]{0,12}").prop_map(|(n, m)| {
            format!("TEST_FAIL name=t{n} suite=s reason=\"{m}\"\n")
        }),
        3 => (1u32..50).prop_map(|n| format!("TEST_PASS name=t{n} suite=s duration=1.5\n")),
        1 => Just("=== RUN   TestA\n--- PASS: TestA (0.00s)\n".to_owned()),
        1 => Just("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n".to_owned()),
        1 => (1u32..4).prop_map(|n| format!("go-{n}  | --- PASS: TestA (0.00s)\ngo-{n}  | ok  \ta\t1s\n")),
        2 => "[ -~]{0,40}\n",
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(line(), 0..60), "[ -~]{0,20}")
        .prop_map(|(lines, tail)| (lines.concat() + &tail).into_bytes())
}

proptest! {
    #[test]
    fn any_chunks_and_frame_sizes_give_the_parsers_events_and_an_end(
        bytes in text(),
        chunks in prop::collection::vec(1usize..200, 1..8),
        frame_events in 1usize..20,
    ) {
        let frames = run(&bytes, &chunks, frame_events);
        check_tiling(&frames, 0, &bytes);
        let mut events = events(&frames);
        let end = events.pop().unwrap_or_default();
        prop_assert!(end.contains("EndOfStream"), "{end}");
        prop_assert!(end.contains("crc32c"), "{end}");
        prop_assert_eq!(events, parsed(&bytes));
    }

    #[test]
    fn a_restart_at_any_frame_sends_exactly_the_rest(
        bytes in text(),
        chunks in prop::collection::vec(1usize..200, 1..8),
        stop in any::<prop::sample::Index>(),
        head in any::<prop::sample::Index>(),
    ) {
        let frames = run(&bytes, &chunks, 3);
        let kept = stop.index(frames.len());
        let committed = frames[..kept].last().map_or(0, |f| f.header().end);
        let mut pipeline = Pipeline::resume(&config(5), Parser::new(), EPOCH, committed, 0, 0);
        pipeline.feed(&bytes, 1);
        pipeline.finish(&ended(bytes.len()), 1);
        let mut rest = Vec::new();
        drain(&mut pipeline, &mut rest);
        check_tiling(&rest, committed, &bytes);
        let mut all = events(&frames[..kept]);
        all.extend(events(&rest));
        prop_assert_eq!(all, events(&frames));

        // A head deleted below the position is no loss, wherever it ends.
        let start = head.index(committed as usize + 1);
        let mut pipeline = Pipeline::resume(&config(5), Parser::new(), EPOCH, committed, start as u64, 0);
        pipeline.feed(&bytes[start..], 1);
        pipeline.finish(&ended(bytes.len()), 1);
        let mut rest = Vec::new();
        drain(&mut pipeline, &mut rest);
        check_tiling(&rest, committed, &bytes);
        let lost = |e: &String| e.contains("Gap") && !e.contains("forgotten");
        prop_assert!(!events(&rest).iter().any(lost));
    }

    #[test]
    fn a_loss_is_widened_to_lines_and_told_once(
        bytes in text(),
        from in any::<prop::sample::Index>(),
        length in 1usize..100,
    ) {
        let from = from.index(bytes.len() + 1);
        let to = (from + length).min(bytes.len());
        prop_assume!(from < to);
        let mut pipeline = Pipeline::resume(&config(4), Parser::new(), EPOCH, 0, 0, 0);
        pipeline.feed(&bytes[..from], 1);
        pipeline.lose(&Lost { from: from as u64, to: to as u64, reason: "cap".to_owned() });
        pipeline.feed(&bytes[to..], 2);
        pipeline.finish(&ended(bytes.len()), 3);
        let mut frames = Vec::new();
        drain(&mut pipeline, &mut frames);
        check_tiling(&frames, 0, &bytes);
        let gaps: Vec<(u64, u64)> = frames
            .iter()
            .flat_map(Frame::events)
            .filter_map(|e| match e.body {
                Body::Gap(gap) => Some((gap.from, gap.to)),
                _ => None,
            })
            .collect();
        let first = bytes[..from].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let after = bytes[to..].iter().position(|b| *b == b'\n');
        let last = after.map_or(bytes.len(), |i| to + i + 1);
        prop_assert_eq!(gaps, [(first as u64, last as u64)]);
        // A stream with a hole in it has no hash to compare.
        prop_assert!(events(&frames).last().is_some_and(|e| e.contains("hash: None")));
    }
}

#[test]
fn an_event_waits_for_others_no_longer_than_the_flush_interval() {
    let mut pipeline = Pipeline::resume(&config(100), Parser::new(), EPOCH, 0, 0, 0);
    pipeline.feed(b"TEST_PASS name=a\n", 1_000);
    assert!(pipeline.take().is_some());
    pipeline.feed(b"TEST_PASS name=b\n", 1_001);
    pipeline.feed(b"TEST_PASS name=c\n", 1_150);
    assert_eq!(pipeline.due_ms(), Some(1_200));
    pipeline.tick(1_199);
    assert!(pipeline.take().is_none());
    pipeline.tick(1_200);
    let frame = pipeline.take();
    assert_eq!(frame.map(|f| f.header().end), Some(51));
    assert_eq!(pipeline.due_ms(), None);
}

#[test]
fn the_first_event_after_a_start_or_a_silence_does_not_wait() {
    let mut pipeline = Pipeline::resume(&config(100), Parser::new(), EPOCH, 0, 0, 70);
    for ms in [70, 5_000, 5_200] {
        pipeline.feed(b"TEST_PASS name=a\n", ms);
        assert_eq!(pipeline.take().map(|f| f.event_count()), Some(1), "{ms}");
    }
    // Of a clock that was set back it is not known how long nothing came.
    pipeline.feed(b"TEST_PASS name=a\n", 5_100);
    assert!(pipeline.take().is_none());
    assert_eq!(pipeline.due_ms(), Some(5_300));
}

#[test]
fn bytes_without_events_are_told_at_most_once_a_second() {
    let mut pipeline = Pipeline::resume(&config(100), Parser::new(), EPOCH, 0, 0, 0);
    let mut told = Vec::new();
    for ms in (0..5_000).step_by(100) {
        pipeline.feed(b"nothing to see\n", ms);
        while let Some(frame) = pipeline.take() {
            assert_eq!(frame.event_count(), 0);
            told.push(ms);
        }
    }
    assert_eq!(told, [1_000, 2_000, 3_000, 4_000]);
}

#[test]
fn a_line_that_is_not_over_is_in_no_frame_yet() {
    let mut pipeline = Pipeline::resume(&config(1), Parser::new(), EPOCH, 0, 0, 0);
    pipeline.feed(b"whole\nTEST_PASS name=lo", 5_000);
    assert_eq!(pipeline.take().map(|f| f.header().end), Some(6));
    pipeline.feed(b"gin\n", 10_000);
    let frame = pipeline.take().map(|f| (f.header().start, f.event_count()));
    assert_eq!(frame, Some((6, 1)));
}

#[test]
fn free_text_leaves_masked_unless_excerpts_are_wanted() {
    let text = b"TEST_FAIL name=a reason=\"connect to 10.0.0.7:5432 failed\"\n";
    let message = |excerpts| {
        let config = SidecarConfig {
            excerpts,
            ..SidecarConfig::default()
        };
        let mut pipeline = Pipeline::resume(&config, Parser::new(), EPOCH, 0, 0, 0);
        pipeline.feed(text, 0);
        pipeline.tick(10_000);
        let mut frames = Vec::new();
        drain(&mut pipeline, &mut frames);
        events(&frames).concat()
    };
    assert!(message(true).contains("10.0.0.7"), "{}", message(true));
    assert!(!message(false).contains("10.0.0.7"), "{}", message(false));
    assert!(message(false).contains("<addr>"), "{}", message(false));
}

#[test]
fn events_get_the_time_of_their_reading() {
    let mut pipeline = Pipeline::resume(&config(1), Parser::new(), EPOCH, 0, 0, 0);
    pipeline.feed(b"TEST_PASS name=a\n", 1_234);
    pipeline.tick(9_999);
    let frame = pipeline.take();
    let time = frame.as_ref().and_then(|f| f.events().next()?.time_ms);
    assert_eq!(time, Some(1_234));
}

#[test]
fn an_empty_stream_has_an_end() {
    let frames = run(b"", &[1], 1);
    assert_eq!(frames.len(), 1);
    assert!(frames[0].header().last);
    assert_eq!(frames[0].event_count(), 1);
}

#[test]
fn a_line_within_which_the_writer_was_killed_is_a_loss() {
    let mut pipeline = Pipeline::resume(&config(100), Parser::new(), EPOCH, 0, 0, 0);
    pipeline.feed(b"TEST_PASS name=t1\nTEST_PASS name=t1", 0);
    let killed = StreamEnd {
        total_bytes: 35,
        cause: "killed".to_owned(),
        ..StreamEnd::default()
    };
    pipeline.finish(&killed, 0);
    let mut frames = Vec::new();
    drain(&mut pipeline, &mut frames);
    let told = events(&frames);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("t1"), "{told:?}");
    assert!(
        told[1].contains("Gap { from: 18, to: 35, reason: \"killed\" }"),
        "{told:?}"
    );
    assert!(told[2].contains("EndOfStream"), "{told:?}");
}

#[test]
fn s11_a_clock_that_is_set_back_by_a_day_does_not_hold_a_frame_back_for_a_day() {
    let day = 86_400_000;
    let mut pipeline = Pipeline::resume(&config(100), Parser::new(), EPOCH, 0, 0, day);
    pipeline.feed(b"TEST_PASS name=t1\n", day);
    assert!(pipeline.take().is_some());
    pipeline.feed(b"TEST_PASS name=t2\n", day);
    assert!(pipeline.take().is_none());
    pipeline.tick(10);
    let due = pipeline.due_ms().unwrap();
    assert!(due <= 10 + 200, "{due}");
    pipeline.tick(due);
    assert!(pipeline.take().is_some());
    // Nor does one that is set back before anything comes.
    pipeline.feed(b"words\n", 10 - day);
    let due = pipeline.due_ms().unwrap();
    assert!(due <= 10 - day + 1_000, "{due}");
}

#[test]
fn a_loss_before_the_agents_position_does_not_take_the_line_that_begins_there() {
    let bytes = b"TEST_PASS name=t1\nTEST_PASS name=t2\nTEST_PASS name=t3\n";
    let mut pipeline = Pipeline::resume(&config(100), Parser::new(), EPOCH, 36, 0, 0);
    pipeline.feed(&bytes[..10], 0);
    let lost = Lost {
        from: 10,
        to: 36,
        reason: "rotated_away".to_owned(),
    };
    pipeline.lose(&lost);
    pipeline.feed(&bytes[36..], 0);
    pipeline.finish(&ended(bytes.len()), 0);
    let mut frames = Vec::new();
    drain(&mut pipeline, &mut frames);
    let told = events(&frames);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("t3"), "{told:?}");
}
