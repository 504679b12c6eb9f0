//! An agent that takes several streams at once, each by the position rule.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use sentinel_parsers::frame::{Frame, Limits};
use sentinel_parsers::wire::{OpenStream, Position};

use crate::process::BINARY;

#[derive(Default)]
struct Stream {
    committed: u64,
    closed: bool,
    events: Vec<String>,
}

type Streams = Arc<Mutex<BTreeMap<String, Stream>>>;

pub(crate) struct Agents {
    address: SocketAddr,
    streams: Streams,
}

impl Agents {
    pub(crate) fn start() -> Agents {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let streams = Streams::default();
        let shared = Arc::clone(&streams);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let streams = Arc::clone(&shared);
                thread::spawn(move || while serve(&socket, &streams).is_some() {});
            }
        });
        Agents { address, streams }
    }

    /// `tail` with these arguments, to these agents, keeping its state below a directory.
    pub(crate) fn tail(&self, args: &[&str], dir: &Path) -> Command {
        let mut command = Command::new(BINARY);
        let url = format!("http://{}", self.address);
        command.args(["tail", "--agent", &url, "--run-id", "r", "--state"]);
        command.arg(dir.join("state")).args(args);
        command
    }

    pub(crate) fn committed(&self, name: &str) -> u64 {
        let streams = self.streams.lock().unwrap();
        streams.get(name).map_or(0, |s| s.committed)
    }

    pub(crate) fn closed(&self) -> usize {
        let streams = self.streams.lock().unwrap();
        streams.values().filter(|s| s.closed).count()
    }

    /// The events of each stream.
    pub(crate) fn streams(&self) -> BTreeMap<String, Vec<String>> {
        let streams = self.streams.lock().unwrap();
        let told = |(name, stream): (&String, &Stream)| (name.clone(), stream.events.clone());
        streams.iter().map(told).collect()
    }
}

fn serve(socket: &TcpStream, streams: &Streams) -> Option<()> {
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(n) = header.strip_prefix("content-length:") {
            length = n.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (status, position) = answer(streams, &path, &body);
    let text = serde_json::to_string(&position).ok()?;
    let length = text.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n");
    let mut socket = socket;
    socket.write_all(head.as_bytes()).ok()?;
    socket.write_all(text.as_bytes()).ok()
}

fn answer(streams: &Streams, path: &str, mut body: &[u8]) -> (u16, Position) {
    let mut streams = streams.lock().unwrap();
    let opened: Option<OpenStream> = serde_json::from_slice(body).ok();
    let name = match &opened {
        Some(open) => format!("{}/{}", open.identity.container, open.identity.restart),
        None => path
            .trim_start_matches("/v1/streams/")
            .trim_end_matches("/frames")
            .to_owned(),
    };
    let stream = streams.entry(name.clone()).or_default();
    let mut status = 200;
    while opened.is_none() && !body.is_empty() {
        let (frame, length) = Frame::decode(body, &Limits::default()).unwrap();
        body = &body[length..];
        let header = *frame.header();
        if header.start > stream.committed {
            status = 409;
        } else if !stream.closed && (header.end > stream.committed || header.last) {
            let fresh = frame.from_offset(stream.committed);
            let told = fresh.events().map(|e| format!("{} {:?}", e.offset, e.body));
            stream.events.extend(told);
            stream.committed = header.end;
            stream.closed = header.last;
        }
    }
    let position = Position {
        stream: name,
        committed: stream.committed,
        closed: stream.closed,
    };
    (status, position)
}
