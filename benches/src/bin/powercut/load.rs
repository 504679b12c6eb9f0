//! An agent that is sent one frame after another, and ended as an operator ends it.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sentinel_benches::frames;
use sentinel_benches::http::Client;
use sentinel_benches::process::{free_port, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the agent, sends the tests, each in a frame whose acknowledgement is waited for, and ends it.
pub(crate) fn send(agent: &mut Command, data: &Path, tests: Range<u64>) -> Result<(), String> {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    agent.arg("--data").arg(data);
    agent.args(["--listen", &address.to_string()]);
    let mut agent = crate::quiet(agent)?;
    let mut client = connect(address)?;
    let stream = open(&mut client)?;
    let path = format!("/v1/streams/{stream}/frames");
    for n in tests {
        let answer = client
            .post(&path, frames::KIND, &frames::passed(n..n + 1).encode())
            .map_err(|e| e.to_string())?;
        if answer.0 != 200 {
            return Err(format!(
                "{}: {}",
                answer.0,
                String::from_utf8_lossy(&answer.1)
            ));
        }
    }
    drop(client);
    end(&mut agent, data)
}

fn connect(address: SocketAddr) -> Result<Client, String> {
    let begun = Instant::now();
    loop {
        match Client::connect(address) {
            Ok(client) => return Ok(client),
            Err(error) if begun.elapsed() > PATIENCE => return Err(error.to_string()),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn open(client: &mut Client) -> Result<String, String> {
    let body = serde_json::to_vec(&frames::open("r1")).map_err(|e| e.to_string())?;
    let (_, answer) = client
        .post("/v1/streams", "application/json", &body)
        .map_err(|e| e.to_string())?;
    let answer: serde_json::Value = serde_json::from_slice(&answer).map_err(|e| e.to_string())?;
    let stream = answer["stream"].as_str();
    stream.map(str::to_owned).ok_or_else(|| answer.to_string())
}

/// SIGTERM to the agent, which is the only one that works on the directory, and its end.
fn end(started: &mut sentinel_benches::process::Process, data: &Path) -> Result<(), String> {
    let pid = std::fs::read_to_string(data.join("sentinel.lock")).map_err(|e| e.to_string())?;
    let told = Command::new("kill").args(["-TERM", pid.trim()]).status();
    told.map_err(|e| format!("kill: {e}"))?;
    // What cannot be asked has not ended, as far as is known.
    until(PATIENCE, "the agent to end", || {
        started.ended().is_ok_and(|code| code.is_some())
    })
}
