//! Torture rows A2, A5, F5, F7, X6 and X7 against the agent's HTTP surface: slow clients, bombs, lies,
//! paths and smuggled requests. `SENTINEL_TORTURE=full` runs A2 with 2,000 clients and the real limits.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::{Daemon, EPOCH, PER_TEST, Running, hello, tests};
use flate2::Compression;
use flate2::write::GzEncoder;
use sentinel_agent::api::view::RunView;
use sentinel_config::Config;
use sentinel_parsers::event::{Body, Event, Gap, Status, TestEnd};
use sentinel_parsers::frame::{Frame, FrameBuilder, FrameError, Header, Limits};

// --- A2: slow clients.

/// What the slow client of this number says before it says nothing any more.
fn slow_beginning(number: usize) -> Vec<u8> {
    let body = format!(
        "POST /v1/streams/{number:032x}/frames HTTP/1.1\r\nhost: x\r\n\
         content-type: application/vnd.sentinel.frame\r\ncontent-length: 1000\r\n\r\nhalf"
    );
    match number % 5 {
        0 => Vec::new(),
        1 => b"GET /health HTT".to_vec(),
        2 => b"GET /health HTTP/1.1\r\nhost: x\r\n".to_vec(),
        3 => body.into_bytes(),
        // And then an idle connection that is kept alive.
        _ => b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
    }
}

fn slow(address: SocketAddr, said: &[u8]) -> (TcpStream, Instant) {
    let mut client = TcpStream::connect(address).unwrap();
    // A client that is too slow is cut off; that is what this is about.
    let _ = client.write_all(said);
    (client, Instant::now())
}

/// Reads to the end of the connection; how long that took from `begun`.
fn closed_after(mut client: &TcpStream, begun: Instant, patience: Duration) -> Duration {
    client.set_read_timeout(Some(patience)).unwrap();
    let mut rest = [0; 4096];
    loop {
        match client.read(&mut rest) {
            Ok(0) => return begun.elapsed(),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::ConnectionReset => return begun.elapsed(),
            Err(e) => panic!("not closed after {:?}: {e}", begun.elapsed()),
        }
    }
}

#[test]
fn slow_clients_are_cut_off_and_hold_up_nobody_else() {
    let full = std::env::var("SENTINEL_TORTURE").is_ok_and(|word| word == "full");
    let (count, settings): (usize, &[(&str, &str)]) = match full {
        true => (2_000, &[]),
        false => (
            200,
            &[
                ("SENTINEL_AGENT__MAX_CONNECTIONS", "64"),
                ("SENTINEL_AGENT__HEADER_TIMEOUT", "1s"),
                ("SENTINEL_AGENT__BODY_TIMEOUT", "1500ms"),
                ("SENTINEL_AGENT__REQUEST_TIMEOUT", "6s"),
            ],
        ),
    };
    let longest = Duration::from_secs(if full { 15 } else { 2 });
    let dir = tempfile::tempdir().unwrap();
    let agent = Daemon::start(dir.path(), settings);
    let stream = agent.client.open(&hello("r1")).stream;
    let begun = Instant::now();
    let (crowd, mut times) = std::thread::scope(|scope| {
        // While the crowd comes, and while it is there.
        let honest = scope.spawn(|| {
            let ask = |n: u64| {
                let asked = Instant::now();
                let frame = tests(n, n + 1).encode();
                // Whoever gets no processor while a whole crowd comes is as slow as the crowd, is cut off
                // like it, and asks again, as every sender does.
                let answer = (0..20)
                    .map(|_| agent.client.frames(&stream, &frame))
                    .find(|answer| answer.status != 0);
                let answer = answer.expect("an honest client is served in the end");
                assert_eq!(answer.position(), (200, (n + 1) * PER_TEST));
                asked.elapsed()
            };
            (0..300).map(ask).collect::<Vec<Duration>>()
        });
        let crowd: Vec<(TcpStream, Instant)> = (0..count)
            .map(|n| slow(agent.client.address(), &slow_beginning(n)))
            .collect();
        (crowd, honest.join().unwrap())
    });
    let connected = begun.elapsed();
    times.sort();
    let (p99, worst) = (times[296], times[299]);
    let last = crowd
        .iter()
        .map(|(client, said)| closed_after(client, *said, longest + Duration::from_secs(10)))
        .max()
        .unwrap();
    eprintln!(
        "{count} slow clients beside 300 honest requests in {connected:?}: honest p99 {p99:?}, worst {worst:?}; last closed after {last:?}"
    );
    assert!(p99 < Duration::from_secs(1), "{p99:?}");
    // They were looked at only after the honest ones were served.
    let longest = longest.max(connected) + Duration::from_secs(4);
    assert!(last < longest, "{last:?}");
}

