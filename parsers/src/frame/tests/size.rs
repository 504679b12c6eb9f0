//! How many bytes an event takes on the wire.

use super::*;
use crate::event::TestStart;

/// A verbose run like go test's or pytest's: a start and an end for each test, times a few
/// milliseconds apart, names like people give them.
fn verbose_run(tests: u64) -> (Vec<String>, u64) {
    let verbs = [
        "parses", "rejects", "keeps", "merges", "splits", "escapes", "orders",
    ];
    let nouns = [
        "empty_input",
        "unicode",
        "nested_list",
        "timeout",
        "header",
        "retry",
    ];
    let names = (0..tests).map(|i| {
        let (verb, noun) = (verbs[i as usize % 7], nouns[i as usize / 7 % 6]);
        format!("Test{verb}_{noun}/case_{}", i / 42)
    });
    (names.collect(), tests)
}

fn frame_of_run(names: &[String]) -> Frame {
    let mut builder = FrameBuilder::new();
    let (mut offset, mut time) = (0u64, 1_767_225_600_000);
    let mut noise = 1u64;
    for (i, name) in names.iter().enumerate() {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let place = |offset, line| Event {
            offset,
            sub: 0,
            line,
            time_ms: None,
            lane: 0,
            dialect: "go_test",
            body: Body::TestStart(TestStart {
                suite: None,
                name,
                attempt: None,
                tags: None,
            }),
        };
        let line = 2 * i as u64 + 1;
        builder.push(&Event {
            time_ms: Some(time),
            ..place(offset, line)
        });
        offset += 11 + name.len() as u64;
        time += (noise >> 60) as i64;
        let mut end = TestEnd::new(None, name, Status::Passed);
        end.duration_s = Some((noise >> 61) as f64 / 100.0);
        builder.push(&Event {
            time_ms: Some(time),
            body: Body::TestEnd(end),
            ..place(offset, line + 1)
        });
        offset += 18 + name.len() as u64;
    }
    builder.finish(header(0, offset, false))
}

#[test]
#[cfg_attr(miri, ignore = "it counts bytes, in an hour")]
fn a_dense_run_takes_at_most_eight_bytes_an_event() {
    let (names, tests) = verbose_run(5_000);
    let frame = frame_of_run(&names);
    let (wire, events) = (frame.encode().len() as f64, 2.0 * tests as f64);
    println!(
        "{events} events: {:.2} bytes each on the wire, {:.2} inflated, {:.2} of log",
        wire / events,
        frame.payload_len() as f64 / events,
        frame.header().end as f64 / events
    );
    assert!(wire / events <= 8.0);
}
