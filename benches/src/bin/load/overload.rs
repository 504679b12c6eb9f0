//! Torture row A3: all streams together offer several times what the agent can take. It says so, its memory stays
//! bounded, nothing it acknowledged is lost, and a quiet stream is served.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Args as Arguments;
use sentinel_benches::daemon::Daemon;
use sentinel_benches::figures::permille;
use sentinel_benches::frames::{self, KIND, PER_TEST};
use sentinel_benches::http::Client;
use sentinel_parsers::wire::Position;

use crate::bound;

#[derive(Debug, Arguments)]
pub(crate) struct Args {
    /// Streams that flood it, each of a run of its own
    #[arg(long, default_value_t = 64)]
    streams: u64,
    /// How often each sends what it has to say, at once
    #[arg(long, default_value_t = 6)]
    times: usize,
    /// Tests in a request
    #[arg(long, default_value_t = 2_000)]
    tests: u64,
    /// Seconds that it lasts
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// Most mebibytes of the agent
    #[arg(long, default_value_t = 128)]
    most_mib: u64,
    /// Longest time of 99 in 100 answers of a quiet stream, in milliseconds
    #[arg(long, default_value_t = 2_000)]
    most_ms: u64,
    /// Least ratio of what is offered to what is taken
    #[arg(long, default_value_t = 5.0)]
    ratio: f64,
    /// Further settings of the agent, NAME=VALUE
    #[arg(long)]
    set: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let settings: Vec<(&str, &str)> = args.set.iter().filter_map(|s| s.split_once('=')).collect();
    let agent = Daemon::start(&dir.path().join("data"), 0, &settings)?;
    let until = Instant::now() + Duration::from_secs(args.seconds);
    let (floods, mut quiet) = std::thread::scope(|scope| {
        let floods: Vec<_> = (0..args.streams)
            .map(|n| scope.spawn(move || flood(agent.address, n, args, until)))
            .collect();
        let quiet = quiet(agent.address, until);
        let floods: Result<Vec<Flood>, String> = floods
            .into_iter()
            .map(|f| f.join().unwrap_or_else(|_| Err("a flood panicked".into())))
            .collect();
        Ok::<_, String>((floods?, quiet?))
    })?;
    let memory = agent.memory()?;
    let mut sum = Flood::default();
    let mut client = Client::connect(agent.address).map_err(|e| e.to_string())?;
    for flood in floods {
        let (_, answer) = client
            .get(&format!("/v1/streams/{}/position", flood.stream))
            .map_err(|e| e.to_string())?;
        let at: Position = serde_json::from_slice(&answer).map_err(|e| e.to_string())?;
        if at.committed < flood.taken * PER_TEST {
            return Err(format!("{}: acknowledged, and not there", flood.stream));
        }
        sum.taken += flood.taken;
        sum.offered += flood.offered;
        sum.sent_away += flood.sent_away;
        sum.broken += flood.broken;
    }
    quiet.sort_unstable();
    let (p99, ratio) = (permille(&quiet, 990), sum.offered as f64 / sum.taken as f64);
    println!(
        "{} streams for {} s: {} tests taken of {} offered ({ratio:.1} times as many), {} requests sent away, \
         {} without an answer; \
         agent {} KiB resident at most, {} at the end; {} answers of a quiet stream: p50 {:?}, p99 {p99:?}; \
         nothing acknowledged lost",
        args.streams,
        args.seconds,
        sum.taken,
        sum.offered,
        sum.sent_away,
        sum.broken,
        memory.peak,
        memory.resident,
        quiet.len(),
        permille(&quiet, 500),
    );
    bound("quiet p99", p99, Duration::from_millis(args.most_ms))?;
    bound("KiB", memory.peak, args.most_mib * 1024)?;
    match (sum.sent_away > 0, ratio >= args.ratio) {
        (true, true) => Ok(()),
        _ => Err("it was not too much".to_owned()),
    }
}

/// What became of a flood, in tests.
#[derive(Debug, Default)]
struct Flood {
    stream: String,
    taken: u64,
    offered: u64,
    sent_away: u64,
    /// Requests without an answer.
    broken: u64,
}

/// One stream that sends as fast as it is let, and faster: the same many times at once. One is enough, and the
/// others take room.
fn flood(address: SocketAddr, n: u64, args: &Args, until: Instant) -> Result<Flood, String> {
    let text = |e: std::io::Error| format!("flood {n}: {e}");
    let clients = (0..args.times).map(|_| Client::connect(address));
    let mut clients: Vec<Client> = clients.collect::<Result<_, _>>().map_err(text)?;
    let mut flood = Flood {
        stream: open(&mut clients[0], &format!("flood-{n}"))?,
        ..Flood::default()
    };
    let path = format!("/v1/streams/{}/frames", flood.stream);
    while Instant::now() < until {
        let body = frames::passed(flood.taken..flood.taken + args.tests).encode();
        for client in &mut clients {
            // Who was sent away without being read has no connection any more.
            if client.send(&path, KIND, &body).is_err() {
                *client = Client::connect(address).map_err(text)?;
                client.send(&path, KIND, &body).map_err(text)?;
            }
            flood.offered += args.tests;
        }
        for client in &mut clients {
            match client.answer() {
                Ok((200, answer)) => {
                    let at = serde_json::from_slice(&answer).map_err(|e| e.to_string());
                    let at: Position = at?;
                    flood.taken = at.committed / PER_TEST;
                }
                Ok((429 | 503, _)) => flood.sent_away += 1,
                Ok((status, answer)) => {
                    return Err(format!("{status}: {}", String::from_utf8_lossy(&answer)));
                }
                Err(_) => {
                    flood.broken += 1;
                    *client = Client::connect(address).map_err(text)?;
                }
            }
        }
    }
    Ok(flood)
}

/// A stream that tells one test after another; how long each took.
fn quiet(address: SocketAddr, until: Instant) -> Result<Vec<Duration>, String> {
    let mut client = Client::connect(address).map_err(|e| e.to_string())?;
    let path = format!("/v1/streams/{}/frames", open(&mut client, "quiet")?);
    let mut times = Vec::new();
    for n in 0.. {
        if Instant::now() > until {
            break;
        }
        let (asked, body) = (Instant::now(), frames::passed(n..n + 1).encode());
        let (status, answer) = client.post(&path, KIND, &body).map_err(|e| e.to_string())?;
        if status != 200 {
            let answer = String::from_utf8_lossy(&answer);
            return Err(format!("a quiet stream was sent away: {status}: {answer}"));
        }
        times.push(asked.elapsed());
    }
    Ok(times)
}

fn open(client: &mut Client, run: &str) -> Result<String, String> {
    let body = serde_json::to_vec(&frames::open(run)).map_err(|e| e.to_string())?;
    let opened = client.post("/v1/streams", "application/json", &body);
    let (_, answer) = opened.map_err(|e| e.to_string())?;
    let at: Position = serde_json::from_slice(&answer).map_err(|e| e.to_string())?;
    Ok(at.stream)
}