// --- F5 and F7: bombs and lies.

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

// --- A5: a poison frame.

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

// --- X6: paths.

#[test]
fn a_path_in_a_name_is_refused_and_nothing_is_written_elsewhere() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("data");
    let agent = Running::start(&inner);
    let open = |run_id: &str| {
        let mut open = hello("r1");
        open.run.run_id = run_id.to_owned();
        let body = serde_json::to_vec(&open).unwrap();
        agent.client.post("/v1/streams", "application/json", &body)
    };
    for bad in [
        "../x",
        "..",
        "a/../../x",
        "/etc/passwd",
        "a//b",
        "a/",
        ".",
        "a\\..\\b",
        "a%2f..",
        "a\0b",
        "a\nb",
        "",
    ] {
        assert_eq!(open(bad).status, 400, "{bad:?}");
    }
    assert_eq!(open("team/nightly/7..8").status, 200);
    for path in [
        "/v1/streams/../../etc/passwd/position",
        "/v1/streams/..%2f..%2fetc%2fpasswd/position",
        "/v1/streams/%00/position",
        "/api/v1/runs/..%2f..%2fdata",
        "/api/v1/runs/%2e%2e/tests",
        "/../../etc/passwd",
        "//etc/passwd",
        "/api/v1/runs/%ff%fe",
    ] {
        let answer = agent.client.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
    }
    agent.stop();
    let beside: Vec<_> = std::fs::read_dir(outer.path()).unwrap().collect();
    assert_eq!(beside.len(), 1);
    for file in std::fs::read_dir(&inner).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with("sentinel.") || name.contains("lock"),
            "{name}"
        );
    }
}

// --- X7: smuggled requests and large heads, HTTP/1.

