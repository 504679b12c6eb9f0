//! Torture row A2: clients that are slow on purpose are cut off and hold up nobody else.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::common::{Daemon, PER_TEST, hello, tests};
use crate::full_size;

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
    let full = full_size();
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
