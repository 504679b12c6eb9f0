//! What the tests over HTTP share: an agent in this process or one of its own, a blocking client,
//! and frames made by hand.

#![expect(dead_code, reason = "each test file uses its part")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sentinel_agent::{Agent, Handle, ManualClock, Options};
use sentinel_config::Config;
use sentinel_parsers::event::{Body, EndOfStream, Event, Status, TestEnd, TestStart};
use sentinel_parsers::frame::{Frame, FrameBuilder, Header};
use sentinel_parsers::wire::{OpenStream, Position, RunContext, StreamIdentity};
use serde::de::DeserializeOwned;

pub(crate) const EPOCH: [u8; 16] = [7; 16];
/// Bytes of the imagined log each test takes: a line for its start, a line for its end.
pub(crate) const PER_TEST: u64 = 20;
/// When the manual clock starts.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

/// An agent in this process on a port of its own, with a clock that stands.
pub(crate) struct Running {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) client: Client,
    handle: Option<Handle>,
    runtime: tokio::runtime::Runtime,
}

impl Running {
    pub(crate) fn start(dir: &Path) -> Running {
        Running::with(dir, &Config::default())
    }

    pub(crate) fn with(dir: &Path, config: &Config) -> Running {
        Running::opened(Options::new(dir.to_owned()), config)
    }

    pub(crate) fn opened(options: Options, config: &Config) -> Running {
        Running::at(START_MS, options, config)
    }

    /// Started so much later than the others.
    pub(crate) fn later(dir: &Path, config: &Config, millis: i64) -> Running {
        Running::at(START_MS + millis, Options::new(dir.to_owned()), config)
    }

    fn at(now: i64, mut options: Options, config: &Config) -> Running {
        let clock = Arc::new(ManualClock::new(now));
        options.listen = Some(([127, 0, 0, 1], 0).into());
        options.clock = Arc::clone(&clock) as Arc<_>;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.block_on(Agent::start(config, options)).unwrap();
        Running {
            clock,
            client: Client::new(handle.addr()),
            handle: Some(handle),
            runtime,
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.handle.as_ref().unwrap()
    }

    /// Lets so much time pass, and the core notice.
    pub(crate) fn pass(&self, millis: i64) {
        self.clock.advance(millis);
        self.handle().tick().unwrap();
    }

    /// Tells the core something that does not come over HTTP.
    pub(crate) fn tell(&self, input: sentinel_core::Input) {
        self.runtime.block_on(self.handle().tell(input)).unwrap();
    }

    pub(crate) fn live(&self, run_id: &str) -> Option<sentinel_agent::api::view::LiveRun> {
        self.runtime.block_on(self.handle().live(run_id))
    }

    pub(crate) fn stop(mut self) {
        let handle = self.handle.take().unwrap();
        self.runtime.block_on(handle.shutdown());
    }
}

/// The daemon as a process, ended by kill -9 when dropped.
pub(crate) struct Daemon {
    pub(crate) client: Client,
    child: Child,
}

impl Daemon {
    pub(crate) fn start(dir: &Path, settings: &[(&str, &str)]) -> Daemon {
        Daemon::spawn(command(dir), settings)
    }

    /// Under limits that a shell sets before.
    pub(crate) fn limited(dir: &Path, limits: &str, settings: &[(&str, &str)]) -> Daemon {
        let daemon = command(dir);
        let mut shell = Command::new("/bin/sh");
        shell
            .env_clear()
            .arg("-c")
            .arg(format!("{limits}; exec \"$0\" \"$@\""))
            .arg(daemon.get_program())
            .args(daemon.get_args());
        Daemon::spawn(shell, settings)
    }

    /// As the command says, which must start the daemon in the end.
    pub(crate) fn spawn(mut command: Command, settings: &[(&str, &str)]) -> Daemon {
        let mut child = command
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let at = line.find("address=")? + "address=".len();
                line[at..].split(' ').next()?.parse().ok()
            })
            .expect("the daemon says where it listens");
        // Later lines have to go somewhere, or the daemon would wait for them to be read.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Daemon {
            client: Client::new(ready),
            child,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Told to end by a signal, as `kill` names it; how it ended.
    pub(crate) fn told(self, signal: &str) -> std::process::ExitStatus {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success());
        self.wait()
    }

    /// Its end, which somebody else brought about.
    pub(crate) fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Killed already, or to be killed now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The daemon's command line on a free port, with no environment but what the test gives.
pub(crate) fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-agent"));
    command
        .env_clear()
        .arg("--data")
        .arg(dir)
        .args(["--listen", "127.0.0.1:0"]);
    command
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Status and committed offset.
    pub(crate) fn position(&self) -> (u16, u64) {
        (self.status, self.json::<Position>().committed)
    }
}

