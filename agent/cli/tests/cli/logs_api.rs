//! The logs of one container as an API server gives them: by the second, of the file that is there now, followed over
//! rotations, of the latest start or the one before, over connections that break.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of a time up to its second.
const SECOND: usize = 19;
/// How long a follower waits before it looks again.
const WAIT: Duration = Duration::from_secs(60);

/// One start of the container.
#[derive(Default)]
struct Start {
    lines: Vec<String>,
    /// The first line of the file that is there.
    file: usize,
    ended: bool,
}

#[derive(Default)]
struct State {
    starts: Vec<Start>,
    lines: u64,
    /// Connections of before the latest break are cut off.
    breaks: usize,
    gone: bool,
    asked: Vec<String>,
}

/// The server.
#[derive(Clone, Default)]
pub(crate) struct LogsApi(Arc<(Mutex<State>, Condvar)>);

impl LogsApi {
    /// Serves on a port of its own until the process ends. The container is not started yet.
    pub(crate) fn start() -> (LogsApi, SocketAddr) {
        let api = LogsApi::default();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let serving = api.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let api = serving.clone();
                // Whoever is asking may hang up at any time.
                std::thread::spawn(move || drop(api.answer(&socket)));
            }
        });
        (api, address)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let changed_to = change(&mut state);
        changed.notify_all();
        changed_to
    }

    /// Writes a line. Several have the same second, some the same time, and some are a little older than the one before.
    pub(crate) fn say(&self, text: &str) {
        self.change(|state| {
            state.lines += 1;
            let n = state.lines;
            let millis = n / 3 * 700 + u64::from(n % 5 != 0) * 400;
            let (second, rest) = (millis / 1_000, millis % 1_000);
            let (minute, second) = (second / 60, second % 60);
            let fraction = format!("{rest:03}");
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            let line = format!("2026-11-27T08:{minute:02}:{second:02}{point}{fraction}Z {text}\n");
            let start = state.starts.last_mut().expect("it was started");
            start.lines.push(line);
        });
    }

    /// A test that passes, in two lines.
    pub(crate) fn pass(&self, name: &str) {
        self.say(&format!("TEST_START name={name} suite=s"));
        self.say(&format!("TEST_PASS name={name} suite=s"));
    }

    /// The container is started, or started again.
    pub(crate) fn begin(&self) {
        self.change(|state| {
            if let Some(before) = state.starts.last_mut() {
                before.ended = true;
            }
            state.starts.push(Start::default());
        });
    }

    /// The container ends.
    pub(crate) fn end(&self) {
        self.change(|state| state.starts.last_mut().expect("it was started").ended = true);
    }

    /// What was written so far is in a file that is asked for no more.
    pub(crate) fn rotate(&self) {
        self.change(|state| {
            let start = state.starts.last_mut().expect("it was started");
            start.file = start.lines.len();
        });
    }

    /// Every connection breaks off, within a line.
    pub(crate) fn cut(&self) {
        self.change(|state| state.breaks += 1);
    }

    /// The pod is deleted.
    pub(crate) fn delete(&self) {
        self.change(|state| {
            state.gone = true;
            state.breaks += 1;
        });
    }

    /// Bytes that each start wrote.
    pub(crate) fn written(&self) -> Vec<u64> {
        let bytes = |start: &Start| start.lines.iter().map(|line| line.len() as u64).sum();
        self.change(|state| state.starts.iter().map(bytes).collect())
    }

    /// The queries that came.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.change(|state| state.asked.clone())
    }

    fn answer(&self, socket: &TcpStream) -> std::io::Result<()> {
        let mut head = BufReader::new(socket);
        let mut line = String::new();
        head.read_line(&mut line)?;
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        while line.trim() != "" {
            line.clear();
            head.read_line(&mut line)?;
        }
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let has = |word: &str| query.split('&').any(|w| w == word);
        let since = query.split('&').find_map(|w| w.strip_prefix("sinceTime="));
        let since = since.unwrap_or_default().to_owned();
        let chosen = self.change(|state| {
            state.asked.push(query.to_owned());
            match (state.starts.len(), has("previous=true")) {
                _ if state.gone => Err("404 Not Found"),
                (n, false) if n > 0 => Ok((n - 1, state.starts[n - 1].file, state.breaks)),
                (n, true) if n > 1 => Ok((n - 2, state.starts[n - 2].file, state.breaks)),
                _ => Err("400 Bad Request"),
            }
        });
        let (start, first, breaks) = match chosen {
            Ok(chosen) => chosen,
            Err(status) => {
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                let mut socket = socket;
                return socket.write_all(head.as_bytes());
            }
        };
        let follow = has("follow=true");
        self.send(socket, (start, first, breaks), &since, follow)
    }

    fn send(
        &self,
        mut socket: &TcpStream,
        (start, mut next, breaks): (usize, usize, usize),
        since: &str,
        follow: bool,
    ) -> std::io::Result<()> {
        socket.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        let (state, changed) = &*self.0;
        loop {
            let waits = |state: &mut State| {
                let of = &state.starts[start];
                state.breaks == breaks && of.lines.len() == next && follow && !of.ended
            };
            let held = state.lock().unwrap_or_else(PoisonError::into_inner);
            let (held, _) = changed
                .wait_timeout_while(held, WAIT, waits)
                .unwrap_or_else(PoisonError::into_inner);
            let of = &held.starts[start];
            let fresh: String = of.lines[next..]
                .iter()
                .filter(|line| since.is_empty() || line[..SECOND] >= since[..SECOND])
                .cloned()
                .collect();
            let (broken, ended) = (held.breaks != breaks, of.ended || !follow);
            next = of.lines.len();
            drop(held);
            if broken {
                // What came at last is broken off in its middle.
                let half = &fresh[..fresh.len() / 2];
                write!(socket, "{:x}\r\n{half}", fresh.len() + 2)?;
                return socket.shutdown(Shutdown::Both);
            }
            if !fresh.is_empty() {
                write!(socket, "{:x}\r\n{fresh}\r\n", fresh.len())?;
            }
            if ended {
                return socket.write_all(b"0\r\n\r\n");
            }
        }
    }
}
