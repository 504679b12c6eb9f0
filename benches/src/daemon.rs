//! The agent as a process that does not outlive its handle: started, asked how far it is, weighed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::{Connection, OpenFlags};

use crate::http::Client;
use crate::process::{Process, sibling};

/// A daemon on its data directory.
#[derive(Debug)]
pub struct Daemon {
    /// Its process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    data: PathBuf,
}

impl Daemon {
    /// Starts it and waits until it answers. Port 0 is a free one.
    ///
    /// # Errors
    /// When it was not built, or ends instead.
    pub fn start(data: &Path, port: u16, settings: &[(&str, &str)]) -> Result<Daemon, String> {
        Daemon::spawn(program("sentinel-agent")?, data, port, settings)
    }

    /// The same by a command that starts it in the end.
    ///
    /// # Errors
    /// When it ends instead.
    pub fn spawn(
        mut command: Command,
        data: &Path,
        port: u16,
        settings: &[(&str, &str)],
    ) -> Result<Daemon, String> {
        command.arg("--data").arg(data).arg("--listen");
        command.arg(format!("127.0.0.1:{port}"));
        command.envs(settings.iter().copied());
        let started = Process::start(command.stderr(Stdio::piped()));
        let mut process = started.map_err(|e| format!("agent: {e}"))?;
        let output = process.stderr().ok_or("agent: no standard error")?;
        let mut lines = BufReader::new(output).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let at = line.split_once("address=")?.1;
                at.split(' ').next()?.parse().ok()
            })
            .ok_or("agent: it did not say where it listens")?;
        // Later lines have to go somewhere, or the daemon would wait for them to be read.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Daemon {
            process,
            address,
            data: data.to_owned(),
        })
    }

    /// Its address as a sender is told it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its database.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.data.join("sentinel.db")
    }

    /// Bytes that are committed of all streams.
    #[must_use]
    pub fn committed(&self) -> u64 {
        self.count("SELECT coalesce(sum(committed), 0) FROM streams")
    }

    /// A number that its store gives; 0 if it does not.
    #[must_use]
    pub fn count(&self, query: &str) -> u64 {
        let store = Connection::open_with_flags(self.store(), OpenFlags::SQLITE_OPEN_READ_ONLY);
        let asked = store.and_then(|store| store.query_row(query, [], |row| row.get::<_, i64>(0)));
        asked.map_or(0, i64::cast_unsigned)
    }

    /// One of its metrics, by its name and labels.
    ///
    /// # Errors
    /// When it does not answer, or knows no such metric.
    pub fn metric(&self, name: &str) -> Result<u64, String> {
        let text = |e: std::io::Error| format!("metrics: {e}");
        let mut client = Client::connect(self.address).map_err(text)?;
        let (_, page) = client.get("/metrics").map_err(text)?;
        let page = String::from_utf8_lossy(&page);
        let mut values = page.lines().filter_map(|line| line.strip_prefix(name));
        let value = values.find_map(|value| value.trim().parse().ok());
        value.ok_or_else(|| format!("no metric {name}"))
    }

    /// Kibibytes of memory it holds now, and held at most.
    ///
    /// # Errors
    /// When it has ended.
    pub fn memory(&self) -> Result<Memory, String> {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        let of = |name: &str| {
            let mut lines = status.lines().filter_map(|line| line.strip_prefix(name));
            let kib = lines.find_map(|line| line.split_whitespace().nth(1)?.parse().ok());
            kib.ok_or_else(|| format!("{path}: no {name}"))
        };
        Ok(Memory {
            resident: of("VmRSS")?,
            peak: of("VmHWM")?,
        })
    }
}

/// Kibibytes of memory in the machine.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At most so far.
    pub peak: u64,
}

/// A program of the workspace without an environment, and without anything to say.
///
/// # Errors
/// When it was not built.
pub fn program(name: &str) -> Result<Command, String> {
    let mut command = Command::new(sibling(name)?);
    command.env_clear().stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}