/// A blocking client that opens a connection per request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    /// Header lines sent with each request.
    more: String,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Client {
        Client {
            address,
            more: String::new(),
        }
    }

    /// The same client with a token.
    pub(crate) fn with_token(&self, token: &str) -> Client {
        Client {
            address: self.address,
            more: format!("authorization: Bearer {token}\r\n"),
        }
    }

    /// The same client with these header lines.
    pub(crate) fn with_headers(&self, head: &[(&str, &str)]) -> Client {
        let lines = head.iter();
        Client {
            address: self.address,
            more: lines
                .map(|(name, value)| format!("{name}: {value}\r\n"))
                .collect(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", b"").answer()
    }

    pub(crate) fn open(&self, open: &OpenStream) -> Position {
        let body = serde_json::to_vec(open).unwrap();
        let answer = self.post("/v1/streams", "application/json", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub(crate) fn frames(&self, stream: &str, body: &[u8]) -> Answer {
        let path = format!("/v1/streams/{stream}/frames");
        self.post(&path, "application/vnd.sentinel.frame", body)
    }

    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        self.send("POST", path, kind, body).answer()
    }

    pub(crate) fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Pending {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let kind = match kind {
            "" => String::new(),
            kind => format!("content-type: {kind}\r\n"),
        };
        let (length, more) = (body.len(), &self.more);
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: agent\r\nconnection: close\r\n{more}{kind}content-length: {length}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        // A server that refuses the head reads no further; what it says shows in the answer.
        let _ = stream.write_all(&request);
        Pending { stream }
    }

    /// Asks until the answer pleases, for ten seconds.
    pub(crate) fn until(&self, path: &str, mut pleases: impl FnMut(&Answer) -> bool) -> Answer {
        let begun = Instant::now();
        loop {
            let answer = self.get(path);
            if pleases(&answer) {
                return answer;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{answer:?}");
            std::thread::yield_now();
        }
    }
}

/// Sends a request's head and nothing more; gives what comes until the connection is closed.
pub(crate) fn answer_to_head(address: SocketAddr, head: &str) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    client.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

/// Where a folder of recorded traffic of a Kubernetes API is, or `None`, said aloud, where there is none.
pub(crate) fn recorded(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SENTINEL_RECORDINGS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings"),
        PathBuf::from,
    );
    let path = root.join("k8s").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    let absent = format!("SKIPPED: no recordings at {}", path.display());
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "{absent}"
    );
    eprintln!("{absent}");
    None
}

/// A request whose answer was not read yet.
pub(crate) struct Pending {
    pub(crate) stream: TcpStream,
}

impl Pending {
    pub(crate) fn answer(mut self) -> Answer {
        let mut text = String::new();
        // A connection that is reset after the answer was sent still gave it.
        let _ = self.stream.read_to_string(&mut text);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
        Answer {
            status: status.unwrap_or(0),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }
}

pub(crate) fn hello(run_id: &str) -> OpenStream {
    OpenStream {
        identity: StreamIdentity {
            cluster: String::new(),
            pod_uid: "host".into(),
            container: "run".into(),
            restart: 0,
            source: "capture".into(),
            epoch: EPOCH.iter().map(|b| format!("{b:02x}")).collect(),
        },
        run: RunContext {
            run_id: run_id.into(),
            pipeline: Some("nightly".into()),
            ..RunContext::default()
        },
        command: Some("make test".into()),
    }
}

/// The frame of tests `from..to`: each begins and passes, except every seventh, which fails.
pub(crate) fn tests(from: u64, to: u64) -> Frame {
    let mut builder = FrameBuilder::new();
    for n in from..to {
        let name = format!("test_{n}");
        builder.push(&event(
            n * PER_TEST,
            n,
            Body::TestStart(TestStart {
                suite: Some("api"),
                name: &name,
                attempt: None,
                tags: None,
            }),
        ));
        let mut end = TestEnd::new(Some("api"), &name, status(n));
        end.duration_s = Some(n as f64 / 10.0);
        end.message = end.status.is_failure().then_some("expected 2, got 3");
        builder.push(&event(n * PER_TEST + 10, n, Body::TestEnd(end)));
    }
    builder.finish(header(from * PER_TEST, to * PER_TEST, false))
}

pub(crate) fn status(n: u64) -> Status {
    match n % 7 {
        6 => Status::Failed,
        _ => Status::Passed,
    }
}

/// The frame that ends a stream of so many tests.
pub(crate) fn end(tests: u64, exit_code: i32) -> Frame {
    let total = tests * PER_TEST;
    let mut builder = FrameBuilder::new();
    builder.push(&event(total, tests, end_of(total, exit_code)));
    builder.finish(header(total, total, true))
}

/// The end of a stream of so many bytes whose command ended by itself.
pub(crate) fn end_of(total: u64, exit_code: i32) -> Body<'static> {
    Body::EndOfStream(EndOfStream {
        total_bytes: total,
        hash: None,
        exit_code: Some(exit_code),
        signal: None,
        cause: "exit",
    })
}

fn event(offset: u64, n: u64, body: Body<'_>) -> Event<'_> {
    Event {
        offset,
        sub: 0,
        line: n + 1,
        time_ms: None,
        lane: 0,
        dialect: "sentinel",
        body,
    }
}

fn header(start: u64, end: u64, last: bool) -> Header {
    Header {
        epoch: EPOCH,
        seq: 0,
        start,
        end,
        last,
    }
}
