//! The production path: HTTP over loopback, decoding, the core, the writer's group commit, the
//! answer after it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use sentinel_agent::{Agent, Options};
use sentinel_config::Config;
use sentinel_parsers::wire::Position;

use super::Feed;
use crate::figures::process_cpu;
use crate::http::Client;

/// What it took the agent to make everything durable.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// From the first request to the last answer.
    pub time: Duration,
    /// Processor time in that time, this program's own senders included.
    pub cpu: Duration,
    /// Transactions in that time.
    pub commits: u64,
}

/// Starts an agent on the empty data directory, sends all feeds at once, each on a connection of
/// its own, waits for every acknowledgement, and stops the agent.
///
/// # Errors
/// A line that says what went wrong: an answer that is no acknowledgement, a stream that ends
/// elsewhere than its log.
pub fn through_agent(feeds: &[Feed], data: &Path, config: &Config) -> Result<Taken, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let mut options = Options::new(data.to_owned());
    options.listen = Some(([127, 0, 0, 1], 0).into());
    let agent = runtime
        .block_on(Agent::start(config, options))
        .map_err(|e| e.to_string())?;
    let address = agent.addr();
    let before = agent.watch().commits.value();
    let cpu = process_cpu()?;
    let begun = Instant::now();
    let sent: Result<(), String> = std::thread::scope(|scope| {
        let senders: Vec<_> = feeds
            .iter()
            .map(|feed| scope.spawn(move || send(feed, address)))
            .collect();
        senders.into_iter().try_for_each(|sender| {
            let ended = sender.join();
            ended.unwrap_or_else(|_| Err("a sender panicked".to_owned()))
        })
    });
    let taken = Taken {
        time: begun.elapsed(),
        cpu: process_cpu()?.saturating_sub(cpu),
        commits: agent.watch().commits.value() - before,
    };
    runtime.block_on(agent.shutdown());
    sent.map(|()| taken)
}

fn send(feed: &Feed, address: SocketAddr) -> Result<(), String> {
    let mut client = Client::connect(address).map_err(|e| format!("cannot connect: {e}"))?;
    let open = serde_json::to_vec(&feed.open).map_err(|e| e.to_string())?;
    let opened = post(&mut client, "/v1/streams", "application/json", &open)?;
    let path = format!("/v1/streams/{}/frames", opened.stream);
    let mut at = opened;
    for body in &feed.bodies {
        at = post(&mut client, &path, "application/vnd.sentinel.frame", body)?;
    }
    let whole = feed.log.bytes.len() as u64;
    if !at.closed || at.committed != whole {
        return Err(format!("{at:?} instead of closed at {whole}"));
    }
    Ok(())
}

fn post(client: &mut Client, path: &str, kind: &str, body: &[u8]) -> Result<Position, String> {
    let (status, answer) = client
        .post(path, kind, body)
        .map_err(|e| format!("{path}: {e}"))?;
    if status != 200 {
        let answer = String::from_utf8_lossy(&answer);
        return Err(format!("{path}: status {status}: {answer}"));
    }
    serde_json::from_slice(&answer).map_err(|e| format!("{path}: {e}"))
}
