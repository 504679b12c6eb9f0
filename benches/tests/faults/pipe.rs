//! A test that writes into a pipe faster than the network takes it away.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sentinel_benches::oracle::{self, Told, compare, events_of};
use sentinel_benches::process::Process;
use sentinel_benches::proxy::Proxy;

use crate::agents::wait_until;
use crate::full_size;
use crate::processes::{PATIENCE, daemon, sidecar, succeed};
use crate::shipping::log;

/// Bytes of one write.
const PIECE: usize = 4_096;

/// Writes all of it, so many bytes a second at most; the longest that a write took.
fn write(mut out: impl Write, bytes: &[u8], rate: f64) -> Duration {
    let (begun, mut longest) = (Instant::now(), Duration::ZERO);
    for (n, piece) in bytes.chunks(PIECE).enumerate() {
        let due = Duration::from_secs_f64((n * PIECE) as f64 / rate);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let asked = Instant::now();
        out.write_all(piece).unwrap();
        longest = longest.max(asked.elapsed());
    }
    longest
}

/// Without the number of its line, which nobody knows behind a loss.
fn without_line(event: &Told) -> Told {
    let (_, rest) = event.2.split_once(' ').unwrap();
    (event.0, event.1, rest.to_owned())
}

/// Five minutes on demand, and then no write may take a tenth of a second; a loaded machine may keep a writer longer.
#[test]
fn t16_a_writer_faster_than_the_network_is_not_held_up_with_a_spool_and_the_loss_is_told_to_the_byte()
 {
    let (tests, rate, longest_write) = match full_size() {
        true => (5_000_000, 1e6, Duration::from_millis(100)),
        // Far more than the capture holds, even deflated.
        false => (200_000, 3e6, Duration::from_secs(1)),
    };
    let dir = tempfile::tempdir().unwrap();
    let agent = daemon(&dir.path().join("data"), 0, &[]);
    let proxy = Proxy::start(agent.address, 1).unwrap();
    proxy.set_rate(Some(20_000));
    let mut command = sidecar(&["tail", "-", "--agent", &proxy.url(), "--spool"]);
    command.arg(dir.path().join("spool"));
    command.env("SENTINEL_SIDECAR__CAPTURE_CAP", "1MiB");
    command.env("SENTINEL_SIDECAR__SEGMENT_SIZE", "256KiB");
    let mut sidecar = Process::start(command.stdin(Stdio::piped())).unwrap();
    let bytes = log(tests);
    let longest = write(sidecar.stdin().unwrap(), &bytes, rate);
    eprintln!(
        "{} bytes written, {longest:?} at most for a write",
        bytes.len()
    );
    assert!(longest < longest_write, "{longest:?}");
    proxy.set_rate(None);
    succeed(sidecar);
    let stored = oracle::stored(&agent.store()).unwrap();
    let stream = stored.into_values().next().unwrap();
    assert!(stream.closed);
    assert!(!stream.gaps.is_empty(), "the network took all of it");
    let lost: u64 = stream.gaps.iter().map(|(from, to, _)| to - from).sum();
    eprintln!("{lost} bytes lost in {} gaps", stream.gaps.len());
    let is_lost = |event: &Told| {
        let mut gaps = stream.gaps.iter();
        gaps.any(|(from, to, _)| (*from..*to).contains(&event.0))
    };
    let told = events_of(&bytes);
    let told = told.iter().filter(|event| !is_lost(event));
    let told: Vec<Told> = told.map(without_line).collect();
    let kept: Vec<Told> = stream.events.iter().map(without_line).collect();
    compare(&told, &kept).unwrap();
    assert_eq!(agent.count("SELECT lost_bytes FROM runs"), lost);
}

#[test]
fn t16_without_a_spool_the_writer_waits_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let agent = daemon(&dir.path().join("data"), 0, &[]);
    let proxy = Proxy::start(agent.address, 1).unwrap();
    let mut command = sidecar(&["tail", "-", "--agent", &proxy.url()]);
    command.env("SENTINEL_SIDECAR__FRAME_EVENTS", "100");
    let mut sidecar = Process::start(command.stdin(Stdio::piped())).unwrap();
    let bytes = log(20_000);
    let out = sidecar.stdin().unwrap();
    proxy.set_closed(true);
    let longest = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(out, &bytes, 1e9));
        std::thread::sleep(Duration::from_secs(1));
        assert!(!writer.is_finished(), "all of it went somewhere");
        proxy.set_closed(false);
        wait_until("it is written", PATIENCE, || writer.is_finished());
        writer.join().unwrap()
    });
    assert!(longest > Duration::from_millis(500), "{longest:?}");
    succeed(sidecar);
    let stored = oracle::stored(&agent.store()).unwrap();
    let stream = stored.into_values().next().unwrap();
    compare(&events_of(&bytes), &stream.events).unwrap();
    assert!(stream.closed && stream.gaps.is_empty());
}