/// All that comes back for these bytes.
fn said_back(address: SocketAddr, bytes: &[u8]) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    let patience = Some(Duration::from_secs(10));
    client.set_read_timeout(patience).unwrap();
    // It may be cut off before everything was said.
    let _ = client.write_all(bytes);
    let _ = client.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn smuggled() -> Vec<(&'static str, Vec<u8>)> {
    let open = |head: &str, body: &str| {
        let second = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
        let head = head.replace('|', "\r\n");
        format!(
            "POST /v1/streams HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{head}\r\n{body}{second}"
        )
        .into_bytes()
    };
    let many: String = (0..100).map(|n| format!("x-{n}: y|")).collect();
    let long = format!("x: {}|", "y".repeat(20_000));
    let flood = format!("1;{}\r\n{{\r\n0\r\n\r\n", "e".repeat(100_000));
    vec![
        (
            "both lengths",
            open("content-length: 5|transfer-encoding: chunked|", "0\r\n\r\n"),
        ),
        (
            "both lengths, turned",
            open("transfer-encoding: chunked|content-length: 5|", "0\r\n\r\n"),
        ),
        (
            "two lengths",
            open("content-length: 0|content-length: 5|", ""),
        ),
        ("a list of lengths", open("content-length: 0, 5|", "")),
        ("a length with a sign", open("content-length: +0|", "")),
        (
            "a length of 2^64",
            open("content-length: 18446744073709551616|", ""),
        ),
        (
            "an unknown coding",
            open("transfer-encoding: xchunked|", "0\r\n\r\n"),
        ),
        (
            "chunked, but not last",
            open("transfer-encoding: chunked, identity|", "0\r\n\r\n"),
        ),
        ("a blank before the colon", open("content-length : 0|", "")),
        ("a folded line", open("x: y| z|content-length: 0|", "")),
        ("a NUL in a value", open("x: a\0b|content-length: 0|", "")),
        ("a bare CR", open("x: a\rcontent-length: 0|", "")),
        (
            "a chunk of 2^64",
            open("transfer-encoding: chunked|", "FFFFFFFFFFFFFFFFF\r\n"),
        ),
        (
            "a chunk that is no number",
            open("transfer-encoding: chunked|", "zz\r\n"),
        ),
        (
            "a flood of extensions",
            open("transfer-encoding: chunked|", &flood),
        ),
        ("a hundred headers", open(&many, "")),
        ("a header of 20 kB", open(&long, "")),
        (
            "HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        ),
        ("TLS", [&[0x16, 3, 1, 2, 0, 1][..], &[0; 500]].concat()),
    ]
}

/// Kibibytes of memory a process holds.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_request_that_can_be_read_in_two_ways_ends_its_connection() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Daemon::start(dir.path(), &[]);
    let mut before = 0;
    for round in 0..20 {
        for (what, bytes) in smuggled() {
            let answer = said_back(agent.client.address(), &bytes);
            let answers = answer.matches("HTTP/1.1 ").count();
            assert!(answers <= 1, "{what}: {answer}");
            let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
            assert!(refused, "{what}: {answer}");
            assert!(!answer.contains(" 404 "), "{what}: the second one was read");
        }
        if round == 4 {
            before = resident(agent.pid());
        }
    }
    let grown = resident(agent.pid()).saturating_sub(before);
    assert!(grown < 8 * 1024, "grown by {grown} KiB");
    assert_eq!(agent.client.get("/health").status, 200);
}

// --- Admission: one noisy stream and quiet ones.

#[test]
fn a_noisy_stream_is_held_up_by_itself_and_quiet_ones_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.agent.max_in_flight = 1 << 20;
    config.agent.max_body = 64 << 10;
    config.agent.turn_timeout = Duration::from_millis(500);
    let agent = Running::with(dir.path(), &config);
    let opened = |name: &str| {
        let mut open = hello(name);
        open.identity.container = name.to_owned();
        agent.client.open(&open).stream
    };
    let (noisy, quiet) = (opened("noisy"), opened("quiet"));
    // All of it at once, in requests that follow each other without waiting for answers.
    let bodies: Vec<Vec<u8>> = (0..40)
        .map(|n| tests(n * 500, (n + 1) * 500).encode())
        .collect();
    let path = format!("/v1/streams/{noisy}/frames");
    let kind = "application/vnd.sentinel.frame";
    let pending: Vec<_> = bodies
        .iter()
        .map(|body| agent.client.send("POST", &path, kind, body))
        .collect();
    let mut worst = Duration::ZERO;
    for n in 0..20 {
        let asked = Instant::now();
        let answer = agent.client.frames(&quiet, &tests(n, n + 1).encode());
        worst = worst.max(asked.elapsed());
        assert_eq!(answer.position(), (200, (n + 1) * PER_TEST));
    }
    assert!(worst < Duration::from_secs(2), "{worst:?}");
    let answers: Vec<_> = pending.into_iter().map(common::Pending::answer).collect();
    let sent_away = answers.iter().filter(|a| matches!(a.status, 429 | 503));
    for answer in sent_away.clone() {
        assert!(answer.head.contains("retry-after: "), "{answer:?}");
    }
    assert!(sent_away.count() > 0, "too many at once for one stream");
    // What was acknowledged is there, and the rest can be sent again.
    for body in &bodies {
        let answer = agent.client.frames(&noisy, body);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let position = agent.client.get(&format!("/v1/streams/{noisy}/position"));
    assert_eq!(position.position(), (200, 20_000 * PER_TEST));
    agent.stop();
}

// --- A3: more than it can take.

