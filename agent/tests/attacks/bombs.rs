//! Torture rows F5, F6, F7 and A5: bodies that inflate to more than they should, lie about their lengths, are of a
//! later version, or are malformed every time they come.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sentinel_agent::api::view::RunView;
use sentinel_parsers::event::{Body, Event, Gap, Status, TestEnd};
use sentinel_parsers::frame::{Frame, FrameBuilder, FrameError, Header, Limits};

use crate::common::{Answer, EPOCH, PER_TEST, Running, hello, tests};

/// A frame whose header tells what it is told to tell, with the right checksum.
fn forged(events: u32, inflated: u32, stored_length: u32, crc: u32, stored: &[u8]) -> Vec<u8> {
    let mut frame = FrameBuilder::new()
        .finish(Header {
            epoch: EPOCH,
            seq: 0,
            start: 0,
            end: PER_TEST,
            last: false,
        })
        .encode();
    frame.truncate(68);
    frame[12..16].copy_from_slice(&events.to_le_bytes());
    frame[56..60].copy_from_slice(&inflated.to_le_bytes());
    frame[60..64].copy_from_slice(&stored_length.to_le_bytes());
    frame[64..68].copy_from_slice(&crc.to_le_bytes());
    let sum = crc32c::crc32c_append(crc32c::crc32c(&frame[..8]), &frame[12..68]);
    frame[8..12].copy_from_slice(&sum.to_le_bytes());
    frame.extend_from_slice(stored);
    frame
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}

/// Bodies that are bombs, with the status each is answered with.
fn bombs() -> Vec<(&'static str, Vec<u8>, u16)> {
    let zeros = vec![0; 1 << 20];
    let bomb = gzip(&zeros);
    assert!(zeros.len() / bomb.len() > 900, "1000:1");
    let crc = crc32c::crc32c(&zeros);
    let honest = forged(0, 1 << 20, length(&bomb), crc, &bomb);
    let modest = forged(0, 1_000, length(&bomb), crc, &bomb);
    let small = vec![0; 1_000];
    let member = gzip(&small);
    let sum = crc32c::crc32c(&small);
    let twice = [member.clone(), member.clone()].concat();
    let nested = gzip(&bomb);
    let garbage = [&member[..], b"garbage"].concat();
    let mut wrong_size = member.clone();
    let at = wrong_size.len() - 4;
    wrong_size[at..].copy_from_slice(&u32::MAX.to_le_bytes());
    let told = |stored: &[u8], inflated| forged(0, inflated, length(stored), sum, stored);
    vec![
        ("1000:1, told", honest, 413),
        ("1000:1, behind a modest header", modest, 400),
        ("two members", told(&twice, 2_000), 400),
        ("two members, one told", told(&twice, 1_000), 400),
        ("gzip in gzip", told(&nested, 1_000), 400),
        ("garbage behind it", told(&garbage, 1_000), 400),
        ("a wrong ISIZE", told(&wrong_size, 1_000), 400),
        ("half of it", told(&member[..member.len() / 2], 1_000), 400),
    ]
}

/// What lies about its lengths or counts.
fn lies() -> Vec<(&'static str, Vec<u8>, u16)> {
    let payload = [0; 64];
    let stored = gzip(&payload);
    let sum = crc32c::crc32c(&payload);
    // Length of the state, then a varint of 2^63.
    let huge = [&[0xff; 9][..], &[0x01], &[0; 54]].concat();
    let huge_stored = gzip(&huge);
    let huge_sum = crc32c::crc32c(&huge);
    let fits = length(&stored);
    vec![
        (
            "inflated 2^32 - 1",
            forged(0, u32::MAX, fits, sum, &stored),
            413,
        ),
        (
            "stored 2^32 - 1",
            forged(0, 64, u32::MAX, sum, &stored),
            413,
        ),
        (
            "events 2^32 - 1",
            forged(u32::MAX, 64, fits, sum, &stored),
            413,
        ),
        (
            "events that are not there",
            forged(7, 64, fits, sum, &stored),
            400,
        ),
        (
            "2^63 inside",
            forged(0, 64, length(&huge_stored), huge_sum, &huge_stored),
            400,
        ),
    ]
}

#[test]
fn bombs_and_lies_are_refused_before_more_than_the_cap_is_allocated() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    let limits = Limits::default();
    for (what, body, status) in bombs().into_iter().chain(lies()) {
        let answer = agent.client.frames(&stream, &body);
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        let mut refusal = None;
        let used = allocation_counter::measure(|| {
            refusal = Frame::decode(&body, &limits).err();
        });
        assert!(refusal.is_some(), "{what}");
        let most = limits.inflated as u64 + 64 * 1024;
        assert!(used.bytes_max <= most, "{what}: {} bytes", used.bytes_max);
        if let Some(FrameError::TooLarge { .. }) = refusal {
            assert_eq!(used.bytes_max, 0, "{what}: refused by its header");
        }
    }
    assert_eq!(agent.handle().watch().inflated_bytes.value(), 0);
    assert_eq!(
        agent
            .client
            .frames(&stream, &tests(0, 5).encode())
            .position(),
        (200, 5 * PER_TEST)
    );
    agent.stop();
}

