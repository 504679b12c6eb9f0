//! The agent and the sidecar as processes, which do not outlive their test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sentinel_benches::http::Client;
use sentinel_benches::process::{Process, sibling};

use crate::agents::{database, wait_until};

/// How long anything may take on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon on its data directory.
pub(crate) struct Daemon {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    data: PathBuf,
}

impl Daemon {
    /// Starts it and waits until it answers. Port 0 is a free one.
    pub(crate) fn start(data: &Path, port: u16, settings: &[(&str, &str)]) -> Daemon {
        let mut command = program("sentinel-agent");
        command.arg("--data").arg(data).arg("--listen");
        command.arg(format!("127.0.0.1:{port}"));
        command.envs(settings.iter().copied());
        let mut process = Process::start(command.stderr(Stdio::piped())).unwrap();
        let mut lines = BufReader::new(process.stderr().unwrap()).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("address=")?
                    .1
                    .split(' ')
                    .next()?
                    .parse()
                    .ok()
            })
            .expect("the daemon says where it listens");
        // Later lines have to go somewhere, or the daemon would wait for them to be read.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Daemon {
            process,
            address,
            data: data.to_owned(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn store(&self) -> PathBuf {
        database(&self.data)
    }

    /// Bytes that are committed of all streams.
    pub(crate) fn committed(&self) -> u64 {
        self.count("SELECT coalesce(sum(committed), 0) FROM streams")
    }

    /// A number that its store gives; 0 if it does not.
    pub(crate) fn count(&self, query: &str) -> u64 {
        let store = Connection::open_with_flags(self.store(), OpenFlags::SQLITE_OPEN_READ_ONLY);
        let asked = store.and_then(|store| store.query_row(query, [], |row| row.get::<_, i64>(0)));
        asked.map_or(0, i64::cast_unsigned)
    }

    /// One of its metrics.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let mut client = Client::connect(self.address).unwrap();
        let (_, text) = client.get("/metrics").unwrap();
        let text = String::from_utf8(text).unwrap();
        let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
        values.find_map(|value| value.trim().parse().ok()).unwrap()
    }

    /// Waits until so many runs have this status.
    pub(crate) fn runs_are(&self, runs: u64, status: &str) {
        let such = format!("SELECT count(*) FROM runs WHERE status = '{status}'");
        let what = format!("{runs} runs are {status}");
        wait_until(&what, PATIENCE, || self.count(&such) == runs);
    }
}

/// A program of the workspace without an environment, and without anything to say.
fn program(name: &str) -> Command {
    let mut command = Command::new(sibling(name).unwrap());
    command.env_clear().stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A sidecar that tries again soon.
pub(crate) fn sidecar(args: &[&str]) -> Command {
    let mut command = program("sentinel-sidecar");
    command.args(args);
    command.env("SENTINEL_SIDECAR__RETRY_MAX", "200ms");
    command.env("PATH", "/usr/bin:/bin");
    command
}

/// `tail` of a recording.
pub(crate) fn tail(dir: &Path, url: &str) -> Command {
    let mut command = sidecar(&["tail", "--agent", url]);
    command.arg(dir);
    command
}

/// Waits for its end, which must be a good one.
pub(crate) fn succeed(mut process: Process) {
    wait_until("it ends", PATIENCE, || process.ended().unwrap().is_some());
    assert_eq!(process.ended().unwrap(), Some(0));
}