/// One stream that sends as fast as it is let, and faster; what was acknowledged, and how often it was
/// told to come back.
fn flood(client: &common::Client, name: &str, per_body: u64, until: Instant) -> (String, u64, u64) {
    let mut open = hello(name);
    open.identity.container = name.to_owned();
    let stream = client.open(&open).stream;
    let path = format!("/v1/streams/{stream}/frames");
    let kind = "application/vnd.sentinel.frame";
    let (mut taken, mut sent_away) = (0, 0);
    while Instant::now() < until {
        let body = tests(taken, taken + per_body).encode();
        // The same many times at once: one is enough, and the others take room.
        let pending: Vec<_> = (0..6)
            .map(|_| client.send("POST", &path, kind, &body))
            .collect();
        for answer in pending.into_iter().map(common::Pending::answer) {
            match answer.status {
                200 => taken = answer.position().1 / PER_TEST,
                429 | 503 => {
                    assert!(answer.head.contains("retry-after: "), "{answer:?}");
                    sent_away += 1;
                }
                _ => panic!("{answer:?}"),
            }
        }
    }
    (stream, taken, sent_away)
}

#[test]
fn overload_is_sent_away_in_bounded_memory_and_what_was_acknowledged_is_there() {
    let full = std::env::var("SENTINEL_TORTURE").is_ok_and(|word| word == "full");
    let (streams, lasts, per_body) = if full { (64, 60, 2_000) } else { (8, 2, 300) };
    let settings: &[(&str, &str)] = match full {
        // What the core keeps of tests is bounded by other limits: runs times tests of a run.
        true => &[
            ("SENTINEL_RUN__MAX_TESTS", "1000"),
            ("SENTINEL_AGENT__QUEUE", "64"),
        ],
        false => &[
            ("SENTINEL_AGENT__MAX_IN_FLIGHT", "1MiB"),
            ("SENTINEL_AGENT__MAX_BODY", "128KiB"),
            ("SENTINEL_AGENT__TURN_TIMEOUT", "200ms"),
            ("SENTINEL_AGENT__QUEUE", "16"),
        ],
    };
    let dir = tempfile::tempdir().unwrap();
    let agent = Daemon::start(dir.path(), settings);
    let (pid, until) = (agent.pid(), Instant::now() + Duration::from_secs(lasts));
    let (floods, most, mut times) = std::thread::scope(|scope| {
        let floods: Vec<_> = (0..streams)
            .map(|n| {
                let client = &agent.client;
                scope.spawn(move || flood(client, &format!("flood-{n}"), per_body, until))
            })
            .collect();
        let quiet = agent.client.open(&hello("quiet")).stream;
        let (mut most, mut times) = (0, Vec::new());
        for n in 0.. {
            if Instant::now() > until {
                break;
            }
            let asked = Instant::now();
            let answer = agent.client.frames(&quiet, &tests(n, n + 1).encode());
            assert_eq!(answer.position(), (200, (n + 1) * PER_TEST));
            times.push(asked.elapsed());
            most = most.max(resident(pid));
        }
        let floods: Vec<_> = floods.into_iter().map(|f| f.join().unwrap()).collect();
        (floods, most, times)
    });
    let (mut taken, mut sent_away) = (0, 0);
    for (stream, acknowledged, refused) in floods {
        let position = agent.client.get(&format!("/v1/streams/{stream}/position"));
        assert!(position.position().1 >= acknowledged * PER_TEST, "{stream}");
        taken += acknowledged;
        sent_away += refused;
    }
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    eprintln!(
        "{streams} streams for {lasts} s: {taken} tests taken, {sent_away} requests sent away, \
         {most} KiB resident at most; a quiet stream's {} answers: p99 {p99:?}",
        times.len()
    );
    assert!(sent_away > 0, "it was never too much");
    // A debug build takes ten times as long for what is before the quiet stream's frame.
    let longest = if full && cfg!(debug_assertions) {
        20
    } else {
        2
    };
    assert!(p99 < Duration::from_secs(longest), "{p99:?}");
    assert!(most < 100 * 1024, "{most} KiB");
}
