//! An agent for tests that takes one stream, and misbehaves in every way it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use sentinel_parsers::wire::OpenStream;

use crate::common::{Reply, Request, Stored, frames, serve, told};

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
    pub(crate) stored: Stored,
    pub(crate) faults: VecDeque<Fault>,
    /// Frames with such an event are malformed, whatever their checksum says.
    pub(crate) poison: Option<&'static str>,
    /// Events of a request beyond which it is too large.
    pub(crate) too_many: Option<u64>,
    /// Whether it is away: connections close before anything is read.
    pub(crate) away: bool,
    pub(crate) requests: u64,
    /// Of each request, the `authorization` header.
    pub(crate) tokens: Vec<String>,
    /// Tokens that are known; everybody is let in if there are none.
    pub(crate) known: Vec<&'static str>,
}

/// A running agent. Its threads end with the test.
pub(crate) struct Agent {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Agent {
    pub(crate) fn start() -> Agent {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let address = serve(move |request| shared.lock().unwrap().answer(request));
        Agent { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn answer(&mut self, request: Request) -> Option<Reply> {
        let Request { path, token, body } = request;
        if self.away {
            return None;
        }
        let known = self.known.is_empty() || self.known.iter().any(|known| token == *known);
        self.tokens.push(token);
        if !known {
            return Some(Reply::new(401, String::new()));
        }
        self.requests += 1;
        let fault = self.faults.pop_front();
        match fault {
            Some(Fault::Drop) => return None,
            Some(Fault::Status(status, more)) => {
                return Some(Reply {
                    status,
                    more,
                    text: "<html>".to_owned(),
                });
            }
            Some(Fault::Forget) => {
                self.open = None;
                self.stored = Stored::default();
            }
            _ => {}
        }
        let status = if path == "/v1/streams" {
            self.open = Some(serde_json::from_slice(&body).unwrap());
            200
        } else if path != "/v1/streams/the-stream/frames" || self.open.is_none() {
            404
        } else {
            self.store(&body)
        };
        let position = self.stored.position("the-stream".to_owned());
        match fault {
            Some(Fault::DropAnswer) => None,
            Some(Fault::WebPage) => Some(Reply::new(200, "<html>hello</html>".to_owned())),
            _ => Some(Reply::new(status, position)),
        }
    }

    fn store(&mut self, body: &[u8]) -> u16 {
        let mut taken = 0;
        for frame in frames(body) {
            taken += frame.event_count();
            if self.too_many.is_some_and(|most| taken > most) {
                return 413;
            }
            let is_poisoned = |poison| told(&frame).concat().contains(poison);
            if self.poison.is_some_and(is_poisoned) {
                return 400;
            }
            match self.stored.take(&frame) {
                200 => {}
                status => return status,
            }
        }
        200
    }
}
