//! An agent for tests: the position rule over loopback, and every way to misbehave.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use sentinel_parsers::frame::{Frame, Limits};
use sentinel_parsers::wire::{OpenStream, Position};

/// What happens to a request instead of the usual.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// A status and more header lines; nothing is stored.
    Status(u16, &'static str),
    /// The connection closes before anything is stored.
    Drop,
    /// Everything is stored, then the connection closes.
    DropAnswer,
    /// Everything is stored, the answer is a web page.
    WebPage,
    /// The database is lost.
    Forget,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) open: Option<OpenStream>,
    pub(crate) committed: u64,
    pub(crate) closed: bool,
    /// `offset.sub body` of every event stored, in order.
    pub(crate) events: Vec<String>,
    pub(crate) faults: VecDeque<Fault>,
    /// Frames with such an event are malformed, whatever their checksum says.
    pub(crate) poison: Option<&'static str>,
    /// Events of a request beyond which it is too large.
    pub(crate) too_many: Option<u64>,
    pub(crate) requests: u64,
    pub(crate) duplicates: u64,
    /// Of each request, the `authorization` header.
    pub(crate) tokens: Vec<String>,
    /// Tokens that are known; everybody is let in if there are none.
    pub(crate) known: Vec<&'static str>,
}

/// A running agent. Its threads end with the test.
pub(crate) struct Agent {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Agent {
    pub(crate) fn start() -> Agent {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || while serve(&socket, &state).is_some() {});
            }
        });
        Agent { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// One request and its answer; `None` when the connection is over.
fn serve(socket: &TcpStream, state: &Mutex<State>) -> Option<()> {
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
    let (status, more, text) = {
        let mut state = state.lock().unwrap();
        let known = state.known.is_empty() || state.known.iter().any(|known| token == *known);
        state.tokens.push(token);
        match known {
            true => answer(&mut state, &path, &body)?,
            false => (401, "", String::new()),
        }
    };
    let mut socket = socket;
    let length = text.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{more}\r\n");
    socket.write_all(head.as_bytes()).ok()?;
    socket.write_all(text.as_bytes()).ok()
}

fn answer(state: &mut State, path: &str, body: &[u8]) -> Option<(u16, &'static str, String)> {
    state.requests += 1;
    let fault = state.faults.pop_front();
    match fault {
        Some(Fault::Drop) => return None,
        Some(Fault::Status(status, more)) => return Some((status, more, "<html>".to_owned())),
        Some(Fault::Forget) => {
            state.open = None;
            state.committed = 0;
            state.closed = false;
            state.events.clear();
        }
        _ => {}
    }
    let status = if path == "/v1/streams" {
        state.open = Some(serde_json::from_slice(body).unwrap());
        200
    } else if path != "/v1/streams/the-stream/frames" || state.open.is_none() {
        404
    } else {
        store(state, body)
    };
    let position = serde_json::to_string(&Position {
        stream: "the-stream".to_owned(),
        committed: state.committed,
        closed: state.closed,
    });
    match fault {
        Some(Fault::DropAnswer) => None,
        Some(Fault::WebPage) => Some((200, "", "<html>hello</html>".to_owned())),
        _ => Some((status, "", position.unwrap())),
    }
}

fn store(state: &mut State, mut body: &[u8]) -> u16 {
    let mut taken = 0;
    while !body.is_empty() {
        let (frame, length) = Frame::decode(body, &Limits::default()).unwrap();
        body = &body[length..];
        taken += frame.event_count();
        if state.too_many.is_some_and(|most| taken > most) {
            return 413;
        }
        let told = |frame: &Frame| -> Vec<String> {
            let events = frame.events();
            events
                .map(|e| format!("{}.{} {:?}", e.offset, e.sub, e.body))
                .collect()
        };
        if state
            .poison
            .is_some_and(|poison| told(&frame).concat().contains(poison))
        {
            return 400;
        }
        let header = *frame.header();
        if state.closed || (header.end <= state.committed && !header.last) {
            state.duplicates += 1;
        } else if header.start > state.committed {
            return 409;
        } else {
            state
                .events
                .extend(told(&frame.from_offset(state.committed)));
            state.committed = header.end;
            state.closed = header.last;
        }
    }
    200
}