#[test]
fn many_small_bombs_in_one_body_are_refused_once_together_they_are_one() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    // Each is within 64 KiB, where the ratio of a single frame does not matter.
    let mut body = Vec::new();
    for n in 0..100 {
        let mut builder = FrameBuilder::new();
        for sub in 0..15 {
            let (name, message) = (format!("t{sub}"), format!("{}{sub}", "x".repeat(4_000)));
            let mut end = TestEnd::new(Some("s"), &name, Status::Failed);
            end.message = Some(&message);
            builder.push(&Event {
                offset: n * PER_TEST,
                sub,
                line: n,
                time_ms: None,
                lane: 0,
                dialect: "sentinel",
                body: Body::TestEnd(end),
            });
        }
        let header = Header {
            epoch: EPOCH,
            seq: n,
            start: n * PER_TEST,
            end: (n + 1) * PER_TEST,
            last: false,
        };
        body.extend(builder.finish(header).encode());
    }
    let (first, length) = Frame::decode(&body, &Limits::default()).unwrap();
    let inflated = first.payload_len();
    assert!(
        inflated < 64 * 1024 && inflated > 100 * length,
        "{inflated} of {length}"
    );
    let answer = agent.client.frames(&stream, &body);
    assert_eq!(answer.status, 413, "{answer:?}");
    let inflated = agent.handle().watch().inflated_bytes.value();
    assert!(
        inflated <= 64 * 1024,
        "{inflated} bytes, where the ratio begins to count"
    );
    // One at a time, as a sidecar goes on after a 413, they are taken.
    let position = agent.client.frames(&stream, &body[..length]).position();
    assert_eq!(position, (200, PER_TEST));
    agent.stop();
}

#[test]
fn a_frame_refused_five_times_is_replaced_by_a_gap_and_the_stream_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    let (_, poison, _) = lies().swap_remove(3);
    for _ in 0..5 {
        assert_eq!(agent.client.frames(&stream, &poison).status, 400);
        let position = agent.client.get(&format!("/v1/streams/{stream}/position"));
        assert_eq!(position.position(), (200, 0));
    }
    // What a sidecar does then: sidecar/src/ship/policy.rs.
    let mut builder = FrameBuilder::new();
    let lost = Gap {
        from: 0,
        to: PER_TEST,
        reason: "rejected",
    };
    builder.push(&Event {
        offset: 0,
        sub: 0,
        line: 1,
        time_ms: None,
        lane: 0,
        dialect: "sentinel",
        body: Body::Gap(lost),
    });
    let header = Header {
        epoch: EPOCH,
        seq: 0,
        start: 0,
        end: PER_TEST,
        last: false,
    };
    let gap = builder.finish(header).encode();
    assert_eq!(
        agent.client.frames(&stream, &gap).position(),
        (200, PER_TEST)
    );
    assert_eq!(
        agent
            .client
            .frames(&stream, &tests(1, 5).encode())
            .position(),
        (200, 5 * PER_TEST)
    );
    let run: RunView = agent.client.get("/api/v1/runs/r1").json();
    assert_eq!(run.gaps.len(), 1);
    assert_eq!(run.gaps[0].reason, "rejected");
    agent.stop();
}

#[test]
fn a_frame_of_a_later_sidecar_is_taken_but_for_what_is_unknown_and_that_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    // As parsers/src/frame/tests/golden.rs writes it: a plan with a field more than we know, an event of a kind that
    // we do not know, and another plan.
    let state = [7, 0, 0, 0, 0, 0, 0, 0];
    let strings = [&[3, 1, 5, 3][..], b"dsuitenew"].concat();
    let plan = [11, 5, 0b1010, 2, 10, 2, 0, 0, 42, 0xaa, 0xbb, 0xcc];
    let unknown = [9, 200, 0b0100, 1, 5, 2, 0, 0xde, 0xad, 0xbe];
    let after = [6, 5, 0b0100, 0, 2, 2, 9];
    let payload = [&state[..], &strings, &plan, &unknown, &after].concat();
    let (stored, sum) = (gzip(&payload), crc32c::crc32c(&payload));
    let frame = forged(3, length(&payload), length(&stored), sum, &stored);
    let answer = agent.client.frames(&stream, &frame);
    assert_eq!(answer.position(), (200, PER_TEST));
    agent.handle().tick().unwrap();
    for line in [
        "sentinel_core_unknown_events_total 1",
        "sentinel_core_events_total 2",
    ] {
        let says = |page: &Answer| page.body.lines().any(|l| l == line);
        agent.client.until("/metrics", says);
    }
    // And what it sends next.
    let answer = agent.client.frames(&stream, &tests(1, 5).encode());
    assert_eq!(answer.position(), (200, 5 * PER_TEST));
    agent.stop();
}
