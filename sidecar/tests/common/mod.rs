//! What stand-in agents share: HTTP by hand over loopback, and a stream kept by the position rule.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use sentinel_parsers::frame::{Frame, Limits};
use sentinel_parsers::wire::Position;

pub(crate) struct Request {
    pub(crate) path: String,
    /// The `authorization` header, or nothing.
    pub(crate) token: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Header lines beside the length, each with its line end.
    pub(crate) more: &'static str,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn new(status: u16, text: String) -> Reply {
        Reply {
            status,
            more: "",
            text,
        }
    }
}

/// Answers all requests to an address of its own until the test ends; no reply is a closed connection.
pub(crate) fn serve(
    answer: impl Fn(Request) -> Option<Reply> + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || while exchange(&socket, &*answer).is_some() {});
        }
    });
    address
}

/// One request and its answer; `None` when the connection is over.
fn exchange(mut socket: &TcpStream, answer: &dyn Fn(Request) -> Option<Reply>) -> Option<()> {
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if let Some(told) = header.strip_prefix("authorization: ") {
            token = told.trim().to_owned();
        }
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
    let Reply { status, more, text } = answer(Request { path, token, body })?;
    let length = text.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{more}\r\n");
    socket.write_all(head.as_bytes()).ok()?;
    socket.write_all(text.as_bytes()).ok()
}

/// The frames of a body.
pub(crate) fn frames(mut body: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !body.is_empty() {
        let (frame, length) = Frame::decode(body, &Limits::default()).unwrap();
        body = &body[length..];
        frames.push(frame);
    }
    frames
}

/// What is told of a frame's events: `offset.sub body`.
pub(crate) fn told(frame: &Frame) -> Vec<String> {
    let events = frame.events();
    events
        .map(|e| format!("{}.{} {:?}", e.offset, e.sub, e.body))
        .collect()
}

/// A stream as an agent keeps it.
#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) committed: u64,
    pub(crate) closed: bool,
    /// Every event stored, in order, as [`told`] tells it.
    pub(crate) events: Vec<String>,
    /// Frames that came again.
    pub(crate) duplicates: u64,
}

impl Stored {
    /// Applies the position rule and gives the answer's status.
    pub(crate) fn take(&mut self, frame: &Frame) -> u16 {
        let header = *frame.header();
        if self.closed || (header.end <= self.committed && !header.last) {
            self.duplicates += 1;
        } else if header.start > self.committed {
            return 409;
        } else {
            self.events.extend(told(&frame.from_offset(self.committed)));
            self.committed = header.end;
            self.closed = header.last;
        }
        200
    }

    /// The answer to whoever asks how far it is.
    pub(crate) fn position(&self, stream: String) -> String {
        let position = Position {
            stream,
            committed: self.committed,
            closed: self.closed,
        };
        serde_json::to_string(&position).unwrap()
    }
}
