//! Nodes and a hub on loopback, with a line between them that can be cut, and what the hub should hold.

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sentinel_agent::api::view::{Page, RunView, TestView};
use sentinel_config::{Config, Role};
use sentinel_parsers::wire::OpenStream;

use crate::common::{Client, Running, end, hello, tests};

/// An address that stays while the hub behind it comes and goes.
pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    hub: Arc<Mutex<Option<SocketAddr>>>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    /// A line to nowhere.
    pub(crate) fn new() -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Line {
            address: listener.local_addr().unwrap(),
            hub: Arc::default(),
            open: Arc::default(),
        };
        let (hub, open) = (Arc::clone(&line.hub), Arc::clone(&line.open));
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let hub = *hub.lock().unwrap();
                let Some(far) = hub.and_then(|hub| TcpStream::connect(hub).ok()) else {
                    continue;
                };
                let mut open = open.lock().unwrap();
                open.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                carry(near.try_clone().unwrap(), far.try_clone().unwrap());
                carry(far, near);
            }
        });
        line
    }

    /// A line to a hub.
    pub(crate) fn to(hub: SocketAddr) -> Line {
        let line = Line::new();
        line.leads_to(Some(hub));
        line
    }

    /// From now on it leads there, and what was open is cut.
    pub(crate) fn leads_to(&self, hub: Option<SocketAddr>) {
        *self.hub.lock().unwrap() = hub;
        for stream in self.open.lock().unwrap().drain(..) {
            // Closed already, or to be closed now.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// The configuration of a hub that judges at once.
pub(crate) fn hub_config() -> Config {
    let mut config = Config::default();
    config.agent.role = Role::Hub;
    config.run.finalize_after = Duration::ZERO;
    config
}

/// The configuration of a node that is never patient.
pub(crate) fn node_config(hub: &str, name: &str) -> Config {
    let mut config = Config::default();
    config.agent.role = Role::Node;
    let forward = &mut config.agent.forward;
    forward.hub = Some(hub.to_owned());
    forward.node = Some(name.to_owned());
    forward.keep_alive = Duration::from_millis(50);
    forward.retry_min = Duration::from_millis(5);
    forward.retry_max = Duration::from_millis(50);
    config
}

/// The same for a process.
pub(crate) fn node_settings(hub: &str, name: &str) -> Vec<(&'static str, String)> {
    vec![
        ("SENTINEL_AGENT__ROLE", "node".to_owned()),
        ("SENTINEL_AGENT__FORWARD__HUB", hub.to_owned()),
        ("SENTINEL_AGENT__FORWARD__NODE", name.to_owned()),
        ("SENTINEL_AGENT__FORWARD__KEEP_ALIVE", "50ms".to_owned()),
        ("SENTINEL_AGENT__FORWARD__RETRY_MIN", "5ms".to_owned()),
        ("SENTINEL_AGENT__FORWARD__RETRY_MAX", "50ms".to_owned()),
    ]
}

pub(crate) fn hub(dir: &Path) -> Running {
    Running::with(dir, &hub_config())
}

pub(crate) fn node(dir: &Path, line: &Line, name: &str) -> Running {
    Running::with(dir, &node_config(&line.url(), name))
}

/// A stream of run r1 in a container of its own.
pub(crate) fn stream(container: &str) -> OpenStream {
    let mut open = hello("r1");
    open.identity.container = container.to_owned();
    open
}

/// Delivers tests `from..to` of a stream, which the agent must take, and its end if it is told.
pub(crate) fn deliver(agent: &Client, open: &OpenStream, from: u64, to: u64, exit: Option<i32>) {
    let name = agent.open(open).stream;
    let mut body = Vec::new();
    for first in (from..to).step_by(10) {
        body.extend(tests(first, (first + 10).min(to)).encode());
    }
    if let Some(code) = exit {
        body.extend(end(to, code).encode());
    }
    let answer = agent.frames(&name, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The run at the hub once it pleases.
pub(crate) fn run_at(hub: &Client, pleases: impl Fn(&RunView) -> bool) -> RunView {
    let answer = hub.until("/api/v1/runs/r1", |answer| {
        answer.status == 200 && pleases(&answer.json())
    });
    answer.json()
}

/// Until the node knows that the hub took so many of its frames.
pub(crate) fn forwarded(node: &Running, frames: u64) {
    node.client.until("/health", |_| {
        node.handle().watch().forwarded_frames.value() >= frames
    });
}

pub(crate) fn all_closed(run: &RunView) -> bool {
    !run.streams.is_empty() && run.streams.iter().all(|stream| stream.closed)
}

/// The names of the run's tests at the hub, stream by stream, as often as they are there.
pub(crate) fn names(hub: &Client) -> Vec<(String, String)> {
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/runs/r1/tests?limit=1000{after}");
        let page: Page<TestView> = hub.get(&path).json();
        names.extend(page.items.into_iter().map(|test| (test.stream, test.name)));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    names.sort();
    names
}

/// What [`names`] gives if each of these streams told so many tests, and each once.
pub(crate) fn expected(run: &RunView, tests: u64) -> Vec<(String, String)> {
    let streams = run.streams.iter();
    let mut names: Vec<_> = streams
        .flat_map(|stream| (0..tests).map(|n| (stream.stream.clone(), format!("test_{n}"))))
        .collect();
    names.sort();
    names
}

/// Whether the events in the frames of a hub's store are those of `tests` tests and an end for each
/// stream, none twice.
pub(crate) fn each_event_once(dir: &Path, tests: u64) {
    use sentinel_parsers::frame::{Frame, Limits};
    let db = rusqlite::Connection::open(dir.join("sentinel.db")).unwrap();
    let mut query = db
        .prepare("SELECT stream, data FROM frames ORDER BY stream, start_at, end_at")
        .unwrap();
    let frames = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let mut events = std::collections::BTreeMap::<i64, Vec<(u64, u32)>>::new();
    for frame in frames {
        let (stream, data): (i64, Vec<u8>) = frame.unwrap();
        let (frame, _) = Frame::decode(&data, &Limits::default()).unwrap();
        let all = events.entry(stream).or_default();
        all.extend(frame.events().map(|event| (event.offset, event.sub)));
    }
    for (stream, events) in events {
        assert!(
            events.windows(2).all(|two| two[0] < two[1]),
            "stream {stream}: an event twice or out of order"
        );
        assert_eq!(events.len() as u64, 2 * tests + 1, "stream {stream}");
    }
}
